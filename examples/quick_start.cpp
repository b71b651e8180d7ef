// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// A producer, a consumer and a channel between them, on a pool of threads.
//
// Run:    quick_start
// Prints: three values, then that the producer has gone. The channel closes by itself when its last sender goes.

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/core.h>

#include <utility>

namespace asio = boost::asio;

weir::task<> produce(weir::mpsc::sender<int> tx) {
    for (int n = 1; n <= 3; ++n)
        co_await tx.async_send(n); // waits while the channel is full
}

weir::task<> consume(weir::mpsc::receiver<int> rx) {
    while (auto n = co_await rx.async_receive())
        fmt::print("received {}\n", *n);
    fmt::print("the producer has gone\n");
}

void start(asio::thread_pool& pool) {
    auto [tx, rx] = weir::mpsc::channel<int>(pool, 2);
    weir::spawn(pool, produce(std::move(tx)), asio::detached);
    weir::spawn(pool, consume(std::move(rx)), asio::detached);
}

int main() {
    asio::thread_pool pool(2);
    start(pool);
    pool.join();
}
