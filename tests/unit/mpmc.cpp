// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpmc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

// The shared queue: who gets what, what values it takes, how it closes. Who waits, and how waiting ends: mpmc_waiting.cpp.

namespace mpmc_test {

namespace asio = boost::asio;
namespace mpmc = weir::mpmc;
using support::counted;
using support::move_only;
using support::outcome;
using support::poll;
using support::throwing;

namespace {

using executor = asio::io_context::executor_type;
using received = outcome<std::optional<int>>;

/// A channel whose ends can be destroyed one at a time.
template <class T = int>
struct ends {
    ends(asio::io_context& ctx, std::size_t capacity)
        : ends(mpmc::channel<T>(ctx.get_executor(), capacity)) {}

    explicit ends(std::pair<mpmc::sender<T, executor>, mpmc::receiver<T, executor>> both)
        : tx(std::move(both.first)), rx(std::move(both.second)) {}

    std::optional<mpmc::sender<T, executor>> tx;
    std::optional<mpmc::receiver<T, executor>> rx;
};

/// What is there now, in order.
template <class Receiver>
std::vector<int> all_of(Receiver& rx) {
    std::vector<int> all;
    while (auto const v = rx.try_receive()) {
        all.push_back(*v);
    }
    return all;
}

} // namespace

TEST_CASE("mpmc: each value goes to one receiver, in the order in which they were sent") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<int>(ctx.get_executor(), 4);
    auto other = rx;
    for (int n = 0; n != 4; ++n) {
        CHECK(tx.try_send(int{n}));
    }
    CHECK_FALSE(tx.try_send(4));
    CHECK(tx.capacity() == 0);
    CHECK(rx.size() == 4);
    CHECK(rx.try_receive() == 0);
    CHECK(other.try_receive() == 1);
    received third;
    received fourth;
    rx.async_receive(third.handler());
    other.async_receive(fourth.handler());
    poll(ctx);
    CHECK(third.value() == 2);
    CHECK(fourth.value() == 3);
    CHECK((rx.empty() && tx.capacity() == 4));
}

TEST_CASE(
    "mpmc: handles convert, are moved, assigned and compared, a copied receiver is of the same channel") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<int>(ctx, 2); // on a strand
    auto [other_tx, other_rx] = mpmc::channel<int>(ctx, 2);
    mpmc::sender<int> const any_tx = tx;
    mpmc::receiver<int> any_rx = rx;
    CHECK(any_rx == mpmc::receiver<int>(rx));
    CHECK_FALSE(rx == other_rx);
    CHECK(tx.try_send(1));
    CHECK(any_rx.try_receive() == 1);

    auto copy = other_rx;
    copy = rx; // leaves the other channel, which has a receiver yet
    CHECK_FALSE(other_tx.is_closed());
    copy = std::move(other_rx);
    CHECK(other_tx.try_send(2));
    CHECK(copy.try_receive() == 2);
    auto& itself = copy;
    copy = std::move(itself);
    CHECK_FALSE(other_tx.is_closed());
    copy = rx; // the last one has gone now
    CHECK(other_tx.is_closed());
    CHECK((rx.max_capacity() == 2 && rx.strong_count() == 2 && rx.weak_count() == 0));
}

TEST_CASE("mpmc: a capacity that cannot be is refused, a large one costs nothing until it is used") {
    asio::io_context ctx;
    CHECK_THROWS_AS(mpmc::channel<int>(ctx, 0), std::invalid_argument);
    CHECK_THROWS_AS(mpmc::channel<int>(ctx, (std::size_t{1} << 27) + 1), std::invalid_argument);

    struct page {
        std::array<char, std::size_t{1} << 20> bytes;
    };

    auto [tx, rx] = mpmc::channel<std::unique_ptr<page>>(ctx, std::size_t{1} << 27);
    CHECK(tx.try_send(nullptr));
    CHECK(rx.try_receive());
    auto pages = mpmc::channel<page>(ctx, std::size_t{1} << 27); // has room for more than there is memory
    CHECK(pages.first.capacity() == std::size_t{1} << 27);
}

TEST_CASE("mpmc: values come out right when the slots grow, and when they are used again") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<std::unique_ptr<int>>(ctx.get_executor(), 1000);
    int sent = 0;
    int taken = 0;
    CHECK(tx.try_send(std::make_unique<int>(sent++)));
    auto permits =
        tx.try_reserve_many(999); // more slots than were made, while some of those are not used yet
    while (sent != 1000) {
        permits->send(std::make_unique<int>(sent++));
    }
    while (auto const v = rx.try_receive()) {
        CHECK(**v == taken++);
    }
    for (int const burst : {1, 3, 200, 1, 999, 0, 1000}) {
        for (int n = 0; n != burst; ++n) {
            CHECK(tx.try_send(std::make_unique<int>(sent++)));
        }
        CHECK(rx.size() == static_cast<std::size_t>(burst));
        while (auto const v = rx.try_receive()) {
            CHECK(**v == taken++);
        }
    }
    CHECK(taken == sent);

    auto [small_tx, small_rx] = mpmc::channel<std::unique_ptr<int>>(ctx.get_executor(), 300);
    CHECK(small_tx.try_send(nullptr));
    outcome<std::optional<mpmc::permits<std::unique_ptr<int>, executor>>> all;
    small_tx.async_reserve_many(300, all.handler()); // waits for slots of which few were made
    poll(ctx);
    CHECK(small_rx.try_receive());
    poll(ctx);
    while (all.value()->size() != 0) {
        all.value()->send(nullptr);
    }
    CHECK(small_rx.size() == 300);
}

TEST_CASE("mpmc: the sender is that of mpsc: permits, reserves in order, weak senders, many at once") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<int>(ctx.get_executor(), 3);
    auto one = tx.try_reserve();
    auto two = tx.try_reserve_many(2);
    REQUIRE((one && two));
    CHECK_FALSE(tx.try_reserve());
    CHECK_FALSE(tx.try_send(0));

    outcome<std::optional<mpmc::permits<int, executor>>> both;
    outcome<> sent;
    tx.async_reserve_many(2, both.handler());
    tx.async_send(9, sent.handler());
    std::move(*one).send(1);
    two->send(2);
    CHECK(rx.try_receive() == 1); // its slot is the first that `both` collects
    poll(ctx);
    CHECK((both.is_pending() && sent.is_pending()));
    two.reset();
    poll(ctx);
    CHECK((both.is_success() && both.value()->size() == 2 && sent.is_pending()));
    both.value()->send(3);
    both.value().reset();
    poll(ctx);
    CHECK(sent.is_success());
    CHECK(all_of(rx) == std::vector{2, 3, 9});

    std::array<int, 5> more{4, 5, 6, 7, 8};
    CHECK(tx.try_send_many(more) == 3);
    CHECK(all_of(rx) == std::vector{4, 5, 6});
    CHECK_THROWS_AS(tx.try_reserve_many(4), std::invalid_argument);

    auto const weak = tx.downgrade();
    CHECK(weak.upgrade()->try_send(7));
    CHECK(
        (tx.weak_count() == 1 && weak.strong_count() == 2)); // the permit `one` was used, but is still there
}

TEST_CASE("mpmc: values may be of little ability: move-only, aligned, without a default") {
    struct alignas(64) aligned {
        explicit aligned(int n) : value(n) {}

        int value;
    };

    asio::io_context ctx;
    auto [moved, takes_moved] = mpmc::channel<move_only>(ctx.get_executor(), 2);
    CHECK(moved.try_emplace(1));
    CHECK(takes_moved.try_receive()->value() == 1);

    auto [tx, rx] = mpmc::channel<aligned>(ctx.get_executor(), 8);
    for (int n = 0; n != 8; ++n) {
        CHECK(tx.try_emplace(n));
    }
    std::vector<aligned> out;
    CHECK(rx.try_receive_many(out, 100) == 8);
    for (auto const& v : out) {
        CHECK(reinterpret_cast<std::uintptr_t>(&v) % 64 == 0);
    }
    CHECK(out.back().value == 7);

    auto [large, takes_large] =
        mpmc::channel<std::array<int, 1000>>(ctx.get_executor(), 1); // trivial, but not small
    CHECK(large.try_send({1, 2, 3}));
    CHECK(takes_large.try_receive()->at(2) == 3);
}

TEST_CASE("mpmc: a value whose move throws in a send is not sent, and its slot is free") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<throwing>(ctx.get_executor(), 1);
    throwing::throw_in_move(1);
    CHECK_THROWS_AS(tx.try_send(throwing(1)), std::runtime_error);
    CHECK((tx.capacity() == 1 && rx.empty()));

    auto permit = tx.try_reserve();
    outcome<> waits;
    tx.async_send(throwing(2), waits.handler());
    throwing::throw_in_move(2); // into the argument, and then into the slot
    CHECK_THROWS_AS(std::move(*permit).send(throwing(1)), std::runtime_error);
    poll(ctx);
    CHECK(waits.is_success()); // got the slot that was given up
    CHECK(rx.try_receive()->value() == 2);
}

TEST_CASE("mpmc: a value whose move throws in a receive is lost, and no other") {
    asio::io_context ctx;
    auto [tx, rx] = mpmc::channel<throwing>(ctx.get_executor(), 3);
    for (int n = 1; n != 4; ++n) {
        CHECK(tx.try_emplace(n));
    }
    std::vector<throwing> out;
    out.reserve(3);
    throwing::throw_in_move(2);
    CHECK_THROWS_AS(rx.try_receive_many(out, 3), std::runtime_error);
    CHECK((out.size() == 1 && out.front().value() == 1));
    CHECK(tx.capacity() == 2);
    throwing::throw_in_move(0);
    CHECK(rx.try_receive()->value() == 3);
    CHECK((rx.empty() && tx.capacity() == 3));
    out.clear();
    CHECK(throwing::alive() == 0);
}

TEST_CASE("mpmc end: comes to all receivers when the last sender has gone, after what was sent") {
    asio::io_context ctx;
    ends c(ctx, 2);
    auto other = *c.rx;
    CHECK(c.tx->try_send(1));
    auto weak = c.tx->downgrade();
    c.tx.reset();
    CHECK((c.rx->is_closed() && !weak.upgrade()));
    CHECK(other.try_receive() == 1);
    std::array<received, 4> end;
    c.rx->async_receive(end[0].handler());
    c.rx->async_receive(end[1].handler());
    other.async_receive(end[2].handler());
    poll(ctx);
    other.async_receive(end[3].handler());
    std::vector<int> out;
    outcome<std::size_t> none;
    other.async_receive_many(out, 4, none.handler());
    poll(ctx);
    for (auto& e : end) {
        CHECK((e.is_success() && !e.value()));
    }
    CHECK((none.is_success() && none.value() == 0));
}

TEST_CASE("mpmc end: waits for permits, for granted and for queued sends") {
    asio::io_context ctx;
    ends c(ctx, 1);
    received end;
    auto permit = c.tx->try_reserve();
    outcome<> queued;
    outcome<std::optional<mpmc::permit<int, executor>>> reserved;
    c.tx->async_send(2, queued.handler());
    c.tx->async_reserve(reserved.handler());
    c.tx.reset();
    CHECK_FALSE(c.rx->is_closed());
    std::move(*permit).send(1);
    permit.reset();
    CHECK(c.rx->try_receive() == 1);
    poll(ctx);
    CHECK(queued.is_success());
    CHECK(c.rx->try_receive() == 2);
    c.rx->async_receive(end.handler());
    poll(ctx);
    CHECK((reserved.is_success() && end.is_pending() && !c.rx->is_closed()));
    reserved.value().reset();
    poll(ctx);
    CHECK((end.is_success() && !end.value()));
}

TEST_CASE("mpmc close: refuses who waits to send, keeps what is there and what permits hold") {
    asio::io_context ctx;
    ends c(ctx, 3);
    auto other = *c.rx;
    CHECK(c.tx->try_send(1));
    auto used = c.tx->try_reserve();
    auto unused = c.tx->try_reserve();
    outcome<> refused;
    outcome<> told;
    outcome<std::optional<mpmc::permits<int, executor>>> half;
    c.tx->async_reserve_many(2, half.handler());
    c.tx->async_send(9, refused.handler());
    c.tx->async_closed(told.handler());
    CHECK(other.try_receive() == 1); // half of what the first in the queue wants
    other.close();
    other.close();
    poll(ctx);
    CHECK(told.is_success());
    CHECK(half.is_failure(weir::errc::closed));
    CHECK(refused.is_failure(weir::errc::closed));
    CHECK((c.tx->is_closed() && !c.tx->try_send(9) && !c.tx->try_reserve()));

    std::array<received, 3> rest;
    c.rx->async_receive(rest[0].handler());
    other.async_receive(rest[1].handler());
    other.async_receive(rest[2].handler());
    poll(ctx);
    CHECK(rest[0].is_pending());
    std::move(*used).send(2);
    poll(ctx);
    CHECK(rest[0].value() == 2);
    CHECK(rest[1].is_pending());
    unused.reset();
    poll(ctx);
    for (auto n : {1U, 2U}) {
        CHECK((rest[n].is_success() && !rest[n].value()));
    }
    CHECK_FALSE(other.try_receive());
}

TEST_CASE("mpmc close: when the last receiver goes what is there is destroyed, and sends fail") {
    asio::io_context ctx;
    ends<counted> c(ctx, 3);
    std::optional other = *c.rx;
    CHECK((c.tx->try_emplace(1) && c.tx->try_emplace(2)));
    auto permit = c.tx->try_reserve();
    outcome<> waits;
    outcome<std::optional<mpmc::permit<counted, executor>>> reserve;
    c.tx->async_send(counted(3), waits.handler());
    c.tx->async_reserve(reserve.handler());
    c.rx.reset();
    poll(ctx);
    CHECK((waits.is_pending() && counted::alive() == 3 && !c.tx->is_closed()));
    SECTION("which happens at once") {
        other.reset();
        CHECK(counted::alive() == 1); // the one that waits to be sent
        poll(ctx);
        CHECK(waits.is_failure(weir::errc::closed));
        CHECK(reserve.is_failure(weir::errc::closed));
    }
    SECTION("also after a close, or a slot that was granted and not used yet") {
        CHECK(other->try_receive()->value() == 1);
        other->close();
        other.reset();
        poll(ctx);
        CHECK(waits.is_failure(weir::errc::closed));
        CHECK(reserve.is_failure(weir::errc::closed));
    }
    CHECK(counted::alive() == 0);
    std::move(*permit).send(counted(4));
    CHECK(counted::alive() == 0);
    CHECK((c.tx->is_closed() && c.tx->capacity() == 3));
}

TEST_CASE("mpmc: on one thread without atomics and locks it is the same") {
    asio::io_context ctx;
    auto ends = mpmc::channel<counted, weir::single_threaded>(ctx.get_executor(), 2);
    auto& rx = ends.second;
    static_assert(
        std::is_same_v<decltype(ends.first), mpmc::sender<counted, executor, weir::single_threaded>>);
    int sum = 0;
    auto const work = [&sum](mpmc::receiver<counted, executor, weir::single_threaded> from) -> weir::task<> {
        while (auto const v = co_await from.async_receive()) {
            sum += v->value();
        }
    };
    auto const send = [](mpmc::sender<counted, executor, weir::single_threaded> to) -> weir::task<> {
        for (int n = 1; n != 101; ++n) {
            co_await to.async_emplace(n);
        }
    };
    weir::spawn(ctx, work(rx), asio::detached);
    weir::spawn(ctx, work(std::move(rx)), asio::detached);
    weir::spawn(ctx, send(std::move(ends.first)), asio::detached);
    poll(ctx);
    CHECK(sum == 5050);
    CHECK(counted::alive() == 0);
}

} // namespace mpmc_test
