// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/atomic.hpp>
#include <weir/threading.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <thread>
#include <type_traits>

// What the cores synchronise with does what std::atomic does, while the process has one thread and when it has had more.

namespace atomic_test {

static_assert(std::is_same_v<weir::multi_threaded::atomic<int>, weir::detail::atomic<int>>);
static_assert(sizeof(weir::detail::atomic<int>) == sizeof(std::atomic<int>));

/// All operations: what they return, and what is there after each.
template <class Atomic>
std::vector<unsigned> results_of_all() {
    constexpr auto order = std::memory_order_seq_cst;
    std::vector<unsigned> seen;
    Atomic a{12};
    auto const see = [&](unsigned returned) {
        seen.push_back(returned);
        seen.push_back(a.load(order));
    };
    see(a.exchange(5, order));
    see(a.fetch_add(9, order));
    see(a.fetch_sub(2, order));
    see(a.fetch_or(0x31, order));
    see(a.fetch_and(0x1d, order));
    a.store(7, order);
    see(0);
    a.store(8, std::memory_order_release);
    see(0);
    for (unsigned const wanted : {9U, 8U}) {
        unsigned expected = wanted;
        see(a.compare_exchange_strong(expected, wanted + 20, order, order) ? 1 : 0);
        see(expected);
        while (!a.compare_exchange_weak(expected, wanted + 40, order, order) && expected == wanted) {
        }
        see(expected);
    }
    return seen;
}

TEST_CASE("atomic: does what std::atomic does, before and after the process has started a thread") {
    auto const expected = results_of_all<std::atomic<unsigned>>();
    CHECK(results_of_all<weir::detail::atomic<unsigned>>() ==
          expected); // of the only thread, where that is known
    std::thread([] {}).join();
    CHECK_FALSE(weir::detail::is_only_thread());
    CHECK(results_of_all<weir::detail::atomic<unsigned>>() == expected);
}

TEST_CASE("atomic: a thread sees what the only one stored before it, and none of their additions is lost") {
    constexpr unsigned rounds = 100'000;
    weir::detail::atomic<unsigned> count{0};
    int plain = 0;
    count.fetch_add(1, std::memory_order_relaxed);
    plain = 1;
    count.exchange(2, std::memory_order_relaxed);
    auto const add = [&] {
        for (unsigned n = 0; n != rounds; ++n) {
            count.fetch_add(1, std::memory_order_relaxed);
        }
    };
    unsigned first = 0;
    std::thread other([&] {
        first = plain == 1 && count.load(std::memory_order_relaxed) >= 2 ? 1 : 0;
        add();
    });
    add();
    other.join();
    CHECK(first == 1);
    CHECK(count.load(std::memory_order_relaxed) == 2 + 2 * rounds);
}

TEST_CASE("atomic: of two threads that exchange one wins, each time") {
    constexpr int rounds = 50'000;
    weir::detail::atomic<int> turn{0};
    int won[2] = {0, 0};
    auto const play = [&](int me) {
        for (int n = 0; n != rounds; ++n) {
            int expected = turn.load(std::memory_order_acquire);
            while (expected <= n && !turn.compare_exchange_weak(expected, n + 1, std::memory_order_acq_rel,
                                                                std::memory_order_acquire)) {
            }
            won[me] += expected <= n ? 1 : 0;
        }
    };
    std::thread other([&] { play(1); });
    play(0);
    other.join();
    CHECK(won[0] + won[1] == rounds);
}

} // namespace atomic_test
