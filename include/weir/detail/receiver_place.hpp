// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RECEIVER_PLACE_HPP
#define WEIR_DETAIL_RECEIVER_PLACE_HPP

// Where the one receiver of a channel waits, without a lock.
//
// The channel says elsewhere, in a word of its own, that somebody waits. The receiver enters first and says so afterwards;
// who finds that said, or ends the channel, changes the word and then wakes. Both changes are exchanges: either the receiver
// sees that there is something to look at, or the other one sees the receiver.
//
//   [P] empty --enter--> a waiter --leave--> empty          the receiver's side
//                            \--wake--> busy --> empty      whoever wakes
//       Only the receiver's side leaves `empty`, only who has set `busy` leaves that. So who sets it has the waiter for
//       itself, as under a lock, and the waiter may be destroyed once its side has found the place neither its own nor busy.
//       A waiter that runs because it was woken need not look: wake() has had its effect, and nobody touches it any more.
//       Each state is stored with release and loaded with acquire: who wakes sees the waiter, who leaves what was done to it.
//       Who comes late may wake a receiver that waits for something else by now; it looks, and finds nothing.
//       To be busy takes as long as to take note of a wake-up: some instructions. The receiver looks again instead of entering
//       meanwhile; only to leave it has to wait.

#include <weir/detail/waiter.hpp>
#include <weir/detail/yield.hpp>

#include <atomic>
#include <cstdint>

namespace weir::detail {

template <class Threading>
class receiver_place {
public:
    receiver_place() noexcept = default;
    receiver_place(receiver_place const&) = delete;
    receiver_place& operator=(receiver_place const&) = delete;

    /// The receiver's side, which has one waiter at a time (receive_turn). False: somebody is still waking the one before. One
    /// that is in stays.
    [[nodiscard]] bool enter(waiter const& w) noexcept {
        auto const seen = who_.load(std::memory_order_acquire); // [P]
        if (seen == empty) {
            who_.store(place_of(w), std::memory_order_release); // [P]
        }
        return seen != busy;
    }

    /// The receiver's side, just after it has entered. False: it is being woken, and has not left.
    [[nodiscard]] bool take_back(waiter const& w) noexcept {
        auto seen = place_of(w);
        while (!who_.compare_exchange_weak(seen, empty, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) { // [P]
            if (seen != place_of(w)) {
                return false;
            }
        }
        return true;
    }

    /// The receiver's side. Nobody touches the waiter afterwards.
    void leave(waiter const& w) noexcept {
        auto seen = who_.load(std::memory_order_acquire); // [P]
        if (seen == place_of(w)) {
            if (take_back(w)) {
                return;
            }
            seen = who_.load(std::memory_order_acquire); // [P]
        }
        while (seen == busy) {
            relax();
            seen = who_.load(std::memory_order_acquire); // [P]
        }
    }

    /// Anybody, after changing the word.
    void wake(wake_batch& woken) noexcept {
        auto seen = who_.load(std::memory_order_acquire); // [P]
        do {
            if (seen == empty || seen == busy) {
                return; // it has looked since, or is about to look, and sees the word as it is
            }
        } while (!who_.compare_exchange_weak(seen, busy, std::memory_order_acq_rel,
                                             std::memory_order_acquire)); // [P]
        reinterpret_cast<waiter*>(seen)->wake(woken);
        who_.store(empty, std::memory_order_release); // [P]
    }

private:
    using state = std::uintptr_t;

    static constexpr state empty = 0;
    static constexpr state busy = 1; // no waiter's address

    static state place_of(waiter const& w) noexcept { return reinterpret_cast<state>(&w); }

    static void relax() noexcept {
        if constexpr (requires { Threading::relax(); }) {
            Threading::relax(); // of a test that interleaves its threads on purpose
        } else {
            yield_thread();
        }
    }

    typename Threading::template atomic<state> who_{empty}; // [P] as drawn above
};

} // namespace weir::detail

#endif
