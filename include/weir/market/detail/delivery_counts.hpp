// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_DELIVERY_COUNTS_HPP
#define WEIR_MARKET_DETAIL_DELIVERY_COUNTS_HPP

#include <cstdint>

namespace weir::market::detail {

/// What became of the ticks that were routed to a subscriber. routed = delivered + dropped + queued.
struct delivery_counts {
    std::uint64_t routed = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t queued = 0;

    delivery_counts& operator+=(delivery_counts const& other) noexcept {
        routed += other.routed;
        delivered += other.delivered;
        dropped += other.dropped;
        queued += other.queued;
        return *this;
    }
};

} // namespace weir::market::detail

#endif
