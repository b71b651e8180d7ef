// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ATOMIC_HPP
#define WEIR_DETAIL_ATOMIC_HPP

// A std::atomic that costs no locked instruction while the process has one thread.
//
// A locked instruction takes as long as all else that a send or a wake-up does. In a process that has never started a thread
// nobody can come between a load and a store, so there a read-modify-write is just these two, as in the C library's own
// mutex and in std::shared_ptr.
//
//   [O] one thread. What the only thread has stored happens before all that a thread does which it starts later. So the
//       orders mean nothing until then, and a thread that is told that it is the only one stays so until it starts another,
//       which none of these operations does.

#include <atomic>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace weir::detail {

/// True only if the process has one thread. False where that cannot be told.
inline bool is_only_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

/// std::atomic's interface, as far as the cores use it.
template <class T>
class atomic {
public:
    constexpr atomic() noexcept = default;

    constexpr atomic(T value) noexcept : value_(value) {}

    atomic(atomic const&) = delete;
    atomic& operator=(atomic const&) = delete;

    [[nodiscard]] T load(std::memory_order order) const noexcept { return value_.load(order); }

    void store(T value, std::memory_order order) noexcept {
        if (order == std::memory_order_seq_cst && is_only_thread()) { // [O] only this order has a price
            put(value);
        } else {
            value_.store(value, order);
        }
    }

    T exchange(T value, std::memory_order order) noexcept {
        return is_only_thread() ? replace(value) : value_.exchange(value, order); // [O]
    }

    T fetch_add(T n, std::memory_order order) noexcept {
        return is_only_thread() ? replace(static_cast<T>(get() + n)) : value_.fetch_add(n, order); // [O]
    }

    T fetch_sub(T n, std::memory_order order) noexcept {
        return is_only_thread() ? replace(static_cast<T>(get() - n)) : value_.fetch_sub(n, order); // [O]
    }

    T fetch_or(T bits, std::memory_order order) noexcept {
        return is_only_thread() ? replace(static_cast<T>(get() | bits)) : value_.fetch_or(bits, order); // [O]
    }

    T fetch_and(T bits, std::memory_order order) noexcept {
        return is_only_thread() ? replace(static_cast<T>(get() & bits))
                                : value_.fetch_and(bits, order); // [O]
    }

    bool compare_exchange_weak(T& expected, T desired, std::memory_order won,
                               std::memory_order lost) noexcept {
        return is_only_thread() ? replace_if(expected, desired) // [O]
                                : value_.compare_exchange_weak(expected, desired, won, lost);
    }

    bool compare_exchange_strong(T& expected, T desired, std::memory_order won,
                                 std::memory_order lost) noexcept {
        return is_only_thread() ? replace_if(expected, desired) // [O]
                                : value_.compare_exchange_strong(expected, desired, won, lost);
    }

    void wait(T old, std::memory_order order) const noexcept { value_.wait(old, order); }

    void notify_one() noexcept { value_.notify_one(); }

private:
    // [O] of the only thread; still the atomic's, for a thread that is started later
    [[nodiscard]] T get() const noexcept { return value_.load(std::memory_order_relaxed); }

    void put(T value) noexcept { value_.store(value, std::memory_order_relaxed); }

    T replace(T value) noexcept {
        T const before = get();
        put(value);
        return before;
    }

    bool replace_if(T& expected, T desired) noexcept {
        T const now = get();
        if (now != expected) {
            expected = now;
            return false;
        }
        put(desired);
        return true;
    }

    std::atomic<T> value_{};
};

} // namespace weir::detail

#endif
