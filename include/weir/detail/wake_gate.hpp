// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WAKE_GATE_HPP
#define WEIR_DETAIL_WAKE_GATE_HPP

// Sees to it that an operation is made ready once for each time that it parks, and not before it has parked.
//
// An operation that waits in several places can be woken from one of them, on another thread, while it still
// registers in the next. Tasks need no gate, their run queue is one; operations that complete through a handler, or
// in a coroutine that weir did not make, do.
//
//   idle --open--> registering --close--> parked --wake--> woken --(looks) open--> registering ...
//                       |\--wake--> woken early --close--> woken, and whoever closed looks again
//                       \--stay_awake--> awake (looks) open--> ...

#include <weir/detail/atomic.hpp>

#include <atomic>
#include <cstdint>

namespace weir::detail {

template <template <class> class Atomic>
class basic_wake_gate {
public:
    /// Before registering anywhere. The owner's side.
    void open() noexcept { state_.store(registering, std::memory_order_relaxed); } // registering publishes it

    /// After registering everywhere. True: parked, whoever wakes owns the next look, touch nothing any more.
    [[nodiscard]] bool close() noexcept {
        auto expected = registering;
        // [G] release: what the owner wrote so far is seen by whoever wakes; acquire: a wake-up that came early.
        if (state_.compare_exchange_strong(expected, parked, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
            return true;
        }
        state_.store(woken, std::memory_order_relaxed); // nobody else writes after woken_early
        return false;
    }

    /// Instead of close(), when there is something to look at: the owner looks again itself. Whoever wakes it from a place
    /// where it is registered all the same has nothing to do.
    void stay_awake() noexcept {
        // [G] not parked: others write nothing but woken_early
        state_.store(awake, std::memory_order_release);
    }

    /// Whether it was woken since open(), and has not stayed awake. The owner's side, or where it runs once it was woken.
    [[nodiscard]] bool was_woken() const noexcept {
        // relaxed: nobody writes to a gate that is woken or awake
        return state_.load(std::memory_order_relaxed) == woken;
    }

    /// Any thread, under the lock of a core that the owner is registered in; or a context that goes. True: the caller makes
    /// it ready. False: [G] acquire, as the context then waits for whoever does, who has said so before.
    [[nodiscard]] bool wake() noexcept {
        auto seen = state_.load(std::memory_order_acquire); // [G]
        while (seen == registering || seen == parked) {
            auto const next = seen == registering ? woken_early : woken;
            if (state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                             std::memory_order_acquire)) { // [G]
                return next == woken;
            }
        }
        return false;
    }

    /// The owner makes itself ready, from its own executor. True: nobody else has.
    [[nodiscard]] bool wake_self() noexcept { return wake(); }

private:
    enum state : std::uint8_t { idle, registering, woken_early, parked, woken, awake };

    // [G] as drawn above; open and close by the owner, wake by anybody
    Atomic<state> state_{idle};
};

/// `Atomic` is for a test that interleaves its threads on purpose.
using wake_gate = basic_wake_gate<atomic>;

} // namespace weir::detail

#endif
