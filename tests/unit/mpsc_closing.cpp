// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace mpsc_closing_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;
template <class T>
using received = outcome<std::optional<T>>;
using reserved = outcome<std::optional<mpsc::permit<int, executor>>>;
using reserved_many = outcome<std::optional<mpsc::permits<int, executor>>>;

/// A channel whose ends can be destroyed one at a time.
template <class T>
struct channel {
    channel(asio::io_context& ctx, std::size_t capacity)
        : channel(mpsc::channel<T>(ctx.get_executor(), capacity)) {}

    explicit channel(std::pair<mpsc::sender<T, executor>, mpsc::receiver<T, executor>> ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<mpsc::sender<T, executor>> tx;
    std::optional<mpsc::receiver<T, executor>> rx;
};

/// Receives to the end: completes empty, without an error, and keeps doing so.
void check_end(asio::io_context& ctx, mpsc::receiver<int, executor>& rx) {
    for (int n = 0; n != 2; ++n) {
        received<int> end;
        rx.async_receive(end.handler());
        poll(ctx);
        CHECK(end.is_success());
        CHECK_FALSE(end.value());
    }
    std::vector<int> out;
    outcome<std::size_t> none;
    rx.async_receive_many(out, 4, none.handler());
    poll(ctx);
    CHECK(none.is_success());
    CHECK(none.value() == 0);
    CHECK_FALSE(rx.try_receive());
    CHECK(rx.is_closed());
    CHECK(rx.empty());
}

/// Every way to send fails.
void check_refuses(asio::io_context& ctx, mpsc::sender<int, executor>& tx) {
    CHECK(tx.is_closed());
    CHECK_FALSE(tx.try_send(1));
    CHECK_FALSE(tx.try_reserve());
    CHECK_FALSE(tx.try_reserve_many(1));
    outcome<> sent;
    reserved one;
    reserved_many many;
    tx.async_send(1, sent.handler());
    tx.async_reserve(one.handler());
    tx.async_reserve_many(1, many.handler());
    poll(ctx);
    CHECK(sent.is_failure(weir::errc::closed));
    CHECK(one.is_failure(weir::errc::closed));
    CHECK_FALSE(one.value());
    CHECK(many.is_failure(weir::errc::closed));
}

} // namespace

TEST_CASE("mpsc end: the last sender goes before anything was sent") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    SECTION("and the receive comes after") {}
    SECTION("and the receive waits already") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        c.tx.reset();
        poll(ctx);
        CHECK(waits.is_success());
        CHECK_FALSE(waits.value());
    }
    c.tx.reset();
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc end: what was sent is received first, then it is the end") {
    asio::io_context ctx;
    auto const n = static_cast<std::size_t>(GENERATE(1, 2, 3, 4));
    channel<int> c(ctx, 4);
    for (std::size_t i = 0; i != n; ++i) {
        CHECK(c.tx->try_send(static_cast<int>(i)));
    }
    std::optional copy(*c.tx);
    c.tx.reset();
    CHECK_FALSE(c.rx->is_closed());
    copy.reset();
    CHECK(c.rx->is_closed());
    CHECK(c.rx->size() == n);
    std::vector<int> out;
    outcome<std::size_t> many;
    c.rx->async_receive_many(out, 8, many.handler());
    poll(ctx);
    CHECK(many.value() == n);
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc end: a waiting send keeps the channel open after its handle has gone") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    CHECK(c.tx->try_send(1));
    outcome<> sent;
    c.tx->async_send(2, sent.handler());
    c.tx.reset();
    CHECK_FALSE(c.rx->is_closed());
    CHECK(c.rx->try_receive() == 1);
    poll(ctx);
    CHECK(sent.is_success());
    CHECK(c.rx->try_receive() == 2);
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc weak: does not keep the channel open, and upgrades while a sender lives") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    auto const weak = c.tx->downgrade();
    CHECK(c.tx->try_send(1));
    auto again = weak.upgrade();
    REQUIRE(again);
    c.tx.reset();
    CHECK_FALSE(c.rx->is_closed());
    again.reset();
    CHECK_FALSE(weak.upgrade()); // although a value is queued
    CHECK(c.rx->try_receive() == 1);
    check_end(ctx, *c.rx);
    c.rx.reset();
    CHECK_FALSE(weak.upgrade());
}

TEST_CASE("mpsc close: refuses every send and ends at once on an idle channel") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    SECTION("with a receive under way") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        c.rx->close();
        CHECK(waits.is_pending());
        poll(ctx);
        CHECK(waits.is_success());
        CHECK_FALSE(waits.value());
    }
    SECTION("without one") { c.rx->close(); }
    SECTION("twice") {
        c.rx->close();
        c.rx->close();
    }
    check_refuses(ctx, *c.tx);
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc close: keeps what is buffered, and a full closed channel says closed") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    CHECK(c.tx->try_send(5));
    c.rx->close();
    check_refuses(ctx, *c.tx);
    CHECK(c.rx->size() == 1);
    CHECK(c.rx->try_receive() == 5);
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc close: waiting senders fail, and their values are destroyed") {
    {
        asio::io_context ctx;
        channel<counted> c(ctx, 1);
        CHECK(c.tx->try_send(counted(1)));
        std::array<outcome<>, 3> sent;
        for (auto& s : sent) {
            c.tx->async_send(counted(2), s.handler());
        }
        poll(ctx);
        CHECK(counted::alive() == 4);
        c.rx->close();
        poll(ctx);
        for (auto const& s : sent) {
            CHECK(s.is_failure(weir::errc::closed));
        }
        CHECK(counted::alive() == 1);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc close: a permit granted before can still send, the receive ends only then") {
    asio::io_context ctx;
    channel<int> c(ctx, 3);
    auto one = c.tx->try_reserve();
    auto two = c.tx->try_reserve_many(2);
    c.rx->close();
    received<int> waits;
    c.rx->async_receive(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK_FALSE(c.rx->try_receive());
    std::move(*one).send(1);
    poll(ctx);
    CHECK(waits.value() == 1);
    received<int> last;
    c.rx->async_receive(last.handler());
    one.reset();
    poll(ctx);
    CHECK(last.is_pending());
    SECTION("the rest is used") {
        two->send(2);
        poll(ctx);
        CHECK(last.value() == 2);
        two.reset();
    }
    SECTION("the rest goes back") {
        two.reset();
        poll(ctx);
        CHECK(last.is_success());
        CHECK_FALSE(last.value());
    }
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc close: a queued request that holds part of its slots does not hold up the end") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    auto permit = c.tx->try_reserve();
    asio::cancellation_signal signal;
    reserved_many queued;
    c.tx->async_reserve_many(2, asio::bind_cancellation_slot(signal.slot(), queued.handler()));
    received<int> waits;
    c.rx->async_receive(waits.handler());
    poll(ctx);
    CHECK(c.tx->capacity() == 0); // one in the permit, one collected
    SECTION("closed, then the permit goes") {
        c.rx->close();
        poll(ctx);
        CHECK(queued.is_failure(weir::errc::closed));
        CHECK(waits.is_pending());
        permit.reset();
    }
    SECTION("closed and cancelled in one turn, then the permit goes") {
        c.rx->close();
        signal.emit(asio::cancellation_type::terminal);
        poll(ctx);
        CHECK(queued.calls() == 1);
        CHECK(waits.is_pending());
        permit.reset();
    }
    SECTION("closed, the permit goes, cancelled, in one turn") {
        c.rx->close();
        permit.reset();
        signal.emit(asio::cancellation_type::terminal);
    }
    SECTION("cancelled, the permit goes, closed") {
        signal.emit(asio::cancellation_type::terminal);
        permit.reset();
        c.rx->close();
    }
    poll(ctx);
    CHECK(queued.calls() == 1);
    CHECK(waits.is_success());
    CHECK_FALSE(waits.value());
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc close: a send that had been given its slot before may still deliver, nothing is lost") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    CHECK(c.tx->try_send(1));
    outcome<> sent;
    c.tx->async_send(2, sent.handler());
    CHECK(c.rx->try_receive() == 1); // the slot is the waiting one's
    c.rx->close();
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    REQUIRE(sent.calls() == 1);
    REQUIRE(got.is_success());
    CHECK(got.value().has_value() == !sent.error());
    check_end(ctx, *c.rx);
}

TEST_CASE("mpsc receiver gone: what is buffered is destroyed at once, every send fails") {
    asio::io_context ctx;
    {
        channel<counted> c(ctx, 4);
        for (int n = 0; n != 3; ++n) {
            CHECK(c.tx->try_send(counted(n)));
        }
        c.rx.reset();
        CHECK(counted::alive() == 0);
        counted kept(4);
        CHECK_FALSE(c.tx->try_send(std::move(kept)));
        CHECK(kept.value() == 4);
    }
    channel<int> c(ctx, 1);
    auto const weak = c.tx->downgrade();
    c.rx.reset();
    check_refuses(ctx, *c.tx);
    auto upgraded = weak.upgrade();
    REQUIRE(upgraded);
    check_refuses(ctx, *upgraded);
}

TEST_CASE("mpsc weak: upgrades while only a permit of a sender that was upgraded is left") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    auto const weak = c.tx->downgrade();
    auto permit = weak.upgrade()->try_reserve();
    c.tx.reset();
    REQUIRE(permit);
    CHECK(weak.upgrade());
    permit.reset();
    CHECK_FALSE(weak.upgrade());
}

TEST_CASE("mpsc receiver gone: waiting senders fail, also one that had been given a slot") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    CHECK(c.tx->try_send(1));
    outcome<> granted;
    outcome<> queued;
    c.tx->async_send(2, granted.handler());
    c.tx->async_send(3, queued.handler());
    poll(ctx);
    CHECK(c.rx->try_receive() == 1);
    c.rx.reset();
    poll(ctx);
    CHECK(granted.is_failure(weir::errc::closed));
    CHECK(queued.is_failure(weir::errc::closed));
}

TEST_CASE("mpsc receiver gone: its own operations are aborted") {
    asio::io_context ctx;
    channel<int> c(ctx, 2);
    std::vector<int> out;
    SECTION("a receive") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        c.rx.reset();
        poll(ctx);
        CHECK(waits.is_failure(asio::error::operation_aborted));
        CHECK_FALSE(waits.value());
    }
    SECTION("a receive of many") {
        outcome<std::size_t> waits;
        c.rx->async_receive_many(out, 3, waits.handler());
        poll(ctx);
        c.rx.reset();
        poll(ctx);
        CHECK(waits.is_failure(asio::error::operation_aborted));
    }
    SECTION("a receive that a value has woken") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        CHECK(c.tx->try_send(1));
        c.rx.reset();
        poll(ctx);
        CHECK(waits.is_failure(asio::error::operation_aborted));
    }
}

TEST_CASE("mpsc both gone: every value that nobody received is destroyed once") {
    asio::io_context ctx;
    bool const receiver_first = GENERATE(true, false);
    {
        channel<counted> c(ctx, 4);
        auto permit = c.tx->try_reserve();
        CHECK(c.tx->try_send(counted(1)));
        CHECK(c.tx->try_send(counted(2)));
        if (receiver_first) {
            c.rx.reset();
            c.tx.reset();
        } else {
            c.tx.reset();
            c.rx.reset();
        }
        std::move(*permit).send(counted(3));
        CHECK(counted::alive() == 0);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc async_closed: completes for every sender when the receiver closes or goes") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    auto copy = *c.tx;
    std::array<outcome<>, 3> waits;
    c.tx->async_closed(waits[0].handler());
    c.tx->async_closed(waits[1].handler());
    copy.async_closed(waits[2].handler());
    poll(ctx);
    for (auto const& w : waits) {
        CHECK(w.is_pending());
    }
    SECTION("closes") { c.rx->close(); }
    SECTION("goes") { c.rx.reset(); }
    CHECK(waits[0].is_pending());
    poll(ctx);
    for (auto const& w : waits) {
        CHECK(w.is_success());
    }
    outcome<> late;
    copy.async_closed(late.handler());
    poll(ctx);
    CHECK(late.is_success());
}

TEST_CASE("mpsc cancellation: a cancelled receive takes nothing, the next one gets the value") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    asio::cancellation_signal signal;
    received<int> cancelled;
    c.rx->async_receive(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    SECTION("before the value is there") {
        signal.emit(asio::cancellation_type::terminal);
        CHECK(c.tx->try_send(6));
    }
    SECTION("before the value is there, and has ended") {
        signal.emit(asio::cancellation_type::terminal);
        poll(ctx);
        CHECK(c.tx->try_send(6));
        CHECK(poll(ctx) == 0);
    }
    SECTION("after it is there") {
        CHECK(c.tx->try_send(6));
        signal.emit(asio::cancellation_type::total);
    }
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(cancelled.value());
    received<int> next;
    c.rx->async_receive(next.handler());
    poll(ctx);
    CHECK(next.value() == 6);
    signal.emit(asio::cancellation_type::terminal); // after completion: no effect
}

TEST_CASE("mpsc cancellation: a cancelled send has delivered nothing") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    CHECK(c.tx->try_send(1));
    asio::cancellation_signal signal;
    outcome<> cancelled;
    c.tx->async_send(2, asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    SECTION("while it waits") { signal.emit(asio::cancellation_type::terminal); }
    SECTION("when it has been given a slot") {
        CHECK(c.rx->try_receive() == 1);
        signal.emit(asio::cancellation_type::terminal);
        CHECK(c.tx->try_send(1));
    }
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK(c.rx->try_receive() == 1);
    CHECK_FALSE(c.rx->try_receive());
    CHECK(c.tx->capacity() == 1);
}

TEST_CASE("mpsc cancellation: a send that has had its effect is not cancelled any more") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    asio::cancellation_signal signal;
    outcome<> sent;
    c.tx->async_send(2, asio::bind_cancellation_slot(signal.slot(), sent.handler()));
    signal.emit(asio::cancellation_type::terminal);
    poll(ctx);
    CHECK(sent.is_success());
    CHECK(c.rx->try_receive() == 2);
}

} // namespace mpsc_closing_test
