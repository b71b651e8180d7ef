// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"

#include <weir/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

// A value leaves its channel when its receiver really completes. So a program that waits on several channels at once
// with what Asio has for it loses nothing, also when several are made ready in the same turn: what was sent was received
// or is still there.

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;

namespace {

constexpr int rounds = 4000;

struct channel {
    explicit channel(asio::any_io_executor const& ex) : ends(mpsc::channel<int>(ex, 4)) {}

    std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends;
    mpsc::sender<int>& tx = ends.first;
    mpsc::receiver<int>& rx = ends.second;
};

struct tally {
    long sent = 0;
    long received = 0;
    bool balanced = true;
    bool ended = false;

    void send(channel& to) { sent += to.tx.try_send(1) ? 1 : 0; }

    template <class Optional>
    void receive(Optional const& value) {
        received += value ? 1 : 0;
    }

    /// What was sent is received or still there. Empties the channels now and then, so that they are empty and not.
    template <std::size_t N>
    void settle(int round, std::array<channel*, N> const& channels) {
        long inside = 0;
        for (auto* c : channels) {
            inside += static_cast<long>(c->rx.size());
        }
        balanced = balanced && sent == received + inside;
        for (auto* c : channels) {
            while (round % 3 != 0 && c->rx.try_receive()) {
                ++received;
            }
        }
    }
};

template <class... Channels>
void make_ready(asio::any_io_executor const& ex, bool now, tally& t, Channels&... channels) {
    auto const send = [&t, &channels...] { (t.send(channels), ...); };
    if (now) {
        send();
    } else {
        asio::post(ex, send); // when the receives have parked
    }
}

asio::awaitable<void> with_operators(channel& a, channel& b, tally& t) {
    using namespace asio::experimental::awaitable_operators;
    auto const ex = co_await asio::this_coro::executor;
    for (int n = 0; n != rounds; ++n) {
        make_ready(ex, n % 2 == 0, t, a, b);
        auto const got =
            co_await (a.rx.async_receive(asio::use_awaitable) || b.rx.async_receive(asio::use_awaitable));
        std::visit([&](auto const& value) { t.receive(value); }, got);
        t.settle(n, std::array{&a, &b});
    }
}

asio::awaitable<void> with_groups(channel& a, channel& b, channel& c, tally& t) {
    auto const ex = co_await asio::this_coro::executor;
    for (int n = 0; n != rounds; ++n) {
        make_ready(ex, n % 2 == 0, t, a, b, c);
        auto const got = co_await asio::experimental::make_parallel_group(
                             a.rx.async_receive(), b.rx.async_receive(asio::deferred), c.rx.async_receive())
                             .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        t.receive(std::get<2>(got));
        t.receive(std::get<4>(got));
        t.receive(std::get<6>(got));
        t.settle(n, std::array{&a, &b, &c});
    }
}

weir::task<void> with_groups_in_a_task(channel& a, channel& b, tally& t) {
    auto const ex = co_await asio::this_coro::executor;
    for (int n = 0; n != rounds; ++n) {
        make_ready(ex, n % 2 == 0, t, a, b);
        auto const got =
            co_await asio::experimental::make_parallel_group(a.rx.async_receive(), b.rx.async_receive())
                .async_wait(asio::experimental::wait_for_one(), asio::deferred);
        t.receive(std::get<2>(got));
        t.receive(std::get<4>(got));
        t.settle(n, std::array{&a, &b});
    }
}

auto note_end(tally& t) {
    return [&t](std::exception_ptr e) {
        t.ended = true;
        if (e) {
            std::rethrow_exception(e);
        }
    };
}

void check(tally const& t) {
    CHECK(t.ended);
    CHECK(t.balanced);
    CHECK(t.sent >= rounds);
}

} // namespace

TEST_CASE("late hand-over: nothing is lost by || on one thread") {
    asio::io_context ctx;
    channel a(ctx.get_executor());
    channel b(ctx.get_executor());
    tally t;
    asio::co_spawn(ctx, with_operators(a, b, t), note_end(t));
    ctx.run();
    check(t);
}

TEST_CASE("late hand-over: nothing is lost by || on a strand of a pool") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    channel a(strand);
    channel b(strand);
    tally t;
    asio::co_spawn(strand, with_operators(a, b, t), note_end(t));
    pool.join();
    check(t);
}

TEST_CASE("late hand-over: nothing is lost by parallel_group on one thread") {
    asio::io_context ctx;
    channel a(ctx.get_executor());
    channel b(ctx.get_executor());
    channel c(ctx.get_executor());
    tally t;
    asio::co_spawn(ctx, with_groups(a, b, c, t), note_end(t));
    ctx.run();
    check(t);
}

TEST_CASE("late hand-over: nothing is lost by parallel_group on a strand of a pool") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    channel a(strand);
    channel b(strand);
    channel c(strand);
    tally t;
    asio::co_spawn(strand, with_groups(a, b, c, t), note_end(t));
    pool.join();
    check(t);
}

TEST_CASE("late hand-over: nothing is lost by parallel_group in a task") {
    asio::io_context ctx;
    channel a(ctx.get_executor());
    channel b(ctx.get_executor());
    tally t;
    weir::spawn(ctx.get_executor(), with_groups_in_a_task(a, b, t), note_end(t));
    ctx.run();
    check(t);
}

TEST_CASE("late hand-over: nothing is lost while another thread sends") {
    using namespace asio::experimental::awaitable_operators;
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    channel a(strand);
    channel b(strand);
    auto const send = [](mpsc::sender<int> to) -> weir::task<void> {
        for (int n = 0; n != rounds; ++n) {
            co_await to.async_send(n);
        }
    };
    int next_a = 0;
    int next_b = 0;
    bool in_order = true;
    auto const receive = [&]() -> asio::awaitable<void> {
        while (next_a + next_b != 2 * rounds) {
            auto const got =
                co_await (a.rx.async_receive(asio::use_awaitable) || b.rx.async_receive(asio::use_awaitable));
            if (got.index() == 0) {
                in_order = in_order && std::get<0>(got) == next_a++;
            } else {
                in_order = in_order && std::get<1>(got) == next_b++;
            }
        }
    };
    weir::spawn(pool, send(a.tx), asio::detached);
    weir::spawn(pool, send(b.tx), asio::detached);
    asio::co_spawn(strand, receive(), asio::detached);
    pool.join();
    CHECK(in_order);
    CHECK(next_a == rounds);
    CHECK(next_b == rounds);
}
