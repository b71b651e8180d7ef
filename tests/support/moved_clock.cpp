// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/moved_clock.hpp"

#include <atomic>
#include <chrono>

namespace {

// Ticks since the clock's epoch. The test adds, whoever asks for the time reads. It starts far from zero, so that
// times before the start can be had. Nothing is published by it: relaxed.
constinit std::atomic<std::chrono::steady_clock::rep> ticks{
    std::chrono::steady_clock::duration(std::chrono::hours(24 * 365)).count()};

} // namespace

void support::advance(std::chrono::steady_clock::duration d) noexcept {
    ticks.fetch_add(d.count(), std::memory_order_relaxed);
}

std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
    return time_point(duration(ticks.load(std::memory_order_relaxed)));
}
