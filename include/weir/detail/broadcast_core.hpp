// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_CORE_HPP
#define WEIR_DETAIL_BROADCAST_CORE_HPP

// One ring that is written once for all receivers, each of which has a place of its own in it. One mutex guards ring
// and places: with many receivers, one short lock a delivery beats a queue for each of them, and it is what makes
// overwriting, lossless sending and coming and going safe together.
//
//   The receiver that is the last to pass a slot destroys its value, and a lossless sender may take the slot. A receiver
//   whose next position has been overwritten jumps to the oldest one and counts what it missed. See broadcast_ring.hpp.
//
//   User code (a value's copy, move, destructor) never runs under the mutex: a reader takes a snapshot, copies from it
//   after letting go, and then moves its place on. If the copy throws the place stays.
//
//   Lossless senders queue for slots that become free: send_queue.hpp.

#include <weir/detail/broadcast_ring.hpp>
#include <weir/detail/channel_owners.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/send_queue.hpp>
#include <weir/detail/shared_value.hpp>
#include <weir/detail/waiter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::detail {

template <class T, class Threading>
class broadcast_core : public channel_owners<broadcast_core<T, Threading>, Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_copy_constructible_v<T>);

    using values = broadcast_values<T, Threading>;
    using ring = broadcast_ring<typename values::stored>;
    using mutex = typename Threading::mutex;

public:
    using stored = typename values::stored;

    explicit broadcast_core(std::size_t capacity)
        : broadcast_core::channel_owners(0), ring_(checked_capacity(capacity)) {}

    // --- sending -------------------------------------------------------------------------------------------------

    /// Sends, over the oldest value if need be. How many receivers there were; with none nothing is sent.
    std::size_t send(T&& value) {
        stored next = values_.make(std::move(value));
        wake_batch woken;
        std::unique_lock lock(mutex_);
        make_slots(lock);
        if (receivers_ != 0) {
            put(next, woken); // `next` has the overwritten value then, and destroys it after the lock
        }
        return receivers_;
    }

    /// A value made ready to be sent, for try_send.
    [[nodiscard]] stored make(T&& value) { return values_.make(std::move(value)); }

    /// Sends if nobody has to miss a value for it. `closed`: there are no receivers.
    attempt try_send(stored& next, send_ticket& ticket) {
        wake_batch woken;
        std::unique_lock lock(mutex_);
        make_slots(lock);
        if (receivers_ == 0) {
            return attempt::closed;
        }
        if (!senders_.may_send(ticket, ring_.has_room())) {
            return attempt::not_now;
        }
        senders_.settle(ticket);
        put(next, woken); // nobody needs what `next` holds now
        return attempt::done;
    }

    wait_result start_sending(send_ticket& ticket, waiter& w) {
        std::lock_guard lock(mutex_);
        ticket.who = &w;
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
        senders_.promise_free_slots(woken, ring_.has_room());
    }

    // --- receivers -----------------------------------------------------------------------------------------------

    /// A new receiver stands behind everything that was sent.
    std::uint64_t add_receiver() {
        std::lock_guard lock(mutex_);
        ++receivers_;
        return ring_.tail();
    }

    /// A copy stands where the original stands.
    std::uint64_t add_receiver_at(std::uint64_t place) {
        std::lock_guard lock(mutex_);
        ++receivers_;
        for (auto p = ring_.next_at(place); p != ring_.tail(); ++p) {
            ++ring_.at(p).needed;
        }
        return place;
    }

    /// `parked` is the waiter of the receive that is under way, if there is one: it comes to look, and ends.
    void remove_receiver(std::uint64_t place, waiter* parked) noexcept {
        auto const end = uncount_receiver(parked);
        while (place < end) {
            std::array<stored, 16> unneeded{}; // destroyed after the lock
            wake_batch woken;
            std::lock_guard lock(mutex_);
            place = ring_.next_at(place);
            for (auto v = unneeded.begin(); v != unneeded.end() && place < end; ++v, ++place) {
                if (--ring_.at(place).needed == 0) {
                    free_slot(place, woken, *v);
                }
            }
        }
    }

    /// Copies the value at `place` into consume(T&&) and moves the place on. `missed`: overwritten just before it.
    template <class F>
    attempt receive(std::uint64_t& place, std::uint64_t& missed, F& consume) {
        std::unique_lock lock(mutex_);
        auto const behind = ring_.tail() - place;
        if (behind == 0) {
            return is_closed_ ? attempt::closed : attempt::not_now;
        }
        auto const lost = behind > ring_.capacity() ? behind - ring_.capacity() : 0;
        auto const p = place + lost;
        auto const snapshot = values::look(ring_.at(p).value);
        if constexpr (!values::copies_may_throw) {
            pass(p, lock);
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
                pass(p, lock);
            }
        }
        return attempt::done;
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
    /// One receiver less, with all that hangs on the last. Up to where values still count it.
    std::uint64_t uncount_receiver(waiter* parked) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (parked != nullptr && parked->is_linked()) { // else it has been woken already
            parked->unlink();
            parked->wake(woken);
        }
        if (--receivers_ == 0) {
            senders_.wake_all(woken);
            wait_closed_.wake_all(woken);
        }
        return ring_.tail();
    }

    // all of these under the mutex

    /// Lets go of the mutex while it allocates.
    void make_slots(std::unique_lock<mutex>& lock) {
        if (!ring_.has_slots() && receivers_ != 0) {
            lock.unlock();
            std::vector<typename ring::slot> fresh(ring_.capacity());
            lock.lock();
            if (!ring_.has_slots()) {
                ring_.use(fresh);
            }
        }
    }

    void put(stored& next, wake_batch& woken) noexcept {
        ring_.put(next, receivers_);
        parked_.wake_all(woken);
    }

    /// One receiver has passed position p. Lets go of the mutex.
    void pass(std::uint64_t p, std::unique_lock<mutex>& lock) noexcept {
        if (--ring_.at(p).needed != 0 || (values::ends_alone && !senders_.is_waiting())) {
            lock.unlock();
        } else {
            lock.release(); // what is destroyed below comes after it
            free_slot(p);
        }
    }

    /// Out of line, so that a receiver who is not the last to pass has no batch to make and to destroy.
    WEIR_NOINLINE void free_slot(std::uint64_t p) noexcept {
        stored unneeded{};
        wake_batch woken;
        std::lock_guard lock(mutex_, std::adopt_lock);
        free_slot(p, woken, unneeded);
    }

    /// Nobody needs what stands at p any more: hands it out.
    void free_slot(std::uint64_t p, wake_batch& woken, stored& unneeded) noexcept {
        std::swap(unneeded, ring_.at(p).value);
        senders_.promise_free_slots(woken, ring_.has_room());
    }

    values values_;       // before the slots, which give their blocks back to it
    mutable mutex mutex_; // guards all that follows
    ring ring_;
    std::size_t receivers_ = 0;
    bool is_closed_ = false;  // all senders have gone
    waiter_list parked_;      // receivers
    waiter_list wait_closed_; // senders waiting for all receivers to go
    send_queue senders_;      // lossless ones
};

} // namespace weir::detail

#endif
