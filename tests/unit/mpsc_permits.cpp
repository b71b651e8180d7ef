// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mpsc_permits_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;
using permit = mpsc::permit<int, executor>;
using permits = mpsc::permits<int, executor>;
using reserved = outcome<std::optional<permit>>;
using reserved_many = outcome<std::optional<permits>>;
using received = outcome<std::optional<int>>;

} // namespace

TEST_CASE("mpsc permit: lowers the capacity at once, and what it sends is received") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    auto slot = tx.try_reserve();
    REQUIRE(slot);
    CHECK(tx.capacity() == 1);
    CHECK(tx.size() == 0);
    CHECK_FALSE(rx.try_receive());
    std::move(*slot).send(4);
    CHECK(tx.capacity() == 1);
    CHECK(rx.size() == 1);
    CHECK(rx.try_receive() == 4);
    slot.reset();
    CHECK(tx.capacity() == 2);
}

TEST_CASE("mpsc permit: gives its slot back when it is destroyed unused") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    {
        auto const slot = tx.try_reserve();
        REQUIRE(slot);
        CHECK_FALSE(tx.try_reserve());
        CHECK_FALSE(tx.try_send(1));
    }
    CHECK(tx.try_reserve());
    CHECK(tx.capacity() == 1);
}

TEST_CASE("mpsc permit: moves, and only the last holder has the slot") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    auto first = tx.try_reserve();
    auto second = tx.try_reserve();
    permit moved = std::move(*first);
    first.reset();
    CHECK(tx.capacity() == 0);
    *second = std::move(moved); // the slot that it had goes back
    CHECK(tx.capacity() == 1);
    std::move(*second).send(1);
    CHECK(rx.try_receive() == 1);
}

TEST_CASE("mpsc reserve: waits while all slots are reserved, and gets one that is given back") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    auto slot = tx.try_reserve();
    reserved waits;
    tx.async_reserve(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    slot.reset();
    CHECK(waits.is_pending());
    CHECK_FALSE(tx.try_send(1)); // it is the waiting one's from that instant
    CHECK_FALSE(tx.try_reserve());
    poll(ctx);
    CHECK(waits.is_success());
    CHECK(waits.value());
}

TEST_CASE("mpsc reserve: sending with a permit does not wake who waits, receiving does") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    auto slot = tx.try_reserve();
    reserved waits;
    tx.async_reserve(waits.handler());
    std::move(*slot).send(1);
    slot.reset();
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(rx.try_receive() == 1);
    poll(ctx);
    CHECK(waits.is_success());
}

TEST_CASE("mpsc reserve: a cancelled one passes on the slot that it had been given, and loses its place") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    auto slot = tx.try_reserve();
    asio::cancellation_signal signal;
    reserved first;
    reserved second;
    tx.async_reserve(asio::bind_cancellation_slot(signal.slot(), first.handler()));
    tx.async_reserve(second.handler());
    SECTION("before it was given one") {
        signal.emit(asio::cancellation_type::total);
        CHECK(first.is_pending()); // never inside the call
        slot.reset();
    }
    SECTION("after it was given one") {
        slot.reset();
        signal.emit(asio::cancellation_type::terminal);
    }
    reserved again;
    tx.async_reserve(again.handler());
    poll(ctx);
    CHECK(first.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(first.value());
    CHECK(second.is_success());
    CHECK(again.is_pending());
    second.value().reset();
    poll(ctx);
    CHECK(again.is_success());
    again.value().reset();
    CHECK(tx.capacity() == 1);
}

TEST_CASE("mpsc reserve: a sender that vanishes with its loop passes on the slot that it was given") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    CHECK(tx.try_send(0));
    outcome<> never;
    outcome<> sent;
    {
        asio::io_context other;
        auto other_tx = tx;
        other_tx.async_send(1, asio::bind_executor(other.get_executor(), never.handler()));
        tx.async_send(2, sent.handler());
        CHECK(rx.try_receive() == 0); // the slot is the first one's
        poll(ctx);
        CHECK(sent.is_pending());
    }
    poll(ctx);
    CHECK(never.is_pending());
    CHECK(sent.is_success());
    CHECK(rx.try_receive() == 2);
    CHECK(tx.capacity() == 1);
}

TEST_CASE("mpsc reserve_many: more than the channel has is refused at the call") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 4);
    CHECK_THROWS_AS(tx.async_reserve_many(5), std::invalid_argument);
    CHECK_THROWS_AS(tx.async_reserve_many(SIZE_MAX), std::invalid_argument);
    CHECK_THROWS_AS(tx.try_reserve_many(5), std::invalid_argument);
    CHECK(tx.try_reserve_many(4)->size() == 4);
}

TEST_CASE("mpsc reserve_many: none of them succeeds even on a full channel, and fails on a closed one") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    CHECK(tx.try_send(1));
    reserved_many waiting;
    tx.async_reserve_many(1, waiting.handler());
    reserved_many none;
    tx.async_reserve_many(0, none.handler());
    poll(ctx);
    REQUIRE(none.is_success());
    CHECK(none.value()->size() == 0);
    CHECK_THROWS_AS(none.value()->send(1), std::logic_error);
    CHECK(tx.try_reserve_many(0));
    rx.close();
    reserved_many closed;
    tx.async_reserve_many(0, closed.handler());
    poll(ctx);
    CHECK(closed.is_failure(weir::errc::closed));
    CHECK_FALSE(tx.try_reserve_many(0));
}

TEST_CASE("mpsc reserve_many: what is not used goes back, what is used comes back when it is received") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 5);
    {
        auto slots = tx.try_reserve_many(4);
        REQUIRE(slots);
        CHECK(tx.capacity() == 1);
        slots->send(1);
        slots->send(2);
        CHECK(slots->size() == 2);
        CHECK(tx.capacity() == 1);
    }
    CHECK(tx.capacity() == 3);
    CHECK(rx.try_receive() == 1);
    CHECK(rx.try_receive() == 2);
    CHECK(tx.capacity() == 5);
}

TEST_CASE("mpsc reserve_many: collects slots as they come free and holds up smaller requests behind it") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 3);
    for (int n = 0; n != 3; ++n) {
        CHECK(tx.try_send(n));
    }
    reserved_many three;
    reserved one;
    tx.async_reserve_many(3, three.handler());
    tx.async_reserve(one.handler());
    for (int n = 0; n != 3; ++n) {
        poll(ctx);
        CHECK(three.is_pending());
        CHECK(one.is_pending());
        CHECK(rx.try_receive() == n);
        CHECK(tx.capacity() == 0);
    }
    poll(ctx);
    CHECK(three.is_success());
    CHECK(one.is_pending());
    three.value()->send(7); // frees nothing
    poll(ctx);
    CHECK(one.is_pending());
    three.value().reset();
    poll(ctx);
    CHECK(one.is_success());
    CHECK(rx.try_receive() == 7);
}

TEST_CASE("mpsc reserve_many: cancelled half-way it passes on what it had collected") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    CHECK(tx.try_send(0));
    asio::cancellation_signal signal;
    reserved_many two;
    tx.async_reserve_many(2, asio::bind_cancellation_slot(signal.slot(), two.handler()));
    std::array<outcome<>, 2> sent;
    tx.async_send(1, sent[0].handler());
    tx.async_send(2, sent[1].handler());
    poll(ctx);
    CHECK(tx.capacity() == 0);
    signal.emit(asio::cancellation_type::partial);
    poll(ctx);
    CHECK(two.is_failure(asio::error::operation_aborted));
    CHECK(sent[0].is_success());
    CHECK(sent[1].is_pending());
    CHECK(rx.try_receive() == 0);
    poll(ctx);
    CHECK(sent[1].is_success());
    CHECK(rx.try_receive() == 1);
    CHECK(rx.try_receive() == 2);
    CHECK(tx.capacity() == 2);
}

TEST_CASE("mpsc reserve_many: a hundred rounds of every size leave the channel empty") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 100);
    for (std::size_t n = 0; n != 100; ++n) {
        reserved_many got;
        tx.async_reserve_many(n, got.handler());
        poll(ctx);
        REQUIRE(got.is_success());
        for (std::size_t i = 0; i != n; ++i) {
            got.value()->send(static_cast<int>(i));
        }
        for (std::size_t i = 0; i != n; ++i) {
            REQUIRE(rx.try_receive() == static_cast<int>(i));
        }
    }
    CHECK(rx.empty());
    CHECK(tx.capacity() == 100);
}

TEST_CASE("mpsc permit: keeps the channel open, alone") {
    asio::io_context ctx;
    auto ends = mpsc::channel<int>(ctx.get_executor(), 2);
    auto rx = std::move(ends.second);
    std::optional tx(std::move(ends.first));
    auto slot = tx->try_reserve();
    auto const weak = tx->downgrade();
    tx.reset();
    CHECK_FALSE(rx.is_closed());
    received got;
    rx.async_receive(got.handler());
    poll(ctx);
    CHECK(got.is_pending());
    CHECK(weak.upgrade()); // a permit counts as a sender
    SECTION("sends, and then it is the end") {
        std::move(*slot).send(3);
        poll(ctx);
        CHECK(got.value() == 3);
        slot.reset();
        received end;
        rx.async_receive(end.handler());
        poll(ctx);
        CHECK(end.is_success());
        CHECK_FALSE(end.value());
    }
    SECTION("goes without sending") {
        slot.reset();
        poll(ctx);
        CHECK(got.is_success());
        CHECK_FALSE(got.value());
    }
    CHECK(rx.is_closed());
    CHECK_FALSE(weak.upgrade());
}

TEST_CASE("mpsc permit: without a receiver the value is destroyed, and every reserve fails") {
    asio::io_context ctx;
    auto ends = mpsc::channel<counted>(ctx.get_executor(), 2);
    auto tx = std::move(ends.first);
    std::optional rx(std::move(ends.second));
    auto slot = tx.try_reserve();
    auto slots = tx.try_reserve_many(1);
    rx.reset();
    std::move(*slot).send(counted(1));
    slots->send(counted(2));
    CHECK(counted::alive() == 0);
    CHECK_FALSE(tx.try_reserve());
    outcome<std::optional<mpsc::permit<counted, executor>>> reserve;
    tx.async_reserve(reserve.handler());
    poll(ctx);
    CHECK(reserve.is_failure(weir::errc::closed));
}

TEST_CASE("mpsc permit: without a receiver a value that needs no destruction takes no slot either") {
    asio::io_context ctx;
    auto ends = mpsc::channel<int>(ctx.get_executor(), 2);
    auto slot = ends.first.try_reserve();
    { auto const gone = std::move(ends.second); }
    std::move(*slot).send(1);
    CHECK(ends.first.size() == 0);
    CHECK(ends.first.capacity() == 2);
}

TEST_CASE("mpsc permit: converts to one over another executor, with its slot") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<counted>(ctx.get_executor(), 3);
    {
        mpsc::permit<counted> one = *tx.try_reserve();
        mpsc::permits<counted> two = *tx.try_reserve_many(2);
        CHECK(tx.capacity() == 0);
        std::move(one).send(counted(1));
        CHECK(two.size() == 2);
        two.send(counted(2));
    }
    CHECK(tx.capacity() == 1); // two values, and one slot that came back
    CHECK(rx.try_receive()->value() == 1);
    CHECK(rx.try_receive()->value() == 2);
    CHECK(tx.strong_count() == 1);
}

TEST_CASE("mpsc permits: converted when empty, they are empty, and the source holds nothing more") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    auto source = *tx.try_reserve_many(2);
    mpsc::permits<int> const taken = std::move(source);
    CHECK(source.size() == 0);
    CHECK(taken.size() == 2);
    CHECK_THROWS_AS(source.send(1), std::logic_error);
    mpsc::permits<int> const nothing = std::move(source);
    CHECK(nothing.size() == 0);
    CHECK(tx.capacity() == 0);
}

TEST_CASE("mpsc weak sender: converts to one over another executor, and is counted") {
    asio::io_context ctx;
    auto ends = mpsc::channel<int>(ctx.get_executor(), 1);
    auto rx = std::move(ends.second);
    std::optional tx(std::move(ends.first));
    auto const weak = tx->downgrade();
    mpsc::weak_sender<int> const erased = weak;
    CHECK(erased.weak_count() == 2);
    CHECK(erased.get_executor() == weak.get_executor());
    {
        std::optional<mpsc::sender<int>> const again = erased.upgrade();
        REQUIRE(again);
        CHECK(*again == mpsc::sender<int>(*tx));
        CHECK(again->strong_count() == 2);
    }
    tx.reset();
    CHECK_FALSE(erased.upgrade());
    CHECK(rx.is_closed());
}

TEST_CASE("mpsc handles: moved onto themselves they stay what they are") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    auto slots = *tx.try_reserve_many(2);
    auto& same_slots = slots;
    auto& same_receiver = rx;
    slots = std::move(same_slots);
    rx = std::move(same_receiver);
    CHECK(slots.size() == 2);
    CHECK_FALSE(tx.is_closed());
    slots.send(1);
    CHECK(rx.try_receive() == 1);
}

} // namespace mpsc_permits_test
