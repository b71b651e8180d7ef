// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPMC_CORE_HPP
#define WEIR_DETAIL_MPMC_CORE_HPP

// The bounded channel with many senders and many receivers, without executors: the state of mpmc_state.hpp under one
// mutex, and how values get in and out of it. One mutex, because with several on both sides the queues of those who wait
// are in use all the time, and every value would need it anyway.
//
// User code (a value's constructors and destructor) never runs under the mutex. A value stands in a node
// (value_nodes.hpp): a sender takes a node, writes the value without the lock, and queues the node under it; a receiver
// takes the node out of the queue, and gives it back when the value is gone. Values are in the order in which their
// nodes were queued, so each sender's are in its own order.
// What is trivial to move, and small, is no user code: it goes in and out under the lock, which is then taken once instead
// of twice.

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpmc_state.hpp>
#include <weir/detail/slot_request.hpp>
#include <weir/detail/value_nodes.hpp>
#include <weir/detail/waiter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class mpmc_core : public channel_owners<mpmc_core<T, Threading>, Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_move_constructible_v<T>);

    using mutex = typename Threading::mutex;
    using lock_type = std::unique_lock<mutex>;
    using node = value_node<T>;
    using list = node_list<T>;

    /// Making a T from a U, and destroying it, is no user code, and short.
    template <class U>
    static constexpr bool
        is_trivial = std::is_trivially_constructible_v<T, U>&& std::is_trivially_destructible_v<T> &&
                     sizeof(T) <= 4 * cache_line;

public:
    using value_type = T;

    explicit mpmc_core(std::size_t capacity)
        : mpmc_core::channel_owners(0), capacity_(checked_capacity(capacity)), state_(capacity_) {}

    mpmc_core(mpmc_core const&) = delete;

    // --- senders: what bounded_sender.hpp asks for -----------------------------------------------------------------

    template <class U>
    attempt try_send(U&& value) {
        wake_batch woken;
        lock_type lock(mutex_);
        auto const a = state_.reserve(1);
        if (a == attempt::done) {
            put(lock, woken, std::forward<U>(value));
        }
        return a;
    }

    attempt try_reserve(std::uint32_t n) {
        std::lock_guard lock(mutex_);
        return state_.reserve(n);
    }

    std::uint32_t try_reserve_up_to(std::uint32_t most) {
        std::lock_guard lock(mutex_);
        auto const n = std::min<std::size_t>(most, state_.free_slots());
        return state_.reserve(n) == attempt::done ? static_cast<std::uint32_t>(n) : 0;
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
        wake_batch woken;
        lock_type lock(mutex_);
        state_.remove_receiver(gone, woken);
        if (!state_.has_receivers()) {
            state_.close(woken);
            discard(lock, woken, state_.take_all());
        }
    }

    /// Takes the next value with `consume(T&&)`. `closed`: none will come for this receive; if r.refused is set, because
    /// its receiver has gone.
    template <class F>
    attempt try_take(value_request& r, F&& consume) {
        if constexpr (is_trivial<T>) {
            wake_batch woken;
            lock_type lock(mutex_);
            list out = state_.take(r, 1);
            if (out.empty()) {
                return state_.why_nothing(r);
            }
            T value(std::move(out.front().value()));
            state_.free(std::move(out), woken);
            lock.unlock();
            consume(std::move(value));
            return attempt::done;
        } else {
            std::size_t n = 0;
            return try_take_many(r, consume, 1, n);
        }
    }

    /// Takes up to `limit` values in one step; `n` is how many there were.
    template <class F>
    attempt try_take_many(value_request& r, F&& consume, std::size_t limit, std::size_t& n) {
        lock_type lock(mutex_);
        outgoing out{*this, state_.take(r, limit)};
        n = out.full.size();
        if (n == 0) {
            return state_.why_nothing(r);
        }
        lock.unlock();
        out.consume_all(consume);
        return attempt::done;
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

    [[nodiscard]] std::size_t max_capacity() const noexcept { return capacity_; }

private:
    /// Values on their way out of the channel, without the lock. What is not consumed in the end goes back.
    struct outgoing {
        mpmc_core& core;
        list full;
        list empty{};

        ~outgoing() {
            if (!full.empty() || !empty.empty()) {
                core.settle(std::move(full), std::move(empty));
            }
        }

        template <class F>
        void consume_all(F& consume) {
            while (!full.empty()) {
                if constexpr (std::is_nothrow_move_constructible_v<T>) {
                    consume(std::move(
                        full.front().value())); // if this throws, the value was not moved: it goes back
                    pop();
                } else {
                    popped at_end{*this}; // also when the move throws: the value is gone then
                    consume(std::move(full.front().value()));
                }
            }
        }

        void pop() noexcept {
            node& n = full.pop_front();
            std::destroy_at(&n.value());
            empty.push_back(n);
        }
    };

    struct popped {
        outgoing& out;

        ~popped() { out.pop(); }
    };

    void settle(list full, list empty) noexcept {
        wake_batch woken;
        lock_type lock(mutex_);
        state_.free(std::move(empty), woken);
        if (state_.has_receivers()) {
            state_.put_back(std::move(full), woken);
        } else {
            discard(lock, woken, std::move(full));
        }
    }

    /// Makes a value in a slot that the caller has reserved, and queues it. If that throws the slot is free again.
    template <class U>
    void put(lock_type& lock, wake_batch& woken, U&& value) {
        node& n = state_.take_node();
        if constexpr (is_trivial<U>) {
            ::new (static_cast<void*>(n.bytes)) T(std::forward<U>(value));
        } else {
            lock.unlock();
            write(n, std::forward<U>(value));
            lock.lock();
            if (!state_.has_receivers()) { // the last one has gone meanwhile
                discard(lock, woken, list(n));
                return;
            }
        }
        state_.publish(n, woken);
    }

    template <class U>
    void write(node& n, U&& value) {
        if constexpr (std::is_nothrow_constructible_v<T, U>) {
            ::new (static_cast<void*>(n.bytes)) T(std::forward<U>(value));
        } else {
            try {
                ::new (static_cast<void*>(n.bytes)) T(std::forward<U>(value));
            } catch (...) {
                settle(list(), list(n));
                throw;
            }
        }
    }

    /// Destroys values that were taken out, without the lock; their slots are free then.
    void discard(lock_type& lock, wake_batch& woken, list values) noexcept {
        outgoing out{*this, std::move(values)};
        lock.unlock();
        while (!out.full.empty()) {
            out.pop();
        }
        lock.lock();
        state_.free(std::move(out.empty), woken);
    }

    std::uint32_t const capacity_;
    mutable mutex mutex_;
    mpmc_state<T> state_; // mutex_
};

} // namespace weir::detail

#endif
