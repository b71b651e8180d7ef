// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_THREADING_HPP
#define WEIR_THREADING_HPP

// Threading policies: what the cores of channels and locks synchronise with.
//
// Every channel takes a policy as its last template parameter and reaches atomics and mutexes only through it.
//   multi_threaded   (the default) handles of one channel may be used on different threads. As long as the process has never
//                    started a thread, which the C library of GNU can tell, that costs little: detail/atomic.hpp.
//   single_threaded  all handles of one channel stay on one thread: no atomic instruction, no lock.
// A test supplies a third one that interleaves its threads on purpose; the algorithms are the same in all three.
//
//   auto [tx, rx] = weir::mpsc::channel<int, weir::single_threaded>(ctx.get_executor(), 16);
//
// A policy is a class with
//   template <class T> using atomic   with std::atomic's interface as far as the cores use it,
//   using mutex                       with lock(), try_lock() and unlock(),
//   using event                       with set() and wait_and_reset(): how a plain thread waits. A policy without it
//                                     has no blocking_ operations.

#include <weir/detail/config.hpp>
#include <weir/detail/short_mutex.hpp>

#include <atomic>
#include <mutex>

namespace weir {

namespace detail {

/// A value with std::atomic's interface for one thread. The orders are accepted and mean nothing.
template <class T>
class plain_atomic {
public:
    constexpr plain_atomic() noexcept = default;

    constexpr plain_atomic(T value) noexcept : value_(value) {}

    plain_atomic(plain_atomic const&) = delete;
    plain_atomic& operator=(plain_atomic const&) = delete;

    T load(std::memory_order) const noexcept { return value_; }

    void store(T value, std::memory_order) noexcept { value_ = value; }

    T exchange(T value, std::memory_order) noexcept { return replace(value); }

    T fetch_add(T n, std::memory_order) noexcept { return replace(static_cast<T>(value_ + n)); }

    T fetch_sub(T n, std::memory_order) noexcept { return replace(static_cast<T>(value_ - n)); }

    T fetch_or(T bits, std::memory_order) noexcept { return replace(static_cast<T>(value_ | bits)); }

    T fetch_and(T bits, std::memory_order) noexcept { return replace(static_cast<T>(value_ & bits)); }

    bool compare_exchange_weak(T& expected, T desired, std::memory_order, std::memory_order) noexcept {
        if (value_ == expected) {
            value_ = desired;
            return true;
        }
        expected = value_;
        return false;
    }

private:
    T replace(T value) noexcept {
        T const before = value_;
        value_ = value;
        return before;
    }

    T value_{};
};

struct null_mutex {
    void lock() noexcept {}

    bool try_lock() noexcept { return true; }

    void unlock() noexcept {}
};

/// One thread sleeps until another says so. A set() that comes first is not lost.
class thread_event {
public:
    void set() noexcept {
        // Held while notifying: the sleeper may destroy this as soon as it has the lock.
        std::lock_guard lock(mutex_);
        // [E] comes before notify_one() looks whether anybody sleeps; the sleeper says so before it looks at this
        is_set_.store(1, std::memory_order_seq_cst);
        is_set_.notify_one();
    }

    void wait_and_reset() noexcept {
        is_set_.wait(0, std::memory_order_acquire); // [E] sees what was done before set()
        std::lock_guard lock(mutex_);
        is_set_.store(0, std::memory_order_relaxed); // whoever sets it again has the mutex after us
    }

private:
    std::mutex mutex_;
    // [E] 1 from set() until the sleeper resets it, else 0. Written under mutex_, waited for without it; an int, for which
    // the system itself can wait. Not a std::condition_variable: its header brings stop tokens and semaphores with it.
    std::atomic<int> is_set_{0};
};

} // namespace detail

/// Handles of one channel may be used on different threads at once.
struct multi_threaded {
    template <class T>
    using atomic = detail::atomic<T>;
    using mutex = detail::short_mutex;
    using event = detail::thread_event;
};

/// All handles of one channel, and everything that waits on it, stay on one thread.
struct single_threaded {
    template <class T>
    using atomic = detail::plain_atomic<T>;
    using mutex = detail::null_mutex;
};

} // namespace weir

#endif
