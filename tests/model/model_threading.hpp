// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_MODEL_THREADING_HPP
#define WEIR_TESTS_MODEL_MODEL_THREADING_HPP

// weir's cores under the explorer: a threading policy, a value that tells of data races, and a waiter that blocks its
// thread as an executor would: from parking until it was posted.

#include "explorer.hpp"

#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace model {

/// std::atomic, each access of which is a step. Holds what fits into 64 bits.
template <class T>
class atomic {
public:
    explicit atomic(T value = T{}) : id_(make_location(to_bits(value))) {}

    atomic(atomic const&) = delete;
    atomic& operator=(atomic const&) = delete;

    ~atomic() { end_location(id_); }

    T load(std::memory_order order) const noexcept { return to_value(model::load(id_, order)); }

    void store(T value, std::memory_order order) noexcept { model::store(id_, to_bits(value), order); }

    T exchange(T value, std::memory_order order) noexcept {
        return change(order, [value](T) { return value; });
    }

    T fetch_add(T n, std::memory_order order) noexcept {
        return change(order, [n](T v) { return static_cast<T>(v + n); });
    }

    T fetch_sub(T n, std::memory_order order) noexcept {
        return change(order, [n](T v) { return static_cast<T>(v - n); });
    }

    T fetch_or(T bits, std::memory_order order) noexcept {
        return change(order, [bits](T v) { return static_cast<T>(v | bits); });
    }

    T fetch_and(T bits, std::memory_order order) noexcept {
        return change(order, [bits](T v) { return static_cast<T>(v & bits); });
    }

    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure) noexcept {
        std::uint64_t was = to_bits(expected);
        bool const same = compare_exchange(id_, was, to_bits(desired), success, failure);
        expected = to_value(was);
        return same;
    }

    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    static std::uint64_t to_bits(T v) noexcept {
        if constexpr (std::is_pointer_v<T>) {
            return reinterpret_cast<std::uintptr_t>(v);
        } else {
            return static_cast<std::uint64_t>(v);
        }
    }

    static T to_value(std::uint64_t bits) noexcept {
        if constexpr (std::is_pointer_v<T>) {
            return reinterpret_cast<T>(static_cast<std::uintptr_t>(bits));
        } else {
            return static_cast<T>(bits);
        }
    }

    template <class F>
    T change(std::memory_order order, F f) {
        return to_value(modify(id_, order, [f](std::uint64_t bits) { return to_bits(f(to_value(bits))); }));
    }

    location_id const id_;
};

class mutex {
public:
    mutex() : id_(make_location(0)) {}

    mutex(mutex const&) = delete;
    mutex& operator=(mutex const&) = delete;

    ~mutex() { end_location(id_); }

    void lock() noexcept { model::lock(id_); }

    void unlock() noexcept { model::unlock(id_); }

private:
    location_id const id_;
};

struct threading {
    template <class T>
    using atomic = model::atomic<T>;
    using mutex = model::mutex;

    static void relax() noexcept { yield(); }
};

/// Where the operations of a scenario complete: they are driven by await().
struct no_executor {};

/// A value that nobody may touch at the same time as another, and that has to be gone in the end.
class value {
public:
    explicit value(int n) : n_(n) { begin(); }

    value(value&& other) noexcept : n_(other.n_) {
        plain_write(&other.n_);
        other.n_ = moved_from;
        begin();
    }

    value& operator=(value&&) = delete;

    ~value() {
        plain_write(&n_);
        count_object(-1);
    }

    [[nodiscard]] int number() const noexcept {
        plain_read(&n_);
        return n_;
    }

    static constexpr int moved_from = -1;

private:
    void begin() noexcept {
        plain_write(&n_);
        count_object(+1);
    }

    int n_;
};

/// The same, but the move of one with a number below zero throws, when half of it is done.
class unmovable_if_negative {
public:
    explicit unmovable_if_negative(int n) : value_(n) {}

    unmovable_if_negative(unmovable_if_negative&& other) : value_(std::move(other.value_)) {
        if (value_.number() < 0) {
            throw std::runtime_error("does not move");
        }
    }

    [[nodiscard]] int number() const noexcept { return value_.number(); }

private:
    value value_;
};

/// Blocks the thread that it belongs to until it has been woken.
class blocking_waiter final
    : public weir::detail::waiter
    , weir::detail::postable {
public:
    blocking_waiter() : posted_(make_location(0)) {}

    ~blocking_waiter() { end_location(posted_); }

    void wake(weir::detail::wake_batch& woken) noexcept override {
        if (!std::exchange(is_woken_, true)) {
            woken.add(*this);
        }
    }

    [[nodiscard]] boost::asio::any_io_executor executor() const override { return {}; }

    void wait() noexcept {
        model::wait(posted_);
        is_woken_ = false;
    }

    /// Before it goes, when no core knows it any more: a wake-up may be under way.
    void settle() noexcept {
        if (is_woken_) {
            wait();
        }
    }

private:
    void post() noexcept override { model::post(posted_); }

    location_id const posted_;
    bool is_woken_ = false; // the core's lock, or nobody but the owner
};

/// Whether a wake-up may find nothing to do.
enum class woken { finds_something, may_find_nothing };

/// Drives an operation as the drivers in weir do, until it is done.
template <class Operation>
void await(Operation& op, woken expectation = woken::finds_something) {
    blocking_waiter w;
    bool was_parked = false;
    while (!op.try_complete()) {
        check(!was_parked || expectation == woken::may_find_nothing, "woken, and there is nothing");
        was_parked = op.start_waiting(w) == weir::detail::wait_result::parked;
        if (was_parked) {
            w.wait();
        } else {
            yield();
        }
    }
    op.stop_waiting(w);
    w.settle();
}

/// Starts an operation and cancels it if it has to wait. True: it was done all the same.
template <class Operation>
bool await_cancelled(Operation& op) {
    blocking_waiter w;
    bool const done = op.try_complete();
    if (!done) {
        op.start_waiting(w);
    }
    op.stop_waiting(w);
    w.settle();
    return done;
}

} // namespace model

#endif // WEIR_TESTS_MODEL_MODEL_THREADING_HPP
