// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace task_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::poll;
using weir::task;

namespace {

/// What a spawned task came to.
template <class T>
struct result {
    int calls = 0;
    std::exception_ptr thrown;
    std::optional<T> value;

    auto handler() {
        return [this](std::exception_ptr e, T v) {
            ++calls;
            thrown = e;
            value.emplace(std::move(v));
        };
    }
};

template <>
struct result<void> {
    int calls = 0;
    std::exception_ptr thrown;

    auto handler() {
        return [this](std::exception_ptr e) {
            ++calls;
            thrown = e;
        };
    }
};

weir::error_code error_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (boost::system::system_error const& e) {
        return e.code();
    }
    return {};
}

std::string message_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (std::exception const& e) {
        return e.what();
    }
    return {};
}

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

TEST_CASE("task cancellation: what the task waits for is cancelled, and so is what it waits for next") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    asio::cancellation_signal signal;
    int aborted = 0;
    int received = 0;
    auto const wait = [&](auto& from) -> task<void> {
        for (int n = 0; n != 2; ++n) {
            try {
                auto const got = co_await from.async_receive();
                received += got ? 1 : 0;
            } catch (boost::system::system_error const& e) {
                aborted += e.code() == asio::error::operation_aborted ? 1 : 0;
            }
        }
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await timer.async_wait(asio::deferred);
    };
    result<void> end;
    weir::spawn(ctx.get_executor(), wait(rx), asio::bind_cancellation_slot(signal.slot(), end.handler()));
    int sent = 0;
    SECTION("while it waits") { poll(ctx); }
    SECTION("before it has started") {}
    SECTION("when a value has woken it") {
        poll(ctx);
        sent = 1;
        CHECK(tx.try_send(3));
    }
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(received + aborted == 2);
    CHECK(received + static_cast<int>(rx.size()) == sent);
    CHECK(end.calls == 1);
    CHECK(error_of(end.thrown) == asio::error::operation_aborted);
}

TEST_CASE("task cancellation: reaches a timer, and a child") {
    asio::io_context ctx;
    asio::cancellation_signal signal;
    auto const wait = []() -> task<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await timer.async_wait(asio::deferred);
    };
    auto const parent = [&]() -> task<void> { co_await wait(); };
    auto const grandparent = [&]() -> task<void> { co_await weir::spawn(ctx, parent()); };
    result<void> end;
    weir::spawn(ctx, grandparent(), asio::bind_cancellation_slot(signal.slot(), end.handler()));
    poll(ctx);
    CHECK(end.calls == 0);
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(end.calls == 1);
    CHECK(error_of(end.thrown) == asio::error::operation_aborted);
}

TEST_CASE("task cancellation: the state can be asked, reset and filtered") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    asio::cancellation_signal signal;
    std::vector<std::string> log;
    auto const wait = [&log](auto& from) -> task<void> {
        auto const before = co_await asio::this_coro::cancellation_state;
        CHECK(before.cancelled() == asio::cancellation_type::none);
        bool throws = co_await asio::this_coro::throw_if_cancelled();
        CHECK(throws);
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        try {
            co_await from.async_receive();
        } catch (boost::system::system_error const&) {
            log.emplace_back("aborted");
        }
        auto const state = co_await asio::this_coro::cancellation_state;
        CHECK(state.cancelled() == asio::cancellation_type::terminal);
        co_await asio::this_coro::throw_if_cancelled(false);
        throws = co_await asio::this_coro::throw_if_cancelled();
        CHECK_FALSE(throws);
        auto got = co_await from.async_receive();
        CHECK(got == 1);
        log.emplace_back("one");
        co_await asio::this_coro::throw_if_cancelled(true);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        got = co_await from.async_receive();
        CHECK(got == 2);
        log.emplace_back("two");
        co_await asio::this_coro::reset_cancellation_state();
        co_await from.async_receive();
    };
    result<void> end;
    weir::spawn(ctx.get_executor(), wait(rx), asio::bind_cancellation_slot(signal.slot(), end.handler()));
    poll(ctx);
    signal.emit(asio::cancellation_type::total); // filtered
    poll(ctx);
    CHECK(log.empty());
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(log == std::vector<std::string>{"aborted"});
    CHECK(tx.try_send(1));
    poll(ctx);
    CHECK(log.size() == 2);
    signal.emit(asio::cancellation_type::terminal); // disabled
    poll(ctx);
    CHECK(tx.try_send(2));
    poll(ctx);
    CHECK(log.size() == 3);
    CHECK(end.calls == 0);
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(end.calls == 1);
    CHECK(error_of(end.thrown) == asio::error::operation_aborted);
}

TEST_CASE("task cancellation: an operation that is destroyed asks its task to end") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    bool aborted = false;
    auto const child = [&aborted](auto& from) -> task<void> {
        try {
            co_await from.async_receive();
        } catch (boost::system::system_error const& e) {
            aborted = e.code() == asio::error::operation_aborted;
        }
    };
    {
        asio::io_context other; // the waiting side goes, the task's side stays
        weir::spawn(ctx.get_executor(), child(rx),
                    asio::bind_executor(other.get_executor(), [](std::exception_ptr) {}));
        poll(ctx);
        CHECK_FALSE(aborted);
    }
    poll(ctx);
    CHECK(aborted);
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
