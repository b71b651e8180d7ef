// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPMC_VALUES_HPP
#define WEIR_DETAIL_MPMC_VALUES_HPP

// How values get into the bounded channel with many receivers, and out of it.
//
// User code (a value's constructors and destructor) never runs under the mutex. A value stands in a node
// (value_nodes.hpp): a sender takes a node, writes the value without the lock, and queues the node under it; a receiver
// takes the node out of the queue, and gives it back when the value is gone. Values are in the order in which their
// nodes were queued, so each sender's are in its own order.
// What is trivial to move, and small, is no user code: it goes in and out under the lock, which is then taken once instead
// of twice.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpmc_state.hpp>
#include <weir/detail/value_nodes.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// The base of mpmc_core: its state and the mutex.
template <class T, class Threading>
class mpmc_values {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_move_constructible_v<T>);

    using node = value_node<T>;

    /// Making a T from a U, and destroying it, is no user code, and short.
    template <class U>
    static constexpr bool
        is_trivial = std::is_trivially_constructible_v<T, U>&& std::is_trivially_destructible_v<T> &&
                     sizeof(T) <= 4 * cache_line;

public:
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

protected:
    using mutex = typename Threading::mutex;
    using lock_type = std::unique_lock<mutex>;
    using list = node_list<T>;

    explicit mpmc_values(std::size_t capacity) noexcept : state_(capacity) {}

    mpmc_values(mpmc_values const&) = delete;
    ~mpmc_values() = default;

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

    mutable mutex mutex_;
    mpmc_state<T> state_; // mutex_

private:
    /// Values on their way out of the channel, without the lock. What is not consumed in the end goes back.
    struct outgoing {
        mpmc_values& channel;
        list full;
        list empty{};

        ~outgoing() {
            if (!full.empty() || !empty.empty()) {
                channel.settle(std::move(full), std::move(empty));
            }
        }

        template <class F>
        void consume_all(F& consume) {
            while (!full.empty()) {
                if constexpr (std::is_nothrow_move_constructible_v<T>) {
                    consume(std::move(full.front().value()));
                    pop(); // not if that threw: the value was not moved, and goes back
                } else {
                    popped at_end{*this}; // also when the move throws: the value is gone then
                    consume(std::move(full.front().value()));
                }
            }
        }

        void pop() noexcept {
            node& n = full.pop_front();
            std::destroy_at(std::addressof(n.value()));
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
};

} // namespace weir::detail

#endif
