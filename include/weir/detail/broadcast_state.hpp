// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_STATE_HPP
#define WEIR_DETAIL_BROADCAST_STATE_HPP

// What the mutex of a broadcast guards, and what is done in several places of its core (broadcast_core.hpp).

#include <weir/detail/broadcast_open_ring.hpp>
#include <weir/detail/broadcast_ring.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/send_queue.hpp>
#include <weir/detail/shared_value.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::detail {

template <class T, class Threading>
class broadcast_state {
protected:
    using values = broadcast_values<T, Threading>;
    using stored = typename values::stored;
    using mutex = typename Threading::mutex;
    /// Receivers take small values without the mutex.
    static constexpr bool is_open = values::ends_alone;
    using ring = std::conditional_t<is_open, broadcast_open_ring<T, Threading>, broadcast_ring<stored>>;

    explicit broadcast_state(std::size_t capacity) : ring_(capacity) {}

    /// A slot has become free without the mutex, and a sender may wait for it.
    WEIR_NOINLINE void tell_of_room() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        promise_room(woken);
    }

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

    void count_receiver() {
        if (receivers_ == ring::max_receivers) {
            throw std::length_error("weir: too many receivers");
        }
        ++receivers_;
    }

    /// Lets go of the mutex.
    void put(stored& next, std::unique_lock<mutex>& lock) noexcept {
        ring_.put(next, receivers_);
        if (parked_.empty()) {
            lock.unlock();
        } else {
            lock.release();
            wake_receivers();
        }
    }

    /// Out of line, so that a send that finds nobody waiting has no batch to make and to destroy.
    WEIR_NOINLINE void wake_receivers() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_, std::adopt_lock);
        parked_.wake_all(woken);
    }

    /// One receiver has passed position p. Lets go of the mutex.
    void pass(std::uint64_t p, std::unique_lock<mutex>& lock) noexcept {
        if (ring_.pass(p)) {
            lock.release(); // what is destroyed below comes after it
            give_up(p);
        } else {
            lock.unlock();
        }
    }

    /// Out of line, so that a receiver who is not the last to pass has no batch to make and to destroy.
    WEIR_NOINLINE void give_up(std::uint64_t p) noexcept {
        stored unneeded{};
        wake_batch woken;
        std::lock_guard lock(mutex_, std::adopt_lock);
        give_up(p, woken, unneeded);
    }

    /// Nobody needs what stands at p any more: hands it out.
    void give_up(std::uint64_t p, wake_batch& woken, stored& unneeded) noexcept {
        if constexpr (!is_open) {
            std::swap(unneeded, ring_.value(p));
        }
        promise_room(woken);
    }

    void promise_room(wake_batch& woken) noexcept {
        senders_.promise_free_slots(woken, ring_.has_room());
        ring_.await_room(senders_.is_waiting());
    }

    values values_; // before the slots, which give their blocks back to it
    // guards all that follows; of an open ring what broadcast_open_ring.hpp says
    mutable mutex mutex_;
    ring ring_;
    std::size_t receivers_ = 0;
    bool is_closed_ = false;  // all senders have gone
    waiter_list parked_;      // receivers
    waiter_list wait_closed_; // senders waiting for all receivers to go
    send_queue senders_;      // lossless ones
};

} // namespace weir::detail

#endif
