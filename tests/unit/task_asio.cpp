// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

// Tasks among what belongs to Asio: sockets and operations composed of several, awaitables, and the tokens of spawn.

namespace task_asio_test {

namespace asio = boost::asio;
using support::counted;
using support::poll;
using weir::task;

namespace {

using socket = asio::local::stream_protocol::socket;

struct connection {
    explicit connection(asio::io_context& ctx) : here(ctx), there(ctx) {
        asio::local::connect_pair(here, there);
    }

    socket here;
    socket there;
};

enum class wait_on { some_bytes, whole_message, timer };

/// Waits for what does not come, in a task of its own.
task<void> wait_for(wait_on what, socket& from, counted) {
    std::array<char, 4> message{};
    switch (what) {
    case wait_on::some_bytes:
        co_await from.async_read_some(asio::buffer(message), asio::deferred);
        break;
    case wait_on::whole_message:
        co_await asio::async_read(from, asio::buffer(message), asio::deferred);
        break;
    case wait_on::timer:
        asio::steady_timer timer(from.get_executor(), std::chrono::hours(1));
        co_await timer.async_wait(asio::deferred);
    }
}

std::string message_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted ? "aborted" : e.what();
    } catch (std::exception const& e) {
        return e.what();
    }
    return "nothing";
}

} // namespace

TEST_CASE("task cancellation: reaches sockets, composed operations and timers, can be caught and cleaned up "
          "after") {
    asio::io_context ctx;
    connection c(ctx);
    auto const what = GENERATE(wait_on::some_bytes, wait_on::whole_message, wait_on::timer);
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    CAPTURE(what, type);
    std::string log;
    auto const session = [&]() -> task<std::string> {
        try {
            co_await wait_for(what, c.here, counted(1));
        } catch (boost::system::system_error const& e) {
            log = message_of(std::current_exception());
        }
        auto const state = co_await asio::this_coro::cancellation_state;
        log += state.cancelled() == type ? "" : ", otherwise";
        try { // asked to end it waits for nothing, until it says that it wants to
            co_await asio::async_write(c.here, asio::buffer("no", 2), asio::deferred);
        } catch (boost::system::system_error const& e) {
            log += ", " + message_of(std::current_exception());
        }
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_await asio::async_write(c.here, asio::buffer("bye", 3), asio::deferred);
        co_await wait_for(what, c.here, counted(1)); // can be cancelled again
        co_return "not reached";
    };
    asio::cancellation_signal signal;
    std::string end;
    weir::spawn(ctx.get_executor(), session(),
                asio::bind_cancellation_slot(
                    signal.slot(), [&](std::exception_ptr e, std::string const&) { end = message_of(e); }));
    poll(ctx);
    signal.emit(type);
    poll(ctx);
    // async_read has no total cancellation: it cannot promise to have read nothing. It ends by itself.
    if (what == wait_on::whole_message && type == asio::cancellation_type::total) {
        CHECK(log.empty());
        asio::write(c.there, asio::buffer("done", 4));
        poll(ctx);
        CHECK(log == ", aborted");
    } else {
        CHECK(log == "aborted, aborted");
    }
    CHECK(end.empty());
    std::array<char, 3> bye{};
    asio::read(c.there, asio::buffer(bye));
    CHECK(std::string(bye.data(), bye.size()) == "bye");
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(end == "aborted");
    CHECK(counted::alive() == 0);
}

TEST_CASE("task cancellation: what has been read when it comes is not lost") {
    asio::io_context ctx;
    connection c(ctx);
    asio::cancellation_signal signal;
    std::string got;
    auto const read = [&]() -> task<void> {
        std::array<char, 4> message{};
        auto const n = co_await c.here.async_read_some(asio::buffer(message), asio::deferred);
        got.assign(message.data(), n);
    };
    weir::spawn(ctx.get_executor(), read(), asio::bind_cancellation_slot(signal.slot(), asio::detached));
    poll(ctx);
    asio::write(c.there, asio::buffer("word", 4));
    ctx.restart();
    while (got.empty() && ctx.poll_one() != 0) { // at any step
        signal.emit(asio::cancellation_type::total);
    }
    poll(ctx);
    if (got.empty()) {
        std::array<char, 4> message{};
        got.assign(message.data(), c.here.read_some(asio::buffer(message)));
    }
    CHECK(got == "word");
}

TEST_CASE("task lifetime: waiting on a socket, a composed operation or a timer, it goes with its context") {
    auto const what = GENERATE(wait_on::some_bytes, wait_on::whole_message, wait_on::timer);
    bool const is_woken = GENERATE(false, true);
    asio::io_context elsewhere;
    socket there(elsewhere);
    auto ctx = std::make_unique<asio::io_context>();
    auto const outer = [what](socket from) -> task<void> {
        counted const held(1);
        co_await wait_for(what, from, counted(2));
    };
    auto const spawning = [&](socket from) -> task<void> {
        counted const held(1);
        co_await weir::spawn(*ctx, outer(std::move(from)));
    };
    socket here(*ctx);
    asio::local::connect_pair(here, there);
    weir::spawn(*ctx, spawning(std::move(here)), asio::detached);
    poll(*ctx);
    CHECK(counted::alive() != 0);
    if (is_woken) {
        asio::write(there, asio::buffer("a", 1));
        ctx->restart();
        (void)ctx->poll_one();
    }
    { socket const gone(std::move(here)); }
    ctx.reset();
    CHECK(counted::alive() == 0);
}

namespace {

task<std::unique_ptr<int>> make(int n) {
    if (n == 0) {
        throw std::runtime_error("thrown");
    }
    co_return std::make_unique<int>(n);
}

task<void> check(int n) { co_await make(n); }

asio::awaitable<std::unique_ptr<int>> make_in_asio(int n) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(n < 0 ? 1 : 0));
    co_await timer.async_wait(asio::use_awaitable);
    if (n == 0) {
        throw std::runtime_error("thrown");
    }
    co_return std::make_unique<int>(n);
}

asio::awaitable<void> check_in_asio(int n) { co_await make_in_asio(n); }

} // namespace

TEST_CASE("task and asio::awaitable: each awaits the other, with values, exceptions and cancellation") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    asio::cancellation_signal signal;
    int sum = 0;
    std::string thrown;
    auto const note = [&](auto const&... after) {
        thrown += message_of(std::current_exception());
        ((thrown += after), ...);
    };
    auto const in_task = [&]() -> task<void> {
        auto const value = co_await asio::co_spawn(ex, make_in_asio(1), asio::deferred);
        sum += *value;
        co_await asio::co_spawn(ex, check_in_asio(1), asio::deferred);
        try {
            co_await asio::co_spawn(ex, make_in_asio(0), asio::deferred);
        } catch (std::runtime_error const&) {
            note(' ');
        }
        try {
            co_await asio::co_spawn(ex, check_in_asio(0), asio::deferred);
        } catch (std::runtime_error const&) {
            note(' ');
        }
        co_await asio::co_spawn(ex, check_in_asio(-1), asio::deferred);
    };
    auto const in_awaitable = [&]() -> asio::awaitable<void> {
        auto const value = co_await weir::spawn(ex, make(10), asio::deferred);
        sum += *value;
        auto const again = co_await weir::spawn(ex, make(100));
        sum += *again;
        co_await weir::spawn(ex, check(1), asio::deferred);
        try {
            co_await weir::spawn(ex, make(0), asio::deferred);
        } catch (std::runtime_error const&) {
            note(' ');
        }
        try {
            co_await weir::spawn(ex, check(0), asio::deferred);
        } catch (std::runtime_error const&) {
            note(' ');
        }
        co_await weir::spawn(ex, in_task(), asio::deferred);
    };
    std::string end;
    asio::co_spawn(ctx, in_awaitable(),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr const& e) { end = message_of(e); }));
    poll(ctx);
    CHECK(sum == 111);
    CHECK(thrown == "thrown thrown thrown thrown ");
    CHECK(end.empty());
    signal.emit(asio::cancellation_type::terminal); // through a task, to an awaitable's timer
    poll(ctx);
    CHECK(end == "aborted");
}

TEST_CASE("task spawn: nothing, a value that only moves, and exceptions, with each token") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    int sum = 0;
    std::string thrown;
    auto const value = [&](std::exception_ptr const& e, std::unique_ptr<int> v) {
        sum += v ? *v : 0;
        thrown += message_of(e) + ' ';
    };
    auto const end = [&](std::exception_ptr const& e) { thrown += message_of(e) + ' '; };
    SECTION("callback") {
        weir::spawn(ex, make(1), value);
        weir::spawn(ex, make(0), value);
        weir::spawn(ex, check(0),
                    [end, owned = std::make_unique<int>(1)](std::exception_ptr const& e) { end(e); });
        poll(ctx);
        CHECK(sum == 1);
        CHECK(thrown == "nothing thrown thrown ");
    }
    SECTION("deferred, and the token left out") {
        auto later = weir::spawn(ex, make(1), asio::deferred);
        auto failing = weir::spawn(ex, check(0));
        poll(ctx);
        CHECK(thrown.empty());
        std::move(later)(value);
        std::move(failing)(end);
        poll(ctx);
        CHECK(sum == 1);
        CHECK(thrown == "nothing thrown ");
    }
    SECTION("use_future") {
        auto made = weir::spawn(ex, make(1), asio::use_future);
        auto checked = weir::spawn(ex, check(1), asio::use_future);
        auto failed = weir::spawn(ex, make(0), asio::use_future);
        auto failed_too = weir::spawn(ex, check(0), asio::use_future);
        poll(ctx);
        CHECK(*made.get() == 1);
        CHECK_NOTHROW(checked.get());
        CHECK_THROWS_AS(failed.get(), std::runtime_error);
        CHECK_THROWS_AS(failed_too.get(), std::runtime_error);
    }
    SECTION("use_awaitable") {
        auto const all = [&]() -> asio::awaitable<void> {
            auto const made = co_await weir::spawn(ex, make(1), asio::use_awaitable);
            sum = *made;
            co_await weir::spawn(ex, check(1), asio::use_awaitable);
            co_await weir::spawn(ex, check(0), asio::use_awaitable);
        };
        asio::co_spawn(ctx, all(), end);
        poll(ctx);
        CHECK(sum == 1);
        CHECK(thrown == "thrown ");
    }
    SECTION("detached: nobody hears of it") {
        weir::spawn(ex, make(0), asio::detached);
        weir::spawn(ex, check(0), asio::detached);
        CHECK_NOTHROW(poll(ctx));
    }
}

TEST_CASE("task results: a reference is awaited, and what such a task throws comes out there") {
    asio::io_context ctx;
    int number = 0;
    auto const reference = [](int& n, bool fails) -> task<int&> {
        if (fails) {
            throw std::runtime_error("thrown");
        }
        co_return n;
    };
    auto const outer = [&]() -> task<int*> { co_return &co_await reference(number, false); };
    auto const failing = [&]() -> task<int> { co_return co_await reference(number, true); };
    auto same = weir::spawn(ctx, outer(), asio::use_future);
    auto thrown = weir::spawn(ctx, failing(), asio::use_future);
    poll(ctx);
    CHECK(same.get() == &number);
    CHECK_THROWS_AS(thrown.get(), std::runtime_error);
}

} // namespace task_asio_test
