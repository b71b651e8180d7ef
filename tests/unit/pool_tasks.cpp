// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/notify.hpp>
#include <weir/task_group.hpp>

#include "support/catch.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>
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

class flag {
public:
    void raise() { raised_ = true; }

    /// Keeps the thread until another one has raised it. False if nobody does.
    [[nodiscard]] bool wait() const {
        auto const begin = clock::now();
        while (!raised_ && clock::now() - begin < std::chrono::seconds(20)) {
        }
        return raised_;
    }

private:
    using clock = std::chrono::steady_clock;

    std::atomic<bool> raised_{false};
};

task<void> raise(flag& what) {
    what.raise();
    co_return;
}

/// A task that waits to be notified, and says when it does and when it was.
struct waiting_task {
    explicit waiting_task(auto where) : wakes(where) { weir::spawn(where, run(), asio::detached); }

    weir::notify wakes;
    flag waits;
    flag runs;

private:
    task<void> run() {
        asio::post(co_await asio::this_coro::executor, [this] { waits.raise(); }); // behind this turn
        co_await wakes.async_notified();
        runs.raise();
    }
};

/// Busy for longer than what it has woken is held for, by the clock, and then with operations that need not wait.
task<void> be_busy(asio::thread_pool& pool) {
    auto const begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1)) {
    }
    weir::notify own(pool);
    for (int n = 0; n != 16; ++n) {
        own.notify_one();
        co_await own.async_notified();
    }
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

TEST_CASE("task on a pool: one that goes on for long does not hold up what it has woken, nor then what it "
          "wakes next") {
    asio::thread_pool pool(2);
    waiting_task first(pool.get_executor());
    waiting_task second(pool.get_executor());
    bool ran_first = false;
    bool ran_second = false;
    auto const busy = [&]() -> task<void> {
        bool const both_wait = first.waits.wait() && second.waits.wait();
        first.wakes.notify_one();
        co_await be_busy(pool);
        ran_first = both_wait && first.runs.wait();
        second.wakes.notify_one();
        ran_second = both_wait && second.runs.wait();
    };
    weir::spawn(pool, busy(), asio::detached);
    pool.join();
    CHECK(ran_first);
    CHECK(ran_second);
}

TEST_CASE("task on a pool: what it spawns may start while it goes on") {
    asio::thread_pool pool(2);
    flag started;
    bool ran = false;
    auto const parent = [&]() -> task<void> {
        weir::spawn(pool, raise(started), asio::detached);
        ran = started.wait();
        co_return;
    };
    weir::spawn(pool, parent(), asio::detached);
    pool.join();
    CHECK(ran);
}

TEST_CASE(
    "task on a pool: what it spawns may start while it goes on, behind what it has woken on that strand") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    waiting_task other(strand);
    flag started;
    bool ran = false;
    auto const parent = [&]() -> task<void> {
        bool const waits = other.waits.wait();
        other.wakes.notify_one();
        weir::spawn(strand, raise(started), asio::detached);
        ran = waits && started.wait();
        co_return;
    };
    weir::spawn(pool, parent(), asio::detached);
    pool.join();
    CHECK(ran);
}

TEST_CASE(
    "task on a pool: a function that is dispatched to its executor does not hold up what it has woken") {
    asio::thread_pool pool(2);
    waiting_task other(pool.get_executor());
    bool ran = false;
    auto const parent = [&]() -> task<void> {
        auto const dispatches = [&](auto handler) {
            asio::post(pool, [&, handler = std::move(handler)]() mutable {
                bool const waits = other.waits.wait();
                asio::dispatch(asio::get_associated_executor(handler), [&] { other.wakes.notify_one(); });
                ran = waits && other.runs.wait();
                asio::post(std::move(handler));
            });
        };
        co_await asio::async_initiate<asio::deferred_t const, void()>(dispatches, asio::deferred);
    };
    weir::spawn(pool.get_executor(), parent(), asio::detached);
    pool.join();
    CHECK(ran);
}

TEST_CASE("task on a loop of several threads: what it wakes is seen by those that stay") {
    asio::io_context ctx;
    auto const work = asio::make_work_guard(ctx);
    waiting_task other(asio::make_strand(ctx));
    std::thread stays;
    auto const waker = [&]() -> task<void> {
        flag runs;
        asio::post(ctx, [&] { runs.raise(); });
        stays = std::thread([&] { ctx.run(); });
        CHECK(runs.wait());
        auto const begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1)) { // it will sleep
        }
        other.wakes.notify_one();
        co_return;
    };
    ctx.poll();
    weir::spawn(asio::make_strand(ctx), waker(), asio::detached);
    ctx.run_one(); // and leaves
    CHECK(other.runs.wait());
    ctx.stop();
    stays.join();
}

TEST_CASE("task on a pool: a receiver of a shared queue that it wakes runs beside it") {
    asio::thread_pool pool(2);
    flag waits;
    flag received;
    bool ran = false;
    auto [tx, rx] = weir::mpmc::channel<int>(pool, 1);
    auto const receive = [&](weir::mpmc::receiver<int> from) -> task<void> {
        asio::post(co_await asio::this_coro::executor, [&] { waits.raise(); }); // behind this turn
        co_await from.async_receive();
        received.raise();
    };
    auto const send = [&](weir::mpmc::sender<int> to) -> task<void> {
        ran = waits.wait() && to.try_send(1) && received.wait();
        co_return;
    };
    weir::spawn(pool, receive(std::move(rx)), asio::detached);
    weir::spawn(pool, send(std::move(tx)), asio::detached);
    pool.join();
    CHECK(ran);
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
