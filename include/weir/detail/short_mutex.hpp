// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SHORT_MUTEX_HPP
#define WEIR_DETAIL_SHORT_MUTEX_HPP

// A mutex for what takes some instructions, and is done again and again by several threads.
//
// A std::mutex that is taken puts the thread to sleep at once, and whoever lets go has to call the system to wake it: both
// take many times as long as the lock was held. So who finds this one taken stands back first, and for much longer than
// one lock takes, on purpose: to look again at once only takes the words that the lock guards away from the other thread,
// which needs them for its next lock, and two threads get less done than one. Meanwhile the other one does a good part of
// its work in peace. Who has stood back in vain sleeps.
//
//   [M] free, taken, or contended: taken, and somebody may sleep. Who takes it acquires what those did who let it go. Who
//       has slept cannot know who else sleeps, so it takes it as contended, and wakes one more when it lets go. Who lets
//       go touches nothing of the mutex afterwards but its address. It exchanges in the one order of all (seq_cst), because
//       notify_one() then looks whether anybody sleeps, who has said so before looking at the state.
//
// The states: U. Drepper, Futexes are tricky, 2011, "mutex, take 2".

#include <weir/detail/atomic.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/stand_back.hpp>

#include <atomic>

namespace weir::detail {

/// `Atomic` is for a test that interleaves its threads on purpose.
template <template <class> class Atomic>
class basic_short_mutex {
public:
    basic_short_mutex() noexcept = default;
    basic_short_mutex(basic_short_mutex const&) = delete;
    basic_short_mutex& operator=(basic_short_mutex const&) = delete;

    void lock() noexcept {
        if (!try_lock()) {
            lock_taken();
        }
    }

    bool try_lock() noexcept {
        int expected = free;
        return state_.compare_exchange_strong(expected, taken, std::memory_order_acquire,
                                              std::memory_order_relaxed); // [M]
    }

    void unlock() noexcept {
        if (state_.exchange(free, std::memory_order_seq_cst) == contended) { // [M]
            state_.notify_one();
        }
    }

private:
    enum : int { free, taken, contended };

    WEIR_NOINLINE void lock_taken() noexcept {
        for (unsigned pauses = first_pauses; pauses <= last_pauses; pauses *= 2) {
            stand_back(pauses);
            if (try_lock()) {
                return;
            }
        }
        while (state_.exchange(contended, std::memory_order_acquire) != free) { // [M]
            state_.wait(contended, std::memory_order_relaxed);                  // the exchange decides
        }
    }

    // A pause is some 10 to 150 cycles: one to ten microseconds in all.
    static constexpr unsigned first_pauses = 32;
    static constexpr unsigned last_pauses = 128;

    Atomic<int> state_{free}; // [M] any thread; an int, for which the system itself can wait
};

using short_mutex = basic_short_mutex<atomic>;

} // namespace weir::detail

#endif
