// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_THREADING_HPP
#define WEIR_THREADING_HPP

// Threading policies: what the cores of channels and locks synchronise with.
//
// Every channel takes a policy as its last template parameter and reaches atomics and mutexes only through it.
//   multi_threaded   (the default) handles of one channel may be used on different threads.
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

#include <atomic>
#include <condition_variable>
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
        std::lock_guard lock(
            mutex_); // held while notifying: the sleeper may destroy this as soon as it has the lock
        is_set_ = true;
        changed_.notify_one();
    }

    void wait_and_reset() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_set_; });
        is_set_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_set_ = false; // mutex_
};

} // namespace detail

/// Handles of one channel may be used on different threads at once.
struct multi_threaded {
    template <class T>
    using atomic = std::atomic<T>;
    using mutex = std::mutex;
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
