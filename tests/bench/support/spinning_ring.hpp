// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// The limit: a ring of numbers between two threads that do nothing but look at it. No coroutine, no wait, no closing.

#ifndef WEIR_TESTS_BENCH_SUPPORT_SPINNING_RING_HPP
#define WEIR_TESTS_BENCH_SUPPORT_SPINNING_RING_HPP

#include "support/measure.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace bench {

/// Looks again and again; gives the core away now and then, for there may be fewer cores than who looks.
class spinning {
public:
    void again() {
        if (++times_ % 64 == 0)
            std::this_thread::yield();
    }

private:
    unsigned times_ = 0;
};

/// One producer, one consumer; each keeps what it knows of the other, so a line changes hands only when it has to.
template <std::size_t Capacity>
class spinning_ring {
public:
    bool push(counter value) {
        counter const tail = tail_.load(std::memory_order_relaxed); // only the producer writes it
        if (tail - head_known_ == Capacity) {
            head_known_ = head_.load(std::memory_order_acquire); // [P] the slot has been read
            if (tail - head_known_ == Capacity)
                return false;
        }
        slots_[tail % Capacity] = value;
        tail_.store(tail + 1, std::memory_order_release); // [P] the slot is written
        return true;
    }

    bool pop(counter& value) {
        counter const head = head_.load(std::memory_order_relaxed); // only the consumer writes it
        if (head == tail_known_) {
            tail_known_ = tail_.load(std::memory_order_acquire); // [P] the slot is written
            if (head == tail_known_)
                return false;
        }
        value = slots_[head % Capacity];
        head_.store(head + 1, std::memory_order_release); // [P] the slot has been read
        return true;
    }

private:
    // [P] place: how many were pushed (tail_) and popped (head_); each is stored by one side after it has used a slot.
    alignas(64) std::atomic<counter> tail_{0};
    counter head_known_ = 0; // the producer's
    alignas(64) std::atomic<counter> head_{0};
    counter tail_known_ = 0; // the consumer's
    alignas(64) std::array<counter, Capacity> slots_{};
};

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_SPINNING_RING_HPP
