// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// The latest value: settings that may change while others work by them.
//
// Run:    watch
// Prints: the settings that a slow reader gets of three sent at once, what a wait for a certain level ends with, and what is
//         left to be seen when the sender has gone.

#include <weir/task.hpp>
#include <weir/watch.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/core.h>

#include <string>
#include <utility>

namespace asio = boost::asio;

struct settings {
    std::string name;
    int level = 0;
};

// Skips what is overtaken before it looks; ends when the sender has gone.
weir::task<> follow(weir::watch::receiver<settings> rx) {
    fmt::print("starts with {}, level {}\n", rx.get().name, rx.get().level);
    while (auto const now = co_await rx.async_receive())
        fmt::print("now {}, level {}\n", now->name, now->level);
    fmt::print("no more changes\n");
}

weir::task<> wait_for_level(weir::watch::receiver<settings> rx, int level) {
    auto const is_reached = [level](settings const& s) { return s.level >= level; };
    if (auto const reached = co_await rx.async_wait_for(is_reached))
        fmt::print("level {} reached by {}\n", level, reached->name);
    else
        fmt::print("level {} was never reached\n", level);
}

int main() {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    {
        auto [tx, rx] = weir::watch::channel<settings>(ex, settings{"first", 0});
        weir::spawn(ex, wait_for_level(rx, 2), asio::detached);
        weir::spawn(ex, wait_for_level(rx, 9), asio::detached);
        weir::spawn(ex, follow(std::move(rx)), asio::detached);
        ctx.poll(); // all wait now

        tx.send({"second", 1});
        tx.send({"third", 2});
        tx.send_modify([](settings& s) { s.name = "fourth"; });
        ctx.poll();

        tx.send({"last", 3});
    }
    ctx.run();
}
