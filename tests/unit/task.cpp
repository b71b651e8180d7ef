// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/task_result.hpp"
#include "support/values.hpp"

#include <weir/mpsc.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace task_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::message_of;
using support::poll;
using support::result;
using weir::task;

namespace {

/// Runs a task on a loop of its own.
template <class T>
T run(task<T> what) {
    asio::io_context ctx;
    auto future = weir::spawn(ctx.get_executor(), std::move(what), asio::use_future);
    ctx.run();
    return future.get();
}

task<int> give(int n) { co_return n; }

task<void> fail() {
    throw std::runtime_error("thrown");
    co_return;
}

} // namespace

TEST_CASE("task smoke: values, void and move-only results reach who awaits them") {
    auto const outer = []() -> task<std::unique_ptr<int>> {
        int sum = co_await give(1);
        sum += co_await give(2);
        co_await []() -> task<void> { co_return; }();
        co_return std::make_unique<int>(sum);
    };
    CHECK(*run(outer()) == 3);
}

TEST_CASE("task results: a reference stays one") {
    int number = 0;
    auto const inner = [](int& n) -> task<int&> { co_return n; };
    auto const outer = [&]() -> task<void> { ++co_await inner(number); };
    run(outer());
    CHECK(number == 1);
}

TEST_CASE("task results: the value is destroyed once") {
    {
        auto const inner = []() -> task<counted> { co_return counted(4); };
        auto const outer = [&]() -> task<int> {
            counted const got = co_await inner();
            co_return got.value();
        };
        CHECK(run(outer()) == 4);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("task results: what throws after co_return takes the place of the value") {
    struct throws_at_end {
        ~throws_at_end() noexcept(false) { throw std::runtime_error("at the end"); }
    };

    auto const inner = []() -> task<counted> {
        throws_at_end const last;
        co_return counted(7);
    };
    auto const outer = [&]() -> task<void> { co_await inner(); };
    CHECK_THROWS_WITH(run(outer()), "at the end");
    CHECK(counted::alive() == 0);
}

TEST_CASE("task exceptions: come out where the task is awaited, or in the completion of spawn") {
    auto const outer = []() -> task<std::string> {
        try {
            co_await fail();
        } catch (std::runtime_error const& e) {
            co_return e.what();
        }
        co_return "nothing";
    };
    CHECK(run(outer()) == "thrown");
    asio::io_context ctx;
    result<void> end;
    weir::spawn(ctx, fail(), end.handler());
    CHECK(end.calls == 0);
    poll(ctx);
    CHECK(end.calls == 1);
    CHECK(message_of(end.thrown) == "thrown");
    result<int> value;
    weir::spawn(
        ctx,
        []() -> task<int> {
            co_await fail();
            co_return 1;
        }(),
        value.handler());
    poll(ctx);
    CHECK(message_of(value.thrown) == "thrown");
    CHECK(value.value == 0); // value-initialised
}

TEST_CASE("task lifetime: nothing runs before it is awaited or spawned, and it may be dropped") {
    bool ran = false;
    auto const touch = [](bool& r, counted) -> task<void> {
        r = true;
        co_return;
    };
    {
        auto dropped = touch(ran, counted(1));
        CHECK(dropped);
        auto moved = std::move(dropped);
        CHECK_FALSE(dropped);
        CHECK(counted::alive() == 1);
    }
    CHECK(counted::alive() == 0);
    asio::io_context ctx;
    {
        auto const not_started = weir::spawn(ctx, touch(ran, counted(2)));
        CHECK(poll(ctx) == 0);
    }
    CHECK(counted::alive() == 0);
    CHECK_FALSE(ran);
    weir::spawn(ctx, touch(ran, counted(3)), asio::detached);
    CHECK_FALSE(ran); // later, never inside the call
    poll(ctx);
    CHECK(ran);
    CHECK(counted::alive() == 0);
}

TEST_CASE("task depth: a hundred thousand tasks inside one another do not grow the stack") {
    struct recursion {
        // Not with ?: and co_await in one expression: g++ 12 evaluates both branches.
        static task<int> down(int n) {
            if (n == 0) {
                co_return 0;
            }
            co_return 1 + co_await down(n - 1);
        }
    };

    CHECK(run(recursion::down(100'000)) == 100'000);
}

TEST_CASE("task depth: a million awaits in a loop do not grow the stack") {
    auto const loop = []() -> task<int> {
        int sum = 0;
        for (int n = 0; n != 1'000'000; ++n) {
            sum += co_await give(1);
        }
        co_return sum;
    };
    CHECK(run(loop()) == 1'000'000);
}

TEST_CASE("task depth: an exception through ten thousand tasks") {
    struct recursion {
        static task<void> down(int n) {
            if (n == 0) {
                throw std::runtime_error("bottom");
            }
            co_await down(n - 1);
        }
    };

    CHECK_THROWS_AS(run(recursion::down(10'000)), std::runtime_error);
}

TEST_CASE("task this_coro: the executor is the one that it runs on") {
    asio::io_context ctx;
    bool same = false;
    auto const ask = [&]() -> task<void> {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        same = ex == asio::any_io_executor(ctx.get_executor());
    };
    weir::spawn(ctx.get_executor(), ask(), asio::detached);
    poll(ctx);
    CHECK(same);
}

TEST_CASE("task and Asio: timers and posts with deferred") {
    auto const wait = []() -> task<int> {
        auto const ex = co_await asio::this_coro::executor;
        asio::steady_timer timer(ex, std::chrono::milliseconds(0));
        co_await timer.async_wait(asio::deferred);
        co_await asio::post(ex, asio::deferred);
        timer.expires_at(std::chrono::steady_clock::time_point::max());
        asio::post(ex, [&timer] { timer.cancel(); });
        try {
            co_await timer.async_wait(asio::deferred);
        } catch (boost::system::system_error const& e) {
            co_return e.code() == asio::error::operation_aborted ? 1 : 2;
        }
        co_return 3;
    };
    CHECK(run(wait()) == 1);
}

TEST_CASE("task budget: one that never has to wait lets others run") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    bool stop = false;
    int before_other = 0;
    auto const busy = [](auto& to, auto& from, bool& stopped, int& count) -> task<void> {
        while (!stopped) {
            co_await to.async_send(1);
            co_await from.async_receive();
            count += 2;
        }
    };
    auto const other = [](bool& stopped) -> task<void> {
        stopped = true;
        co_return;
    };
    weir::spawn(ctx.get_executor(), busy(tx, rx, stop, before_other), asio::detached);
    SECTION("another task") { weir::spawn(ctx.get_executor(), other(stop), asio::detached); }
    SECTION("a handler") {
        asio::post(ctx, [&] { stop = true; });
    }
    poll(ctx);
    CHECK(stop);
    CHECK(before_other <= 128 + 2);
    CHECK(before_other >= 100);
}

TEST_CASE("task work: run() does not return while a task waits, and does when it has ended") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    auto const wait = [](auto& from) -> task<void> { co_await from.async_receive(); };
    weir::spawn(ctx.get_executor(), wait(rx), asio::detached);
    ctx.poll();
    CHECK_FALSE(ctx.stopped());
    CHECK(tx.try_send(1));
    ctx.poll();
    CHECK(ctx.stopped());
}

TEST_CASE("task work: an executor that a task has handed out does not keep run() from returning") {
    asio::io_context ctx;
    std::optional<asio::any_io_executor> kept;
    auto const ask = [&]() -> task<void> { kept = co_await asio::this_coro::executor; };
    weir::spawn(ctx.get_executor(), ask(), asio::detached);
    ctx.poll();
    CHECK(kept);
    CHECK(ctx.stopped());
}

TEST_CASE("task errors: what a value's move throws comes out of the receive") {
    {
        asio::io_context ctx;
        auto [tx, rx] = mpsc::channel<support::throwing>(ctx.get_executor(), 2);
        std::string what;
        auto const wait = [&what](auto& from) -> task<int> {
            try {
                co_await from.async_receive();
            } catch (std::runtime_error const& e) {
                what = e.what();
            }
            auto const next = co_await from.async_receive();
            co_return next->value();
        };
        result<int> end;
        weir::spawn(ctx.get_executor(), wait(rx), end.handler());
        poll(ctx);
        CHECK(tx.try_emplace(1));
        support::throwing::throw_in_move(1);
        poll(ctx);
        support::throwing::throw_in_move(0);
        CHECK(what == "move");
        CHECK(tx.try_emplace(2));
        poll(ctx);
        CHECK(end.value == 2);
    }
    CHECK(support::throwing::alive() == 0);
}

} // namespace task_test
