// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/timeout.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/barrier.hpp>
#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace timeout_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using support::advance;
using support::counted;
using support::outcome;
using support::poll;
using received = outcome<std::optional<int>>;

namespace {

using executor = asio::io_context::executor_type;

struct channel {
    explicit channel(asio::io_context& ctx) : channel(mpsc::channel<int>(ctx.get_executor(), 1)) {}

    explicit channel(std::pair<mpsc::sender<int, executor>, mpsc::receiver<int, executor>> ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    mpsc::sender<int, executor> tx;
    mpsc::receiver<int, executor> rx;
};

weir::error_code error_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (boost::system::system_error const& e) {
        return e.code();
    }
    return {};
}

} // namespace

TEST_CASE("timeout smoke: what comes in time comes, what does not is timed out, and is there for the next") {
    asio::io_context ctx;
    channel c(ctx);
    received in_time;
    weir::timeout(1h, c.rx.async_receive())(in_time.handler());
    poll(ctx);
    CHECK(c.tx.try_send(1));
    poll(ctx);
    CHECK(ctx.stopped()); // the timer of what is over does not hold the loop
    CHECK(in_time.value() == 1);
    received late;
    weir::timeout(1ms, c.rx.async_receive())(late.handler());
    poll(ctx);
    advance(1ms - 1ns);
    poll(ctx);
    CHECK(late.is_pending());
    advance(1ns);
    poll(ctx);
    CHECK(late.is_failure(weir::errc::timed_out));
    CHECK_FALSE(late.value());
    CHECK(c.tx.try_send(2));
    CHECK(c.rx.try_receive() == 2);
}

TEST_CASE("timeout of no time, or less: completes at once or not at all") {
    asio::io_context ctx;
    channel c(ctx);
    std::chrono::hours const d = GENERATE(0h, -1h, std::chrono::hours::min());
    received nothing;
    weir::timeout(d, c.rx.async_receive())(nothing.handler());
    CHECK(nothing.is_pending()); // later, never inside the call
    poll(ctx);
    CHECK(nothing.is_failure(weir::errc::timed_out));
    outcome<> sent;
    weir::timeout(d, c.tx.async_send(1))(sent.handler());
    outcome<> no_room;
    weir::timeout(d, c.tx.async_send(2))(no_room.handler());
    poll(ctx);
    CHECK(sent.is_success());
    CHECK(no_room.is_failure(weir::errc::timed_out));
    received something;
    weir::timeout(d, c.rx.async_receive())(something.handler());
    poll(ctx);
    CHECK(something.value() == 1);
    CHECK(c.rx.empty());
    outcome<> too_late;
    c.rx.close();
    weir::timeout(d, c.tx.async_send(3))(too_late.handler());
    poll(ctx);
    CHECK(too_late.is_failure(weir::errc::closed)); // and not timed out
    bool ran = false;
    auto const child = [&ran]() -> weir::task<void> {
        ran = true;
        co_return;
    };
    std::exception_ptr thrown;
    weir::timeout(d, weir::spawn(ctx, child()))([&](std::exception_ptr e) { thrown = e; });
    poll(ctx);
    CHECK(error_of(thrown) == weir::errc::timed_out);
    CHECK_FALSE(ran);
}

TEST_CASE("timeout of more time than there is: waits") {
    asio::io_context ctx;
    channel c(ctx);
    received got;
    SECTION("the longest in hours") {
        weir::timeout(std::chrono::hours::max(), c.rx.async_receive())(got.handler());
    }
    SECTION("the longest of the clock") {
        weir::timeout(clock_type::duration::max(), c.rx.async_receive())(got.handler());
    }
    SECTION("beyond all clocks") {
        weir::timeout(std::chrono::duration<double>(1e300), c.rx.async_receive())(got.handler());
    }
    SECTION("for ever") {
        weir::timeout(std::chrono::duration<float>(std::numeric_limits<float>::infinity()),
                      c.rx.async_receive())(got.handler());
    }
    SECTION("years in seconds") {
        weir::timeout(std::chrono::duration<unsigned>(std::numeric_limits<unsigned>::max()),
                      c.rx.async_receive())(got.handler());
    }
    poll(ctx);
    CHECK(got.is_pending());
    CHECK(c.tx.try_send(1));
    poll(ctx);
    CHECK(ctx.stopped());
    CHECK(got.value() == 1);
}

TEST_CASE("timeout and value in the same turn: the value wins, whichever was first") {
    asio::io_context ctx;
    channel c(ctx);
    received got;
    weir::timeout(1ms, c.rx.async_receive())(got.handler());
    poll(ctx);
    SECTION("the value") {
        CHECK(c.tx.try_send(1));
        advance(1ms);
        poll(ctx);
    }
    SECTION("the clock, and nobody has heard it") {
        advance(1ms);
        CHECK(c.tx.try_send(1));
        poll(ctx);
    }
    SECTION("the clock, and it has woken the receive") {
        advance(1ms);
        ctx.restart();
        CHECK(ctx.poll_one() == 1);
        CHECK(got.is_pending());
        CHECK(c.tx.try_send(1));
        poll(ctx);
    }
    CHECK(got.is_success());
    CHECK(got.value() == 1);
}

TEST_CASE("timeout: what another thread does for the operation just before time is up is not lost") {
    static asio::io_context ctx;

    struct : weir::detail::waiter {
        void wake(weir::detail::wake_batch&) noexcept override {}

        [[nodiscard]] asio::any_io_executor executor() const override { return ctx.get_executor(); }
    } waiter;

    weir::barrier b(ctx.get_executor(), 2);
    auto timed = weir::timeout(1s, b.async_wait()).core();
    CHECK(timed.start_waiting(waiter) == weir::detail::wait_result::parked);
    CHECK_FALSE(timed.try_complete()); // looks in vain, before the other arrives
    CHECK(b.async_wait().core().try_complete());
    support::advance(1s);
    poll(ctx);
    (void)timed.start_waiting(waiter);
    CHECK((timed.try_complete() && !std::get<0>(timed.take())));
}

TEST_CASE("timeout of a receive: another may begin when it has timed out, and what it closes on is its own") {
    asio::io_context ctx;
    channel c(ctx);
    received first;
    received busy;
    weir::timeout(1ms, c.rx.async_receive())(first.handler());
    weir::timeout(1h, c.rx.async_receive())(busy.handler());
    poll(ctx);
    CHECK(busy.is_failure(weir::errc::busy));
    advance(1ms);
    poll(ctx);
    CHECK(first.is_failure(weir::errc::timed_out));
    received next;
    weir::timeout(1h, c.rx.async_receive())(next.handler());
    poll(ctx);
    { auto const gone = std::move(c.tx); }
    poll(ctx);
    CHECK(ctx.stopped());
    CHECK(next.is_success());
    CHECK_FALSE(next.value());
}

TEST_CASE("timeout of a send: nothing is delivered, and the slot is for those behind") {
    asio::io_context ctx;
    channel c(ctx);
    CHECK(c.tx.try_send(1));
    outcome<> timed_out;
    outcome<> behind;
    weir::timeout(1ms, c.tx.async_send(2))(timed_out.handler());
    c.tx.async_send(3, behind.handler());
    poll(ctx);
    CHECK(timed_out.is_pending());
    advance(1ms);
    poll(ctx);
    CHECK(timed_out.is_failure(weir::errc::timed_out));
    CHECK(behind.is_pending());
    CHECK(c.rx.try_receive() == 1);
    poll(ctx);
    CHECK(behind.is_success());
    CHECK(c.rx.try_receive() == 3);
    CHECK(c.rx.empty());
    CHECK(c.tx.capacity() == 1);
}

TEST_CASE("timeout of a send: a slot that came in the same turn is used, one of a reserve is not lost") {
    asio::io_context ctx;
    channel c(ctx);
    CHECK(c.tx.try_send(1));
    SECTION("a send") {
        outcome<> sent;
        weir::timeout(1ms, c.tx.async_send(2))(sent.handler());
        poll(ctx);
        advance(1ms);
        CHECK(c.rx.try_receive() == 1);
        poll(ctx);
        CHECK(sent.is_success());
        CHECK(c.rx.try_receive() == 2);
    }
    SECTION("a reserve") {
        outcome<std::optional<mpsc::permit<int, executor>>> reserved;
        weir::timeout(1ms, c.tx.async_reserve())(reserved.handler());
        poll(ctx);
        advance(1ms);
        poll(ctx);
        CHECK(reserved.is_failure(weir::errc::timed_out));
        CHECK_FALSE(reserved.value());
        CHECK(c.rx.try_receive() == 1);
    }
    CHECK(c.tx.capacity() == 1);
}

TEST_CASE("timeout of operations of the other channels") {
    asio::io_context ctx;
    auto [tx_all, rx_all] = broadcast::channel<int>(ctx.get_executor(), 1);
    auto [tx_one, rx_one] = oneshot::channel<int>(ctx.get_executor());
    tx_all.send(1);
    outcome<> lossless;
    outcome<> closed;
    outcome<> one_closed;
    received one;
    weir::timeout(1ms, tx_all.async_send(2))(lossless.handler());
    weir::timeout(1ms, tx_all.async_closed())(closed.handler());
    weir::timeout(1ms, tx_one.async_closed())(one_closed.handler());
    weir::timeout(1ms, rx_one.async_receive())(one.handler());
    poll(ctx);
    CHECK(one.is_pending());
    advance(1ms);
    poll(ctx);
    CHECK(lossless.is_failure(weir::errc::timed_out));
    CHECK(closed.is_failure(weir::errc::timed_out));
    CHECK(one_closed.is_failure(weir::errc::timed_out));
    CHECK(one.is_failure(weir::errc::timed_out));
    CHECK(tx_one.send(3));
    CHECK(rx_one.try_receive() == 3);
    CHECK(rx_all.try_receive() == 1);
    CHECK(rx_all.empty());
}

TEST_CASE("timeout of a task: asks it to end, and completes when it has") {
    asio::io_context ctx;
    channel c(ctx);
    channel other(ctx);
    bool aborted = false;
    auto const child = [&aborted](auto& rx, auto& last) -> weir::task<int> {
        try {
            co_await rx.async_receive();
        } catch (boost::system::system_error const& e) {
            aborted = e.code() == asio::error::operation_aborted;
        }
        co_await asio::this_coro::reset_cancellation_state();
        co_await last.async_receive();
        co_return 5;
    };
    int calls = 0;
    std::exception_ptr thrown;
    int value = 0;
    auto const start = [&](auto d) {
        weir::timeout(d, weir::spawn(ctx.get_executor(), child(c.rx, other.rx)))(
            [&](std::exception_ptr e, int v) {
                ++calls;
                thrown = e;
                value = v;
            });
        poll(ctx);
    };
    SECTION("time is up") {
        start(1ms);
        CHECK_FALSE(aborted);
        advance(1ms);
        poll(ctx);
        CHECK(aborted);
        CHECK(calls == 0);
        CHECK(other.tx.try_send(1));
        poll(ctx);
        CHECK(ctx.stopped());
        CHECK(calls == 1);
        CHECK(error_of(thrown) == weir::errc::timed_out);
    }
    SECTION("it is in time") {
        start(1h);
        CHECK(c.tx.try_send(1));
        CHECK(other.tx.try_send(1));
        poll(ctx);
        CHECK(ctx.stopped());
        CHECK(calls == 1);
        CHECK_FALSE(thrown);
        CHECK(value == 5);
    }
}

TEST_CASE("timeout cancellation: is the operation's, nothing is taken") {
    asio::io_context ctx;
    channel c(ctx);
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    asio::cancellation_signal signal;
    received got;
    weir::timeout(1h, c.rx.async_receive())(asio::bind_cancellation_slot(signal.slot(), got.handler()));
    poll(ctx);
    SECTION("while it waits") { signal.emit(type); }
    SECTION("when a value has woken it") {
        CHECK(c.tx.try_send(1));
        signal.emit(type);
    }
    poll(ctx);
    CHECK(ctx.stopped());
    CHECK(got.is_failure(asio::error::operation_aborted));
    if (c.rx.empty()) {
        CHECK(c.tx.try_send(1));
    }
    CHECK(c.rx.try_receive() == 1);
}

TEST_CASE("timeout inside timeout: the shorter one counts") {
    asio::io_context ctx;
    channel c(ctx);
    received got;
    SECTION("inside") { weir::timeout(1h, weir::timeout(1ms, c.rx.async_receive()))(got.handler()); }
    SECTION("outside") { weir::timeout(1ms, weir::timeout(1h, c.rx.async_receive()))(got.handler()); }
    poll(ctx);
    CHECK(got.is_pending());
    advance(1ms);
    poll(ctx);
    CHECK(got.is_failure(weir::errc::timed_out));
}

TEST_CASE("timeout tokens: task, future, deferred, awaitable, a coroutine of anybody") {
    asio::io_context ctx;
    channel c(ctx);
    auto const limited = [&] { return weir::timeout(1ms, c.rx.async_receive()); };
    auto const let_time_pass = [&] {
        poll(ctx);
        advance(1ms);
        poll(ctx);
    };
    weir::error_code seen;
    auto const note = [&seen](boost::system::system_error const& e) { seen = e.code(); };
    SECTION("task") {
        auto const wait = [&]() -> weir::task<void> {
            try {
                (void)co_await limited();
            } catch (boost::system::system_error const& e) {
                note(e);
            }
        };
        weir::spawn(ctx.get_executor(), wait(), asio::detached);
        let_time_pass();
    }
    SECTION("asio::awaitable") {
        auto const wait = [&]() -> asio::awaitable<void> {
            try {
                (void)co_await limited()(asio::use_awaitable);
            } catch (boost::system::system_error const& e) {
                note(e);
            }
        };
        asio::co_spawn(ctx, wait(), asio::detached);
        let_time_pass();
    }
    SECTION("a coroutine of anybody") {
        auto const wait = [&]() -> support::bare { (void)co_await limited(); };
        auto const parked = wait();
        let_time_pass();
        CHECK(parked.is_done());
        try {
            parked.rethrow();
        } catch (boost::system::system_error const& e) {
            note(e);
        }
    }
    SECTION("future") { // in time: an exception that goes from thread to thread alarms ThreadSanitizer
        auto future = weir::timeout(1h, c.rx.async_receive())(asio::use_future);
        CHECK(c.tx.try_send(1));
        poll(ctx);
        CHECK(future.get() == 1);
        seen = weir::errc::timed_out;
    }
    SECTION("deferred") {
        auto later = limited()(asio::deferred);
        received got;
        std::move(later)(got.handler());
        let_time_pass();
        seen = got.error();
    }
    CHECK(seen == weir::errc::timed_out);
}

TEST_CASE("timeout abandoned: with its context, before it or after it") {
    auto const wait = [](auto& rx, counted) -> support::bare {
        (void)co_await weir::timeout(1h, rx.async_receive());
    };
    auto const wait_in_task = [](auto& rx, counted) -> weir::task<void> {
        (void)co_await weir::timeout(1h, rx.async_receive());
    };
    auto ctx = std::make_unique<asio::io_context>();
    channel c(*ctx);
    channel d(*ctx);
    channel e(*ctx);
    std::optional parked(wait(c.rx, counted(1)));
    weir::spawn(*ctx, wait_in_task(d.rx, counted(2)), asio::detached);
    weir::timeout(1h, e.rx.async_receive())([v = counted(3)](auto&&...) { FAIL(); });
    poll(*ctx);
    SECTION("before") { parked.reset(); }
    SECTION("with a value on the way") {
        CHECK(c.tx.try_send(0));
        CHECK(d.tx.try_send(0));
        CHECK(e.tx.try_send(0));
    }
    SECTION("after") {}
    ctx.reset();
    CHECK(counted::alive() == (parked ? 1 : 0));
    parked.reset();
    CHECK(counted::alive() == 0);
    for (auto* all : {&c, &d, &e}) {
        (void)all->tx.try_send(1); // where no value is on the way
        CHECK(all->rx.try_receive());
        CHECK(all->tx.capacity() == 1);
    }
}

} // namespace timeout_test
