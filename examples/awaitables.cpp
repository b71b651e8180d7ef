// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Tasks beside asio::awaitable: each can await the other, so a program may move from one to the other piece by piece.
//
// Run:    awaitables
// Prints: what a task gets from an asio::awaitable and an asio::awaitable from a task: a value, an exception, and that
//         cancelling the outer one ends the inner one.

#include <weir/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <chrono>
#include <exception>
#include <stdexcept>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Code as it stands in programs that use Asio.
asio::awaitable<int> half_in_asio(int n) {
    if (n % 2 != 0)
        throw std::invalid_argument("an odd number, says the awaitable");
    co_return n / 2;
}

asio::awaitable<void> sleep_in_asio() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    co_await timer.async_wait(asio::use_awaitable);
}

weir::task<int> half(int n) {
    if (n % 2 != 0)
        throw std::invalid_argument("an odd number, says the task");
    co_return n / 2;
}

weir::task<> task_awaits() {
    auto const ex = co_await asio::this_coro::executor;
    int const result = co_await asio::co_spawn(ex, half_in_asio(84), asio::deferred);
    fmt::print("the task got {}\n", result);
    try {
        co_await asio::co_spawn(ex, half_in_asio(21), asio::deferred);
    } catch (std::exception const& e) {
        fmt::print("the task caught: {}\n", e.what());
    }
}

asio::awaitable<void> awaitable_awaits() {
    auto const ex = co_await asio::this_coro::executor;
    int const result = co_await weir::spawn(ex, half(84), asio::deferred);
    fmt::print("the awaitable got {}\n", result);
    try {
        co_await weir::spawn(ex, half(21), asio::deferred);
    } catch (std::exception const& e) {
        fmt::print("the awaitable caught: {}\n", e.what());
    }
}

weir::task<> sleep() {
    try {
        co_await asio::co_spawn(co_await asio::this_coro::executor, sleep_in_asio(), asio::deferred);
    } catch (boost::system::system_error const& e) {
        fmt::print("woken early: {}\n", e.code() == asio::error::operation_aborted);
    }
}

int main() {
    asio::io_context ctx;
    weir::spawn(ctx, task_awaits(), asio::detached);
    ctx.run();
    ctx.restart();
    asio::co_spawn(ctx, awaitable_awaits(), asio::detached);
    ctx.run();
    ctx.restart();

    asio::cancellation_signal signal;
    weir::spawn(ctx, sleep(), asio::bind_cancellation_slot(signal.slot(), asio::detached));
    ctx.poll(); // it sleeps now
    signal.emit(asio::cancellation_type::terminal);
    ctx.run();
}
