// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/selector.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"
#include "support/selector_rounds.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

// Round after round of a selector: whose turn it is, runs that are one trip through the scheduler, and rounds that are
// cancelled, destroyed or left.

namespace selector_rounds_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::names;
using support::nothing;
using support::noting;
using support::outcome;
using support::poll;
using support::round;
using support::selected;
using support::two_channels;

TEST_CASE("selector cancelled: nothing ran, nothing was taken, the next round does") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    auto s = noting(c, seen);
    asio::cancellation_signal stop;
    selected end;
    s.next()(asio::bind_cancellation_slot(stop.slot(), end.handler()));
    poll(ctx);
    bool const has_come = GENERATE(true, false);
    if (has_come) {
        CHECK(c.tx_a->try_send(1));
    }
    stop.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(end.is_failure(asio::error::operation_aborted));
    CHECK(end.value() == weir::none);
    CHECK(seen.empty());
    if (!has_come) {
        CHECK(c.tx_a->try_send(1));
    }
    CHECK(round(ctx, s) == 0);
    CHECK(seen == names{"a1"});
}

TEST_CASE("selector destroyed: a round that waits is aborted, and takes nothing that comes meanwhile") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    selected end;
    {
        auto s = noting(c, seen);
        s.next()(end.handler());
        bool const has_begun = GENERATE(true, false);
        bool const has_come = GENERATE(true, false);
        if (has_begun) {
            poll(ctx);
        }
        if (has_come) {
            CHECK(c.tx_a->try_send(1));
        }
    }
    poll(ctx);
    CHECK(end.is_failure(asio::error::operation_aborted));
    CHECK(seen.empty());
    outcome<std::optional<int>> next; // the receivers are free again
    c.a.async_receive()(next.handler());
    CHECK(c.tx_a->try_send(2));
    poll(ctx);
    CHECK(next.is_success());
}

TEST_CASE("selector destroyed: the context goes before it, or after it, under a round that waits") {
    auto ctx = std::make_unique<asio::io_context>();
    auto c = std::make_unique<two_channels>(*ctx);
    names seen;
    selected end;
    {
        auto s = noting(*c, seen);
        s.next()(end.handler());
        if (GENERATE(true, false)) {
            poll(*ctx);
        }
        if (GENERATE(true, false)) {
            ctx.reset();
            CHECK_FALSE(s.try_next());
        }
        if (GENERATE(true, false)) {
            c.reset();
        }
    }
    ctx.reset();
    CHECK(end.is_pending());
}

namespace {

/// How often each case ran in so many rounds in one task, each made ready again by its handler.
std::array<int, 3> laps(asio::io_context& ctx, int n, bool biased) {
    std::array<int, 3> ran{};
    auto x = mpsc::channel<int>(ctx.get_executor(), 1);
    auto y = mpsc::channel<int>(ctx.get_executor(), 1);
    auto z = mpsc::channel<int>(ctx.get_executor(), 1);
    bool all_sent = true;
    auto const refill = [&all_sent](auto& ends) { all_sent = ends.first.try_send(0) && all_sent; };
    refill(x);
    refill(y);
    refill(z);
    auto const loop = [&](auto& s) -> weir::task<void> {
        for (int round = 0; round != n; ++round) {
            ++ran[co_await s.next()];
        }
    };
    auto const on_x = [&](int) { refill(x); };
    auto const on_y = [&](int) { refill(y); };
    auto const on_z = [&](int) { refill(z); };
    weir::selector fair{weir::on(x.second, on_x), weir::on(y.second, on_y), weir::on(z.second, on_z)};
    weir::selector first{weir::biased, weir::on(x.second, on_x), weir::on(y.second, on_y),
                         weir::on(z.second, on_z)};
    if (biased) {
        weir::spawn(ctx.get_executor(), loop(first), asio::detached);
    } else {
        weir::spawn(ctx.get_executor(), loop(fair), asio::detached);
    }
    poll(ctx);
    CHECK(all_sent);
    return ran;
}

} // namespace

TEST_CASE("selector fairness: cases that are always ready take turns, biased the first has all") {
    asio::io_context ctx;
    auto const fair = laps(ctx, 30'000, false);
    CHECK(fair == std::array{10'000, 10'000, 10'000});
    CHECK(laps(ctx, 1000, true) == std::array{1000, 0, 0});
}

TEST_CASE("selector fairness: what comes on a case that had nothing waits for eight rounds at most") {
    asio::io_context ctx;
    auto c = two_channels(ctx, 4);
    auto late = mpsc::channel<int>(ctx.get_executor(), 1);
    auto const refill_a = [&](int) { CHECK(c.tx_a->try_send(0)); };
    auto const refill_b = [&](int) { CHECK(c.tx_b->try_send(0)); };
    weir::selector s{weir::on(c.a, refill_a), weir::on(c.b, refill_b), weir::on(late.second, nothing)};
    CHECK(c.tx_a->try_send(0));
    CHECK(c.tx_b->try_send(0));
    for (int begin = 0; begin != 20; ++begin) { // wherever the rounds stand
        CHECK(s.try_next());
        CHECK(late.first.try_send(1));
        int rounds = 0;
        while (s.try_next() != 2U) {
            REQUIRE(++rounds <= 10); // eight, and its turn among three
        }
    }
}

TEST_CASE("selector fairness: a case that begins to be always ready takes turns from then on") {
    asio::io_context ctx;
    two_channels c(ctx);
    std::array<int, 2> ran{};
    auto const again_a = [&](int) { CHECK(c.tx_a->try_send(0)); };
    auto const again_b = [&](int) { CHECK(c.tx_b->try_send(0)); };
    weir::selector s{weir::on(c.a, again_a), weir::on(c.b, again_b)};
    again_a(0);
    for (int n = 0; n != 100; ++n) { // the other has nothing
        CHECK(s.try_next() == 0U);
    }
    again_b(0);
    for (int n = 0; n != 200; ++n) {
        ++ran.at(s.try_next().value());
    }
    CHECK(ran[0] - ran[1] <= 10); // eight until it was looked at again
}

TEST_CASE("selector in a task: a run of ready values is one trip, and others have their turn every 128") {
    asio::io_context ctx;
    constexpr int all = 1000;
    auto c = two_channels(ctx, all);
    for (int n = 0; n != all; ++n) {
        CHECK(c.tx_a->try_send(int{n}));
    }
    int received = 0;
    auto const loop = [&]() -> weir::task<void> {
        weir::selector s{weir::on(c.a, [&](int) { ++received; }), weir::on(c.b, nothing)};
        while (co_await s.next() != weir::none) {
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    int trips = 0;
    while (trips != all && received != all) {
        int const before = received;
        ++trips;
        REQUIRE(ctx.poll_one() == 1);
        CHECK(received - before <= 130);
    }
    CHECK(received == all);
    CHECK(trips <= all / 100);
    c.tx_a.reset();
    c.tx_b.reset();
    poll(ctx);
    CHECK(ctx.stopped());
}

TEST_CASE(
    "selector in asio::awaitable: a run is one trip there too, and so it is for a callback by try_next") {
    asio::io_context ctx;
    auto c = two_channels(ctx, 100);
    int received = 0;
    weir::selector s{weir::on(c.a, [&](int) { ++received; }), weir::on(c.b, [&](int) { ++received; })};
    auto const loop = [&]() -> asio::awaitable<void> {
        while (co_await s.next() != weir::none) {
        }
    };
    std::function<void(weir::error_code, std::size_t)> const on_next = [&](weir::error_code, std::size_t i) {
        if (i != weir::none) {
            while (s.try_next()) {
            }
            s.next()(on_next);
        }
    };
    if (GENERATE(true, false)) {
        asio::co_spawn(ctx, loop(), asio::detached);
    } else {
        s.next()(on_next);
    }
    poll(ctx);
    for (int n = 1; n <= 90; ++n) {
        CHECK(c.tx_a->try_send(int{n}));
        if (n % 30 == 0) {
            CHECK(poll(ctx) <= 3);
            CHECK(received == n);
        }
    }
    c.tx_a.reset();
    c.tx_b.reset();
    poll(ctx);
    CHECK(ctx.stopped());
}

TEST_CASE("selector abandoned: after every number of steps nothing is lost and nothing leaks") {
    int steps = 0;
    for (bool finished = false; !finished; ++steps) {
        int sent = 0;
        int seen = 0;
        auto ctx = std::make_unique<asio::io_context>();
        auto a = mpsc::channel<counted>(ctx->get_executor(), 2);
        auto b = weir::broadcast::channel<counted>(ctx->get_executor(), 2);
        auto const loop = [&seen](auto& first, auto& second) -> weir::task<void> {
            weir::selector s{weir::on(first, [&](counted) { ++seen; }),
                             weir::on(second, [&](counted const&) { ++seen; }),
                             weir::after(std::chrono::hours(1), nothing)};
            while (co_await s.next() != weir::none) {
            }
        };
        auto const send = [&sent](auto& first, auto& second) -> weir::task<void> {
            for (int n = 0; n != 3; ++n) {
                co_await first.async_emplace(n);
                ++sent;
                co_await second.async_emplace(n);
                ++sent;
            }
        };
        weir::spawn(ctx->get_executor(), loop(a.second, b.second), asio::detached);
        weir::spawn(ctx->get_executor(), send(a.first, b.first), asio::detached);
        int done = 0;
        while (done != steps && ctx->poll_one() != 0) {
            ++done;
        }
        finished = done != steps;
        ctx.reset();
        std::size_t const left = a.second.size() + b.second.size();
        CHECK(static_cast<std::size_t>(sent) == static_cast<std::size_t>(seen) + left);
        CHECK(counted::alive() == static_cast<int>(left));
    }
    CHECK(steps > 3);
    CHECK(counted::alive() == 0);
}

} // namespace selector_rounds_test
