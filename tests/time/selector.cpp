// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/selector.hpp>

#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

// A selector's rounds that wait for time.

namespace selector_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::advance;
using support::full_and_idle;
using support::nothing;
using support::outcome;
using support::poll;
using support::two_channels;
using selected = outcome<std::size_t>;

TEST_CASE("selector after: counts anew in each round, from when it begins to wait") {
    asio::io_context ctx;
    two_channels c(ctx);
    int beats = 0;
    weir::selector s{weir::on(c.a, nothing), weir::after(10ms, [&] { ++beats; })};
    advance(20ms); // nobody has waited yet
    std::array<selected, 5> ends;
    for (auto& end : ends) { // traffic that is faster than the heartbeat
        s.next()(end.handler());
        poll(ctx);
        CHECK(end.is_pending());
        advance(6ms); // the timer of the first round fires in the second
        poll(ctx);
        CHECK(end.is_pending());
        CHECK(c.tx_a->try_send(1));
        poll(ctx);
        CHECK(end.value() == 0);
    }
    for (int lap = 1; lap != 3; ++lap) { // and then none
        selected end;
        s.next()(end.handler());
        poll(ctx);
        advance(10ms - 1ns);
        poll(ctx);
        CHECK(end.is_pending());
        advance(1ns);
        poll(ctx);
        CHECK(end.value() == 1);
        CHECK(beats == lap);
    }
}

TEST_CASE("selector after: a timer that is armed stays so, and is armed anew only when it has fired") {
    asio::io_context ctx;
    two_channels c(ctx);
    weir::selector s{weir::on(c.a, nothing), weir::after(10ms, nothing)};
    std::size_t handlers = 0;
    for (int n = 0; n != 100; ++n) {
        selected end;
        s.next()(end.handler());
        handlers += poll(ctx); // begins to wait
        advance(1ms);
        handlers += poll(ctx); // a timer that fires
        CHECK(c.tx_a->try_send(1));
        handlers += poll(ctx); // completes
        CHECK(end.value() == 0);
    }
    // Armed anew each time, a timer would have a handler a round that says that it was cancelled.
    CHECK(handlers > 200);
    CHECK(handlers < 230);
}

TEST_CASE("selector after: no time at all runs when nothing is there, one for ever never") {
    asio::io_context ctx;
    two_channels c(ctx);
    weir::selector s{weir::on(c.a, nothing), weir::after(0s, nothing), weir::after(-1s, nothing).when(false),
                     weir::after(std::chrono::hours::max(), nothing)};
    CHECK(c.tx_a->try_send(1));
    std::array<selected, 3> ends;
    for (auto& end : ends) {
        s.next()(end.handler());
        poll(ctx);
        CHECK(end.value() == (&end == &ends[0] ? 0U : 1U));
    }
    CHECK_FALSE(s.try_next()); // which does not wait, not even for no time
}

TEST_CASE("selector at: runs once, also while there is always something else") {
    asio::io_context ctx;
    two_channels c(ctx);
    int ran = 0;
    auto const refill = [&](int) { CHECK(c.tx_a->try_send(1)); };
    weir::selector s{weir::on(c.a, refill), weir::at(std::chrono::steady_clock::now() + 5ms, [&] { ++ran; })};
    refill(0);
    for (int n = 0; n != 20; ++n) {
        CHECK(s.try_next() == 0U);
    }
    advance(5ms);
    for (int n = 0; n != 20; ++n) {
        CHECK(s.try_next());
    }
    CHECK(ran == 1);
}

TEST_CASE("selector timers: alone they are waited for, a point in time once") {
    asio::io_context ctx;
    weir::selector once{weir::at(std::chrono::steady_clock::now() + 1ms, nothing)};
    weir::selector beat{weir::after(1ms, nothing), weir::at(std::chrono::steady_clock::now() + 2ms, nothing)};
    auto const round = [&](auto& s) {
        selected end;
        // without a channel there is no executor but that of the handler
        s.next()(asio::bind_executor(ctx.get_executor(), end.handler()));
        poll(ctx);
        if (end.is_pending()) {
            advance(1ms);
            poll(ctx);
        }
        REQUIRE(end.is_success());
        return end.value();
    };
    CHECK(round(once) == 0);
    CHECK(round(once) == weir::none);
    std::array<int, 2> ran{};
    for (int n = 0; n != 4; ++n) {
        ++ran[round(beat)];
    }
    CHECK(ran == std::array{3, 1});
}

TEST_CASE("selector timers: do not hold the loop behind the last round, nor behind the selector") {
    asio::io_context ctx;
    two_channels c(ctx);
    {
        weir::selector s{weir::on(c.a, nothing), weir::after(1h, nothing)};
        selected end;
        s.next()(end.handler());
        poll(ctx);
        SECTION("there is nothing more to come") {
            c.tx_a.reset();
            poll(ctx);
            CHECK(end.value() == weir::none);
            CHECK(ctx.stopped());
        }
        SECTION("the selector goes") {
            CHECK(c.tx_a->try_send(1));
            poll(ctx);
            CHECK(end.value() == 0);
        }
    }
    poll(ctx);
    CHECK(ctx.stopped());
}

TEST_CASE("selector timers: go with the round to another context, also when the first has gone") {
    auto first = std::make_unique<asio::io_context>();
    asio::io_context second;
    full_and_idle c(second);
    int beats = 0;
    weir::selector s{weir::on(c.idle.second, nothing), weir::after(1ms, [&] { ++beats; })};
    selected end;
    s.next()(asio::bind_executor(first->get_executor(), end.handler()));
    poll(*first);
    CHECK(c.idle.first.try_send(1));
    poll(*first);
    CHECK(end.value() == 0);
    if (GENERATE(true, false)) {
        first.reset();
    }
    selected next;
    s.next()(next.handler());
    poll(second);
    CHECK(next.is_pending());
    advance(1ms);
    poll(second);
    CHECK(next.value() == 1);
    CHECK(beats == 1);
}

TEST_CASE("selector with timeout: a round that took too long has taken nothing, the next goes on") {
    asio::io_context ctx;
    two_channels c(ctx);
    weir::selector s{weir::on(c.a, nothing), weir::after(1h, nothing)};
    selected late;
    weir::timeout(1ms, s.next())(late.handler());
    poll(ctx);
    CHECK(late.is_pending());
    advance(1ms);
    poll(ctx);
    CHECK(late.is_failure(weir::errc::timed_out));
    CHECK(late.value() == weir::none);
    CHECK(ctx.stopped());
    CHECK(c.tx_a->try_send(1));
    selected end;
    weir::timeout(1ms, s.next())(end.handler());
    poll(ctx);
    CHECK(end.value() == 0);
}

TEST_CASE("selector try_next: what finds nothing leaves the timer as it is") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
    int received = 0;
    weir::selector s{weir::on(rx, [&](int) { ++received; }), weir::after(1h, [] {})};
    outcome<std::size_t> first;
    s.next()(first.handler());
    poll(ctx);
    REQUIRE(tx.try_send(1));
    poll(ctx);
    REQUIRE(first.is_success());
    CHECK_FALSE(ctx.stopped()); // the timer is armed
    CHECK_FALSE(s.try_next());
    poll(ctx);
    CHECK_FALSE(ctx.stopped());
    REQUIRE(tx.try_send(2));
    CHECK(s.try_next() == 0);
    CHECK(received == 2);
}

} // namespace selector_test
