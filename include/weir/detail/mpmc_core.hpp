// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPMC_CORE_HPP
#define WEIR_DETAIL_MPMC_CORE_HPP

// The bounded channel with many senders and many receivers, without executors: the state of mpmc_state.hpp under one
// mutex. One mutex, because with several on both sides the queues of those who wait are in use all the time, and every
// value would need it anyway. How values go through without their code running under it: mpmc_values.hpp.

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpmc_state.hpp>
#include <weir/detail/mpmc_values.hpp>
#include <weir/detail/sender_name.hpp>
#include <weir/detail/sender_queue.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class mpmc_core
    : public channel_owners<mpmc_core<T, Threading>, Threading>
    , public sender_names<Threading>
    , public mpmc_values<T, Threading> {
    using values = mpmc_values<T, Threading>;
    using typename values::lock_type;
    using values::discard;
    using values::mutex_;
    using values::put;
    using values::state_;

public:
    using value_type = T;

    explicit mpmc_core(std::size_t capacity)
        : mpmc_core::channel_owners(0), values(checked_capacity(capacity)) {}

    mpmc_core(mpmc_core const&) = delete;

    // --- senders: what bounded_sender.hpp asks for -----------------------------------------------------------------

    template <class U>
    attempt try_send(U&& value, sender_name name) {
        wake_batch woken;
        lock_type lock(mutex_);
        auto const a = state_.reserve(1, name);
        if (a == attempt::done) {
            put(lock, woken, std::forward<U>(value));
        }
        return a;
    }

    attempt try_reserve(std::uint32_t n, sender_name name) {
        std::lock_guard lock(mutex_);
        return state_.reserve(n, name);
    }

    std::uint32_t try_reserve_up_to(std::uint32_t most, sender_name name) {
        std::lock_guard lock(mutex_);
        auto const n = smaller<std::size_t>(most, state_.free_slots());
        return state_.reserve(n, name) == attempt::done ? static_cast<std::uint32_t>(n) : 0;
    }

    void send_reserved(T&& value) {
        wake_batch woken;
        lock_type lock(mutex_);
        if (state_.has_receivers()) {
            put(lock, woken, std::move(value));
        } else {
            state_.free(1, woken); // nobody will take the value: the caller destroys it
        }
    }

    void return_slots(std::uint32_t n) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        state_.free(n, woken);
    }

    wait_result request(slot_request& r, waiter& w) {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        return state_.request(r, w, woken);
    }

    attempt claim(slot_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        return state_.claim(r, woken);
    }

    void withdraw(slot_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        state_.withdraw(r, woken);
    }

    wait_result wait_closed(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        return state_.park_closed(w);
    }

    void stop_waiting_closed(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    // --- receivers -----------------------------------------------------------------------------------------------

    void add_receiver() noexcept {
        std::lock_guard lock(mutex_);
        state_.add_receiver();
    }

    /// With the last one everything is refused, and what is there destroyed.
    void remove_receiver(mpmc_receiver& gone) noexcept {
        wake_batch at_the_end;
        node_list<T> left = [&] {
            wake_batch woken; // posts before a value is destroyed: that is user code
            std::lock_guard guard(mutex_);
            state_.remove_receiver(gone, woken);
            if (state_.has_receivers()) {
                return node_list<T>();
            }
            state_.close(woken);
            return state_.take_all();
        }();
        if (!left.empty()) {
            lock_type lock(mutex_);
            discard(lock, at_the_end, std::move(left));
        }
    }

    wait_result park(value_request& r, waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        return state_.park(r, w);
    }

    /// Takes a receive out and passes on what it had been promised.
    void withdraw(value_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        state_.withdraw(r, woken);
    }

    // --- both ----------------------------------------------------------------------------------------------------

    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        state_.close(woken);
    }

    [[nodiscard]] bool is_closed() const noexcept {
        std::lock_guard lock(mutex_);
        return state_.is_closed();
    }

    /// Values that are ready.
    [[nodiscard]] std::size_t size() const noexcept {
        std::lock_guard lock(mutex_);
        return state_.ready();
    }

    /// Free slots.
    [[nodiscard]] std::size_t capacity() const noexcept {
        std::lock_guard lock(mutex_);
        return state_.free_slots();
    }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return state_.capacity(); }
};

} // namespace weir::detail

#endif
