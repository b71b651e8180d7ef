// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/market_tick.hpp>

#include "support/catch.hpp"

#include <cstring>
#include <type_traits>

namespace market_market_tick_test {

using weir::market::aggressor_side;
using weir::market::decimal;
using weir::market::market_tick;

static_assert(sizeof(market_tick) <= 64);
static_assert(std::is_trivially_copyable_v<market_tick>);
static_assert(std::is_standard_layout_v<market_tick> && std::is_aggregate_v<market_tick>);
static_assert(sizeof(aggressor_side) == 1 && aggressor_side{} == aggressor_side::unknown);

TEST_CASE("market tick: starts as nothing") {
    market_tick const tick;
    CHECK(tick.instrument == 0);
    CHECK(tick.event_time == 0);
    CHECK(tick.receive_time == 0);
    CHECK(tick.price == 0);
    CHECK(tick.volume == 0);
    CHECK(tick.sequence == 0);
    CHECK(tick.side == aggressor_side::unknown);
}

TEST_CASE("market tick: equality looks at every member") {
    market_tick const tick{.instrument = 1,
                           .event_time = 2,
                           .receive_time = 3,
                           .price = decimal::parse("4.5"),
                           .volume = 5,
                           .sequence = 6,
                           .side = aggressor_side::buy};
    auto const changed = [&](auto member, auto value) {
        auto other = tick;
        other.*member = value;
        return other;
    };
    CHECK(tick == market_tick(tick));
    CHECK(tick != changed(&market_tick::instrument, weir::market::instrument_id{9}));
    CHECK(tick != changed(&market_tick::event_time, 9));
    CHECK(tick != changed(&market_tick::receive_time, 9));
    CHECK(tick != changed(&market_tick::price, decimal(9)));
    CHECK(tick != changed(&market_tick::volume, decimal(9)));
    CHECK(tick != changed(&market_tick::sequence, std::uint64_t{9}));
    CHECK(tick != changed(&market_tick::side, aggressor_side::sell));
}

TEST_CASE("market tick: survives a copy by bytes") {
    market_tick const tick{.instrument = 7, .price = decimal::parse("0.0000001117"), .sequence = 1};
    market_tick copy;
    std::memcpy(&copy, &tick, sizeof tick);
    CHECK(copy == tick);
}

} // namespace market_market_tick_test
