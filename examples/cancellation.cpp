// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// A tree of cancellation: a server, below it connections, below each its requests. Ending one ends what is below it.

#include <weir/weir.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <string>
#include <utility>

namespace asio = boost::asio;

namespace {

weir::task<> request(std::string name, weir::cancellation_token token) {
    co_await token.async_cancelled(); // a real one would select over it and its work
    fmt::print("{} ends\n", name);
}

weir::task<> connection(std::string name, weir::cancellation_token token, weir::mpsc::receiver<int> input) {
    auto const ex = input.get_executor();
    bool open = true;
    while (open) {
        auto const stop = [&] { open = false; };
        auto const start = [&](int n) {
            fmt::print("{} starts request {}\n", name, n);
            weir::spawn(ex, request(fmt::format("{} request {}", name, n), token), asio::detached);
        };
        co_await weir::select(weir::on(token.async_cancelled(), stop), weir::on(input, start));
    }
    fmt::print("{} is closed\n", name);
}

weir::task<> run(weir::cancellation_source server) {
    auto const ex = server.get_executor();
    auto first = server.child();
    auto second = server.child();
    auto [to_first, first_input] = weir::mpsc::channel<int>(ex, 4);
    auto [to_second, second_input] = weir::mpsc::channel<int>(ex, 4);
    weir::spawn(ex, connection("first", first.token(), std::move(first_input)), asio::detached);
    weir::spawn(ex, connection("second", second.token(), std::move(second_input)), asio::detached);
    co_await to_first.async_send(1);
    co_await to_second.async_send(1);
    co_await to_second.async_send(2);
    co_await asio::post(asio::deferred); // the connections look

    fmt::print("the first connection is cancelled\n");
    first.cancel();
    co_await first.async_cancelled();
    co_await asio::post(asio::deferred); // what was below it ends
    fmt::print("the server is cancelled\n");
    server.cancel();
}

} // namespace

int main() {
    asio::io_context ctx;
    weir::cancellation_source server(ctx.get_executor());
    weir::spawn(ctx.get_executor(), run(server), asio::detached);
    ctx.run();
}
