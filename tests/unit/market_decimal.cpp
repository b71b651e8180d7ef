// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/decimal.hpp>

#include "support/catch.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

namespace market_decimal_test {

using weir::market::decimal;

namespace {

using boost::multiprecision::cpp_rational;

cpp_rational exact(decimal value) {
    boost::multiprecision::cpp_int const power =
        boost::multiprecision::pow(boost::multiprecision::cpp_int(10), value.scale());
    return cpp_rational(value.coefficient(), power);
}

// Coefficients of every length and scale, so that short, long, coarse and fine numbers all occur.
decimal random_decimal(std::mt19937_64& random) {
    auto const bits = static_cast<unsigned>(random() % 57) + 1;
    auto const magnitude = static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1));
    auto const coefficient = random() % 2 == 0 ? magnitude : -magnitude;
    return decimal::from_parts(coefficient, static_cast<unsigned>(random() % (decimal::max_scale + 1)));
}

std::string message_of(std::string_view text) {
    try {
        (void)decimal::parse(text);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no error";
}

static_assert(sizeof(decimal) == 8);
static_assert(std::is_trivially_copyable_v<decimal> && std::is_standard_layout_v<decimal>);
static_assert(std::is_nothrow_default_constructible_v<decimal>);
static_assert(!std::is_constructible_v<decimal, double> && !std::is_constructible_v<decimal, bool>);
static_assert(!std::is_constructible_v<decimal, char> && !std::is_constructible_v<decimal, char8_t>);
static_assert(decimal::parse("-12.50").coefficient() == -125 && decimal::parse("-12.50").scale() == 1);
static_assert(decimal::parse("0.1") < 1 && decimal(7) == decimal::parse("7.000"));

} // namespace

TEST_CASE("decimal: text comes back as the same number, without what it does not need") {
    auto const [in, out] = GENERATE(table<std::string, std::string>({
        {"0", "0"},
        {"-0", "0"},
        {"0.000", "0"},
        {"-0.0", "0"},
        {"1", "1"},
        {"100", "100"},
        {"007", "7"},
        {"00.50", "0.5"},
        {"61837.63", "61837.63"},
        {"1.01100", "1.011"},
        {"0.0000001117", "0.0000001117"},
        {"5871849", "5871849"},
        {"9007199254740993", "9007199254740993"},
        {"12345678901234567", "12345678901234567"},
        {"99999999999999999", "99999999999999999"},
        {"-0.99999999999999999", "-0.99999999999999999"},
        {"144115188075855871", "144115188075855871"},
        {"-144115188075855871", "-144115188075855871"},
        {"0.1234567890123456700000000000000000", "0.12345678901234567"},
        {"1.000000000000000000000000000000000000000000000000000000000000000000000000", "1"},
        {"0000000000000000000000000000000000000000000000000000000000000000000001.5", "1.5"},
        {"0.000000000000000000000000000000000000000000000000000000000000001",
         "0.000000000000000000000000000000000000000000000000000000000000001"},
    }));
    CAPTURE(in);
    CHECK(decimal::parse(in).to_string() == out);
    REQUIRE(decimal::try_parse(in).has_value());
    CHECK(*decimal::try_parse(in) == decimal::parse(out));
}

TEST_CASE("decimal: anything but a plain decimal number is refused") {
    auto const* const text = GENERATE(
        "", "-", "+", "+1", ".", "-.", ".5", "5.", "-5.", "1..2", "1.2.3", "--1", "1-", " 1", "1 ", "1 2",
        "1e5", "1E-5", "0x10", "1,5", "1_000", "1'000", "nan", "inf", "-inf", "NaN", "abc", "1a", "1.a",
        "1.0a0", "\t1", "1\n", "1\r", "\xd9\xa1", "99999999999999999999999x", "1/2", "1:", "0.-1");
    CAPTURE(text);
    CHECK_FALSE(decimal::try_parse(text).has_value());
    CHECK_THROWS_AS(decimal::parse(text), std::invalid_argument);
}

TEST_CASE("decimal: a NUL byte is not the end of a number") {
    CHECK_FALSE(decimal::try_parse(std::string_view("1\0", 2)).has_value());
    CHECK_FALSE(decimal::try_parse(std::string_view("\0", 1)).has_value());
    CHECK_FALSE(decimal::try_parse(std::string_view{}).has_value());
}

TEST_CASE("decimal: more digits than fit are an error, never rounded") {
    auto const* const text = GENERATE(
        "144115188075855872", "-144115188075855872", "999999999999999999", "1.44115188075855872",
        "100000000000000000000", "18446744073709551616", "340282366920938463463374607431768211457",
        "0.0000000000000000000000000000000000000000000000000000000000000001", "123456789.1234567890123");
    CAPTURE(text);
    CHECK_FALSE(decimal::try_parse(text).has_value());
    CHECK(message_of(text) == '"' + std::string(text).substr(0, 48) +
                                  (std::strlen(text) > 48 ? "...\"" : "\"") +
                                  " has more digits than a decimal holds exactly");
}

TEST_CASE("decimal: errors quote the text in one printable line") {
    CHECK(message_of("") == "a decimal number cannot be empty");
    CHECK(message_of("12a") == "\"12a\" is not a plain decimal number");
    CHECK(message_of("a\"\\\n\xff") == "\"a\\\"\\\\\\x0a\\xff\" is not a plain decimal number");
    CHECK(message_of(std::string(48, 'z')) ==
          '"' + std::string(48, 'z') + "\" is not a plain decimal number");
    CHECK(message_of(std::string(49, 'z')) ==
          '"' + std::string(48, 'z') + "...\" is not a plain decimal number");
    CHECK(message_of(std::string(1000, 'z')) ==
          '"' + std::string(48, 'z') + "...\" is not a plain decimal number");
}

TEST_CASE("decimal: integers convert exactly or throw") {
    CHECK(decimal(std::int8_t{-5}).to_string() == "-5");
    CHECK(decimal(std::uint64_t{144115188075855871U}) == decimal::max());
    CHECK(decimal(-144115188075855871) == decimal::lowest());
    CHECK_THROWS_AS(decimal(144115188075855872), std::invalid_argument);
    CHECK_THROWS_AS(decimal(std::numeric_limits<std::int64_t>::min()), std::invalid_argument);
    CHECK_THROWS_AS(decimal(std::numeric_limits<std::uint64_t>::max()), std::invalid_argument);
}

TEST_CASE("decimal: parts are normalised or refused") {
    CHECK(decimal::from_parts(1500, 3) == decimal::parse("1.5"));
    CHECK(decimal::from_parts(0, 63).scale() == 0);
    CHECK(decimal::from_parts(0, 1000) == 0);
    CHECK(decimal::from_parts(1440000000000000000, 10).to_string() == "144000000");
    CHECK(decimal::from_parts(-10, 64).to_string() == '-' + decimal::from_parts(1, 63).to_string());
    CHECK_THROWS_AS(decimal::from_parts(1, 64), std::invalid_argument);
    CHECK_THROWS_AS(decimal::from_parts(std::numeric_limits<std::int64_t>::min(), 0), std::invalid_argument);
    CHECK_THROWS_AS(decimal::from_parts(1440000000000000001, 10), std::invalid_argument);
}

TEST_CASE("decimal: a random number survives its own text, and equal values have equal bits") {
    std::mt19937_64 random(20240808);
    for (int i = 0; i < 20'000; ++i) {
        auto const value = random_decimal(random);
        auto const text = value.to_string();
        CAPTURE(text);
        auto const back = decimal::parse(text);
        REQUIRE(std::memcmp(&back, &value, sizeof value) == 0);
        auto const padded = decimal::parse(text + (value.scale() == 0 ? ".000" : "000"));
        REQUIRE(std::memcmp(&padded, &value, sizeof value) == 0);
        REQUIRE(cpp_rational(exact(value)) == exact(back));
        REQUIRE((value.scale() == 0 || value.coefficient() % 10 != 0));
    }
}

TEST_CASE("decimal: order is that of the exact values at any two scales") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        auto const left = random_decimal(random);
        // Every third pair differs in the last place only.
        auto const near =
            left.coefficient() == decimal::max_coefficient ? left.coefficient() : left.coefficient() + 1;
        auto const right = i % 3 == 0 ? decimal::from_parts(near, left.scale()) : random_decimal(random);
        CAPTURE(left.to_string(), right.to_string());
        auto const a = exact(left);
        auto const b = exact(right);
        REQUIRE((left < right) == (a < b));
        REQUIRE((left > right) == (a > b));
        REQUIRE((left == right) == (a == b));
        REQUIRE((left <= right) == (a <= b));
    }
    CHECK(decimal::from_parts(1, 63) > 0);
    CHECK(decimal::from_parts(-1, 63) < 0);
    CHECK(decimal::max() > decimal::from_parts(decimal::max_coefficient, 63));
    CHECK(decimal::lowest() < decimal::from_parts(-decimal::max_coefficient, 63));
    CHECK(decimal(1) > decimal::from_parts(99999999999999999, 18));
    CHECK(decimal(1) < decimal::from_parts(100000000000000001, 17));
}

TEST_CASE("decimal: to_double gives the nearest double") {
    CHECK(decimal::parse("0.1").to_double() == 0.1);
    CHECK(decimal::parse("-61837.63").to_double() == -61837.63);
    CHECK(decimal::parse("0.0000001117").to_double() == 0.0000001117);
    CHECK(decimal::parse("9007199254740993").to_double() == 9007199254740992.0); // a tie, to even
    CHECK(decimal::parse("9007199254740995").to_double() == 9007199254740996.0); // a tie, to even
    CHECK(decimal().to_double() == 0.0);
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        auto const text = random_decimal(random).to_string();
        CAPTURE(text);
        REQUIRE(decimal::parse(text).to_double() ==
                std::strtod(text.c_str(), nullptr)); // glibc rounds correctly
    }
}

TEST_CASE("decimal: streams write the exact text in the width asked for") {
    std::ostringstream out;
    out << std::setprecision(2) << decimal::parse("0.0000001117") << '|' << std::setw(8)
        << decimal::parse("-1.50") << '|' << std::left << std::setfill('*') << std::setw(6) << decimal(42)
        << '|' << decimal(7);
    CHECK(out.str() == "0.0000001117|    -1.5|42****|7");
}

#if __has_include(<fmt/core.h>)
TEST_CASE("decimal: fmt writes the exact text and refuses a precision") {
    auto const value = decimal::parse("-61837.630");
    CHECK(fmt::format("{}", value) == "-61837.63");
    CHECK(fmt::format("{:>12}|{:<12}|{:*^12}|{:.>{}}", value, value, value, value, 11) ==
          "   -61837.63|-61837.63   |*-61837.63**|..-61837.63");
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:.3}"), value), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:12.3}"), value), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:>12.{}}"), value, 3), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:d}"), value), fmt::format_error);
}
#endif

TEST_CASE("decimal: hashes by value") {
    std::unordered_set<decimal> const set{decimal::parse("1.5"), decimal::parse("1.50"),
                                          decimal::parse("15")};
    CHECK(set.size() == 2);
    CHECK(set.contains(decimal::parse("1.500")));
}

} // namespace market_decimal_test
