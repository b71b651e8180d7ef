// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TURN_RING_HPP
#define WEIR_DETAIL_TURN_RING_HPP

// A ring of slots in which many write, each its own position, and one reads in order. Who may write which position, and
// when a slot may be used again, is decided outside (mpsc_core.hpp): the ring finds the slot of a position.
//
// The hand-over of a slot, [T], is turn_slot.hpp's. A slot is written once a lap, so a turn of an earlier lap is never
// taken for a later one's: laps are shorter than the 2^31 positions after which turns repeat.
//
//   [A] the slots: allocated by the first who wants a position, for an idle channel has no use for them. The pointer is
//       exchanged (release) from null once; the reader loads it (acquire) before it looks at a slot. Whoever owns a
//       position has called make_slots() before it was taken, or was handed the position by somebody who had.
//
// All slots at once: a ring that is used goes round, so a table of segments would be full after one lap, and costs a
// second load for each value.

#include <weir/detail/config.hpp>
#include <weir/detail/turn_slot.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weir::detail {

template <class T, class Threading>
class turn_ring {
public:
    using position = std::uint32_t;
    using slot = turn_slot<T, Threading>;

    explicit turn_ring(std::uint32_t capacity) : mask_(std::bit_ceil(capacity) - 1) {}

    turn_ring(turn_ring const&) = delete;

    ~turn_ring() { delete[] slots_.load(std::memory_order_relaxed); } // [A] nobody else is there

    /// To be called before a position is taken, so that nothing has happened when the slots cannot be allocated.
    void make_slots() {
        if (slots_.load(std::memory_order_acquire) == nullptr) { // [A]
            allocate();
        }
    }

    /// The slot of a position that the caller owns.
    [[nodiscard]] slot& at(position p) noexcept {
        return slots_.load(std::memory_order_relaxed)[p & mask_]; // [A] seen before
    }

    /// The same for the reader; null if nobody has wanted a position yet.
    [[nodiscard]] slot* find(position p) noexcept {
        slot* const slots = slots_.load(std::memory_order_acquire); // [A]
        return slots != nullptr ? slots + (p & mask_) : nullptr;
    }

private:
    WEIR_NOINLINE void allocate() {
        auto fresh = std::make_unique<slot[]>(std::size_t{mask_} + 1);
        slot* seen = nullptr;
        while (seen == nullptr) {
            if (slots_.compare_exchange_weak(seen, fresh.get(), std::memory_order_acq_rel,
                                             std::memory_order_acquire)) { // [A]
                static_cast<void>(fresh.release());
                return;
            }
        } // somebody else was first
    }

    typename Threading::template atomic<slot*> slots_{
        nullptr}; // [A] null, then the slots; a sender sets it once
    std::uint32_t const mask_;
};

} // namespace weir::detail

#endif
