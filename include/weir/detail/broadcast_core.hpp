// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_CORE_HPP
#define WEIR_DETAIL_BROADCAST_CORE_HPP

// One ring that is written once for all receivers, each of which has a place of its own in it. One mutex guards ring
// and places: with many receivers, one short lock a delivery beats a queue for each of them, and it is what makes
// overwriting, lossless sending and coming and going safe together. Small trivially copyable values are taken without it
// where there is nothing to decide: broadcast_open_ring.hpp.
//
//   The receiver that is the last to pass a slot destroys its value, and a lossless sender may take the slot. A receiver
//   whose next position has been overwritten jumps to the oldest one and counts what it missed. See broadcast_ring.hpp.
//
//   User code (a value's copy, move, destructor) never runs under the mutex: a reader takes a snapshot, copies from it
//   after letting go, and then moves its place on. If the copy throws the place stays.
//
//   Lossless senders queue for slots that become free: send_queue.hpp.

#include <weir/detail/broadcast_state.hpp>
#include <weir/detail/channel_owners.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/send_queue.hpp>
#include <weir/detail/waiter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class broadcast_core
    : public channel_owners<broadcast_core<T, Threading>, Threading>
    , broadcast_state<T, Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_copy_constructible_v<T>);

    using state = broadcast_state<T, Threading>;
    using state::is_closed_;
    using state::is_open;
    using state::mutex_;
    using state::parked_;
    using state::receivers_;
    using state::ring_;
    using state::senders_;
    using state::values_;
    using state::wait_closed_;
    using typename state::ring;
    using typename state::values;

public:
    using typename state::stored;

    explicit broadcast_core(std::size_t capacity)
        : broadcast_core::channel_owners(0), state(checked_capacity(capacity)) {}

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends, over the oldest value if need be. How many receivers there were; with none nothing is sent.
    std::size_t send(T&& value) {
        stored next = values_.make(std::move(value));
        std::unique_lock lock(mutex_);
        state::make_slots(lock);
        auto const receivers = receivers_;
        if (receivers != 0) {
            state::put(next, lock); // `next` has the overwritten value then, and destroys it after the lock
        }
        return receivers;
    }

    /// A value made ready to be sent, for try_send.
    [[nodiscard]] stored make(T&& value) { return values_.make(std::move(value)); }

    /// Sends if nobody has to miss a value for it. `closed`: there are no receivers.
    attempt try_send(stored& next, send_ticket& ticket) {
        std::unique_lock lock(mutex_);
        state::make_slots(lock);
        if (receivers_ == 0) {
            return attempt::closed;
        }
        if (!senders_.may_send(ticket, ring_.has_room())) {
            return attempt::not_now;
        }
        senders_.settle(ticket);
        state::put(next, lock); // nobody needs what `next` holds now
        return attempt::done;
    }

    wait_result start_sending(send_ticket& ticket, waiter& w) {
        std::lock_guard lock(mutex_);
        ticket.who = &w;
        ring_.await_room(true);
        if (receivers_ == 0 || senders_.may_send(ticket, ring_.has_room())) {
            return wait_result::look_again;
        }
        senders_.wait(ticket);
        return wait_result::parked;
    }

    void stop_sending(send_ticket& ticket) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        senders_.settle(ticket);
        state::promise_room(woken);
    }

    // --- receivers -----------------------------------------------------------------------------------------------

    /// A new receiver stands behind everything that was sent.
    std::uint64_t add_receiver() {
        std::lock_guard lock(mutex_);
        state::count_receiver();
        return ring_.tail();
    }

    /// A copy stands where the original stands.
    std::uint64_t add_receiver_at(std::uint64_t place) {
        std::lock_guard lock(mutex_);
        state::count_receiver();
        for (auto p = ring_.next_at(place); p != ring_.tail(); ++p) {
            ring_.need(p);
        }
        return place;
    }

    /// `parked` is the waiter of the receive that is under way, if there is one: it comes to look, and ends.
    void remove_receiver(std::uint64_t place, waiter* parked) noexcept {
        auto const end = state::uncount_receiver(parked);
        while (place < end) {
            std::array<stored, is_open ? 1 : 16> unneeded{}; // destroyed after the lock
            wake_batch woken;
            std::lock_guard lock(mutex_);
            place = ring_.next_at(place);
            for (std::size_t n = 0; n != 16 && place < end; ++n, ++place) {
                if (ring_.pass(place)) {
                    state::give_up(place, woken, unneeded[is_open ? 0 : n]);
                }
            }
        }
    }

    /// Copies the value at `place` into consume(T&&) and moves the place on. `missed`: overwritten just before it.
    template <class F>
    attempt receive(std::uint64_t& place, std::uint64_t& missed, F& consume) {
        if constexpr (is_open) {
            stored value;
            auto const taken = ring_.try_take(place, value);
            if (taken == ring::taken::no) {
                return receive_locked(place, missed, consume);
            }
            if (taken == ring::taken::was_last) {
                state::tell_of_room();
            }
            ++place;
            missed = 0;
            consume(values::copy(value));
            return attempt::done;
        } else {
            return receive_locked(place, missed, consume);
        }
    }

    wait_result park_receiver(std::uint64_t place, waiter& w) {
        std::lock_guard lock(mutex_);
        if (place != ring_.tail() || is_closed_) {
            return wait_result::look_again;
        }
        return parked_.park(w);
    }

    void unpark(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    [[nodiscard]] std::size_t size_at(std::uint64_t place) const noexcept {
        std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(ring_.tail() - ring_.next_at(place));
    }

    // --- both ----------------------------------------------------------------------------------------------------

    /// For senders: closed while there are no receivers.
    [[nodiscard]] bool is_closed() const noexcept { return receiver_count() == 0; }

    wait_result wait_closed(waiter& w) {
        std::lock_guard lock(mutex_);
        if (receivers_ == 0) {
            return wait_result::look_again;
        }
        return wait_closed_.park(w);
    }

    void stop_waiting_closed(waiter& w) noexcept { unpark(w); }

    /// For receivers: all senders have gone.
    [[nodiscard]] bool is_without_senders() const noexcept {
        std::lock_guard lock(mutex_);
        return is_closed_;
    }

    [[nodiscard]] std::size_t receiver_count() const noexcept {
        std::lock_guard lock(mutex_);
        return receivers_;
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

    /// All senders have gone: receivers get what is there, and then the end.
    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_closed_ = true;
        parked_.wake_all(woken);
    }

private:
    template <class F>
    WEIR_NOINLINE attempt receive_locked(std::uint64_t& place, std::uint64_t& missed, F& consume) {
        std::unique_lock lock(mutex_);
        auto const p = ring_.next_at(place);
        if (p == ring_.tail()) {
            return is_closed_ ? attempt::closed : attempt::not_now;
        }
        auto const lost = p - place;
        auto const snapshot = values::look(ring_.value(p));
        if constexpr (!values::copies_may_throw) {
            state::pass(p, lock);
            place = p + 1;
            missed = lost;
            consume(values::copy(snapshot));
        } else {
            lock.unlock();
            consume(values::copy(snapshot));
            lock.lock();
            place = p + 1;
            missed = lost;
            if (p >= ring_.oldest()) { // else it was overwritten while it was copied
                state::pass(p, lock);
            }
        }
        return attempt::done;
    }
};

} // namespace weir::detail

#endif
