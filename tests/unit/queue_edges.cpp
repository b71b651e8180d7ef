// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <weir/select.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What the queues have in common at their edges: mpsc, unbounded mpsc, mpmc.

namespace queue_edges_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;

namespace {

template <class T>
auto bounded_channels(asio::io_context& ctx, std::size_t capacity) {
    return std::pair(weir::mpsc::channel<T>(ctx.get_executor(), capacity),
                     weir::mpmc::channel<T>(ctx.get_executor(), capacity));
}

/// Overlapping sends of one sender: one waits, then room comes, then two more are started.
template <class Ends>
void check_order(asio::io_context& ctx, Ends ends, bool cancel_first) {
    auto& [tx, rx] = ends;
    std::string done;
    auto const note = [&done](char name) {
        return [&done, name](weir::error_code ec) { done += ec ? '!' : name; };
    };
    asio::cancellation_signal cancel;
    REQUIRE(tx.try_send(10));
    REQUIRE(tx.try_send(11));
    tx.async_send(1, asio::bind_cancellation_slot(cancel.slot(), note('a')));
    std::vector<int> out;
    REQUIRE(rx.try_receive_many(out, 2) == 2);
    CHECK_FALSE(tx.try_send(9)); // somebody is before it
    tx.async_send(2, note('b'));
    tx.async_send(3, note('c')); // finds no room
    if (cancel_first) {
        cancel.emit(asio::cancellation_type::total);
    }
    poll(ctx);
    out.clear();
    rx.try_receive_many(out, 2);
    poll(ctx);
    rx.try_receive_many(out, 2);
    CHECK(done == (cancel_first ? "!bc" : "abc"));
    CHECK(out == (cancel_first ? std::vector<int>{2, 3} : std::vector<int>{1, 2, 3}));
    CHECK(tx.try_send(4)); // nobody is before it any more
    CHECK(tx.try_send(5));
    CHECK(tx.capacity() == 0);
}

/// The same where one of the sends is a case of a select: it keeps the slot that it is told to come and look for.
template <class Ends>
void check_order_in_select(asio::io_context& ctx, Ends ends) {
    auto& [tx, rx] = ends;
    std::array before{10, 11, 12};
    REQUIRE(tx.try_send_many(before) == 3);
    outcome<> first;
    outcome<std::size_t> second;
    outcome<> third;
    tx.async_send(1, first.handler());
    std::vector<int> out;
    REQUIRE(rx.try_receive_many(out, 3) == 3); // room for all, and the first has not looked yet
    weir::select(weir::on(tx.async_send(2), [] {}))(second.handler());
    tx.async_send(3, third.handler());
    poll(ctx);
    CHECK(first.is_success());
    CHECK(second.is_success());
    CHECK(third.is_success());
    out.clear();
    CHECK(rx.try_receive_many(out, 3) == 3);
    CHECK(out == std::vector<int>{1, 2, 3});
}

/// No slots are there at once, however full the channel is, and whoever waits.
template <class Ends>
void check_none(asio::io_context& ctx, Ends ends) {
    REQUIRE(ends.first.try_send(1));
    outcome<> waits;
    ends.first.async_send(2, waits.handler());
    CHECK(ends.first.try_reserve_many(0));
    outcome<std::optional<typename Ends::first_type::permits_type>> none;
    ends.first.async_reserve_many(0, none.handler());
    ctx.restart();
    ctx.poll_one();
    CHECK(none.is_success());
    { auto const gone = std::move(ends.second); }
    poll(ctx);
    CHECK(waits.is_failure(weir::errc::closed));
}

struct refused {};

/// A value that the consumer does not take, because it has no room for it, is there again.
template <class Core, class Take>
void check_refusal(Core& core, Take take) {
    CHECK_THROWS_AS(take([](int&&) { throw refused(); }), refused);
    CHECK(core.size() == 2);
    std::vector<int> got;
    take([&got](int&& v) { got.push_back(v); });
    take([&got](int&& v) { got.push_back(v); });
    CHECK(got == std::vector<int>{1, 2});
    CHECK(core.size() == 0);
}

/// Values that have ends of channels of their own type.
struct request {
    weir::mpsc::sender<request> bounded;
    weir::mpsc::unbounded_sender<request> unbounded;
    weir::mpmc::sender<request> shared;
    weir::mpsc::receiver<request> from;
    weir::mpsc::unbounded_receiver<request> from_unbounded;
    weir::mpmc::receiver<request> from_shared;
};

static_assert(std::is_nothrow_move_constructible_v<request>);

} // namespace

TEST_CASE("queue edges: overlapping sends of one sender arrive in the order in which they were started") {
    asio::io_context ctx;
    bool const cancel_first = GENERATE(false, true);
    auto both = bounded_channels<int>(ctx, 2);
    check_order(ctx, std::move(both.first), cancel_first);
    check_order(ctx, std::move(both.second), cancel_first);
}

TEST_CASE("queue edges: overlapping sends of one sender are in order also where one is a case of a select") {
    asio::io_context ctx;
    auto both = bounded_channels<int>(ctx, 3);
    check_order_in_select(ctx, std::move(both.first));
    check_order_in_select(ctx, std::move(both.second));
}

TEST_CASE("queue edges: none are reserved at once, also on a full channel for which somebody waits") {
    asio::io_context ctx;
    auto both = bounded_channels<int>(ctx, 1);
    check_none(ctx, std::move(both.first));
    check_none(ctx, std::move(both.second));
}

TEST_CASE("queue edges: nobody waits behind a send of somebody else that has its slot") {
    asio::io_context ctx;
    auto const check = [&ctx](auto ends) {
        auto& [tx, rx] = ends;
        auto other = tx;
        auto moved = tx;
        outcome<> waiting;
        outcome<> moved_waiting;
        REQUIRE(tx.try_send(10));
        REQUIRE(tx.try_send(11));
        REQUIRE(tx.try_send(12));
        REQUIRE(tx.try_send(13));
        tx.async_send(1, waiting.handler());
        moved.async_send(2, moved_waiting.handler());
        auto same = std::move(moved);
        std::vector<int> out;
        REQUIRE(rx.try_receive_many(out, 4) == 4);
        CHECK_FALSE(tx.try_send(3)); // both have slots, and have not looked
        CHECK_FALSE(same.try_send(3));
        CHECK_FALSE(tx.try_reserve());
        std::array<int, 1> const some{3};
        auto values = some;
        CHECK(tx.try_send_many(values) == 0);
        CHECK(other.try_send(4));
        CHECK(other.try_reserve());
        outcome<> sent;
        other.async_send(5, sent.handler());
        CHECK(rx.size() == 2); // at once
        poll(ctx);
        CHECK(waiting.is_success());
        CHECK(moved_waiting.is_success());
        CHECK(sent.is_success());
        out.clear();
        REQUIRE(rx.try_receive_many(out, 9) == 4);
        CHECK(out == std::vector{4, 5, 1, 2});
        CHECK(tx.try_send(6));
        CHECK(same.try_send(7));
        CHECK(rx.try_receive() == 6);
    };
    auto [mpsc, mpmc] = bounded_channels<int>(ctx, 4);
    check(std::move(mpsc));
    check(std::move(mpmc));
}

TEST_CASE("queue edges: a send that has its slot lets the one before it of the same sender look first") {
    asio::io_context ctx;
    asio::io_context quicker;
    bool const cancel_first = GENERATE(false, true);
    auto const check = [&](auto ends) {
        auto& [tx, rx] = ends;
        asio::cancellation_signal cancel;
        outcome<> first;
        outcome<> second;
        outcome<> third;
        REQUIRE(tx.try_send(10));
        REQUIRE(tx.try_send(11));
        tx.async_send(1, asio::bind_cancellation_slot(cancel.slot(), first.handler()));
        tx.async_send(2, asio::bind_executor(quicker, second.handler()));
        std::vector<int> out;
        REQUIRE(rx.try_receive_many(out, 2) == 2); // for the slots that come free
        tx.async_send(3, asio::bind_executor(quicker, third.handler()));
        poll(quicker);
        CHECK(rx.size() == 0);
        if (cancel_first) {
            cancel.emit(asio::cancellation_type::total);
        }
        poll(ctx);
        poll(quicker);
        out.clear();
        rx.try_receive_many(out, 9);
        poll(quicker);
        rx.try_receive_many(out, 9);
        CHECK(out == (cancel_first ? std::vector{2, 3} : std::vector{1, 2, 3}));
        CHECK(first.is_success() == !cancel_first);
        CHECK(second.is_success());
        CHECK(third.is_success());
        CHECK(tx.try_send(4));
    };
    auto [mpsc, mpmc] = bounded_channels<int>(ctx, 2);
    check(std::move(mpsc));
    check(std::move(mpmc));
}

TEST_CASE("queue edges: a value that its consumer has no room for is not lost") {
    {
        weir::detail::mpsc_core<int, weir::multi_threaded> core(2);
        CHECK(core.try_send(1, core.name_sender()) == weir::detail::attempt::done);
        CHECK(core.try_send(2, core.name_sender()) == weir::detail::attempt::done);
        check_refusal(core, [&core](auto consume) { core.try_take(consume); });
        core.abandon_receiver();
        core.release_sender();
    }
    {
        auto* const core = new weir::detail::unbounded_core<int, weir::multi_threaded>;
        CHECK(core->send(1));
        CHECK(core->send(2));
        check_refusal(*core, [core](auto consume) { core->try_take(consume); });
        core->abandon_receiver();
        core->release_sender();
        core->release();
    }
}

TEST_CASE("queue edges: a value may have senders and receivers of its own type") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<request>(ctx, 1);
    auto [utx, urx] = weir::mpsc::unbounded_channel<request>(ctx);
    auto [stx, srx] = weir::mpmc::channel<request>(ctx, 1);
    request const r{tx, utx, stx, std::move(rx), std::move(urx), std::move(srx)};
    CHECK(r.bounded.strong_count() == 2);
    CHECK(r.unbounded.strong_count() == 2);
    CHECK(r.shared.strong_count() == 2);
}

TEST_CASE("queue edges: mpmc, a receive that finds a value is promised it before those who ask later") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpmc::channel<int>(ctx.get_executor(), 4);
    outcome<std::optional<int>> first;
    outcome<std::optional<int>> second;
    REQUIRE(tx.try_send(1));
    rx.async_receive(first.handler());
    CHECK_FALSE(rx.try_receive().has_value()); // it is the first one's
    rx.async_receive(second.handler());
    REQUIRE(tx.try_send(2));
    poll(ctx);
    REQUIRE(first.is_success());
    REQUIRE(second.is_success());
    CHECK(first.value() == 1);
    CHECK(second.value() == 2);
}

TEST_CASE("queue edges: mpmc, a value may own the context on which a send waits") {
    using owner = std::shared_ptr<asio::io_context>;
    auto ctx = std::make_shared<asio::io_context>();
    auto ends = std::make_optional(weir::mpmc::channel<owner>(ctx->get_executor(), 1));
    REQUIRE(ends->first.try_send(ctx));
    ends->first.async_send(owner(), [](weir::error_code) {});
    std::weak_ptr<asio::io_context> const alive = ctx;
    ctx.reset();
    auto tx = std::move(ends->first);
    ends.reset(); // the receiver goes, the value with it, the context with that
    CHECK(alive.expired());
    CHECK(tx.is_closed());
}

TEST_CASE("queue edges: assigning a receiver says that it allocates") {
    STATIC_REQUIRE_FALSE(std::is_nothrow_copy_assignable_v<weir::mpmc::receiver<int>>);
    STATIC_REQUIRE(std::is_nothrow_move_assignable_v<weir::mpmc::receiver<int>>);
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<weir::mpsc::receiver<int>>);
}

} // namespace queue_edges_test
