// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/task_result.hpp"

#include <weir/mpsc.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <vector>

namespace task_cancellation_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::error_of;
using support::poll;
using support::result;
using weir::task;

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

} // namespace task_cancellation_test
