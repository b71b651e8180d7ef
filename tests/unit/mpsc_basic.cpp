// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mpsc_basic_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::move_only;
using support::outcome;
using support::poll;
using support::throwing;

namespace {

template <class T>
using received = outcome<std::optional<T>>;

struct empty {};

struct aggregate {
    std::unique_ptr<int> p;
    int n;
};

} // namespace

TEMPLATE_TEST_CASE("mpsc smoke: what is sent is received, in order", "", weir::multi_threaded,
                   weir::single_threaded) {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int, TestType>(ctx.get_executor(), 2);
    CHECK(tx.try_send(1));
    outcome<> sent;
    tx.async_send(2, sent.handler());
    CHECK(sent.is_pending());
    poll(ctx);
    CHECK(sent.is_success());
    received<int> first;
    rx.async_receive(first.handler());
    CHECK(first.is_pending());
    poll(ctx);
    CHECK(first.is_success());
    CHECK(first.value() == 1);
    CHECK(rx.try_receive() == 2);
    CHECK_FALSE(rx.try_receive());
}

TEST_CASE("mpsc channel: a capacity of zero or an absurd one is refused") {
    asio::io_context ctx;
    CHECK_THROWS_AS(mpsc::channel<int>(ctx, 0), std::invalid_argument);
    CHECK_THROWS_AS(mpsc::channel<int>(ctx, (std::size_t{1} << 27) + 1), std::invalid_argument);
    CHECK_THROWS_AS(mpsc::channel<int>(ctx, SIZE_MAX), std::invalid_argument);
    CHECK_NOTHROW(mpsc::channel<empty>(ctx, 1));
}

TEST_CASE("mpsc sender: one that is moved to another executor type no longer counts, a copy does") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 1);
    {
        mpsc::sender<int> const copy = tx;
        CHECK(rx.strong_count() == 2);
    }
    {
        mpsc::sender<int> const moved = std::move(tx);
        CHECK(rx.strong_count() == 1);
    }
    CHECK(rx.is_closed());
}

TEST_CASE(
    "mpsc try_send: a full channel refuses and leaves the value alone, one receive makes room for one") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<move_only>(ctx, 2);
    CHECK(tx.try_send(move_only(1)));
    CHECK(tx.try_emplace(2));
    move_only third(3);
    CHECK_FALSE(tx.try_send(std::move(third)));
    CHECK(third.value() == 3);
    CHECK(rx.try_receive()->value() == 1);
    CHECK(tx.try_send(std::move(third)));
    CHECK(third.value() == -1);
    CHECK_FALSE(tx.try_emplace(4));
}

TEST_CASE("mpsc try_send: copies what it is given as an lvalue") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<counted>(ctx, 1);
    counted const value(7);
    CHECK(tx.try_send(value));
    CHECK_FALSE(tx.try_send(value));
    CHECK(value.value() == 7);
    CHECK(rx.try_receive()->value() == 7);
}

TEST_CASE("mpsc capacity: counts stay exact while the ring wraps around") {
    asio::io_context ctx;
    auto const capacity = static_cast<std::size_t>(GENERATE(1, 2, 3, 4, 5, 7, 8));
    auto [tx, rx] = mpsc::channel<int>(ctx, capacity);
    int next_in = 0;
    int next_out = 0;
    std::size_t inside = 0;
    auto const check = [&, &s = tx, &r = rx] {
        REQUIRE(r.size() == inside);
        REQUIRE(s.size() == inside);
        REQUIRE(r.empty() == (inside == 0));
        REQUIRE(s.capacity() == capacity - inside);
        REQUIRE(r.capacity() == capacity - inside);
        REQUIRE(s.max_capacity() == capacity);
        REQUIRE(r.max_capacity() == capacity);
    };
    for (int round = 0; round != 40; ++round) {
        for (int n = 0; n <= round % static_cast<int>(capacity + 2); ++n, check()) {
            bool const fits = inside < capacity;
            REQUIRE(tx.try_send(next_in) == fits);
            next_in += fits ? 1 : 0;
            inside += fits ? 1 : 0;
        }
        for (int n = 0; n <= round % 3; ++n, check()) {
            auto const got = rx.try_receive();
            REQUIRE(got.has_value() == (inside != 0));
            if (got) {
                REQUIRE(*got == next_out++);
                --inside;
            }
        }
    }
}

TEST_CASE("mpsc try_send_many: moves in the first of them, as many as there is room for") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 3);
    std::array<int, 5> values{1, 2, 3, 4, 5};
    CHECK(tx.try_send(0));
    CHECK(tx.try_send_many(values) == 2);
    CHECK(tx.try_send_many(values) == 0);
    std::vector<int> out;
    CHECK(rx.try_receive_many(out, 10) == 3);
    CHECK(out == std::vector<int>{0, 1, 2});
    CHECK(tx.try_send_many({}) == 0);
    rx.close();
    CHECK(tx.try_send_many(values) == 0);
}

TEST_CASE("mpsc receive: an empty open channel stays pending until one send") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 4);
    received<int> got;
    rx.async_receive(got.handler());
    poll(ctx);
    CHECK(got.is_pending());
    CHECK(tx.try_send(9));
    CHECK(got.is_pending()); // never inside the call that made it ready
    poll(ctx);
    CHECK(got.is_success());
    CHECK(got.value() == 9);
}

TEST_CASE("mpsc receive: a second one is refused as busy, and does not disturb the first") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 4);
    received<int> first;
    received<int> second;
    rx.async_receive(first.handler());
    rx.async_receive(second.handler());
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::busy));
    std::vector<int> out;
    outcome<std::size_t> many;
    rx.async_receive_many(out, 2, many.handler());
    poll(ctx);
    CHECK(many.is_failure(weir::errc::busy));
    CHECK(tx.try_send(1));
    poll(ctx);
    CHECK(first.value() == 1);
    received<int> third;
    rx.async_receive(third.handler());
    CHECK(tx.try_send(2));
    poll(ctx);
    CHECK(third.value() == 2);
}

TEST_CASE("mpsc receive_many: appends one to limit values as soon as one is there") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 8);
    std::vector<int> out{-1};
    outcome<std::size_t> waits;
    rx.async_receive_many(out, 3, waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    CHECK(tx.try_send(0));
    poll(ctx);
    CHECK(waits.value() == 1);
    CHECK(out == std::vector<int>{-1, 0});

    for (int n = 1; n != 6; ++n) {
        CHECK(tx.try_send(n));
    }
    outcome<std::size_t> limited;
    rx.async_receive_many(out, 3, limited.handler());
    poll(ctx);
    CHECK(limited.value() == 3);
    outcome<std::size_t> rest;
    rx.async_receive_many(out, 3, rest.handler());
    poll(ctx);
    CHECK(rest.value() == 2);
    CHECK(out == std::vector<int>{-1, 0, 1, 2, 3, 4, 5});

    outcome<std::size_t> none;
    rx.async_receive_many(out, 0, none.handler());
    poll(ctx);
    CAPTURE(none.calls(), none.error());
    CHECK(none.is_success());
    CHECK(none.value() == 0);

    CHECK(tx.try_send(6));
    CHECK(rx.try_receive_many(out, 3) == 1);
    CHECK(out == std::vector<int>{-1, 0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("mpsc receive_many: does not enlarge a buffer that has room for what comes") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 4);
    std::vector<int> out;
    out.reserve(4);
    auto const room = out.capacity();
    for (int round = 0; round != 3; ++round) {
        CHECK(tx.try_send(1));
        CHECK(tx.try_send(2));
        CHECK(rx.try_receive_many(out, 4) == 2);
        out.clear();
        outcome<std::size_t> many;
        rx.async_receive_many(out, 4, many.handler());
        CHECK(tx.try_send(3));
        poll(ctx);
        CHECK(many.value() == 1);
        CHECK(out.capacity() == room);
        out.clear();
    }
    CHECK(out.capacity() == room);
}

TEST_CASE("mpsc receive_many: what it takes makes room for as many waiting senders") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    CHECK(tx.try_send(1));
    CHECK(tx.try_send(2));
    std::array<outcome<>, 3> sent;
    for (auto& s : sent) {
        tx.async_send(3, s.handler());
    }
    poll(ctx);
    std::vector<int> out;
    CHECK(rx.try_receive_many(out, 2) == 2);
    poll(ctx);
    CHECK(sent[0].is_success());
    CHECK(sent[1].is_success());
    CHECK(sent[2].is_pending());
    CHECK(rx.size() == 2);
}

TEST_CASE("mpsc order: waiting senders send in the order in which they came") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    CHECK(tx.try_send(0));
    std::array<outcome<>, 5> sent;
    for (int n = 0; n != 5; ++n) {
        tx.async_send(n + 1, sent[static_cast<std::size_t>(n)].handler());
    }
    for (int n = 0; n != 6; ++n) {
        poll(ctx);
        CHECK(rx.try_receive() == n);
    }
}

TEST_CASE("mpsc order: a send that finds room has sent when the call returns") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 2);
    outcome<> sent;
    tx.async_send(1, sent.handler());
    CHECK(tx.try_send(2));
    CHECK(sent.is_pending());
    CHECK(rx.try_receive() == 1);
    CHECK(rx.try_receive() == 2);
    poll(ctx);
    CHECK(sent.is_success());
}

TEST_CASE("mpsc values: may be empty, move-only, an aggregate, built in place") {
    asio::io_context ctx;
    auto [empty_tx, empty_rx] = mpsc::channel<empty>(ctx, 2);
    CHECK(empty_tx.try_send({}));
    CHECK(empty_rx.try_receive().has_value());
    auto [tx, rx] = mpsc::channel<aggregate>(ctx, 1);
    CHECK(tx.try_send({std::make_unique<int>(3), 4}));
    auto const got = rx.try_receive();
    CHECK(*got->p == 3);
    auto [pair_tx, pair_rx] = mpsc::channel<std::pair<int, move_only>>(ctx.get_executor(), 1);
    outcome<> sent;
    pair_tx.async_emplace(1, move_only(2))(sent.handler());
    poll(ctx);
    CHECK(sent.is_success());
    CHECK(pair_rx.try_receive()->second.value() == 2);
}

TEST_CASE("mpsc values: a send whose value throws has sent nothing, and the channel stays usable") {
    {
        asio::io_context ctx;
        auto [tx, rx] = mpsc::channel<throwing>(ctx, 2);
        received<throwing> waits;
        rx.async_receive(waits.handler());
        throwing::throw_in_move(1);
        throwing value(1);
        CHECK_THROWS_AS(tx.try_send(std::move(value)), std::runtime_error);
        throwing::throw_in_move(0);
        poll(ctx);
        CHECK(waits.is_pending());
        for (int n = 0; n != 2; ++n) {
            CHECK(tx.try_emplace(n));
        }
        CHECK_FALSE(tx.try_emplace(2));
        poll(ctx);
        CHECK(waits.value()->value() == 0);
        CHECK(rx.try_receive()->value() == 1);
    }
    CHECK(throwing::alive() == 0);
}

TEST_CASE("mpsc handles: equality is the same channel, counts follow the handles") {
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<int>(ctx, 1);
    auto other = mpsc::channel<int>(ctx, 1);
    auto const copy = tx;
    CHECK(copy == tx);
    CHECK_FALSE(other.first == tx);
    CHECK(rx.strong_count() == 2);
    auto weak = tx.downgrade();
    auto const second_weak = weak;
    CHECK(rx.weak_count() == 2);
    CHECK(tx.weak_count() == 2);
    CHECK(weak.weak_count() == 2);
    CHECK(weak.strong_count() == 2);
    {
        auto const again = weak.upgrade();
        REQUIRE(again);
        CHECK(*again == tx);
        CHECK(rx.strong_count() == 3);
    }
    CHECK(rx.strong_count() == 2);
    weak = second_weak;
    CHECK(rx.weak_count() == 2);
}

} // namespace mpsc_basic_test
