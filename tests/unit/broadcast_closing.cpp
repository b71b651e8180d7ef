// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/broadcast.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// How a broadcast channel ends, what a receive that does not come to its end leaves behind, and what values may do.

namespace broadcast_closing_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;
template <class T>
using received = outcome<std::optional<T>>;

/// A channel whose ends can be destroyed one at a time.
template <class T>
struct channel {
    channel(asio::io_context& ctx, std::size_t capacity)
        : channel(broadcast::channel<T>(ctx.get_executor(), capacity)) {}

    explicit channel(std::pair<broadcast::sender<T, executor>, broadcast::receiver<T, executor>> ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<broadcast::sender<T, executor>> tx;
    std::optional<broadcast::receiver<T, executor>> rx;
};

/// Receives to the end: completes empty, without an error, and keeps doing so.
template <class T>
void check_end(asio::io_context& ctx, broadcast::receiver<T, executor>& rx) {
    for (int n = 0; n != 2; ++n) {
        received<T> end;
        rx.async_receive(end.handler());
        poll(ctx);
        CHECK(end.is_success());
        CHECK_FALSE(end.value());
    }
    CHECK_FALSE(rx.try_receive());
    CHECK(rx.is_closed());
}

} // namespace

TEST_CASE("broadcast end: comes when the last sender goes, to all who wait") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    auto other = *c.rx;
    std::optional copy(*c.tx);
    received<int> waits;
    received<int> waits_too;
    c.rx->async_receive(waits.handler());
    other.async_receive(waits_too.handler());
    poll(ctx);
    c.tx.reset();
    CHECK(poll(ctx) == 0); // not the last
    CHECK_FALSE(c.rx->is_closed());
    copy.reset();
    CHECK(waits.is_pending());
    poll(ctx);
    CHECK(waits.is_success());
    CHECK_FALSE(waits.value());
    CHECK(waits_too.is_success());
    CHECK_FALSE(waits_too.value());
    check_end(ctx, *c.rx);
    auto late = c.rx->resubscribe();
    check_end(ctx, late);
}

TEST_CASE("broadcast end: what is there comes first, after what was missed") {
    asio::io_context ctx;
    std::size_t const capacity = GENERATE(1U, 2U);
    channel<int> c(ctx, capacity);
    c.tx->send(1);
    SECTION("nothing missed") {
        c.tx.reset(); // takes no slot
        CHECK(c.rx->size() == 1);
        CHECK(c.rx->try_receive() == 1);
        CHECK(c.rx->missed() == 0);
    }
    SECTION("one missed") {
        for (std::size_t n = 0; n != capacity; ++n) {
            c.tx->send(static_cast<int>(n) + 2);
        }
        c.tx.reset();
        CHECK(c.rx->is_closed()); // all senders have gone, and still
        for (std::size_t n = 0; n != capacity; ++n) {
            received<int> got;
            c.rx->async_receive(got.handler());
            poll(ctx);
            CHECK(got.value() == static_cast<int>(n) + 2);
            CHECK(c.rx->missed() == (n == 0 ? 1 : 0));
        }
    }
    check_end(ctx, *c.rx);
}

TEST_CASE("broadcast receiver: the value that only it had yet to see goes with it") {
    asio::io_context ctx;
    channel<counted> c(ctx, 4);
    std::optional other(*c.rx);
    for (int n = 1; n <= 3; ++n) {
        c.tx->send(counted(n));
    }
    CHECK(counted::alive() == 3);
    CHECK(c.rx->try_receive()->value() == 1);
    CHECK(c.rx->try_receive()->value() == 2);
    CHECK(counted::alive() == 3);
    other.reset();
    CHECK(counted::alive() == 1);
    CHECK(c.rx->try_receive()->value() == 3);
    CHECK(counted::alive() == 0);
    c.tx->send(counted(4));
    SECTION("the receiver goes first") {
        c.rx.reset();
        CHECK(counted::alive() == 0);
    }
    SECTION("the sender goes first") {
        c.tx.reset();
        CHECK(counted::alive() == 1);
        c.rx.reset();
        CHECK(counted::alive() == 0);
    }
}

TEST_CASE("broadcast receiver: destroyed under a receive aborts it, and disturbs no other") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    auto other = *c.rx;
    received<int> gone;
    received<int> stays;
    c.rx->async_receive(gone.handler());
    other.async_receive(stays.handler());
    poll(ctx);
    SECTION("while it waits") {}
    SECTION("when a value has woken it") { c.tx->send(1); }
    SECTION("when the end has woken it") {
        c.tx->send(1);
        c.tx.reset();
    }
    c.rx.reset();
    CHECK(gone.is_pending());
    poll(ctx);
    CHECK(gone.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(gone.value());
    if (c.tx) {
        CHECK(c.tx->receiver_count() == 1);
        c.tx->send(1);
    }
    poll(ctx);
    CHECK(stays.value() == 1);
}

TEST_CASE("broadcast receiver: one receive at a time") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    received<int> first;
    received<int> second;
    c.rx->async_receive(first.handler());
    c.rx->async_receive(second.handler());
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::busy));
    c.tx->send(1);
    poll(ctx);
    CHECK(first.value() == 1);
    received<int> third;
    c.rx->async_receive(third.handler());
    c.tx->send(2);
    poll(ctx);
    CHECK(third.value() == 2);
}

TEST_CASE("broadcast cancellation: a cancelled receive keeps its place, and does not wake any more") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    asio::cancellation_signal signal;
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    received<int> cancelled;
    c.rx->async_receive(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    SECTION("while it waits") { signal.emit(type); }
    SECTION("when a value has woken it") {
        c.tx->send(1);
        signal.emit(type);
    }
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(cancelled.value());
    c.tx->send(c.rx->empty() ? 1 : 2);
    CHECK(poll(ctx) == 0);
    CHECK(c.rx->try_receive() == 1);
    CHECK(c.rx->missed() == 0);
}

TEST_CASE("broadcast async_closed: waits for the last receiver to go, and for those who come meanwhile") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    std::optional other(*c.rx);
    outcome<> waits;
    outcome<> waits_too;
    c.tx->async_closed(waits.handler());
    auto copy = *c.tx;
    copy.async_closed(waits_too.handler());
    asio::cancellation_signal signal;
    outcome<> cancelled;
    c.tx->async_closed(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    signal.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    c.rx.reset();
    CHECK(poll(ctx) == 0);
    other.reset();
    CHECK(waits.is_pending());
    SECTION("nobody comes") {
        poll(ctx);
        CHECK(waits.is_success());
        CHECK(waits_too.is_success());
        outcome<> late;
        c.tx->async_closed(late.handler());
        poll(ctx);
        CHECK(late.is_success());
    }
    SECTION("one comes before it has looked") {
        other = c.tx->subscribe();
        poll(ctx);
        CHECK(waits.is_pending());
        other.reset();
        poll(ctx);
        CHECK(waits.is_success());
    }
    auto again = c.tx->subscribe();
    outcome<> next;
    c.tx->async_closed(next.handler());
    poll(ctx);
    CHECK(next.is_pending());
}

TEST_CASE("broadcast lifetime: handles and waits go in any order") {
    asio::io_context ctx;
    auto const witness = std::make_shared<int>(0);
    {
        channel<counted> c(ctx, 1);
        c.rx->async_receive([witness](weir::error_code, std::optional<counted>) {});
        c.tx->async_closed([witness](weir::error_code) {});
        poll(ctx);
        CHECK(witness.use_count() == 3);
        c.tx->send(counted(1));
    }
    poll(ctx);
    CHECK(witness.use_count() == 1);
    CHECK(counted::alive() == 0);
}

TEST_CASE("broadcast lifetime: an operation that was not started may outlive its receiver") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    auto const receive = c.rx->async_receive();
    auto const send = c.tx->async_send(1);
    auto const closed = c.tx->async_closed();
    c.rx.reset();
    c.tx.reset();
    CHECK(poll(ctx) == 0);
}

TEST_CASE("broadcast lifetime: a coroutine that waits is destroyed, the next receive has the value") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    {
        auto const wait = [](auto& rx) -> support::bare { (void)co_await rx.async_receive(); };
        auto const parked = wait(*c.rx);
        poll(ctx);
        SECTION("before the value is there") {}
        SECTION("after it is there") { c.tx->send(1); }
    }
    c.tx->send(2);
    poll(ctx);
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK(got.value() == 2);
}

namespace {

/// Throws in the n-th copy from now, and in the n-th move of a copy.
struct difficult {
    explicit difficult(int value) : number(value) {}

    difficult(difficult const& other) : number(other.number) { count_down(copies_left); }

    difficult(difficult&& other) : number(other.number) { count_down(moves_left); }

    static void count_down(int& left) {
        if (left > 0 && --left == 0) {
            throw std::runtime_error("thrown");
        }
    }

    int number;
    static inline int copies_left = 0;
    static inline int moves_left = 0;
};

/// Does not throw when it is copied, only when it is moved.
struct moves_badly : difficult {
    explicit moves_badly(int value) : difficult(value) {}

    moves_badly(moves_badly const& other) noexcept : difficult(other.number) {}

    moves_badly(moves_badly&&) = default;
};

} // namespace

TEST_CASE(
    "broadcast copies: one that throws comes out of the receive, the place is kept, nobody else notices") {
    asio::io_context ctx;
    channel<difficult> c(ctx, 2);
    auto other = *c.rx;
    c.tx->send(difficult(1));
    c.tx->send(difficult(2));
    SECTION("in a try") {
        difficult::copies_left = 1;
        CHECK_THROWS_AS(c.rx->try_receive(), std::runtime_error);
    }
    SECTION("in a task") {
        std::string what;
        auto const receive = [&what](auto& rx) -> weir::task<void> {
            try {
                (void)co_await rx.async_receive();
            } catch (std::runtime_error const& e) {
                what = e.what();
            }
        };
        weir::spawn(ctx.get_executor(), receive(*c.rx), asio::detached);
        difficult::copies_left = 1;
        poll(ctx);
        CHECK(what == "thrown");
    }
    SECTION("and so with the move of the copy") {
        difficult::moves_left = 1;
        CHECK_THROWS_AS(c.rx->try_receive(), std::runtime_error);
    }
    CHECK(difficult::copies_left == 0);
    CHECK(c.rx->size() == 2);
    CHECK(other.try_receive()->number == 1);
    CHECK(c.rx->try_receive()->number == 1);
    CHECK(c.rx->try_receive()->number == 2);
    CHECK(c.rx->missed() == 0);
    CHECK(other.try_receive()->number == 2);
}

TEST_CASE("broadcast copies: a value whose move alone throws is not lost either") {
    asio::io_context ctx;
    channel<moves_badly> c(ctx, 2);
    c.tx->send(moves_badly(1));
    difficult::moves_left = 1;
    CHECK_THROWS_AS(c.rx->try_receive(), std::runtime_error);
    CHECK(c.rx->try_receive()->number == 1);
}

TEST_CASE("broadcast send: a value whose move throws was not sent") {
    asio::io_context ctx;
    channel<difficult> c(ctx, 2);
    c.tx->send(difficult(1));
    difficult second(2);
    difficult::moves_left = 1;
    CHECK_THROWS_AS(c.tx->send(std::move(second)), std::runtime_error);
    CHECK(c.rx->size() == 1);
    c.tx->send(difficult(3));
    CHECK(c.rx->try_receive()->number == 1);
    CHECK(c.rx->try_receive()->number == 3);
}

namespace {

/// Calls back when it is copied or destroyed, outermost only.
struct calls_back {
    explicit calls_back(int value) : number(value) {}

    calls_back(calls_back const& other) : number(other.number) { call(on_copy); }

    calls_back(calls_back&& other) noexcept : number(std::exchange(other.number, 0)) {}

    ~calls_back() {
        if (number != 0) {
            call(on_destruction);
        }
    }

    static void call(std::function<void()>& callback) {
        if (auto const once = std::exchange(callback, nullptr)) {
            once();
        }
    }

    int number; // 0: moved from
    static inline std::function<void()> on_copy;
    static inline std::function<void()> on_destruction;
};

} // namespace

TEST_CASE("broadcast values: may use their channel when they are copied or destroyed") {
    asio::io_context ctx;
    channel<calls_back> c(ctx, 1);
    std::optional other(*c.rx);
    auto const send = [&] { c.tx->send(calls_back(9)); };
    SECTION("destroyed because it is overwritten") {
        c.tx->send(calls_back(1));
        calls_back::on_destruction = send;
        c.tx->send(calls_back(2)); // and 9 over it
        CHECK(c.rx->try_receive()->number == 9);
        CHECK(c.rx->missed() == 2);
    }
    SECTION("destroyed because the last receiver of it goes") {
        c.tx->send(calls_back(1));
        CHECK(c.rx->try_receive()->number == 1);
        calls_back::on_destruction = send;
        other.reset();
        CHECK(c.rx->try_receive()->number == 9);
        CHECK(c.rx->missed() == 0);
    }
    SECTION("destroyed because all have received it") {
        c.tx->send(calls_back(1));
        other.reset();
        calls_back::on_destruction = send;
        CHECK(c.rx->try_receive()->number == 1);
        CHECK(c.rx->try_receive()->number == 9);
    }
    SECTION("copied, and overwritten meanwhile") {
        c.tx->send(calls_back(1));
        calls_back::on_copy = send;
        CHECK(c.rx->try_receive()->number == 1);
        CHECK(c.rx->try_receive()->number == 9);
        CHECK(c.rx->missed() == 0);
        CHECK(other->try_receive()->number == 9);
        CHECK(other->missed() == 1);
    }
    SECTION("a handler that is destroyed uncalled") {
        asio::io_context inner;
        auto ends = broadcast::channel<calls_back>(inner.get_executor(), 1);
        {
            asio::io_context dies;
            ends.second.async_receive(asio::bind_executor(
                dies.get_executor(),
                [v = calls_back(1)](weir::error_code, std::optional<calls_back>) { (void)v; }));
            poll(dies);
            calls_back::on_destruction = [&] { ends.first.send(calls_back(9)); };
        }
        CHECK(ends.second.try_receive()->number == 9);
    }
    CHECK_FALSE(calls_back::on_destruction);
    CHECK_FALSE(calls_back::on_copy);
}

} // namespace broadcast_closing_test
