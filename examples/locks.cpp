// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Locks that wait without holding up a thread: five downloads share two connections, and one of them at a time speaks.

#include <weir/weir.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <map>

namespace asio = boost::asio;

namespace {

struct shared {
    explicit shared(asio::any_io_executor const& ex) : connections(ex, 2), speaking(ex), finished(ex) {}

    weir::semaphore connections;
    weir::mutex speaking;
    weir::notify finished;
    weir::synchronized<std::map<int, int>> pages; // by download
};

weir::task<> say(shared& all, int who, char const* what) {
    auto const lock = co_await all.speaking.async_lock(); // both lines stay together
    fmt::print("download {}:\n", who);
    co_await asio::post(asio::deferred); // others run meanwhile
    fmt::print("    {}\n", what);
}

weir::task<> download(shared& all, int who) {
    auto const connection = co_await all.connections.async_acquire(); // given back at the end
    co_await say(all, who, "has a connection");
    all.pages.with([who](auto& pages) { pages[who] = who * 10; });
    all.finished.notify_one();
}

weir::task<> wait_for_all(shared& all, std::size_t count) {
    while (all.pages.with([](auto const& pages) { return pages.size(); }) < count)
        co_await all.finished.async_notified();
    fmt::print("{} downloads are done, {} connections are free\n", count, all.connections.available());
}

} // namespace

int main() {
    asio::io_context ctx;
    shared all(ctx.get_executor());
    for (int who = 1; who <= 5; ++who)
        weir::spawn(ctx.get_executor(), download(all, who), asio::detached);
    weir::spawn(ctx.get_executor(), wait_for_all(all, 5), asio::detached);
    ctx.run();
}
