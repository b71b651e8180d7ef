// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// What a bounded channel does at its bound, and how it ends.
//
// Run:    mpsc
// Prints: a send that has to wait, values sent with slots that were reserved before, values received in batches, and
//         what a weak sender says before and after the channel has lost its last sender.

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

using sender = weir::mpsc::sender<std::string>;
using receiver = weir::mpsc::receiver<std::string>;

// Backpressure: of three values two fit, the third waits until the receiver has made room.
weir::task<> send_three(sender tx) {
    for (char const* name : {"a", "b", "c"}) {
        if (tx.try_emplace(name)) {
            fmt::print("{} fits, free slots: {}\n", name, tx.capacity());
        } else {
            fmt::print("{} has to wait\n", name);
            co_await tx.async_emplace(name);
        }
    }
}

// A permit is a slot that nobody can take away: the value is made when it is certain that it can be sent.
weir::task<> send_with_permits(sender tx) {
    auto one = co_await tx.async_reserve();
    fmt::print("reserved: free slots: {}, values: {}\n", tx.capacity(), tx.size());
    std::move(*one).send("d");

    auto rest = co_await tx.async_reserve_many(1);
    rest->send("e");
    fmt::print("sent: free slots: {}, values: {}\n", tx.capacity(), tx.size());
}

// As many as there are, without waiting for more; 0 says that the channel is closed and drained.
weir::task<> receive_batches(receiver rx) {
    std::vector<std::string> batch;
    while (co_await rx.async_receive_many(batch, 16) != 0) {
        fmt::print("received {}\n", batch);
        batch.clear();
    }
    fmt::print("closed\n");
}

weir::task<> tour(sender tx, receiver rx) {
    auto const ex = rx.get_executor();
    auto const weak = tx.downgrade();

    weir::spawn(ex, send_three(tx), asio::detached);
    for (int i = 0; i < 3; ++i) {
        auto const value = co_await rx.async_receive();
        fmt::print("received {}\n", *value);
    }

    co_await send_with_permits(std::move(tx)); // the last sender goes with it
    fmt::print("a weak sender finds a channel: {}\n", weak.upgrade().has_value());
    co_await receive_batches(std::move(rx));
}

void start(asio::io_context& ctx) {
    auto const ex = ctx.get_executor();
    auto [tx, rx] = weir::mpsc::channel<std::string>(ex, 2);
    weir::spawn(ex, tour(std::move(tx), std::move(rx)), asio::detached);
}

int main() {
    asio::io_context ctx;
    start(ctx);
    ctx.run();
}
