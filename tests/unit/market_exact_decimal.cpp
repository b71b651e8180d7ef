// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/exact_decimal.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <limits>
#include <random>
#include <sstream>
#include <string>

namespace market_exact_decimal_test {

using weir::market::decimal;
using weir::market::exact_decimal;
using weir::market::detail::big_integer;
using weir::market::detail::divide_half_even;
using weir::market::detail::nearest_double;
using weir::market::detail::power_of_ten;

TEST_CASE("exact decimal: text is plain at any size") {
    CHECK(exact_decimal().to_string() == "0");
    CHECK(exact_decimal(decimal::parse("-0.0500")).to_string() == "-0.05");
    CHECK(exact_decimal::from_parts(power_of_ten(40) + 1, 0).to_string() == '1' + std::string(39, '0') + '1');
    CHECK(exact_decimal::from_parts(power_of_ten(40), 0).to_string() == '1' + std::string(40, '0'));
    CHECK(exact_decimal::from_parts(-1, 70).to_string() == "-0." + std::string(69, '0') + '1');
    CHECK(exact_decimal::from_parts(1234500, 4).to_string() == "123.45");
}

TEST_CASE("exact decimal: there is one representation per value") {
    CHECK(exact_decimal::from_parts(1500, 3) == exact_decimal::from_parts(15, 1));
    CHECK(exact_decimal::from_parts(0, 9) == exact_decimal());
    CHECK(exact_decimal::from_parts(0, 9).scale() == 0);
    CHECK(exact_decimal::from_parts(1500, 2).coefficient() == 15);
}

TEST_CASE("exact decimal: compares by value with decimals and integers") {
    CHECK(exact_decimal::from_parts(150, 2) == decimal::parse("1.5"));
    CHECK(decimal::parse("1.5") == exact_decimal::from_parts(150, 2));
    CHECK(exact_decimal::from_parts(150, 2) < decimal::parse("1.51"));
    CHECK(exact_decimal::from_parts(-150, 2) < exact_decimal::from_parts(-1, 60));
    CHECK(exact_decimal::from_parts(power_of_ten(30), 0) > decimal::max());
    CHECK(exact_decimal::from_parts(5, 0) == decimal(5));
}

TEST_CASE("exact decimal: becomes a decimal only if nothing is lost") {
    CHECK(exact_decimal(decimal::max()).to_decimal() == decimal::max());
    CHECK(exact_decimal::from_parts(15, 1).to_decimal() == decimal::parse("1.5"));
    CHECK_FALSE(exact_decimal::from_parts(power_of_ten(20), 0).to_decimal().has_value());
    CHECK_FALSE(exact_decimal::from_parts(1, 64).to_decimal().has_value());
}

TEST_CASE("exact decimal: to_double gives the nearest double, ties to even, down to the smallest") {
    std::mt19937_64 random(17);
    for (int i = 0; i < 5'000; ++i) {
        big_integer coefficient = random();
        for (auto words = random() % 4; words > 0; --words)
            coefficient = coefficient * 18446744073709551615U + random();
        auto const value = exact_decimal::from_parts(coefficient, static_cast<unsigned>(random() % 100));
        auto const text = value.to_string();
        CAPTURE(text);
        REQUIRE(value.to_double() == std::strtod(text.c_str(), nullptr)); // glibc rounds correctly
    }
    CHECK(exact_decimal::from_parts(9007199254740993, 0).to_double() == 9007199254740992.0);
    CHECK(exact_decimal::from_parts(9007199254740995, 0).to_double() == 9007199254740996.0);
    CHECK(exact_decimal::from_parts(-90071992547409931, 1).to_double() ==
          -9007199254740994.0); // just over a tie
    CHECK(exact_decimal().to_double() == 0.0);
    CHECK(exact_decimal::from_parts(power_of_ten(400), 0).to_double() ==
          std::numeric_limits<double>::infinity());
}

TEST_CASE("exact decimal: streams and fmt write the exact text") {
    auto const value = exact_decimal::from_parts(power_of_ten(20) + 5, 1);
    std::ostringstream out;
    out << std::setprecision(2) << std::setw(24) << value;
    CHECK(out.str() == "  10000000000000000000.5");
#if __has_include(<fmt/core.h>)
    CHECK(fmt::format("{:>24}", value) == "  10000000000000000000.5");
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:.3}"), value), fmt::format_error);
#endif
}

TEST_CASE("ratio: division rounds halves to even, on both sides of zero") {
    auto const [top, bottom, result] = GENERATE(table<int, int, int>({{0, 7, 0},
                                                                      {1, 2, 0},
                                                                      {3, 2, 2},
                                                                      {5, 2, 2},
                                                                      {7, 2, 4},
                                                                      {-1, 2, 0},
                                                                      {-3, 2, -2},
                                                                      {-5, 2, -2},
                                                                      {1, 3, 0},
                                                                      {2, 3, 1},
                                                                      {-2, 3, -1},
                                                                      {6, 3, 2},
                                                                      {5, 10, 0},
                                                                      {15, 10, 2},
                                                                      {151, 100, 2},
                                                                      {149, 100, 1}}));
    CAPTURE(top, bottom);
    CHECK(divide_half_even(top, bottom) == result);
}

TEST_CASE("ratio: the nearest double of a quotient of doubles is what the hardware says") {
    std::mt19937_64 random(5);
    for (int i = 0; i < 20'000; ++i) {
        auto const top = static_cast<std::int64_t>(random() >> (11 + random() % 40));
        auto const bottom = static_cast<std::int64_t>(random() >> (11 + random() % 40)) + 1;
        REQUIRE(nearest_double(-top, bottom) == -static_cast<double>(top) / static_cast<double>(bottom));
    }
}

} // namespace market_exact_decimal_test
