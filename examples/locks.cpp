// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Locks that wait without holding up a thread: five downloads share two connections, one of them at a time speaks, the
// mirror that they read from moves when none of them reads, and the last of them says that all have met.

#include <weir/weir.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <map>
#include <utility>

namespace asio = boost::asio;

namespace {

constexpr int downloads = 5;

struct shared {
    explicit shared(asio::any_io_executor const& ex)
        : connections(ex, 2), speaking(ex), moving(ex), finished(ex), meeting(ex, downloads) {}

    weir::semaphore connections;
    weir::mutex speaking;
    weir::shared_mutex moving;
    char const* mirror = "north"; // under the lock above
    weir::notify finished;
    weir::barrier meeting;
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

weir::task<> take_part(shared& all, int who) {
    co_await download(all, who);
    bool const leads = co_await all.meeting.async_wait(); // until all have met; one of them leads
    if (leads)
        fmt::print("download {} was the last\n", who);
}

weir::task<> move(shared& all) {
    auto moving = co_await all.moving.async_lock(); // nobody reads, and who comes later waits
    fmt::print("the mirror moves\n");
    co_await asio::post(asio::deferred);
    all.mirror = "south";
    auto const reading = std::move(moving).downgrade(); // others read as well, and it stays where it is
    fmt::print("the mirror is in the {}\n", all.mirror);
}

weir::task<> wait_for_all(shared& all) {
    while (all.pages.with([](auto const& pages) { return pages.size(); }) < downloads)
        co_await all.finished.async_notified();
    fmt::print("{} downloads are done, {} connections are free\n", downloads, all.connections.available());
}

} // namespace

int main() {
    asio::io_context ctx;
    shared all(ctx.get_executor());
    for (int who = 1; who <= downloads; ++who)
        weir::spawn(ctx.get_executor(), take_part(all, who), asio::detached);
    weir::spawn(ctx.get_executor(), move(all), asio::detached);
    weir::spawn(ctx.get_executor(), wait_for_all(all), asio::detached);
    ctx.run();
}
