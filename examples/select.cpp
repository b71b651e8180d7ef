// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// The loop of an actor: data, commands, a shutdown and a heartbeat, of which one at a time is served.
//
// Run:    select
// Prints: a worker that is paused by a command, resumed by its heartbeat, told that its data has ended, and stopped
//         (biased: the first case that is ready, so the order is certain); the sum of two channels, of one that follows
//         another, and of many; and how many values could be had without waiting.

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/core.h>

#include <chrono>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

enum class command { pause, resume };

struct stop {};

struct inputs {
    weir::mpsc::receiver<int> data;
    weir::mpsc::receiver<command> commands;
    weir::broadcast::receiver<stop> shutdown;
};

// Handlers capture by reference: captured values would be destroyed twice by g++ 12, in a co_await expression.
weir::task<> work(inputs in, weir::broadcast::sender<stop> everybody) {
    bool running = true;
    bool stopped = false;
    while (!stopped) {
        co_await weir::select(
            weir::biased, //
            weir::on(in.shutdown, [&](stop) { stopped = true; }),
            weir::on(in.commands,
                     [&](command c) {
                         running = c == command::resume;
                         fmt::print("command: {}\n", running ? "resume" : "pause");
                     }),
            weir::on(in.data, [](int n) { fmt::print("data: {}\n", n); }).when(running).closed([&] {
                fmt::print("no more data\n");
                everybody.send(stop());
            }),
            weir::after(1ms, [&] {
                running = true;
                fmt::print("nothing to do, {} values wait: resume\n", in.data.size());
            }));
    }
    fmt::print("stopped\n");
}

// Until both have closed. Without biased, neither can starve the other.
weir::task<> merge(weir::mpsc::receiver<int> left, weir::mpsc::receiver<int> right) {
    int sum = 0;
    while (co_await weir::select(weir::on(left, [&](int n) { sum += n; }),
                                 weir::on(right, [&](int n) { sum += n; })) != weir::none) {
    }
    fmt::print("merged: {}\n", sum);
}

// Cases that are made once for the whole loop. A predicate is asked in each round: what right has does not overtake left.
weir::task<> follow(weir::mpsc::receiver<int> left, weir::mpsc::receiver<int> right) {
    int ahead = 0;
    int behind = 0;
    weir::selector loop{weir::on(left, [&](int n) { ahead += n; }),
                        weir::on(right, [&](int n) { behind += n; }).when([&] { return behind < ahead; })};
    while (co_await loop.next() != weir::none) {
    }
    fmt::print("followed: {} by {}\n", ahead, behind);
}

// As many inputs as there happen to be.
weir::task<> merge_all(std::vector<weir::mpsc::receiver<int>> inputs) {
    std::vector<int> sums(inputs.size());
    auto const add = [&](std::size_t index, int n) { sums[index] += n; };
    while (co_await weir::select(inputs, add) != weir::none) {
    }
    fmt::print("merged of {}: {} each\n", sums.size(), sums.front());
}

// What is there now, and no waiting.
weir::task<> drain(weir::mpsc::receiver<int> rx) {
    bool there_is_more = true;
    int count = 0;
    while (there_is_more) {
        co_await weir::select(weir::on(rx, [&](int) { ++count; }),
                              weir::otherwise([&] { there_is_more = false; }));
    }
    fmt::print("drained: {}\n", count);
}

// A channel with three values and no sender any more.
weir::mpsc::receiver<int> one_two_three(asio::io_context& ctx) {
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 4);
    for (int n = 1; n <= 3; ++n)
        static_cast<void>(tx.try_send(n)); // there is room
    return std::move(rx);
}

int main() {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    auto [stop_tx, stop_rx] = weir::broadcast::channel<stop>(ex, 1);
    auto [command_tx, command_rx] = weir::mpsc::channel<command>(ex, 1);
    static_cast<void>(command_tx.try_send(command::pause));
    inputs in{one_two_three(ctx), std::move(command_rx), std::move(stop_rx)};

    weir::spawn(ex, work(std::move(in), stop_tx), asio::detached);
    ctx.run();
    weir::spawn(ex, merge(one_two_three(ctx), one_two_three(ctx)), asio::detached);
    weir::spawn(ex, follow(one_two_three(ctx), one_two_three(ctx)), asio::detached);
    weir::spawn(ex, drain(one_two_three(ctx)), asio::detached);
    std::vector<weir::mpsc::receiver<int>> many;
    for (int n = 0; n != 5; ++n)
        many.push_back(one_two_three(ctx));
    weir::spawn(ex, merge_all(std::move(many)), asio::detached);
    ctx.restart();
    ctx.run();
}
