// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// A receive that is given so much time, and what becomes of the value that comes too late: nothing is lost.
//
// Run:    timeout
// Prints: a receive that timed out, the value that the next receive gets; then that a consumer whose patience ran out again
//         and again has received every value all the same.

#include <weir/error.hpp>
#include <weir/mpsc.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <chrono>
#include <future>
#include <optional>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Empty: the time is over, or the channel is closed, which `rx` knows.
weir::task<std::optional<int>> receive_within(std::chrono::microseconds patience,
                                              weir::mpsc::receiver<int>& rx) {
    try {
        co_return co_await weir::timeout(patience, rx.async_receive());
    } catch (boost::system::system_error const& e) {
        if (e.code() != weir::errc::timed_out)
            throw;
    }
    co_return std::nullopt;
}

weir::task<> too_late(weir::mpsc::sender<int> tx, weir::mpsc::receiver<int> rx) {
    auto const nothing = co_await receive_within(1ms, rx);
    fmt::print("in time: {}\n", nothing.has_value());

    co_await tx.async_send(42);
    auto const value = co_await rx.async_receive();
    fmt::print("the next receive gets {}\n", value.value());
}

weir::task<> send_many(weir::mpsc::sender<int> tx, int n) {
    for (int i = 0; i < n; ++i)
        co_await tx.async_send(i);
}

// Its patience ends at about the time at which values come, so that every order of the two happens.
weir::task<int> count_impatiently(weir::mpsc::receiver<int> rx) {
    int received = 0;
    while (!rx.is_closed() || !rx.empty()) {
        if (co_await receive_within(1us, rx))
            ++received;
    }
    co_return received;
}

void start_too_late(asio::thread_pool& pool) {
    auto [tx, rx] = weir::mpsc::channel<int>(pool, 1);
    weir::spawn(pool, too_late(std::move(tx), std::move(rx)), asio::detached);
}

std::future<int> start_impatient(asio::thread_pool& pool) {
    auto [tx, rx] = weir::mpsc::channel<int>(pool, 4);
    weir::spawn(pool, send_many(std::move(tx), 10'000), asio::detached);
    return weir::spawn(pool, count_impatiently(std::move(rx)), asio::use_future);
}

int main() {
    asio::thread_pool pool(2);
    start_too_late(pool);
    auto received = start_impatient(pool);
    pool.join();
    fmt::print("sent 10000, received {}\n", received.get());
}
