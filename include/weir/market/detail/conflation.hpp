// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_CONFLATION_HPP
#define WEIR_MARKET_DETAIL_CONFLATION_HPP

#include <weir/market/market_tick.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::market::detail {

/// overflow::conflate: where the tick of each instrument waits that the next one replaces.
class conflation {
public:
    /// Puts a tick into the ring (tick_ring.hpp), under its lock, where `waiting` are. True: it has replaced another.
    template <class Ring>
    bool put(Ring& ring, market_tick const& tick, std::size_t waiting) {
        if (tick.instrument >= behind_.size())
            behind_.resize(std::size_t{tick.instrument} + 1);
        auto& behind = behind_[tick.instrument];
        if (behind > ring.head()) {
            auto& e = ring.entry_at(behind - 1);
            e.tick = tick;
            ++e.missed;
            return true;
        }
        if (waiting == ring.size())
            ring.grow();
        ring.append(tick);
        behind = ring.written();
        return false;
    }

private:
    std::vector<std::uint64_t> behind_; // by instrument, one more than the position of its last entry
};

} // namespace weir::market::detail

#endif
