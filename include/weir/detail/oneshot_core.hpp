// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ONESHOT_CORE_HPP
#define WEIR_DETAIL_ONESHOT_CORE_HPP

// One value from one sender to one receiver, in one block that both own.
//
//   [O] the state, a set of flags that only grow:
//         value            the sender has written the value; nobody sets it after `receiver_closed`
//         sender_gone      no value will come any more
//         receiver_closed  no value is wanted any more
//       and two that say who waits, set by the one who waits, while none of the flags that it waits for is set: who waits
//       for the close under the mutex, the receiver after it has entered its place (receiver_place.hpp). Setting a flag and
//       reading who waits is one exchange, so one side always sees the other. The number of owners stands above the flags: a
//       receiver for whom nobody waits sets its flag and goes in one exchange.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/receiver_place.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class oneshot_core {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_move_constructible_v<T>);

    template <class U>
    using atomic = typename Threading::template atomic<U>;

    static constexpr unsigned value = 1;
    static constexpr unsigned sender_gone = 2;
    static constexpr bool wake_unparks = true; // waiter.hpp
    static constexpr unsigned receiver_closed = 4;
    static constexpr unsigned receiver_waits = 8;
    static constexpr unsigned close_awaited = 16;
    static constexpr unsigned one_owner = 32; // from here on the number of owners

public:
    oneshot_core() noexcept {}

    oneshot_core(oneshot_core const&) = delete;

    ~oneshot_core() { drop_value(); }

    // --- sender --------------------------------------------------------------------------------------------------

    /// False: the receiver has closed or gone, or a value was sent before; `v` is as it was.
    bool send(T&& v) {
        unsigned s = state_.load(std::memory_order_relaxed); // [O] a guess, the exchange decides
        if ((s & (value | receiver_closed)) != 0) {
            return false;
        }
        ::new (static_cast<void*>(bytes_)) T(std::move(v));
        while (!state_.compare_exchange_weak(s, s | value, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) { // [O]
            if ((s & receiver_closed) != 0) {
                give_back(v);
                return false;
            }
        }
        if ((s & receiver_waits) != 0) {
            wake_receiver();
        }
        return true;
    }

    void abandon_sender() noexcept {
        if ((state_.load(std::memory_order_relaxed) & value) != 0) { // [O] set by this side
            return;
        }
        unsigned const s = state_.fetch_or(sender_gone, std::memory_order_acq_rel); // [O]
        if ((s & receiver_waits) != 0) {
            wake_receiver();
        }
    }

    [[nodiscard]] bool is_closed() const noexcept {
        return (state_.load(std::memory_order_acquire) & receiver_closed) != 0; // [O]
    }

    wait_result wait_closed(waiter& w) {
        std::lock_guard lock(mutex_);
        if ((state_.fetch_or(close_awaited, std::memory_order_acq_rel) & receiver_closed) != 0) { // [O]
            return wait_result::look_again;
        }
        return wait_closed_.park(w);
    }

    void stop_waiting_closed(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    // --- receiver ------------------------------------------------------------------------------------------------

    /// Takes the value with `consume(T&&)`. `closed`: there is none and there will be none.
    template <class F>
    attempt try_take(F&& consume) {
        unsigned const s = state_.load(std::memory_order_acquire); // [O] the value was written before
        if ((s & value) == 0) {
            return (s & (sender_gone | receiver_closed)) != 0 ? attempt::closed : attempt::not_now;
        }
        if (taken_) {
            return attempt::closed;
        }
        taken_ = true;

        struct remove {
            T* stored;

            ~remove() { std::destroy_at(stored); }
        } at_end{stored()};

        consume(std::move(*stored()));
        return attempt::done;
    }

    wait_result park_receiver(waiter& w) {
        if (!receiver_.enter(w)) {
            return wait_result::look_again;
        }
        unsigned const s = state_.fetch_or(receiver_waits, std::memory_order_acq_rel); // [O]
        bool const has_to_look = (s & (value | sender_gone | receiver_closed)) != 0;
        return has_to_look && receiver_.take_back(w) ? wait_result::look_again : wait_result::parked;
    }

    void unpark_receiver(waiter& w) noexcept { receiver_.leave(w); }

    void close() noexcept {
        unsigned const s = state_.fetch_or(receiver_closed, std::memory_order_acq_rel); // [O]
        if ((s & receiver_closed) == 0 && (s & (close_awaited | receiver_waits)) != 0) {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            wait_closed_.wake_all(woken);
            receiver_.wake(woken);
        }
    }

    void abandon_receiver() noexcept {
        gone_ = true;
        close();
        drop_value();
    }

    /// The same, and the receiver's reference goes, in one exchange. False, with nothing done, if anybody waits: a receive
    /// may have borrowed that reference.
    [[nodiscard]] bool abandon_and_release_receiver() noexcept {
        if (!turn_.is_free_for(nullptr)) {
            return false;
        }
        unsigned s = state_.load(std::memory_order_acquire); // [O] as in release()
        if (s / one_owner == 1) {
            delete this;
            return true;
        }
        gone_ = true; // for a receive that was made and has not been started
        do {
            if ((s & (close_awaited | receiver_waits)) != 0) {
                return false;
            }
            drop_value();
        } while (!state_.compare_exchange_weak(s, (s | receiver_closed) - one_owner,
                                               std::memory_order_acq_rel, // [O]
                                               std::memory_order_relaxed));
        if (s / one_owner == 1) {
            delete this;
        }
        return true;
    }

    [[nodiscard]] bool is_receiver_gone() const noexcept { return gone_; }

    [[nodiscard]] receive_turn& turn() noexcept { return turn_; }

    // --- owners: the sender, the receiver, waiting operations ----------------------------------------------------

    // [O] relaxed: who adds already is one.
    void add_ref() noexcept { state_.fetch_add(one_owner, std::memory_order_relaxed); }

    // [O] Each owner releases what it did here, the last one acquires; one that is alone has nobody to tell.
    void release() noexcept {
        if (state_.load(std::memory_order_acquire) / one_owner == 1 ||
            state_.fetch_sub(one_owner, std::memory_order_acq_rel) / one_owner == 1) {
            delete this;
        }
    }

private:
    T* stored() noexcept { return std::launder(reinterpret_cast<T*>(bytes_)); }

    /// The receiver closed between our look and our exchange: the caller's value goes back where it was.
    void give_back(T& v) {
        struct destroy {
            T* stored;

            ~destroy() { std::destroy_at(stored); }
        } at_end{stored()};

        if constexpr (std::is_move_assignable_v<T> && !std::is_nothrow_move_constructible_v<T>) {
            v = std::move(*at_end.stored);
        } else {
            std::destroy_at(
                std::addressof(v)); // without assignment a throwing move has nowhere to go back to
            [&]() noexcept { std::construct_at(std::addressof(v), std::move(*at_end.stored)); }();
        }
    }

    /// Destroys a value that nobody took. The receiver's side, or the last owner.
    void drop_value() noexcept {
        if ((state_.load(std::memory_order_acquire) & value) != 0 && !std::exchange(taken_, true)) { // [O]
            std::destroy_at(stored());
        }
    }

    void wake_receiver() noexcept {
        wake_batch woken;
        receiver_.wake(woken);
    }

    atomic<unsigned> state_{2 * one_owner}; // [O] as above; both sides
    bool taken_ = false;                    // the receiver's own: the value has left
    bool gone_ = false;                     // the receiver's own
    receive_turn turn_;                     // the receiver's own
    typename Threading::mutex mutex_;
    receiver_place<Threading> receiver_;    // [O] of `receiver_waits`
    waiter_list wait_closed_;               // mutex_
    alignas(T) std::byte bytes_[sizeof(T)]; // [O] a T from `value` on, until it is taken
};

} // namespace weir::detail

#endif
