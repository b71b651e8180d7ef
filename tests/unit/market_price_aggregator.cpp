// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/price_aggregator.hpp>

#include "support/catch.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <string_view>
#include <tuple>
#include <vector>

namespace market_price_aggregator_test {

using weir::market::decimal;
using weir::market::exact_decimal;
using weir::market::instrument_id;
using weir::market::instrument_statistics;
using weir::market::market_tick;
using weir::market::price_aggregator;
using weir::market::detail::power_of_ten;

namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

market_tick trade(std::string_view price, std::string_view volume, std::int64_t time = 0,
                  std::uint64_t sequence = 0, instrument_id instrument = 0) {
    return {.instrument = instrument,
            .event_time = time,
            .receive_time = 0,
            .price = decimal::parse(price),
            .volume = decimal::parse(volume),
            .sequence = sequence};
}

instrument_statistics statistics_of(std::vector<market_tick> const& ticks) {
    price_aggregator aggregator;
    for (auto const& tick : ticks)
        aggregator.add_tick(tick);
    auto const result = aggregator.statistics(0);
    REQUIRE(result.has_value());
    return *result;
}

cpp_rational exact(cpp_int const& coefficient, unsigned scale) {
    cpp_int const power = boost::multiprecision::pow(cpp_int(10), scale);
    return cpp_rational(coefficient, power);
}

cpp_rational exact(decimal value) { return exact(cpp_int(value.coefficient()), value.scale()); }

cpp_rational exact(exact_decimal const& value) { return exact(cpp_int(value.coefficient()), value.scale()); }

// Ticks as ugly as their fields allow: any scale, any length, both signs, times that step back and collide.
std::vector<market_tick> ugly_ticks(std::uint64_t seed, std::size_t count) {
    std::mt19937_64 random(seed);
    auto const number = [&](unsigned scales) {
        auto const bits = 1 + static_cast<unsigned>(random() % 57);
        auto const magnitude = static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1));
        auto const coefficient = random() % 8 == 0 ? -magnitude : magnitude;
        return decimal::from_parts(coefficient, static_cast<unsigned>(random() % scales));
    };
    auto const scales =
        random() % 2 == 0 ? 64U : 4U; // wild in one half of the seeds, nearly tame in the other
    std::vector<market_tick> ticks(count);
    for (auto& tick : ticks) {
        tick.instrument = static_cast<instrument_id>(random() % 3);
        tick.event_time = static_cast<std::int64_t>(random() % 20);
        tick.sequence = random() % 5;
        tick.price = number(scales);
        tick.volume = number(scales);
    }
    return ticks;
}

bool earlier(market_tick const& left, market_tick const& right) {
    return std::tie(left.event_time, left.sequence, left.price, left.volume) <
           std::tie(right.event_time, right.sequence, right.price, right.volume);
}

// Whether `root` is the double nearest to the square root of the double `square`, within one unit in the last place.
bool is_root(double root, cpp_rational const& square) {
    auto const below = cpp_rational(std::nextafter(std::nextafter(root, 0.0), 0.0));
    auto const above = cpp_rational(std::nextafter(std::nextafter(root, INFINITY), INFINITY));
    return below * below <= square && square <= above * above;
}

void check_against_definition(std::vector<market_tick> const& ticks, instrument_statistics const& s) {
    std::vector<market_tick> own;
    std::copy_if(ticks.begin(), ticks.end(), std::back_inserter(own),
                 [&](market_tick const& tick) { return tick.instrument == s.instrument; });
    REQUIRE(s.count == own.size());
    std::sort(own.begin(), own.end(), earlier);
    cpp_rational volume = 0;
    cpp_rational value = 0;
    cpp_rational sum = 0;
    cpp_rational squares = 0;
    for (auto const& tick : own) {
        volume += exact(tick.volume);
        value += exact(tick.price) * exact(tick.volume);
        sum += exact(tick.price);
        squares += exact(tick.price) * exact(tick.price);
    }
    auto const by_price = [](market_tick const& a, market_tick const& b) { return a.price < b.price; };
    REQUIRE(s.open == own.front().price);
    REQUIRE(s.last == own.back().price);
    REQUIRE(s.first_time == own.front().event_time);
    REQUIRE(s.last_time == own.back().event_time);
    REQUIRE(s.low == std::min_element(own.begin(), own.end(), by_price)->price);
    REQUIRE(s.high == std::max_element(own.begin(), own.end(), by_price)->price);
    REQUIRE(exact(s.volume) == volume);
    if (volume != 0) {
        cpp_rational const distance = exact(s.vwap) - value / volume;
        REQUIRE(abs(distance) * 2 <= exact(cpp_int(1), 9));
        REQUIRE(s.vwap.scale() <= 9);
    }
    cpp_rational const mean = sum / own.size();
    REQUIRE(cpp_rational(std::nextafter(s.mean, -INFINITY)) < mean);
    REQUIRE(mean < cpp_rational(std::nextafter(s.mean, INFINITY)));
    cpp_rational const variance = squares / own.size() - mean * mean;
    REQUIRE(is_root(s.stddev, variance));
}

} // namespace

TEST_CASE("price aggregator: knows nothing of what has not traded") {
    price_aggregator aggregator;
    CHECK(aggregator.statistics().empty());
    CHECK_FALSE(aggregator.statistics(0).has_value());
    aggregator.add_tick(trade("1", "1", 0, 0, 5));
    CHECK_FALSE(aggregator.statistics(0).has_value());
    CHECK_FALSE(aggregator.statistics(4).has_value());
    CHECK_FALSE(aggregator.statistics(6).has_value());
    CHECK_FALSE(aggregator.statistics(std::numeric_limits<instrument_id>::max()).has_value());
    REQUIRE(aggregator.statistics().size() == 1);
    CHECK(aggregator.statistics().front().instrument == 5);
    CHECK(aggregator.statistics().front() == aggregator.statistics(5));
}

TEST_CASE("price aggregator: the statistics of a few trades") {
    auto const s =
        statistics_of({trade("1", "10", 1), trade("3", "10", 2), trade("2", "10", 3), trade("4", "70", 4)});
    CHECK(s.count == 4);
    CHECK(s.open == 1);
    CHECK(s.high == 4);
    CHECK(s.low == 1);
    CHECK(s.last == 4);
    CHECK(s.volume == decimal(100));
    CHECK(s.vwap == decimal::parse("3.4"));
    CHECK(s.mean == 2.5);
    CHECK(s.stddev == std::sqrt(1.25)); // of the population
    CHECK(s.first_time == 1);
    CHECK(s.last_time == 4);
}

TEST_CASE("price aggregator: one trade has no deviation") {
    auto const s = statistics_of({trade("0.1", "0.3", 7)});
    CHECK(s.open == s.last);
    CHECK(s.high == s.low);
    CHECK(s.mean == 0.1);
    CHECK(s.stddev == 0);
    CHECK(s.vwap == decimal::parse("0.1"));
}

TEST_CASE("price aggregator: open and last go by event time, not by arrival") {
    auto const s =
        statistics_of({trade("2", "1", 20), trade("3", "1", 30), trade("1", "1", 10), trade("4", "1", 25)});
    CHECK(s.open == 1);
    CHECK(s.last == 3);
    CHECK(s.first_time == 10);
    CHECK(s.last_time == 30);
}

TEST_CASE("price aggregator: within one event time the sequence decides, then price and volume") {
    auto const s = statistics_of({trade("2", "1", 5, 9), trade("3", "1", 5, 10), trade("1", "1", 5, 8)});
    CHECK(s.open == 1);
    CHECK(s.last == 3);
    auto const t = statistics_of({trade("2", "1", 5, 5), trade("3", "1", 5, 5), trade("1", "1", 5, 5)});
    CHECK(t.open == 1);
    CHECK(t.last == 3);
}

TEST_CASE("price aggregator: the vwap is rounded half-even at nine places") {
    auto const vwap = [](std::string_view first, std::string_view second) {
        return statistics_of({trade(first, "1"), trade(second, "1", 1)}).vwap.to_string();
    };
    CHECK(vwap("0.000000001", "0.000000002") == "0.000000002");
    CHECK(vwap("0.000000002", "0.000000003") == "0.000000002");
    CHECK(vwap("0.0000000020000001", "0.000000003") == "0.000000003");
    CHECK(vwap("-0.000000002", "-0.000000003") == "-0.000000002");
    CHECK(statistics_of({trade("1", "1"), trade("0", "2", 1)}).vwap.to_string() == "0.333333333");
    CHECK(statistics_of({trade("2", "1"), trade("0", "2", 1)}).vwap.to_string() == "0.666666667");
}

TEST_CASE("price aggregator: without volume there is no vwap") {
    CHECK(statistics_of({trade("5", "0")}).vwap == exact_decimal());
    CHECK(statistics_of({trade("5", "1"), trade("7", "-1")}).vwap == exact_decimal());
}

TEST_CASE("price aggregator: sums go beyond what a decimal holds") {
    price_aggregator aggregator;
    market_tick largest{.price = decimal::max(), .volume = decimal::max()};
    for (int i = 0; i < 1'000; ++i)
        aggregator.add_tick(largest);
    largest.price = largest.volume = decimal::from_parts(decimal::max_coefficient, decimal::max_scale);
    aggregator.add_tick(largest);
    auto const s = aggregator.statistics(0);
    REQUIRE(s.has_value());
    cpp_rational const expected = exact(decimal::max()) * 1'000 + exact(largest.volume);
    CHECK(exact(s->volume) == expected);
    CHECK(s->low == largest.price);
}

TEST_CASE("price aggregator: each of the sums may outgrow 128 bits alone") {
    auto const check = [](market_tick const& first, market_tick const& others) {
        std::vector<market_tick> ticks(2'000, others);
        ticks.front() = first; // sets the scale, and so how large the others are at it
        check_against_definition(ticks, statistics_of(ticks));
    };
    check(trade("0.1", "1"), trade("144115188075855871", "1"));                  // the squares of prices do
    check(trade("1", "0.1"), trade("144115188075855871", "144115188075855871")); // price times volume does
    check(trade("1", "1"), trade("144115188075855871", "144115188075855871"));   // neither does
}

TEST_CASE("price aggregator: agrees with the definition on ugly trades") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        auto const ticks = ugly_ticks(seed, 300);
        price_aggregator aggregator;
        for (auto const& tick : ticks)
            aggregator.add_tick(tick);
        auto const all = aggregator.statistics();
        REQUIRE(all.size() == 3);
        for (auto const& s : all)
            check_against_definition(ticks, s);
    }
}

TEST_CASE("price aggregator: any split in any order gives the same, bit by bit") {
    for (std::uint64_t seed = 100; seed < 120; ++seed) {
        CAPTURE(seed);
        auto ticks = ugly_ticks(seed, 300);
        price_aggregator whole;
        for (auto const& tick : ticks)
            whole.add_tick(tick);

        std::mt19937_64 random(seed);
        std::shuffle(ticks.begin(), ticks.end(), random);
        std::vector<price_aggregator> workers(1 + random() % 6);
        for (auto const& tick : ticks)
            workers[random() % workers.size()].add_tick(tick);
        price_aggregator merged;
        std::shuffle(workers.begin(), workers.end(), random);
        for (auto const& worker : workers)
            merged.merge(worker);
        REQUIRE(merged.statistics() == whole.statistics());
    }
}

TEST_CASE("price aggregator: merging with nothing changes nothing, and a merged one goes on") {
    auto const ticks = ugly_ticks(1, 50);
    price_aggregator aggregator;
    price_aggregator first_half;
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        aggregator.add_tick(ticks[i]);
        if (i < ticks.size() / 2)
            first_half.add_tick(ticks[i]);
    }
    auto const expected = aggregator.statistics();
    aggregator.merge(price_aggregator());
    CHECK(aggregator.statistics() == expected);
    price_aggregator other;
    other.merge(first_half);
    for (std::size_t i = ticks.size() / 2; i < ticks.size(); ++i)
        other.add_tick(ticks[i]);
    CHECK(other.statistics() == expected);
}

TEST_CASE("price aggregator: merging with itself counts every trade twice") {
    price_aggregator aggregator;
    aggregator.add_tick(trade("1.5", "2", 1));
    aggregator.add_tick(trade("2.5", "3", 2));
    aggregator.merge(aggregator);
    auto const s = aggregator.statistics(0);
    REQUIRE(s.has_value());
    CHECK(s->count == 4);
    CHECK(s->volume == decimal(10));
    CHECK(s->vwap == decimal::parse("2.1"));
    CHECK(s->stddev == 0.5);
}

TEST_CASE("price aggregator: a copy is independent") {
    price_aggregator original;
    original.add_tick(trade("1", "1"));
    auto copy = original;
    copy.add_tick(trade("2", "1", 1));
    CHECK(original.statistics(0)->count == 1);
    CHECK(copy.statistics(0)->count == 2);
}

} // namespace market_price_aggregator_test
