// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include <weir/mpsc.hpp>
#include <weir/task_group.hpp>

#include "support/catch.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

// Tasks and groups of them on a pool: the rest is in the files named like them, which need no thread, and which
// ThreadSanitizer is therefore spared.

namespace pool_tasks_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using weir::task;

namespace {

task<int> give(int n) { co_return n; }

task<void> fail() {
    throw std::runtime_error("thrown");
    co_return;
}

} // namespace

TEST_CASE("spawn: whoever gets the result may destroy the pool at once") {
    for (int i = 0; i < 200; ++i) {
        asio::thread_pool pool(1);
        auto result = weir::spawn(pool, give(i), asio::use_future);
        REQUIRE(result.get() == i);
    }
}

TEST_CASE("task spawn: inside a task, awaited, on another context") {
    asio::io_context ctx;
    asio::thread_pool pool(1);
    auto const outer = [&]() -> task<int> {
        int const there = co_await weir::spawn(pool, give(20));
        co_await weir::spawn(ctx, []() -> task<void> { co_return; }());
        try {
            co_await weir::spawn(pool, fail());
        } catch (std::runtime_error const&) {
            co_return there + 1;
        }
        co_return 0;
    };
    auto future = weir::spawn(ctx, outer(), asio::use_future);
    ctx.run();
    CHECK(future.get() == 21);
}

TEST_CASE("task on a pool: runs on one thread at a time without a strand") {
    asio::thread_pool pool(2);
    auto [tx, rx] = mpsc::channel<int>(pool.get_executor(), 1);
    int sum = 0; // not atomic: ThreadSanitizer looks
    auto const receive = [&sum](mpsc::receiver<int> from) -> task<void> {
        while (auto value = co_await from.async_receive()) {
            sum += *value;
        }
    };
    auto const send = [](mpsc::sender<int> to) -> task<void> {
        for (int n = 0; n != 1000; ++n) {
            co_await to.async_send(1);
        }
    };
    weir::spawn(pool.get_executor(), receive(std::move(rx)), asio::detached);
    weir::spawn(pool.get_executor(), send(std::move(tx)), asio::detached);
    pool.join();
    CHECK(sum == 1000);
}

TEST_CASE("task_group_of: in order too when tasks run side by side on a pool") {
    asio::thread_pool pool(2);
    weir::task_group_of<int> group(pool.get_executor(), 3);
    auto square = [](int n) -> task<int> {
        for (int step = 0; step != n % 3; ++step) {
            co_await asio::post(asio::deferred);
        }
        co_return n* n;
    };
    for (int n = 0; n != 300; ++n) {
        group.spawn(square(n));
    }
    std::vector<int> const squares = group.async_join(asio::use_future).get();
    REQUIRE(squares.size() == 300);
    int wrong = 0;
    for (int n = 0; n != 300; ++n) {
        wrong += squares[static_cast<std::size_t>(n)] != n * n ? 1 : 0;
    }
    CHECK(wrong == 0);
    pool.join();
}

TEST_CASE("task_group: side by side on a pool, spawning from inside, failing at any time") {
    asio::thread_pool pool(2);
    for (int round = 0; round != 100; ++round) {
        weir::task_group group(pool.get_executor(), 3);
        std::atomic<int> begun{0};
        std::atomic<int> ended{0};

        struct count_out {
            std::atomic<int>& ended;

            ~count_out() { ++ended; }
        };

        auto leaf = [&](int n) -> task<> {
            ++begun;
            count_out const at_end{ended};
            co_await asio::post(asio::deferred);
            if (n == round) {
                throw std::runtime_error("one of them");
            }
        };
        auto spread = [&]() -> task<> {
            for (int n = 0; n != 50; ++n) {
                group.spawn(leaf(n));
                co_await asio::post(asio::deferred);
            }
        };
        group.spawn(spread());
        // Not what was thrown: ThreadSanitizer does not see how libstdc++ counts who has the exception.
        bool failed = false;
        try {
            group.async_join(asio::use_future).get();
        } catch (...) {
            failed = true;
        }
        CHECK(begun == ended);
        CHECK(failed == (round < 50));
        CHECK(group.size() == 0);
    }
    pool.join();
}

} // namespace pool_tasks_test
