// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_new.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>
#include <weir/watch.hpp>

#include <boost/asio/io_context.hpp>
#include <fmt/core.h>

#include <limits>
#include <new>
#include <optional>
#include <utility>

// What channels of int weigh on an executor of io_context. The figures, which also stand in the headers, are those of a
// 64-bit machine with libstdc++; others get a quarter more.

namespace memory_test {

namespace asio = boost::asio;
using support::allocated_bytes;
using support::outcome;
using support::poll;
using support::too_large;

namespace {

constexpr auto block = static_cast<int>(weir::detail::slots_per_block<int, weir::multi_threaded>);

/// What a channel weighs, and a wait on it.
struct weight {
    char const* name;
    long idle;     // allocated before the first value, with both ends
    long used;     // the same, with one value sent and received
    long sender;   // the handle itself
    long receiver; // the handle itself
    long wait;     // what an awaited receive has in the frame of its task
};

/// Bytes that f() asks for.
template <class F>
long bytes_of(F f) {
    long const before = allocated_bytes;
    f();
    return allocated_bytes - before;
}

template <class Operation>
constexpr long awaited = sizeof(Operation) + sizeof(weir::detail::native_wait<typename Operation::core_type>);

template <class Make, class Send>
weight weigh(char const* name, Make make, Send send) {
    using ends = decltype(make());
    using receive = decltype(std::declval<typename ends::second_type&>().async_receive());
    std::optional<ends> c;
    long const idle = bytes_of([&] { c.emplace(make()); });
    long const used = bytes_of([&] {
        send(c->first);
        (void)c->second.try_receive();
    });
    return {name,
            idle,
            idle + used,
            sizeof(typename ends::first_type),
            sizeof(typename ends::second_type),
            awaited<receive>};
}

constexpr long with_room(long figure) { return figure + figure / 4; }

void check(weight const& w, weight const& most) {
    fmt::print("{:10} idle {:5}  used {:5}  sender {:3}  receiver {:3}  wait {:3}\n", w.name, w.idle, w.used,
               w.sender, w.receiver, w.wait);
    CAPTURE(w.name);
    CHECK(w.idle <= with_room(most.idle));
    CHECK(w.used <= with_room(most.used));
    CHECK(w.sender <= with_room(most.sender));
    CHECK(w.receiver <= with_room(most.receiver));
    CHECK(w.wait <= with_room(most.wait));
}

} // namespace

TEST_CASE("memory: an idle channel has no slots, handles are small, and so is a wait") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    auto const try_send = [](auto& tx) { (void)tx.try_send(1); };
    auto const send = [](auto& tx) { tx.send(1); };
    check(weigh(
              "mpsc", [&] { return weir::mpsc::channel<int>(ex, 1024); }, try_send),
          {"", 448, 8640, 24, 16, 160});
    check(weigh(
              "unbounded", [&] { return weir::mpsc::unbounded_channel<int>(ex); }, send),
          {"", 448, 1472, 16, 16, 160});
    check(weigh(
              "mpmc", [&] { return weir::mpmc::channel<int>(ex, 1024); }, try_send),
          {"", 360, 880, 24, 16, 200});
    check(weigh(
              "oneshot", [&] { return weir::oneshot::channel<int>(ex); }, send),
          {"", 104, 104, 16, 16, 160});
    check(weigh(
              "broadcast", [&] { return weir::broadcast::channel<int>(ex, 1024); }, send),
          {"", 232, 16616, 16, 16, 160});
    check(weigh(
              "watch", [&] { return weir::watch::channel<int>(ex, 1); }, send),
          {"", 248, 248, 16, 16, 160});
}

TEST_CASE("memory: a send that cannot have its slots has done nothing, and the next one can") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1024);
    auto [some_tx, some_rx] = weir::broadcast::channel<int>(ctx.get_executor(), 1024);
    auto [any_tx, any_rx] = weir::mpsc::unbounded_channel<int>(ctx.get_executor());
    outcome<std::optional<int>> waits;
    rx.async_receive(waits.handler());
    poll(ctx);
    too_large = 500;
    CHECK_THROWS_AS(tx.try_send(1), std::bad_alloc);
    CHECK_THROWS_AS(tx.try_reserve(), std::bad_alloc);
    CHECK_THROWS_AS(any_tx.send(1), std::bad_alloc);
    CHECK_THROWS_AS(some_tx.send(1), std::bad_alloc);
    too_large = std::numeric_limits<long>::max();
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(tx.capacity() == 1024);
    CHECK(any_tx.size() == 0);
    CHECK(tx.try_send(2));
    CHECK(any_tx.send(2));
    CHECK(some_tx.send(2) == 1);
    poll(ctx);
    CHECK(waits.value() == 2);
    CHECK(any_rx.try_receive() == 2);
    CHECK(some_rx.try_receive() == 2);
}

TEST_CASE("memory: an unbounded channel allocates nothing in steady state, however much stands in it") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::unbounded_channel<int>(ctx.get_executor());
    int const depth = GENERATE(0, 1, block - 1, block, block + 1, 8 * block);
    for (int n = 0; n != depth; ++n) {
        tx.send(n);
    }
    long made = 0;
    for (int round = 0; round != 2; ++round) {
        made = bytes_of([&, &to = tx, &from = rx] {
            for (int n = 0; n != 1000; ++n) {
                to.send(n);
                (void)from.try_receive();
            }
        });
    }
    CHECK(made == 0);
}

} // namespace memory_test
