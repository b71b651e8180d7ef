// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_MARKET_TICK_HPP
#define WEIR_MARKET_MARKET_TICK_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/symbol_table.hpp>

#include <cstdint>
#include <type_traits>

/// One trade, the value that flows through the market part.
///
/// A tick is 56 bytes of plain data: it can be copied into a ring, a file or shared memory with `memcpy`, and
/// copying it can neither fail nor allocate. What is a string elsewhere is the dense `instrument_id` of a
/// `symbol_table` here.
///
/// A trade has two clocks, both wall clocks in nanoseconds since the Unix epoch, UTC. `event_time` is the venue's and
/// may step back; `receive_time` is the recorder's. They run on different machines, so their difference is a latency
/// only after a skew estimate, and is often negative. What orders the trades of one instrument is `event_time`, then
/// `sequence`.
///
/// Thread safety: a plain value.
///
///     market_tick tick{.instrument = table.intern("binance-spot:BTCUSDT"), .event_time = 1'723'161'255'342'000'000,
///                      .price = decimal::parse("61837.63"), .volume = decimal::parse("0.02")};
namespace weir::market {

/// Who took the resting order.
enum class aggressor_side : std::uint8_t {
    unknown, ///< the venue does not say
    buy,     ///< a buyer took an offer
    sell,    ///< a seller took a bid
};

/// One trade of one instrument.
struct market_tick {
    /// Which instrument at which venue, as interned in the symbol table of the hub or of the file reader.
    instrument_id instrument = 0;
    /// When the venue says that it traded; nanoseconds since the Unix epoch, UTC.
    std::int64_t event_time = 0;
    /// When it reached us; nanoseconds since the Unix epoch, UTC.
    std::int64_t receive_time = 0;
    /// The price of one unit, in the instrument's quote currency.
    decimal price{};
    /// How much traded, in the venue's unit (coins, or contracts).
    decimal volume{};
    /// Orders the ticks of one instrument that share an event time; the venue's trade number where there is one.
    std::uint64_t sequence = 0;
    /// Who took the resting order.
    aggressor_side side = aggressor_side::unknown;

    /// Equal in every member.
    friend bool operator==(market_tick const&, market_tick const&) noexcept = default;
};

static_assert(sizeof(market_tick) <= 64);
static_assert(std::is_trivially_copyable_v<market_tick> && std::is_standard_layout_v<market_tick>);
static_assert(std::is_aggregate_v<market_tick>);

} // namespace weir::market

#endif
