// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CHANNEL_WAITS_HPP
#define WEIR_DETAIL_CHANNEL_WAITS_HPP

// What channels with many senders and one receiver share, bounded or not: the flags of their word (channel_word.hpp),
// the receiver that waits for a value, and those who wait for the close.
//
//   [R] receiver waits. The receiver enters its place (receiver_place.hpp) and then sets the flag in the word, and only
//       while nothing has been sent that it has not taken. The next sender takes the flag out with the same exchange that
//       takes a position, so it knows that it must wake, once its value is written. A receiver that finds a position taken
//       but its value not yet written does not park: a sender is between two instructions, the receiver comes back through
//       its executor. The flag may be left behind by a receiver that has stopped waiting, or was woken by somebody else: the
//       next sender finds nobody in the place.
//   [C] closed. Set under the mutex. Every path that can make "closed and drained" true looks for a waiting receiver
//       afterwards.
//   [G] receiver gone. A receiver that goes sets the flag and then destroys what is there; a sender writes its value and
//       then looks at the flag, and destroys what is there if it is set. These four accesses are seq_cst: one of the
//       two sees the other, and nothing stays. One at a time destroys, in the receiver's place: who comes meanwhile
//       is counted, and it looks again. Values that need no destruction may stay, and their senders do not look.

#include <weir/detail/channel_word.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/receiver_place.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <mutex>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// A base of the core.
template <class Threading>
class channel_waits {
public:
    static constexpr bool wake_unparks = true; // waiter.hpp

    [[nodiscard]] bool is_closed() const noexcept {
        return (word_.load(std::memory_order_acquire) & closed_flag) != 0; // [C]
    }

    wait_result wait_closed(waiter& w) {
        std::lock_guard lock(mutex_);
        if (is_closed()) {
            return wait_result::look_again;
        }
        return wait_closed_.park(w);
    }

    void stop_waiting_closed(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    void unpark_receiver(waiter& w) noexcept { receiver_.leave(w); }

    /// Asked for each value, so the answer is not looked up in the senders' word.
    [[nodiscard]] bool is_receiver_gone() const noexcept { return has_receiver_left_; }

    [[nodiscard]] receive_turn& turn() noexcept { return turn_; }

protected:
    using word = channel_word::bits;
    using mutex = typename Threading::mutex;
    template <class U>
    using atomic = typename Threading::template atomic<U>;
    using enum channel_word::flag;

    explicit channel_waits(word first = 0) noexcept : word_(first) {}

    channel_waits(channel_waits const&) = delete;
    ~channel_waits() = default;

    /// Parks the receiver, unless has_to_look(word): something was sent, or nothing will be.
    template <class F>
    wait_result park_receiver_unless(F has_to_look, waiter& w) {
        if (!receiver_.enter(w)) { // [R]
            return wait_result::look_again;
        }
        word s = word_.load(std::memory_order_acquire); // a guess, the exchange decides
        do {
            if (has_to_look(s)) {
                return receiver_.take_back(w) ? wait_result::look_again : wait_result::parked;
            }
        } while (!word_.compare_exchange_weak(s, s | receiver_waits, std::memory_order_acq_rel,
                                              std::memory_order_acquire)); // [R]
        return wait_result::parked;
    }

    /// Writes the value of a position that was sent, with put(value), and wakes the receiver if it waited. If the value's
    /// construction throws the receiver steps over the position.
    template <class T, class U, class Put, class Drain>
    void publish(word before, U&& value, Put put, Drain drain) {
        if constexpr (std::is_nothrow_constructible_v<T, U>) {
            put(std::forward<U>(value));
        } else {
            try {
                put(std::forward<U>(value));
            } catch (...) {
                wake_receiver();
                sweep_if_gone<T>(drain);
                throw;
            }
        }
        if ((before & receiver_waits) != 0) { // [R]
            wake_receiver();
        }
        sweep_if_gone<T>(drain);
    }

    /// Calls drain(), which destroys what is there, unless somebody is at it, who then does it again. [G]
    template <class Drain>
    void sweep(Drain drain) noexcept {
        if (sweepers_.fetch_add(1, std::memory_order_acq_rel) !=
            0) { // [G] takes over what the one before did
            return;
        }
        for (unsigned served = 1; served != 0;) {
            drain();
            served = sweepers_.fetch_sub(served, std::memory_order_acq_rel) - served; // [G]
        }
    }

    void wake_receiver() noexcept {
        wake_batch woken;
        wake_receiver(woken);
    }

    void wake_receiver(wake_batch& woken) noexcept { receiver_.wake(woken); }

    template <class T, class Drain>
    void sweep_if_gone(Drain drain) noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            if ((word_.load(std::memory_order_seq_cst) & receiver_gone) != 0) { // [G] after the value
                sweep(drain);
            }
        }
    }

    // the senders' line, which the receiver leaves alone while there are values
    alignas(cache_line) atomic<word> word_; // positions, which the core explains, and flags:4; both sides
    atomic<channel_word::position> seen_head_{0}; // of a bounded channel: mpsc_slots.hpp, [H]

    // used when somebody waits, and when the channel ends
    alignas(cache_line) mutex mutex_;
    waiter_list wait_closed_;            // mutex_
    receiver_place<Threading> receiver_; // [R]
    receive_turn turn_;                  // the receiver's own
    bool has_receiver_left_ = false;     // likewise: its handle; the flag receiver_gone tells the senders
    atomic<unsigned> sweepers_{0}; // [G] who wants what is there destroyed, and has not been served; any side
};

} // namespace weir::detail

#endif
