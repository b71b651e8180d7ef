// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/oneshot.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace oneshot_test {

namespace asio = boost::asio;
namespace oneshot = weir::oneshot;
using support::counted;
using support::move_only;
using support::outcome;
using support::poll;
using support::throwing;

namespace {

using executor = asio::io_context::executor_type;
template <class T>
using received = outcome<std::optional<T>>;

/// A channel whose ends can be destroyed one at a time.
template <class T, class Threading = weir::multi_threaded>
struct channel {
    explicit channel(asio::io_context& ctx) : channel(oneshot::channel<T, Threading>(ctx.get_executor())) {}

    explicit channel(
        std::pair<oneshot::sender<T, executor, Threading>, oneshot::receiver<T, executor, Threading>> ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<oneshot::sender<T, executor, Threading>> tx;
    std::optional<oneshot::receiver<T, executor, Threading>> rx;
};

} // namespace

TEMPLATE_TEST_CASE("oneshot: a value is received, whoever comes first", "", weir::multi_threaded,
                   weir::single_threaded) {
    asio::io_context ctx;
    channel<move_only, TestType> c(ctx);
    received<move_only> got;
    bool const receive_first = GENERATE(true, false);
    if (receive_first) {
        c.rx->async_receive(got.handler());
        poll(ctx);
        CHECK(got.is_pending());
    }
    CHECK(c.tx->send(move_only(3)));
    CHECK(got.is_pending());
    if (!receive_first) {
        c.rx->async_receive(got.handler());
        CHECK(got.is_pending());
    }
    poll(ctx);
    CHECK(got.is_success());
    CHECK(got.value()->value() == 3);
}

TEST_CASE("oneshot: handles convert to those over any_io_executor, an lvalue is copied in") {
    asio::io_context ctx;
    auto ends = oneshot::channel<std::string>(ctx);
    oneshot::sender<std::string> tx = std::move(ends.first);
    oneshot::receiver<std::string> rx = std::move(ends.second);
    std::string const text = "kept";
    CHECK(tx.send(text));
    CHECK(text == "kept");
    CHECK(rx.try_receive() == "kept");
}

TEST_CASE("oneshot send: a second one is refused and leaves its value alone") {
    asio::io_context ctx;
    channel<move_only> c(ctx);
    CHECK(c.tx->send(move_only(1)));
    move_only second(2);
    CHECK_FALSE(c.tx->send(std::move(second)));
    CHECK(second.value() == 2);
    CHECK(c.rx->try_receive()->value() == 1);
    CHECK_FALSE(c.tx->send(std::move(second)));
    CHECK(second.value() == 2);
}

TEST_CASE("oneshot send: is refused when the receiver has closed or gone, and leaves its value alone") {
    asio::io_context ctx;
    channel<move_only> c(ctx);
    SECTION("closed") { c.rx->close(); }
    SECTION("gone") { c.rx.reset(); }
    CHECK(c.tx->is_closed());
    move_only value(1);
    CHECK_FALSE(c.tx->send(std::move(value)));
    CHECK(value.value() == 1);
}

TEST_CASE("oneshot send: whose value throws has sent nothing") {
    {
        asio::io_context ctx;
        channel<throwing> c(ctx);
        throwing value(1);
        throwing::throw_in_move(1);
        CHECK_THROWS_AS(c.tx->send(std::move(value)), std::runtime_error);
        throwing::throw_in_move(0);
        CHECK_FALSE(c.rx->try_receive());
        CHECK(c.tx->send(throwing(2)));
        CHECK(c.rx->try_receive()->value() == 2);
    }
    CHECK(throwing::alive() == 0);
}

TEST_CASE("oneshot receive: is empty when the sender goes without sending") {
    asio::io_context ctx;
    channel<int> c(ctx);
    received<int> got;
    bool const receive_first = GENERATE(true, false);
    if (receive_first) {
        c.rx->async_receive(got.handler());
        poll(ctx);
    }
    c.tx.reset();
    CHECK(got.is_pending());
    if (!receive_first) {
        c.rx->async_receive(got.handler());
    }
    poll(ctx);
    CHECK(got.is_success());
    CHECK_FALSE(got.value());
    CHECK_FALSE(c.rx->try_receive());
}

TEST_CASE("oneshot receive: finds the value after the sender has gone") {
    asio::io_context ctx;
    channel<int> c(ctx);
    CHECK(c.tx->send(5));
    c.tx.reset();
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK(got.value() == 5);
    received<int> again;
    c.rx->async_receive(again.handler());
    poll(ctx);
    CHECK(again.is_success());
    CHECK_FALSE(again.value());
}

TEST_CASE("oneshot try_receive: is empty before the value, has it once, is empty afterwards") {
    asio::io_context ctx;
    channel<int> c(ctx);
    CHECK_FALSE(c.rx->try_receive());
    CHECK(c.tx->send(1));
    CHECK(c.rx->try_receive() == 1);
    CHECK_FALSE(c.rx->try_receive());
    c.rx->close(); // harmless
    CHECK_FALSE(c.rx->try_receive());
}

TEST_CASE("oneshot close: a value that was sent before stays") {
    asio::io_context ctx;
    channel<int> c(ctx);
    CHECK(c.tx->send(1));
    c.rx->close();
    SECTION("for a try") { CHECK(c.rx->try_receive() == 1); }
    SECTION("for a receive") {
        received<int> got;
        c.rx->async_receive(got.handler());
        poll(ctx);
        CHECK(got.value() == 1);
    }
}

TEST_CASE("oneshot close: without a value it is the end, also for a receive that waits") {
    asio::io_context ctx;
    channel<int> c(ctx);
    received<int> waits;
    c.rx->async_receive(waits.handler());
    poll(ctx);
    c.rx->close();
    poll(ctx);
    CHECK(waits.is_success());
    CHECK_FALSE(waits.value());
    CHECK_FALSE(c.rx->try_receive());
    received<int> late;
    c.rx->async_receive(late.handler());
    poll(ctx);
    CHECK(late.is_success());
    CHECK_FALSE(late.value());
}

TEST_CASE("oneshot receive: one at a time, and aborted when the receiver goes") {
    asio::io_context ctx;
    channel<int> c(ctx);
    received<int> first;
    received<int> second;
    c.rx->async_receive(first.handler());
    c.rx->async_receive(second.handler());
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::busy));
    SECTION("while it waits") {}
    SECTION("when the value has woken it") { CHECK(c.tx->send(1)); }
    c.rx.reset();
    poll(ctx);
    CHECK(first.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(first.value());
}

TEST_CASE("oneshot cancellation: a cancelled receive takes nothing") {
    asio::io_context ctx;
    channel<int> c(ctx);
    asio::cancellation_signal signal;
    received<int> cancelled;
    c.rx->async_receive(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    SECTION("before the value is there") {
        signal.emit(asio::cancellation_type::partial);
        CHECK(c.tx->send(8));
    }
    SECTION("before the value is there, and has ended") {
        signal.emit(asio::cancellation_type::partial);
        poll(ctx);
        CHECK(c.tx->send(8));
        CHECK(poll(ctx) == 0);
    }
    SECTION("after it is there") {
        CHECK(c.tx->send(8));
        signal.emit(asio::cancellation_type::terminal);
    }
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    received<int> next;
    c.rx->async_receive(next.handler());
    poll(ctx);
    CHECK(next.value() == 8);
}

TEST_CASE("oneshot async_closed: completes when the receiver closes or goes, and can be cancelled and tried "
          "again") {
    asio::io_context ctx;
    channel<int> c(ctx);
    asio::cancellation_signal signal;
    outcome<> cancelled;
    c.tx->async_closed(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    signal.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    outcome<> waits;
    c.tx->async_closed(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    SECTION("closes") { c.rx->close(); }
    SECTION("goes") { c.rx.reset(); }
    poll(ctx);
    CHECK(waits.is_success());
    outcome<> late;
    c.tx->async_closed(late.handler());
    poll(ctx);
    CHECK(late.is_success());
}

TEST_CASE("oneshot lifetime: a value that nobody takes is destroyed with the receiver") {
    asio::io_context ctx;
    {
        channel<counted> c(ctx);
        CHECK(c.tx->send(counted(1)));
        CHECK(counted::alive() == 1);
        SECTION("while the sender lives") {
            c.rx.reset();
            CHECK(counted::alive() == 0);
        }
        SECTION("after the sender") {
            c.tx.reset();
            CHECK(counted::alive() == 1);
            c.rx.reset();
            CHECK(counted::alive() == 0);
        }
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("oneshot lifetime: both ends go while both have waiters") {
    asio::io_context ctx;
    auto token = std::make_shared<int>(0);
    {
        channel<int> c(ctx);
        c.rx->async_receive([token](weir::error_code, std::optional<int>) {});
        c.tx->async_closed([token](weir::error_code) {});
        poll(ctx);
        CHECK(token.use_count() == 3);
    }
    poll(ctx);
    CHECK(token.use_count() == 1);
}

} // namespace oneshot_test
