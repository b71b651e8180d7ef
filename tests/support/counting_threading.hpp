// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A threading policy for one thread that counts what the cores do, and tells of what would be a deadlock with threads.

#ifndef WEIR_TESTS_SUPPORT_COUNTING_THREADING_HPP
#define WEIR_TESTS_SUPPORT_COUNTING_THREADING_HPP

#include <weir/threading.hpp>

#include <atomic>

namespace support {

/// What the cores over counting_threading have done so far, all channels together.
struct core_work {
    long accesses = 0;    // of atomics
    long locks = 0;       // taken
    int held = 0;         // locks, at this moment
    int deadlocks = 0;    // locks taken by who holds them already
    int wrong_orders = 0; // of memory: a load that releases, a store that acquires

    [[nodiscard]] long steps() const noexcept { return accesses + locks; }
};

inline core_work& work_of_cores() noexcept {
    static core_work all;
    return all;
}

/// std::atomic as far as the cores use it.
template <class T>
class counted_atomic {
public:
    constexpr counted_atomic() noexcept = default;

    constexpr counted_atomic(T value) noexcept : value_(value) {}

    T load(std::memory_order order) const noexcept {
        note(order != std::memory_order_release && order != std::memory_order_acq_rel);
        return value_.load(order);
    }

    void store(T value, std::memory_order order) noexcept {
        note(order != std::memory_order_acquire && order != std::memory_order_acq_rel);
        value_.store(value, order);
    }

    T exchange(T value, std::memory_order order) noexcept { return note(), value_.exchange(value, order); }

    T fetch_add(T n, std::memory_order order) noexcept { return note(), value_.fetch_add(n, order); }

    T fetch_sub(T n, std::memory_order order) noexcept { return note(), value_.fetch_sub(n, order); }

    T fetch_or(T bits, std::memory_order order) noexcept { return note(), value_.fetch_or(bits, order); }

    T fetch_and(T bits, std::memory_order order) noexcept { return note(), value_.fetch_and(bits, order); }

    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
        note(failure != std::memory_order_release && failure != std::memory_order_acq_rel);
        return value_.compare_exchange_weak(expected, desired, success, failure);
    }

private:
    static void note(bool is_right = true) noexcept {
        ++work_of_cores().accesses;
        work_of_cores().wrong_orders += is_right ? 0 : 1;
    }

    weir::detail::plain_atomic<T> value_;
};

/// Is never waited for: a second lock is counted as the deadlock that it would be.
class counted_mutex {
public:
    void lock() noexcept { (void)try_lock(); }

    bool try_lock() noexcept {
        auto& work = work_of_cores();
        ++work.locks;
        ++work.held;
        work.deadlocks += times_ != 0 ? 1 : 0;
        ++times_;
        return true;
    }

    void unlock() noexcept {
        --work_of_cores().held;
        --times_;
    }

private:
    int times_ = 0; // locked: more than once is a mistake
};

struct counting_threading {
    template <class T>
    using atomic = counted_atomic<T>;
    using mutex = counted_mutex;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_COUNTING_THREADING_HPP
