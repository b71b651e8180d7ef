// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TURN_RING_HPP
#define WEIR_DETAIL_TURN_RING_HPP

// A ring of slots in which many write, each its own position, and one reads in order. Who may write which position, and
// when a slot may be used again, is decided outside (mpsc_core.hpp): the ring finds the slot of a position.
//
// The hand-over of a slot, [T], is turn_slot.hpp's. A slot is written once a lap, so a turn of an earlier lap is never
// taken for a later one's: laps are shorter than the 2^31 positions after which turns repeat.

#include <weir/detail/config.hpp>
#include <weir/detail/turn_slot.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weir::detail {

template <class T, class Threading>
class turn_ring {
public:
    using position = std::uint32_t;

    explicit turn_ring(std::uint32_t capacity)
        : mask_(std::bit_ceil(capacity) - 1),
          slots_(std::make_unique<turn_slot<T, Threading>[]>(std::size_t{mask_} + 1)) {}

    [[nodiscard]] turn_slot<T, Threading>& at(position p) noexcept { return slots_[p & mask_]; }

private:
    std::uint32_t const mask_;
    std::unique_ptr<turn_slot<T, Threading>[]> slots_;
};

} // namespace weir::detail

#endif
