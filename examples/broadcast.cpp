// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Every receiver sees every value, and a slow one learns what it has missed, or is waited for.
//
// Run:    broadcast
// Prints: what a receiver gets that was overtaken by six values in a ring of four, the same six when the sender waits for
//         the slowest, and how many values each of three workers had seen when one shutdown stopped them all.

#include <weir/broadcast.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/core.h>

#include <future>
#include <utility>
#include <vector>

namespace asio = boost::asio;

weir::task<> print_all(weir::broadcast::receiver<int> rx) {
    while (auto const value = co_await rx.async_receive()) {
        fmt::print("received {}, missed {} before it\n", *value, rx.missed());
    }
    fmt::print("missed in all: {}\n", rx.total_missed());
}

// send() never waits: it overwrites the oldest value when the ring is full.
weir::task<> send_at_once(weir::broadcast::sender<int> tx) {
    for (int n = 1; n <= 6; ++n)
        tx.send(n);
    co_return;
}

// async_send() waits until the slowest receiver has room.
weir::task<> send_to_the_slowest(weir::broadcast::sender<int> tx) {
    for (int n = 1; n <= 6; ++n)
        co_await tx.async_send(n);
}

template <class Send>
void send_and_print(Send send) {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    {
        auto [tx, rx] = weir::broadcast::channel<int>(ex, 4);
        weir::spawn(ex, send(std::move(tx)), asio::detached);
        weir::spawn(ex, print_all(std::move(rx)), asio::detached);
    }
    ctx.run();
}

struct stop {};

weir::task<int> work(weir::broadcast::receiver<stop> shutdown, int id) {
    co_await shutdown.async_receive(); // in a real worker, a case of its select
    co_return id;
}

// One value stops any number of tasks, each on a strand of its own.
void shut_down_three() {
    asio::thread_pool pool(2);
    auto [tx, rx] = weir::broadcast::channel<stop>(pool, 1);
    std::vector<std::future<int>> workers;
    workers.push_back(weir::spawn(pool, work(std::move(rx), 1), asio::use_future));
    workers.push_back(weir::spawn(pool, work(tx.subscribe(), 2), asio::use_future));
    workers.push_back(weir::spawn(pool, work(tx.subscribe(), 3), asio::use_future));
    fmt::print("told {} receivers to stop\n", tx.send(stop{}));
    pool.join();
    for (auto& worker : workers)
        fmt::print("worker {} has stopped\n", worker.get());
}

int main() {
    send_and_print(send_at_once);
    send_and_print(send_to_the_slowest);
    shut_down_three();
}
