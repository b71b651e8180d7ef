// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_HUB_STATISTICS_HPP
#define WEIR_MARKET_HUB_STATISTICS_HPP

#include <weir/market/price_aggregator.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::market {

/// What a hub has done so far. All counts are of ticks and begin with the hub.
///
/// One tick is routed to as many subscribers as asked for its instrument, so `routed` may be more or less than
/// `received`. At any time routed = delivered + dropped + queued + staged.
struct hub_statistics {
    /// Taken from the producers.
    std::uint64_t received = 0;
    /// Of those, refused: no instrument of the hub's symbol table, or a price or volume that is not positive.
    std::uint64_t rejected = 0;
    /// Copies handed to subscribers' queues, whatever became of them.
    std::uint64_t routed = 0;
    /// Copies that subscribers have received.
    std::uint64_t delivered = 0;
    /// Copies lost by overflow or conflation, or not received by a subscriber that went away.
    std::uint64_t dropped = 0;
    /// Copies that wait in subscribers' queues.
    std::uint64_t queued = 0;
    /// Copies that wait in the hub for a subscriber with overflow::backpressure to make room.
    std::uint64_t staged = 0;
    /// Subscriptions that are alive.
    std::size_t subscriptions = 0;
    /// Ticks accepted but not processed when the drain deadline of a shutdown passed.
    std::uint64_t left_behind = 0;
    /// Prices and volumes, of every instrument that has traded, by ascending id.
    std::vector<instrument_statistics> instruments{};
};

} // namespace weir::market

#endif
