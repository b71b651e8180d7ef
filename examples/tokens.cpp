// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// One receive, every way to wait for it: weir's operations are ordinary asynchronous operations of Asio.
//
// Run:    tokens
// Prints: a value received with each completion token, and that of two receives which race in Asio's own combinators the
//         one that loses leaves its value in its channel.

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/core.h>

#include <cstddef>
#include <future>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace asio = boost::asio;

using receiver = weir::mpsc::receiver<int>;

// Without a token: a lazy operation, to be awaited or called later.
weir::task<> in_a_task(receiver& rx) {
    fmt::print("weir::task: {}\n", (co_await rx.async_receive()).value());
    auto later = rx.async_receive();
    fmt::print("... and later: {}\n", (co_await std::move(later)).value());
}

asio::awaitable<void> in_an_awaitable(receiver& rx) {
    fmt::print("asio::awaitable: {}\n", (co_await rx.async_receive()).value());
    fmt::print("use_awaitable: {}\n", (co_await rx.async_receive(asio::use_awaitable)).value());
    auto result = co_await rx.async_receive(asio::as_tuple(asio::use_awaitable));
    fmt::print("as_tuple: {}\n", std::get<1>(result).value());
}

void with_a_callback(receiver& rx) {
    rx.async_receive([](weir::error_code ec, std::optional<int> value) {
        fmt::print("callback: {} ({})\n", value.value(), ec.message());
    });
}

// What nobody has taken yet.
std::size_t take_the_rest(receiver& left, receiver& right) {
    std::vector<int> rest;
    return left.try_receive_many(rest, 16) + right.try_receive_many(rest, 16);
}

// Both have a value when they race. One wins; the other's value stays in its channel.
asio::awaitable<void> race(receiver& left, receiver& right) {
    using namespace asio::experimental::awaitable_operators;
    co_await (left.async_receive(asio::use_awaitable) || right.async_receive(asio::use_awaitable));
    fmt::print("operator||: one won, {} is left\n", take_the_rest(left, right));
}

void race_in_a_group(receiver& left, receiver& right) {
    namespace experimental = asio::experimental;
    experimental::make_parallel_group(left.async_receive(asio::deferred), right.async_receive(asio::deferred))
        .async_wait(experimental::wait_for_one(), [&](auto&&...) {
            fmt::print("parallel_group: one won, {} is left\n", take_the_rest(left, right));
        });
}

int main() {
    asio::io_context ctx;
    asio::any_io_executor const ex = ctx.get_executor();
    auto [left_tx, left] = weir::mpsc::channel<int>(ex, 16);
    auto [right_tx, right] = weir::mpsc::channel<int>(ex, 16);
    auto const send_and_run = [&](std::vector<int> to_left, std::vector<int> to_right = {}) {
        static_cast<void>(left_tx.try_send_many(to_left)); // there is room
        static_cast<void>(right_tx.try_send_many(to_right));
        ctx.run();
        ctx.restart();
    };

    weir::spawn(ex, in_a_task(left), asio::detached);
    send_and_run({1, 2});
    asio::co_spawn(ex, in_an_awaitable(left), asio::detached);
    send_and_run({3, 4, 5});
    with_a_callback(left);
    send_and_run({6});
    auto future = left.async_receive(asio::use_future);
    send_and_run({7});
    fmt::print("use_future: {}\n", future.get().value());

    race_in_a_group(left, right);
    send_and_run({8}, {9});
    asio::co_spawn(ex, race(left, right), asio::detached);
    send_and_run({10}, {11});
}
