// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Locks that wait without holding up a thread: five downloads share two connections, one of them at a time speaks, and
// the mirror that they read from moves when none of them reads.

#include <weir/weir.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <map>
#include <utility>

namespace asio = boost::asio;

namespace {

struct shared {
    explicit shared(asio::any_io_executor const& ex)
        : connections(ex, 2), speaking(ex), moving(ex), finished(ex) {}

    weir::semaphore connections;
    weir::mutex speaking;
    weir::shared_mutex moving;
    char const* mirror = "north"; // under the lock above
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
    auto const reading = co_await all.moving.async_lock_shared();     // several at once
    co_await say(all, who, all.mirror);
    all.pages.with([who](auto& pages) { pages[who] = who * 10; });
    all.finished.notify_one();
}

weir::task<> move(shared& all) {
    auto moving = co_await all.moving.async_lock(); // nobody reads, and who comes later waits
    fmt::print("the mirror moves\n");
    co_await asio::post(asio::deferred);
    all.mirror = "south";
    auto const reading = std::move(moving).downgrade(); // others read as well, and it stays where it is
    co_await asio::post(asio::deferred);
    fmt::print("the mirror is in the {}\n", all.mirror);
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
    weir::spawn(ctx.get_executor(), move(all), asio::detached);
    weir::spawn(ctx.get_executor(), wait_for_all(all, 5), asio::detached);
    ctx.run();
}
