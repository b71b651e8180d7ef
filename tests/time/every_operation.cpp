// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/every_operation.hpp"

#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/timeout.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>

// Everything that one can wait for, given a time, in a select, cancelled, and left with its context: what was meant for
// an operation that does not happen is there for the next.

namespace every_operation_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using support::advance;
using support::poll;
using support::every_operation::handler;
using support::every_operation::result;
using support::every_operation::scene;
using support::every_operation::with_each;

TEST_CASE("every operation: given no time it completes at once or not at all, and has taken nothing") {
    auto const d = GENERATE(clock_type::duration(0), clock_type::duration(-1h), clock_type::duration::min());
    with_each([d](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(d, {&r, ctx.get_executor()});
        CHECK(r.is_pending()); // never inside the call
        poll(ctx);
        CHECK(r.is_failure(weir::errc::timed_out));
        s.make_ready();
        CHECK(s.can_complete(ctx));
    });
}

TEST_CASE("every operation: given more time than there is it waits") {
    with_each([](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(clock_type::duration::max(), {&r, ctx.get_executor()});
        poll(ctx);
        CHECK(r.is_pending());
        s.make_ready();
        CHECK(r.is_pending()); // never inside the call
        poll(ctx);
        CHECK(r.is_success());
        CHECK(ctx.stopped()); // no timer is left
    });
}

TEST_CASE("every operation: it and the clock in one turn, it wins, later it is there for the next") {
    enum class order { ready_first, clock_first, clock_was_heard, too_late };
    auto const when =
        GENERATE(order::ready_first, order::clock_first, order::clock_was_heard, order::too_late);
    with_each([when](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(1ms, {&r, ctx.get_executor()});
        poll(ctx);
        if (when == order::ready_first) {
            s.make_ready();
        }
        advance(1ms);
        if (when == order::clock_was_heard) {
            ctx.restart();
            CHECK(ctx.poll_one() == 1);
            CHECK(r.is_pending());
        }
        if (when == order::too_late) {
            poll(ctx);
            CHECK(r.is_failure(weir::errc::timed_out));
            s.make_ready();
            CHECK(s.can_complete(ctx));
            return;
        }
        s.make_ready();
        poll(ctx);
        CHECK(r.is_success());
    });
}

TEST_CASE(
    "every operation: in a select it wins when it is ready, and leaves to the next what it loses or is off") {
    std::size_t const winner = GENERATE(0U, 1U, 2U);
    with_each([winner](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        result r;
        s.selected(others, winner != 2, {&r, ctx.get_executor()});
        poll(ctx);
        CHECK(r.is_pending());
        s.make_ready();
        if (winner != 1) {
            CHECK((winner == 0 ? others.tx_a : others.tx_b)->try_send(1));
        }
        poll(ctx);
        CHECK(r.is_success());
        CHECK(r.winner == winner);
        if (winner == 2 || (winner == 0 && !s.has_happened_when_ready())) {
            CHECK(s.can_complete(ctx));
        }
    });
}

TEST_CASE("every operation: cancelled when it was ready it has not happened, alone and in a select") {
    bool const is_selected = GENERATE(false, true);
    with_each([is_selected](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        asio::cancellation_signal signal;
        result r;
        if (is_selected) {
            s.selected(others, true, {&r, ctx.get_executor(), signal.slot()});
        } else {
            s.limited(1h, {&r, ctx.get_executor(), signal.slot()});
        }
        poll(ctx);
        s.make_ready();
        signal.emit(asio::cancellation_type::total);
        poll(ctx);
        if (!s.has_happened_when_ready()) {
            CHECK(r.is_failure(asio::error::operation_aborted));
            CHECK(s.can_complete(ctx));
        } else {
            CHECK(r.calls == 1);
        }
    });
}

TEST_CASE(
    "every operation: goes with the context that it waits on, and leaves what was meant for it to the next") {
    bool const is_selected = GENERATE(false, true);
    bool const is_ready_before = GENERATE(false, true);
    with_each([=](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        result r;
        {
            asio::io_context gone;
            handler const there{&r, gone.get_executor()};
            if (is_selected) {
                s.selected(others, true, there);
            } else {
                s.limited(1h, there);
            }
            poll(gone);
            if (is_ready_before) {
                s.make_ready();
            }
        }
        if (!is_ready_before) {
            s.make_ready();
        }
        CHECK(r.is_pending());
        if (!(is_ready_before && s.has_happened_when_ready())) {
            CHECK(s.can_complete(ctx));
        }
    });
}

} // namespace every_operation_test
