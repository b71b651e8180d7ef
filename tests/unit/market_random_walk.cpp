// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/random_walk.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace market_random_walk_test {

using weir::market::aggressor_side;
using weir::market::decimal;
using weir::market::instrument_id;
using weir::market::market_tick;
using weir::market::random_walk;
using weir::market::random_walk_options;

namespace {

std::vector<market_tick> all_of(random_walk_options const& options) {
    random_walk walk(options);
    std::vector<market_tick> ticks;
    while (auto const tick = walk.next())
        ticks.push_back(*tick);
    return ticks;
}

static_assert(weir::market::tick_source<random_walk>);
static_assert(!weir::market::tick_source<int>);

} // namespace

TEST_CASE("random walk: gives as many ticks as asked for, then stays at its end") {
    random_walk walk({.instruments = {0}, .count = 3});
    for (int i = 0; i < 3; ++i)
        CHECK(walk.next().has_value());
    CHECK_FALSE(walk.next().has_value());
    CHECK_FALSE(walk.next().has_value());
    CHECK(all_of({.instruments = {0}, .count = 0}).empty());
}

TEST_CASE("random walk: a seed gives the same ticks everywhere") {
    auto const ticks = all_of({.instruments = {3, 8}, .seed = 42, .count = 4, .start_time = 1000});
    CHECK(ticks == all_of({.instruments = {3, 8}, .seed = 42, .count = 4, .start_time = 1000}));
    CHECK(ticks != all_of({.instruments = {3, 8}, .seed = 43, .count = 4, .start_time = 1000}));
    // The standard fixes the raw numbers of a seed, so this tick is fixed too; it was worked out by another program.
    CHECK(ticks.at(2) == market_tick{.instrument = 3,
                                     .event_time = 2'001'000,
                                     .receive_time = 2'001'000,
                                     .price = decimal::parse("99.99"),
                                     .volume = decimal::parse("0.013"),
                                     .sequence = 3,
                                     .side = aggressor_side::buy});
}

TEST_CASE("random walk: times, sequences and volumes are as the options say") {
    auto const ticks = all_of({.instruments = {0, 1, 2},
                               .seed = 1,
                               .count = 5'000,
                               .lot_size = decimal::parse("0.25"),
                               .max_lots = 4,
                               .interval = 250,
                               .start_time = 1'000'000});
    std::set<decimal> volumes;
    std::set<instrument_id> instruments;
    std::set<aggressor_side> sides;
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        REQUIRE(ticks[i].event_time == 1'000'000 + 250 * static_cast<std::int64_t>(i));
        REQUIRE(ticks[i].receive_time == ticks[i].event_time);
        REQUIRE(ticks[i].sequence == i + 1);
        volumes.insert(ticks[i].volume);
        instruments.insert(ticks[i].instrument);
        sides.insert(ticks[i].side);
    }
    CHECK(volumes ==
          std::set<decimal>{decimal::parse("0.25"), decimal::parse("0.5"), decimal::parse("0.75"), 1});
    CHECK(instruments == std::set<instrument_id>{0, 1, 2});
    CHECK(sides == std::set<aggressor_side>{aggressor_side::buy, aggressor_side::sell});
}

TEST_CASE("random walk: prices move by at most the volatility, in whole steps, and stay above zero") {
    auto const ticks = all_of({.instruments = {0},
                               .seed = 9,
                               .count = 20'000,
                               .start_price = decimal::parse("0.05"),
                               .tick_size = decimal::parse("0.01"),
                               .volatility = 3});
    auto const cents = [](decimal price) {
        return price.coefficient() * (price.scale() == 2 ? 1 : price.scale() == 1 ? 10 : 100);
    };
    std::int64_t before = 5;
    bool touched_the_floor = false;
    for (auto const& tick : ticks) {
        REQUIRE(tick.price > 0);
        REQUIRE(tick.price.scale() <= 2);
        auto const now = cents(tick.price);
        REQUIRE(std::abs(now - before) <= 3);
        touched_the_floor = touched_the_floor || now == 1;
        before = now;
    }
    CHECK(touched_the_floor);
}

TEST_CASE("random walk: prices turn back at the largest decimal") {
    auto const ticks = all_of({.instruments = {0},
                               .seed = 2,
                               .count = 1'000,
                               .start_price = decimal::max(),
                               .tick_size = 1,
                               .volatility = 1'000});
    CHECK(ticks.size() == 1'000);
    auto const narrow = all_of({.instruments = {0},
                                .count = 100,
                                .start_price = decimal::max(),
                                .tick_size = decimal::max(),
                                .volatility = std::numeric_limits<std::uint32_t>::max()});
    for (auto const& tick : narrow)
        REQUIRE(tick.price == decimal::max()); // there is no other price
}

TEST_CASE("random walk: without volatility prices stay") {
    for (auto const& tick : all_of({.instruments = {0}, .count = 100, .start_price = 7, .volatility = 0}))
        REQUIRE(tick.price == 7);
}

TEST_CASE("random walk: ends when time does") {
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    auto const ticks = all_of({.instruments = {0}, .interval = 10, .start_time = last - 25});
    REQUIRE(ticks.size() == 3);
    CHECK(ticks.back().event_time == last - 5);
}

TEST_CASE("random walk: refuses options that make no sense") {
    auto const refused = [](random_walk_options options) {
        CHECK_THROWS_AS(random_walk(std::move(options)), std::invalid_argument);
    };
    refused({});
    refused({.instruments = {0}, .start_price = 0});
    refused({.instruments = {0}, .start_price = -1});
    refused({.instruments = {0}, .start_price = decimal::parse("0.015")});
    refused({.instruments = {0}, .start_price = decimal::parse("1.5"), .tick_size = 1});
    refused({.instruments = {0}, .start_price = 3, .tick_size = 2});
    refused({.instruments = {0}, .start_price = 100, .tick_size = decimal::from_parts(1, 16)});
    refused({.instruments = {0}, .start_price = 100, .tick_size = decimal::from_parts(1, 40)});
    refused({.instruments = {0}, .tick_size = 0});
    refused({.instruments = {0}, .tick_size = -1});
    refused({.instruments = {0}, .lot_size = 0});
    refused({.instruments = {0}, .max_lots = 0});
    refused({.instruments = {0}, .lot_size = decimal::max(), .max_lots = 2});
    refused({.instruments = {0}, .interval = -1});
}

} // namespace market_random_walk_test
