// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// How many allocations are made by what is done again and again: a round is done two hundred times to warm up, then a
/// thousand times counted.

#ifndef WEIR_TESTS_ALLOCATIONS_COUNTED_ROUNDS_HPP
#define WEIR_TESTS_ALLOCATIONS_COUNTED_ROUNDS_HPP

#include "allocations/counted_new.hpp"

#include <weir/task.hpp>

#include <boost/system/system_error.hpp>

namespace support {

inline constexpr int warm_up = 200;
inline constexpr int rounds = 1000;

/// `round` makes the operation that is waited for: a task would have a frame, which is allocated on one thread of a pool
/// and freed on another.
template <class Round>
weir::task<void> count(Round round, long& made) {
    for (int n = 0; n != warm_up; ++n) {
        co_await round();
    }
    long const before = allocations;
    for (int n = 0; n != rounds; ++n) {
        co_await round();
    }
    made = allocations - before;
}

/// Sends until the receiver goes, so one with a wait is always answered.
template <class Sender>
weir::task<void> send_for_ever(Sender to) {
    try {
        for (;;) {
            co_await to.async_send(1);
        }
    } catch (boost::system::system_error const&) { // closed
    }
}

} // namespace support

#endif // WEIR_TESTS_ALLOCATIONS_COUNTED_ROUNDS_HPP
