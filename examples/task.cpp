// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Tasks: coroutines that call one another, throw, wait for anything of Asio's, and clean up when they are cancelled.
//
// Run:    task
// Prints: a value and an exception that came out of spawned tasks, a sum that was added up while others ran, a wait for a
//         timer, and a task that was cancelled while it waited and closed its session before it ended.

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A task runs when it is awaited, and throws into the one that awaits it.
weir::task<int> divide(int a, int b) {
    if (b == 0)
        throw std::invalid_argument("division by zero");
    co_return a / b;
}

weir::task<int> average(int sum, int count) {
    int const result = co_await divide(sum, count);
    co_return result;
}

// spawn is an asynchronous operation with the task's result, as asio::co_spawn.
void print_result(std::exception_ptr error, int value) {
    try {
        if (error)
            std::rethrow_exception(error);
        fmt::print("the average is {}\n", value);
    } catch (std::exception const& e) {
        fmt::print("failed: {}\n", e.what());
    }
}

// Any operation of Asio is awaited with asio::deferred.
weir::task<> wait_a_little() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
    co_await timer.async_wait(asio::deferred);
    fmt::print("waited\n");
}

// A task that waits for nothing lets others run when it says so.
weir::task<> add_up(int n) {
    int sum = 0;
    for (int i = 1; i <= n; ++i) {
        sum += i;
        if (i % 10 == 0)
            co_await weir::yield_now();
    }
    fmt::print("the sum is {}\n", sum);
}

// Cancelled, a task gets operation_aborted from what it waits for, and from every wait after that until it says that it
// wants to wait again. A catch block cannot await, so cleaning up comes after it.
weir::task<> session(weir::mpsc::receiver<int> requests, weir::mpsc::sender<char const*> log) {
    bool cancelled = false;
    try {
        co_await requests.async_receive();
    } catch (boost::system::system_error const& e) {
        cancelled = e.code() == asio::error::operation_aborted;
    }
    if (cancelled) {
        co_await asio::this_coro::reset_cancellation_state();
        co_await log.async_send("session closed");
    }
}

void cancel_a_session(asio::io_context& ctx) {
    auto const ex = ctx.get_executor();
    auto [requests, requests_rx] = weir::mpsc::channel<int>(ex, 1);
    auto [log, log_rx] = weir::mpsc::channel<char const*>(ex, 1);
    asio::cancellation_signal signal;
    auto const on_end = [](std::exception_ptr e) { fmt::print("ended in order: {}\n", e == nullptr); };
    weir::spawn(ex, session(std::move(requests_rx), log),
                asio::bind_cancellation_slot(signal.slot(), on_end));

    ctx.poll(); // the session waits now
    signal.emit(asio::cancellation_type::terminal);
    ctx.restart();
    ctx.run();
    fmt::print("{}\n", log_rx.try_receive().value());
}

int main() {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    weir::spawn(ex, average(84, 2), print_result);
    weir::spawn(ex, average(84, 0), print_result);
    weir::spawn(ex, wait_a_little(), asio::detached);
    weir::spawn(ex, add_up(100), asio::detached);
    ctx.run();
    ctx.restart();
    cancel_a_session(ctx);
}
