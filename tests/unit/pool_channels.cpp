// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/task.hpp>
#include <weir/watch.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <barrier>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

// Channels on a pool and between plain threads: the rest is in the files named like them, which need no thread, and which
// ThreadSanitizer is therefore spared. What is to find races is in stress/.

namespace pool_channels_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
namespace mpmc = weir::mpmc;
namespace mpsc = weir::mpsc;
namespace watch = weir::watch;
using support::counted;
using support::poll;

TEST_CASE("mpsc channel: is made on an executor, an io_context and a thread_pool") {
    asio::io_context ctx;
    asio::thread_pool pool(1);
    auto on_executor = mpsc::channel<int>(ctx.get_executor(), 1);
    CHECK(on_executor.first.get_executor() == ctx.get_executor());
    CHECK(on_executor.second.get_executor() == ctx.get_executor());
    auto on_context = mpsc::channel<int>(ctx, 1);
    CHECK(on_context.first.get_executor() == on_context.second.get_executor());
    auto on_pool = mpsc::channel<int>(pool, 1);
    CHECK(on_pool.first.get_executor().get_inner_executor() == pool.get_executor());
    mpsc::sender<int> tx = std::move(on_pool.first); // any handle converts to one over any_io_executor
    mpsc::receiver<int> rx = std::move(on_pool.second);
    CHECK(tx.try_send(5));
    CHECK(rx.try_receive() == 5);
}

TEST_CASE("unbounded handles: counts, equality, weak senders, any executor") {
    asio::io_context ctx;
    asio::thread_pool pool(1);
    auto other = mpsc::unbounded_channel<int>(pool);
    CHECK(other.first.get_executor().get_inner_executor() == pool.get_executor());
    auto ends = mpsc::unbounded_channel<int>(ctx);
    mpsc::unbounded_sender<int> tx = ends.first;
    mpsc::unbounded_receiver<int> rx = std::move(ends.second);
    CHECK(tx == mpsc::unbounded_sender<int>(ends.first));
    CHECK_FALSE(tx == mpsc::unbounded_sender<int>(other.first));
    mpsc::weak_unbounded_sender<int> const weak = ends.first.downgrade();
    auto const second = weak;
    CHECK(tx.strong_count() == 2);
    CHECK(weak.weak_count() == 2);
    CHECK(tx.weak_count() == 2);
    {
        auto const moved = std::move(ends.first);
        auto const again = weak.upgrade();
        REQUIRE(again);
        CHECK(rx.strong_count() == 3);
    }
    CHECK(rx.strong_count() == 1);
    CHECK(tx.send(1));
    { auto const last = std::move(tx); }
    CHECK(rx.is_closed());
    CHECK_FALSE(weak.upgrade()); // although a value is there
    CHECK(rx.try_receive() == 1);
    CHECK(rx.weak_count() == 2);
}

TEST_CASE("mpmc: plain threads take their share, and a future gets a value") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<int>(ctx.get_executor(), 2);
    auto future = rx.async_receive(asio::use_future);
    CHECK(tx.try_send(1000));
    poll(ctx);
    CHECK(future.get() == 1000);

    std::array<long, 2> sums{};
    std::vector<std::thread> threads;
    for (auto& sum : sums) {
        threads.emplace_back([from = rx, &sum]() mutable {
            while (auto const v = from.blocking_receive()) {
                sum += *v;
            }
        });
    }
    int failed = 0;
    for (int n = 1; n != 1001; ++n) {
        failed += tx.blocking_send(n) ? 0 : 1;
    }
    { auto const last = std::move(tx); }
    for (auto& t : threads) {
        t.join();
    }
    CHECK(failed == 0);
    CHECK(sums[0] + sums[1] == 500500);
}

TEST_CASE("broadcast lossless: receivers at different speeds get all of several senders, on a pool") {
    constexpr int senders = 3;
    constexpr int each = 400;
    asio::thread_pool pool(2);
    auto ends = broadcast::channel<counted>(pool, 4);
    std::array<bool, 3> right{};
    auto const send = [](broadcast::sender<counted> tx, int first) -> weir::task<void> {
        for (int n = 0; n != each; ++n) {
            co_await tx.async_emplace(first + n);
        }
    };
    auto const receive = [](broadcast::receiver<counted> rx, bool& is_right) -> weir::task<void> {
        std::array<int, senders> next{};
        bool in_order = true;
        while (auto value = co_await rx.async_receive()) {
            int const from = value->value() / each;
            in_order = in_order && value->value() % each == next[static_cast<std::size_t>(from)]++;
        }
        is_right = in_order && next == std::array{each, each, each} && rx.total_missed() == 0;
    };
    for (auto& is_right : right) {
        weir::spawn(pool, receive(ends.second, is_right), asio::detached);
    }
    for (int n = 0; n != senders; ++n) {
        weir::spawn(pool, send(ends.first, n * each), asio::detached);
    }
    { auto const gone = std::move(ends); }
    pool.join();
    CHECK(right == std::array{true, true, true});
    CHECK(counted::alive() == 0);
}

TEST_CASE("watch tokens: a future, an awaitable, a tuple, a deferred call") {
    asio::thread_pool pool(1);
    auto ends = watch::channel<int>(pool, 1);
    ends.first.send(2);
    CHECK(ends.second.async_receive(asio::use_future).get() == 2);
    auto const any = [](int) { return true; };
    CHECK(ends.second.async_wait_for(any, asio::use_future).get() == 2);
    auto const use = [&]() -> asio::awaitable<int> {
        auto const [ec, value] =
            co_await ends.second.async_wait_for(any, asio::as_tuple(asio::use_awaitable));
        ends.first.send(3);
        auto const next = co_await ends.second.async_receive(asio::deferred);
        co_return *value + *next + (ec ? 100 : 0);
    };
    CHECK(asio::co_spawn(pool, use(), asio::use_future).get() == 5);
    pool.join();
}

TEST_CASE("watch blocking_receive: a plain thread sleeps until there is a new value, then until the end") {
    asio::thread_pool pool(1);
    auto ends = watch::channel<int>(pool, 1);
    std::optional<int> first;
    std::optional<int> second(0);
    std::thread plain([&first, &second, rx = std::move(ends.second)]() mutable {
        first = rx.blocking_receive();
        second = rx.blocking_receive();
    });
    ends.first.send(2);
    { auto const gone = std::move(ends.first); }
    plain.join();
    CHECK(first == 2);
    CHECK_FALSE(second);
}

namespace {

/// Is copied by two threads at the same time, or never.
struct copied_by_two {
    explicit copied_by_two(std::barrier<>& b) : both(&b) {}

    copied_by_two(copied_by_two const& other) : both(other.both) { both->arrive_and_wait(); }

    copied_by_two(copied_by_two&&) noexcept = default;

    std::barrier<>* both;
};

} // namespace

// So a value's copy constructor must do with being called by several threads at once, as that of any const object.
TEST_CASE("copies: two receivers copy one value at the same time, neither waits for the other") {
    asio::io_context ctx;
    std::barrier both(2);
    auto const copy_twice = [](auto& first, auto& second) {
        bool second_has_it = false;
        std::thread other([&] { second_has_it = second.try_receive().has_value(); });
        bool const first_has_it = first.try_receive().has_value();
        other.join();
        CHECK(first_has_it);
        CHECK(second_has_it);
    };
    SECTION("broadcast") {
        auto ends = weir::broadcast::channel<copied_by_two>(ctx.get_executor(), 1);
        auto other = ends.second;
        ends.first.send(copied_by_two(both));
        copy_twice(ends.second, other);
    }
    SECTION("watch") {
        auto ends = weir::watch::channel<copied_by_two>(ctx.get_executor(), copied_by_two(both));
        auto other = ends.second;
        ends.first.send(copied_by_two(both));
        copy_twice(ends.second, other);
    }
}

} // namespace pool_channels_test
