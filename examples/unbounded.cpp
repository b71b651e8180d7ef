// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// The unbounded mpsc channel: sending from where nobody can wait, here from destructors and a callback.
//
// Run:    unbounded
// Prints: what a log receives, in the order in which it was sent, and that it ends with the last who could send.

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

using log_sender = weir::mpsc::unbounded_sender<std::string>;
using log_receiver = weir::mpsc::unbounded_receiver<std::string>;

// Tells the log when it goes. A destructor cannot wait for room, and send() has none to wait for.
class connection {
public:
    connection(int number, log_sender log) : number_(number), log_(std::move(log)) {}

    connection(connection const&) = delete;

    ~connection() { log_.send(fmt::format("connection {} has gone", number_)); }

private:
    int number_;
    log_sender log_;
};

weir::task<> write_log(log_receiver lines) {
    while (auto const line = co_await lines.async_receive()) {
        fmt::print("{}\n", *line);
    }
    fmt::print("nobody is left who could send\n");
}

void start(asio::io_context& ctx, asio::steady_timer& timer) {
    auto [log, lines] = weir::mpsc::unbounded_channel<std::string>(ctx);
    timer.async_wait([to = log](auto) mutable { to.send("the timer has fired"); });
    connection const first(1, log);
    connection const second(2, log);
    log.send("both are connected");
    weir::spawn(ctx, write_log(std::move(lines)), asio::detached);
}

int main() {
    asio::io_context ctx;
    asio::steady_timer timer(ctx, 1ms);
    start(ctx, timer);
    ctx.run();
}
