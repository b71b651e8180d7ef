// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mutex.hpp>

#include <weir/barrier.hpp>
#include <weir/cancellation.hpp>
#include <weir/notify.hpp>
#include <weir/shared_mutex.hpp>
#include <weir/synchronized.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

// Who waits for whom where several threads run the tasks: the rest is in the files named like the headers, which need no
// thread, and which ThreadSanitizer is therefore spared.

namespace pool_locks_test {

namespace asio = boost::asio;
using weir::task;

TEST_CASE("barrier: on a pool everybody sees what all did in the round before, and one leads") {
    constexpr std::size_t workers = 3;
    constexpr int rounds = 200;
    asio::thread_pool pool(2);
    weir::barrier b(pool.get_executor(), workers);
    std::array<int, workers> parts{}; // no atomics: the barrier has to order the accesses
    int leaders = 0;
    std::atomic<int> wrong{0};
    auto work = [&](std::size_t me) -> task<> {
        for (int round = 1; round <= rounds; ++round) {
            parts[me] = round;
            bool const leads = co_await b.async_wait();
            for (int const part : parts) {
                wrong += part != round ? 1 : 0;
            }
            if (leads) { // only who leads writes, and the barrier orders those
                ++leaders;
            }
            co_await b.async_wait(); // nobody writes while others read
        }
    };
    for (std::size_t me = 0; me != workers; ++me) {
        weir::spawn(pool.get_executor(), work(me), asio::detached);
    }
    pool.join();
    CHECK(wrong == 0);
    CHECK(leaders == rounds);
}

TEST_CASE("mutex: what it guards is changed by one at a time on a pool") {
    asio::thread_pool pool(2);
    weir::mutex m(pool);
    int shared = 0; // no atomic: the lock has to order the accesses
    auto add = [&]() -> task<void> {
        for (int n = 0; n != 200; ++n) {
            auto lock = co_await m.async_lock();
            int const before = shared;
            co_await asio::post(asio::deferred);
            shared = before + 1;
        }
    };
    for (int n = 0; n != 4; ++n) {
        weir::spawn(pool, add(), asio::detached);
    }
    pool.join();
    CHECK(shared == 800);
}

TEST_CASE("notify: a condition that tasks wait for, on a pool") {
    asio::thread_pool pool(2);
    weir::notify changed(pool);
    weir::synchronized<std::deque<int>> queue;
    std::atomic<int> sum{0};
    constexpr int count = 500;
    auto consume = [&]() -> task<void> {
        for (int n = 0; n != count; ++n) {
            std::optional<int> next;
            while (!(next = queue.with([](auto& q) -> std::optional<int> {
                if (q.empty()) {
                    return std::nullopt;
                }
                int const front = q.front();
                q.pop_front();
                return front;
            }))) {
                co_await changed.async_notified();
            }
            sum += *next;
        }
    };
    weir::spawn(pool, consume(), asio::detached);
    asio::post(pool, [&] {
        for (int n = 1; n <= count; ++n) {
            queue.with([n](auto& q) { q.push_back(n); });
            changed.notify_one();
        }
    });
    pool.join();
    CHECK(sum == count * (count + 1) / 2);
}

TEST_CASE("shared_mutex: on a pool nobody reads what is being written, and nobody starves") {
    asio::thread_pool pool(2);
    weir::shared_mutex m(pool);
    int value = 0; // no atomics: the lock has to order the accesses
    int copy = 0;
    std::atomic<int> torn{0};
    auto write = [&]() -> task<> {
        for (int n = 0; n != 100; ++n) {
            auto lock = co_await m.async_lock();
            ++value;
            co_await asio::post(asio::deferred);
            ++copy;
            auto const as_reader = std::move(lock).downgrade();
            torn += copy != value ? 1 : 0;
            co_await asio::post(asio::deferred);
            torn += copy != value ? 1 : 0;
        }
    };
    auto read = [&]() -> task<> {
        for (int n = 0; n != 300; ++n) {
            auto const lock = co_await m.async_lock_shared();
            int const before = value;
            torn += copy != before ? 1 : 0;
            co_await asio::post(asio::deferred);
            torn += value != before ? 1 : 0;
        }
    };
    for (int n = 0; n != 2; ++n) {
        weir::spawn(pool, write(), asio::detached);
        weir::spawn(pool, read(), asio::detached);
        weir::spawn(pool, read(), asio::detached);
    }
    pool.join();
    CHECK(torn == 0);
    CHECK(value == 200);
    CHECK(m.try_lock());
}

TEST_CASE("cancellation: on two threads while children are made and destroyed") {
    asio::thread_pool pool(2);
    for (int round = 0; round != 50; ++round) {
        weir::cancellation_source root(pool);
        std::atomic<int> ended{0};
        int started = 0;
        auto wait = [&ended](weir::cancellation_source of) -> task<void> {
            co_await of.async_cancelled();
            ++ended;
        };
        std::thread canceller([&root] { root.cancel(); });
        for (int n = 0; n != 20; ++n) {
            auto middle = root.child();
            weir::spawn(pool, wait(middle.child()), asio::detached);
            ++started;
        }
        canceller.join();
        while (ended != started) { // a wait that is not ended is a test that does not end
            std::this_thread::yield();
        }
    }
    pool.join();
}

} // namespace pool_locks_test
