// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/catch.hpp"

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

// Rule 9: what is done again and again allocates nothing. Every allocation of this executable is counted.

namespace {

// Calls of operator new since the start; whoever allocates adds, and nothing else hangs on it: relaxed.
constinit std::atomic<long> allocations{0};

void* counted_allocation(std::size_t size, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    void* const p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    return p;
}

} // namespace

void* operator new(std::size_t size) {
    return counted_allocation(size + (size == 0), alignof(std::max_align_t));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted_allocation(size + (size == 0), static_cast<std::size_t>(alignment));
}

void operator delete(void* p) noexcept { std::free(p); }

void operator delete(void* p, std::size_t) noexcept { std::free(p); }

void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }

void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using namespace std::chrono_literals;
using weir::task;

namespace {

/// Sends until the receiver goes, so one with a wait is always answered.
template <class Sender>
task<void> send_for_ever(Sender to) {
    try {
        for (;;) {
            co_await to.async_send(1);
        }
    } catch (boost::system::system_error const&) { // closed
    }
}

/// How many allocations a thousand rounds make when two hundred have been made.
template <class Round>
task<void> count(Round round, long& made) {
    for (int n = 0; n != 200; ++n) {
        co_await round();
    }
    long const before = allocations;
    for (int n = 0; n != 1000; ++n) {
        co_await round();
    }
    made = allocations - before;
}

template <class Executor>
task<void> count_all(Executor ex, long (&made)[2]) {
    auto [tx, rx] = mpsc::channel<int>(ex, 1);
    auto receiver = std::move(rx);
    weir::spawn(ex, send_for_ever(std::move(tx)), asio::detached);
    asio::steady_timer timer(ex);
    auto const receive = [&]() -> task<void> { (void)co_await receiver.async_receive(); };
    auto const asio_timer = [&]() -> task<void> {
        timer.expires_after(0s);
        co_await timer.async_wait(asio::deferred);
    };
    co_await count(receive, made[0]);
    co_await count(asio_timer, made[1]);
}

template <class Executor>
void check_all(asio::io_context& ctx, Executor ex) {
    long made[2] = {-1, -1};
    weir::spawn(ex, count_all(ex, made), asio::detached);
    ctx.run();
    CHECK(made[0] == 0); // a message
    CHECK(made[1] == 0); // a wait for a timer of Asio
}

} // namespace

TEST_CASE("allocations in tasks: none a message, none a wait for an Asio timer, on a loop") {
    asio::io_context ctx(1);
    check_all(ctx, ctx.get_executor());
}

TEST_CASE("allocations in tasks: none a message, none a wait for an Asio timer, on a strand of a loop") {
    asio::io_context ctx(1);
    check_all(ctx, asio::make_strand(ctx));
}
