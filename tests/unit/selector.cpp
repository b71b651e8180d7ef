// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/selector.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/watch.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Rounds of a selector: what stays from one to the next, whose turn it is, and how a round ends. What a single round does with
// its cases is select's: select.cpp, select_waiting.cpp.

namespace selector_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::full_and_idle;
using support::nothing;
using support::outcome;
using support::poll;
using support::two_channels;
using selected = outcome<std::size_t>;
using names = std::vector<std::string>;

namespace {

/// A selector over both, which notes what it has received.
auto noting(two_channels& c, names& seen) {
    return weir::selector(weir::on(c.a, [&](int n) { seen.push_back("a" + std::to_string(n)); }),
                          weir::on(c.b, [&](int n) { seen.push_back("b" + std::to_string(n)); }));
}

/// A round that is to end at once.
template <class Selector>
std::size_t round(asio::io_context& ctx, Selector& s) {
    selected end;
    s.next()(end.handler());
    poll(ctx);
    REQUIRE(end.is_success());
    return end.value();
}

} // namespace

TEST_CASE("selector smoke: runs a case a round, never inside the call, and waits when there is nothing") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    auto s = noting(c, seen);
    CHECK(c.tx_b->try_send(1));
    CHECK(c.tx_b->try_send(2));
    selected first;
    s.next()(first.handler());
    CHECK(seen.empty());
    poll(ctx);
    CHECK(first.value() == 1);
    CHECK(round(ctx, s) == 1);
    selected waits;
    s.next()(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(c.tx_a->try_send(3));
    poll(ctx);
    CHECK(waits.value() == 0);
    CHECK(seen == names{"b1", "b2", "a3"});
    CHECK(c.tx_a->try_send(4)); // it has left the channels
    CHECK(poll(ctx) == 0);
    CHECK(c.a.try_receive() == 4);
}

namespace {

template <class... Parts>
concept can_select = requires {
    typename weir::selector<Parts...>;
};

} // namespace

TEST_CASE("selector traits: made in place, biased or not") {
    asio::io_context ctx;
    two_channels c(ctx);
    weir::selector fair{weir::on(c.a, nothing), weir::on(c.b, nothing)};
    weir::selector first{weir::biased, weir::on(c.a, nothing), weir::on(c.b, nothing)};
    static_assert(!std::is_copy_constructible_v<decltype(fair)> &&
                  !std::is_move_constructible_v<decltype(first)>);
    static_assert(std::is_same_v<decltype(fair)::executor_type, asio::io_context::executor_type>);
    CHECK(first.get_executor() == ctx.get_executor());
    static_assert(!can_select<weir::biased_t> && !can_select<int> && !can_select<>);
}

TEST_CASE("selector receivers: of every kind of channel, round after round") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    auto one = weir::oneshot::channel<int>(ex);
    auto shared = weir::mpmc::channel<int>(ex, 4);
    auto all = weir::broadcast::channel<int>(ex, 4);
    auto latest = weir::watch::channel<int>(ex, 0);
    auto endless = mpsc::unbounded_channel<int>(ex);
    auto many = mpsc::channel<int>(ex, 4);
    std::vector<int> run;
    std::vector<int> seen;
    auto const note = [&](int n) { seen.push_back(n); };
    weir::selector s{weir::biased,
                     weir::on(one.second, note),
                     weir::on(shared.second, note),
                     weir::on(all.second, note),
                     weir::on(latest.second, note),
                     weir::on(endless.second, note),
                     weir::on(many.second.async_receive_many(run, 3), [&](std::size_t n) {
                         seen.push_back(static_cast<int>(100 * n));
                         run.clear();
                     })};
    CHECK(one.first.send(1));
    for (int lap = 0; lap != 3; ++lap) {
        CHECK(shared.first.try_send(lap + 10));
        CHECK(all.first.send(lap + 20) == 1);
        CHECK(latest.first.send(lap + 30));
        CHECK(endless.first.send(lap + 40));
        std::array values{1, 2, 3, 4};
        CHECK(many.first.try_send_many(values) == 4);
        if (lap == 0) {
            CHECK(round(ctx, s) == 0);
        }
        for (std::size_t i = 1; i != 6; ++i) {
            CHECK(round(ctx, s) == i);
        }
        CHECK(round(ctx, s) == 5);
        selected waits;
        s.next()(waits.handler());
        poll(ctx);
        CHECK(waits.is_pending());
        CHECK(shared.first.try_send(lap + 50));
        poll(ctx);
        CHECK(waits.value() == 1);
    }
    CHECK(seen == std::vector{1,  10,  20,  30, 40, 300, 100, 50, 11,  21,  31,
                              41, 300, 100, 51, 12, 22,  32,  42, 300, 100, 52});
}

TEST_CASE("selector operations: one that is no receive runs once, and then nothing of it is left") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    int sent = 0;
    {
        weir::selector s{weir::on(c.full.first.async_send(2), [&] { ++sent; }),
                         weir::on(c.idle.second, nothing)};
        CHECK(c.full.first.strong_count() == 2); // a send that stands in a case counts as a sender
        CHECK(c.full.second.try_receive() == 1);
        CHECK(round(ctx, s) == 0);
        CHECK(c.full.first.strong_count() == 1);
        CHECK(c.full.second.try_receive() == 2);
        selected waits;
        s.next()(waits.handler());
        poll(ctx);
        CHECK(waits.is_pending());
        CHECK(c.idle.first.try_send(3));
        poll(ctx);
        CHECK(waits.value() == 1);
    }
    CHECK(sent == 1);
    weir::selector only{weir::on(c.full.first.async_send(4), [&] { ++sent; })};
    CHECK(round(ctx, only) == 0);
    CHECK(round(ctx, only) == weir::none);
    CHECK(sent == 2);
}

TEST_CASE("selector errors: are those of a case, and the rounds go on") {
    asio::io_context ctx;
    two_channels c(ctx);
    selected busy;
    names seen;
    weir::selector s{weir::on(c.a, [&](int) { seen.push_back("a"); }), weir::on(c.b, nothing)};
    {
        outcome<std::optional<int>> other;
        c.a.async_receive()(other.handler()); // has the receiver's turn
        poll(ctx);
        s.next()(busy.handler());
        poll(ctx);
        CHECK(busy.is_failure(weir::errc::busy));
        CHECK(busy.value() == 0);
        CHECK(c.tx_a->try_send(1));
        poll(ctx);
        CHECK(other.value() == 1);
    }
    CHECK(c.tx_a->try_send(2));
    CHECK(round(ctx, s) == 0);
    CHECK(seen == names{"a"});
}

TEST_CASE("selector errors: a receiver that has gone fails its case") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    auto gone = std::make_unique<support::loop_ends::second_type>(std::move(c.idle.second));
    weir::selector s{weir::on(*gone, nothing), weir::on(c.full.second, nothing)};
    selected end;
    bool const waits = GENERATE(true, false);
    if (waits) {
        CHECK(c.full.second.try_receive() == 1);
        s.next()(end.handler());
        poll(ctx);
        CHECK(end.is_pending());
    }
    gone.reset();
    if (!waits) {
        s.next()(end.handler());
    }
    poll(ctx);
    CHECK(end.is_failure(asio::error::operation_aborted));
    CHECK(end.value() == 0);
}

TEST_CASE("selector when: a predicate is asked once a round, where the round runs") {
    asio::io_context ctx;
    two_channels c(ctx);
    for (int n = 0; n != 3; ++n) {
        CHECK(c.tx_a->try_send(int{n}));
        CHECK(c.tx_b->try_send(int{n}));
    }
    bool is_on = false;
    int asked = 0;
    weir::selector s{weir::biased, weir::on(c.a, nothing).when([&] {
                         ++asked;
                         return is_on;
                     }),
                     weir::on(c.b, nothing)};
    CHECK(asked == 0);
    CHECK(round(ctx, s) == 1);
    is_on = true;
    CHECK(round(ctx, s) == 0);
    is_on = false;
    CHECK(round(ctx, s) == 1);
    CHECK(asked == 3);
    selected waits;
    CHECK(round(ctx, s) == 1);
    s.next()(waits.handler());
    poll(ctx);
    is_on = true; // too late for this round
    CHECK(c.tx_a->try_send(9));
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(asked == 5);
    c.tx_b.reset();
    poll(ctx);
    CHECK(waits.value() == weir::none);
    CHECK(round(ctx, s) == 0);
    c.tx_a.reset();
    for (int n = 0; n != 2; ++n) {
        CHECK(round(ctx, s) == 0);
    }
    CHECK(round(ctx, s) == weir::none);
    auto const before = asked;
    CHECK(round(ctx, s) == weir::none);
    CHECK(asked == before); // its channel has closed
}

TEST_CASE("selector when: select asks its predicates when it is made") {
    asio::io_context ctx;
    two_channels c(ctx);
    CHECK(c.tx_a->try_send(1));
    CHECK(c.tx_b->try_send(2));
    int asked = 0;
    auto const no = [&] {
        ++asked;
        return false;
    };
    auto select = weir::select(weir::biased, weir::on(c.a, nothing).when(no).closed([] {}),
                               weir::otherwise(nothing).when(no), weir::on(c.b, nothing));
    CHECK(asked == 2);
    selected end;
    std::move(select)(end.handler());
    poll(ctx);
    CHECK(end.value() == 2);
    CHECK(asked == 2);
}

TEST_CASE("selector closed: is told once, then the case is off, and the last of them is none for ever") {
    asio::io_context ctx;
    two_channels c(ctx);
    int told = 0;
    weir::selector s{weir::on(c.a, nothing).closed([&] { ++told; }), weir::on(c.b, nothing)};
    CHECK(c.tx_a->try_send(1));
    c.tx_a.reset();
    CHECK(round(ctx, s) == 0);
    CHECK(told == 0);
    CHECK(round(ctx, s) == 0);
    CHECK(told == 1);
    selected waits;
    s.next()(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    c.tx_b.reset();
    poll(ctx);
    CHECK(waits.value() == weir::none);
    CHECK(round(ctx, s) == weir::none);
    CHECK(told == 1);
}

TEST_CASE("selector otherwise: runs in each round that finds nothing, but not by try_next") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    weir::selector s{weir::otherwise([&] { seen.push_back("otherwise"); }),
                     weir::on(c.a, [&](int) { seen.push_back("value"); })};
    CHECK(c.tx_a->try_send(1));
    CHECK(round(ctx, s) == 1);
    CHECK(round(ctx, s) == 0);
    CHECK(round(ctx, s) == 0);
    CHECK_FALSE(s.try_next());
    CHECK(seen == names{"value", "otherwise", "otherwise"});
}

TEST_CASE("selector try_next: runs what is there, one at a time, and says when there is no more") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    auto s = noting(c, seen);
    CHECK_FALSE(s.try_next());
    CHECK(c.tx_a->try_send(1));
    CHECK(c.tx_b->try_send(2));
    CHECK(c.tx_a->try_send(3));
    CHECK(s.try_next() == 0U);
    CHECK(s.try_next() == 1U);
    CHECK(s.try_next() == 0U);
    CHECK_FALSE(s.try_next());
    CHECK(seen == names{"a1", "b2", "a3"});
    selected waits;
    s.next()(waits.handler());
    poll(ctx);
    CHECK(c.tx_a->try_send(4));
    CHECK_FALSE(s.try_next()); // the value is for the round that waits
    poll(ctx);
    CHECK(waits.value() == 0);
    c.tx_a.reset();
    c.tx_b.reset();
    CHECK_FALSE(s.try_next());
}

TEST_CASE("selector try_next: throws what the case throws, and the value is gone with it") {
    asio::io_context ctx;
    two_channels c(ctx);
    weir::selector s{weir::on(c.a, [](int) { throw std::runtime_error("handler"); })};
    CHECK(c.tx_a->try_send(1));
    CHECK_THROWS_AS(s.try_next(), std::runtime_error);
    CHECK_FALSE(s.try_next());
    outcome<std::optional<int>> other;
    c.a.async_receive()(other.handler());
    poll(ctx);
    CHECK_THROWS_AS(s.try_next(), boost::system::system_error); // busy
}

TEST_CASE("selector busy: a second next while one waits") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    auto s = noting(c, seen);
    selected first;
    selected second;
    s.next()(first.handler());
    s.next()(second.handler());
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::busy));
    CHECK(second.value() == weir::none);
    CHECK(c.tx_a->try_send(1));
    poll(ctx);
    CHECK(first.value() == 0);
    CHECK(c.tx_a->try_send(2));
    CHECK(round(ctx, s) == 0);
}

TEST_CASE("selector handlers: start the next round, and throw without an end to the rounds") {
    asio::io_context ctx;
    two_channels c(ctx);
    selected inner;
    bool throws = true;
    std::optional<std::size_t> within = 7;
    std::function<std::optional<std::size_t>()> try_within;
    std::function<void()> start;
    weir::selector s{weir::on(c.a, [&](int) {
        start();
        within = try_within();
        if (throws) {
            throw std::runtime_error("handler");
        }
    })};
    start = [&] { s.next()(inner.handler()); };
    try_within = [&] { return s.try_next(); };
    CHECK(c.tx_a->try_send(1));
    s.next()(nothing);
    CHECK_THROWS_AS(poll(ctx), std::runtime_error);
    CHECK_FALSE(within); // its own round has not ended
    throws = false;
    start = [] {};
    poll(ctx);
    CHECK(inner.is_pending());
    CHECK(c.tx_a->try_send(2));
    poll(ctx);
    CHECK(inner.value() == 0);
}

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
        if (has_begun) {
            poll(ctx);
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

TEST_CASE("selector values: one that has been received is destroyed before the next round") {
    asio::io_context ctx;
    auto c = mpsc::channel<counted>(ctx.get_executor(), 2);
    weir::selector s{weir::on(c.second, [](counted const&) {})};
    CHECK(c.first.try_send(counted(1)));
    CHECK(s.try_next() == 0U);
    CHECK(counted::alive() == 0);
    CHECK(c.first.try_send(counted(2)));
    CHECK(round(ctx, s) == 0);
    CHECK(counted::alive() == 0);
}

TEST_CASE("selector within select: is an operation like others") {
    asio::io_context ctx;
    two_channels c(ctx);
    full_and_idle other(ctx);
    names seen;
    auto s = noting(c, seen);
    std::array<selected, 2> ends;
    for (auto& end : ends) {
        weir::select(weir::on(s.next(), [&](std::size_t i) { seen.push_back("inner" + std::to_string(i)); }),
                     weir::on(other.idle.second, [&](int) { seen.push_back("other"); }))(end.handler());
        poll(ctx);
        CHECK(end.is_pending());
        CHECK((&end == &ends[0] ? other.idle.first : *c.tx_b).try_send(1));
        poll(ctx);
        CHECK(end.is_success());
    }
    CHECK(seen == names{"other", "b1", "inner1"});
}

TEST_CASE("selector on a pool: what it receives from two strands is all that was sent, in order") {
    constexpr int each = 2000;
    asio::thread_pool pool(2);
    auto a = mpsc::channel<int>(pool, 1);
    auto b = mpsc::channel<int>(pool, 3);
    auto const send = [](mpsc::sender<int> tx) -> weir::task<void> {
        for (int n = 0; n != each; ++n) {
            co_await tx.async_send(n);
        }
    };
    auto const receive = [](mpsc::receiver<int> x, mpsc::receiver<int> y) -> weir::task<bool> {
        int next_x = 0;
        int next_y = 0;
        int idle = 0;
        bool right = true;
        weir::selector s{weir::on(x, [&](int n) { right = right && n == next_x++; }),
                         weir::on(y, [&](int n) { right = right && n == next_y++; }),
                         weir::after(std::chrono::microseconds(20), [&] { ++idle; })};
        while (co_await s.next() != weir::none) {
        }
        co_return right&& next_x == each&& next_y == each;
    };
    auto right = weir::spawn(pool, receive(std::move(a.second), std::move(b.second)), asio::use_future);
    weir::spawn(pool, send(std::move(a.first)), asio::detached);
    weir::spawn(pool, send(std::move(b.first)), asio::detached);
    CHECK(right.get());
    pool.join();
}

} // namespace selector_test
