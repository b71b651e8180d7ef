// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Tasks that belong together: at most two run at once, one fails, the rest ends, and the join says why. With results the
// join yields them in the order of the spawns.

#include <weir/weir.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

weir::task<> fetch(int page) {
    fmt::print("page {}: begins\n", page);
    try {
        for (int step = 0; step < page; ++step)
            co_await asio::post(asio::deferred);
    } catch (boost::system::system_error const&) {
        fmt::print("page {}: was asked to end\n", page);
        throw;
    }
    if (page == 3)
        throw std::runtime_error("page 3 is not there");
    fmt::print("page {}: done\n", page);
}

weir::task<> fetch_all() {
    weir::task_group group(co_await asio::this_coro::executor, 2);
    for (int page = 1; page <= 6; ++page)
        group.spawn(fetch(page));
    try {
        co_await group.async_join();
        fmt::print("all pages are there\n");
    } catch (std::exception const& e) {
        fmt::print("{}\n", e.what());
    }
}

weir::task<std::string> title(int page) {
    for (int step = page; step < 4; ++step) // the first page takes longest
        co_await asio::post(asio::deferred);
    fmt::print("title {}: done\n", page);
    co_return fmt::format("title {}", page);
}

weir::task<> list_titles() {
    weir::task_group_of<std::string> group(co_await asio::this_coro::executor);
    for (int page = 1; page <= 3; ++page)
        group.spawn(title(page));
    std::vector<std::string> const titles = co_await group.async_join();
    fmt::print("{}\n", fmt::join(titles, ", "));
}

weir::task<> run() {
    co_await fetch_all();
    co_await list_titles();
}

} // namespace

int main() {
    asio::io_context ctx;
    weir::spawn(ctx.get_executor(), run(), asio::detached);
    ctx.run();
}
