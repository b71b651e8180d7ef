// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Work that is spread over three workers by a shared receiver: whoever is free takes the next job.
//
// Run:    mpmc
// Prints: which worker did which job, one of them being slow, and how many each has done in the end.

#include <weir/mpmc.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/core.h>

#include <array>
#include <utility>

namespace asio = boost::asio;

struct worker {
    char const* name;
    int pace; // how many turns of the loop a job takes
    int done = 0;
};

// Stands for work that waits for something: a connection, a disk.
weir::task<> take_time(asio::any_io_executor ex, int turns) {
    for (int n = 0; n < turns; ++n)
        co_await asio::post(ex, asio::deferred);
}

// One receiver each; a job goes to one of them, to the one that has waited longest.
weir::task<> work(worker& me, weir::mpmc::receiver<int> jobs) {
    while (auto const job = co_await jobs.async_receive()) {
        co_await take_time(jobs.get_executor(), me.pace);
        fmt::print("{} has done job {}\n", me.name, *job);
        ++me.done;
    }
    fmt::print("{} goes home\n", me.name);
}

// Waits while the workers are busy and two jobs lie there already.
weir::task<> send_jobs(weir::mpmc::sender<int> jobs) {
    for (int n = 1; n <= 9; ++n)
        co_await jobs.async_send(n);
}

int main() {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    std::array<worker, 3> workers{{{"quick", 1}, {"steady", 2}, {"slow", 6}}};
    {
        auto [tx, rx] = weir::mpmc::channel<int>(ex, 2);
        for (worker& w : workers)
            weir::spawn(ex, work(w, rx), asio::detached);
        weir::spawn(ex, send_jobs(std::move(tx)), asio::detached);
    }
    ctx.run();
    for (worker const& w : workers)
        fmt::print("{} did {}\n", w.name, w.done);
}
