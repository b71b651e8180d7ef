// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/mpsc.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Selects that wait for time.

namespace select_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::advance;
using support::full_and_idle;
using support::nothing;
using support::outcome;
using support::poll;
using support::two_channels;
using selected = outcome<std::size_t>;

namespace {

using names = std::vector<std::string>;

} // namespace

TEST_CASE("select timers: one that is due runs, one that is not does not") {
    asio::io_context ctx;
    two_channels c(ctx);
    auto const now = std::chrono::steady_clock::now();
    names seen;
    selected end;
    SECTION("no time at all") {
        weir::select(weir::on(c.a, [](int) {}),
                     weir::after(0s, [&] { seen.push_back("due"); }))(end.handler());
    }
    SECTION("less than none") {
        weir::select(weir::after(std::chrono::hours::min(), [&] { seen.push_back("due"); }),
                     weir::on(c.a, [](int) {}))(end.handler());
    }
    SECTION("a time that has passed, in units coarser than the clock's") {
        weir::select(weir::on(c.a, [](int) {}), weir::at(std::chrono::floor<std::chrono::seconds>(now - 1s),
                                                         [&] { seen.push_back("due"); }))(end.handler());
    }
    poll(ctx);
    CHECK(end.is_success());
    CHECK(seen == names{"due"});
    selected waits;
    weir::select(
        weir::on(c.a, [](int) {}), weir::after(std::chrono::hours::max(), [&] { seen.push_back("max"); }),
        weir::at(std::chrono::steady_clock::time_point::max(), [&] { seen.push_back("end of time"); }),
        weir::after(std::chrono::duration<double>(1e300), [&] { seen.push_back("beyond"); }))(
        waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(c.tx_a->try_send(1));
    poll(ctx);
    CHECK(ctx.stopped()); // the timers of a select that is over do not hold the loop
    CHECK(waits.value() == 0);
    CHECK(seen == names{"due"});
}

TEST_CASE("select timers: one fires while the select waits, at its time") {
    asio::io_context ctx;
    two_channels c(ctx);
    auto const due = std::chrono::steady_clock::now() + 2ms;
    names seen;
    selected end;
    weir::select(weir::on(c.a, [](int) {}), weir::at(due, [&] { seen.push_back("first"); }),
                 weir::after(1h, [&] { seen.push_back("second"); }))(end.handler());
    poll(ctx);
    advance(2ms - 1ns);
    poll(ctx);
    CHECK(end.is_pending());
    advance(1ns);
    poll(ctx);
    CHECK(ctx.stopped());
    CHECK(end.value() == 1);
    CHECK(seen == names{"first"});
}

TEST_CASE("select timers: do not hold a select whose channels have closed, alone they do") {
    asio::io_context ctx;
    two_channels c(ctx);
    int ran = 0;
    selected with_channel;
    weir::select(weir::on(c.a, [](int) {}), weir::after(1h, [&] { ++ran; }))(with_channel.handler());
    poll(ctx);
    c.tx_a.reset();
    poll(ctx);
    CHECK(with_channel.value() == weir::none);
    selected alone;
    auto const wait = [&]() -> weir::task<std::size_t> {
        co_return co_await weir::select(weir::after(1h, [&] { ++ran; }),
                                        weir::after(1ms, [&] { ran += 10; }));
    };
    weir::spawn(ctx.get_executor(), wait(), [h = alone.handler()](std::exception_ptr, std::size_t i) mutable {
        h(weir::error_code(), i);
    });
    poll(ctx);
    CHECK(alone.is_pending());
    advance(1ms);
    poll(ctx);
    CHECK(alone.value() == 1);
    CHECK(ran == 10);
}

TEST_CASE("select with timeout: around it and inside it") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    selected end;
    SECTION("around: nothing came") {
        weir::timeout(1ms, weir::select(weir::on(c.idle.second, nothing), weir::after(1h, nothing)))(
            end.handler());
        poll(ctx);
        CHECK(end.is_pending());
        advance(1ms);
        poll(ctx);
        CHECK(end.is_failure(weir::errc::timed_out));
        CHECK(end.value() == weir::none);
    }
    SECTION("around: something came") {
        weir::timeout(1h, weir::select(weir::on(c.idle.second, nothing)))(end.handler());
        poll(ctx);
        CHECK(c.idle.first.try_send(1));
        poll(ctx);
        CHECK(ctx.stopped());
        CHECK(end.is_success());
    }
    SECTION("inside: time is the case's, and the others are heard until then") {
        auto const start = [&] {
            weir::select(weir::on(weir::timeout(1h, c.full.first.async_send(2)), nothing),
                         weir::on(weir::timeout(2h, c.idle.second.async_receive()), nothing))(end.handler());
            poll(ctx);
        };
        start();
        CHECK(end.is_pending());
        CHECK(c.idle.first.try_send(1));
        poll(ctx);
        CHECK(ctx.stopped());
        CHECK(end.value() == 1);
        CHECK(c.full.second.size() == 1);
    }
}

} // namespace select_test
