// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/selector.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"
#include "support/selector_rounds.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/select.hpp>
#include <weir/watch.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What a round of a selector does with its cases, and what stays of them for the next. What select does with them is in
// select.cpp and select_waiting.cpp, whose turn it is and how rounds that wait end in selector_rounds.cpp.

namespace selector_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::full_and_idle;
using support::names;
using support::nothing;
using support::noting;
using support::outcome;
using support::poll;
using support::round;
using support::selected;
using support::two_channels;

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

TEST_CASE("selector operations: one whose handler has thrown has run") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    int sent = 0;
    auto const fail = [&] {
        ++sent;
        throw std::runtime_error("thrown");
    };
    weir::selector s{weir::biased, weir::on(c.idle.first.async_send(1), fail),
                     weir::on(c.full.second, nothing)};
    CHECK_THROWS_AS(s.try_next(), std::runtime_error);
    CHECK(c.idle.second.try_receive() == 1);
    CHECK(s.try_next() == 1U);
    CHECK_FALSE(s.try_next());
    CHECK(sent == 1);
    CHECK(c.idle.second.empty());
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

} // namespace selector_test
