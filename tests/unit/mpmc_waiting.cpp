// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpmc.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/oneshot.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// Receives that wait in the queue of a shared receiver: whose turn it is, what a promised value is, and what becomes of it
// when the receive ends in another way. Two loops, so that a receive can be woken and not have looked yet.

namespace mpmc_waiting_test {

namespace asio = boost::asio;
namespace mpmc = weir::mpmc;
using namespace std::chrono_literals;
using asio::error::operation_aborted;
using support::bare;
using support::counted;
using support::outcome;
using support::poll;
using weir::task;

namespace {

using executor = asio::io_context::executor_type;
using receiver = mpmc::receiver<int, executor>;
using received = outcome<std::optional<int>>;

/// A channel of four slots with two receivers, each on a loop of its own.
struct scene {
    asio::io_context ctx;
    asio::io_context slow; // where nothing runs until it is polled
    std::optional<mpmc::sender<int, executor>> tx;
    std::optional<receiver> rx;
    asio::cancellation_signal cancel;

    scene() {
        auto both = mpmc::channel<int>(ctx.get_executor(), 4);
        tx.emplace(std::move(both.first));
        rx.emplace(std::move(both.second));
    }

    void receive(received& into) { rx->async_receive(into.handler()); }

    /// A receive that is woken, and does not look before its loop is polled.
    void receive_slowly(received& into) {
        rx->async_receive(asio::bind_cancellation_slot(
            cancel.slot(), asio::bind_executor(slow.get_executor(), into.handler())));
        poll(slow);
    }

    void send(int n) { CHECK(tx->try_send(int{n})); }

    /// What is left for whoever comes now.
    std::vector<int> rest() {
        std::vector<int> all;
        rx->try_receive_many(all, 100);
        return all;
    }
};

/// A coroutine of a stranger, which can be destroyed wherever it stands.
bare receive_in_bare(receiver& rx, std::optional<int>& into) {
    auto value = co_await rx.async_receive();
    into = std::move(value);
}

} // namespace

TEST_CASE("mpmc receive: the one that waits longest is next, whichever receiver it is of") {
    scene s;
    auto other = *s.rx;
    std::array<received, 4> got;
    s.receive(got[0]);
    other.async_receive(got[1].handler());
    s.receive(got[2]);
    std::vector<int> many;
    outcome<std::size_t> n;
    other.async_receive_many(many, 8, n.handler());
    poll(s.ctx);
    s.send(1);
    s.send(2);
    s.send(3);
    s.send(4);
    other.async_receive(got[3].handler()); // too late
    poll(s.ctx);
    CHECK((got[0].value() == 1 && got[1].value() == 2 && got[2].value() == 3));
    CHECK((n.value() == 1 && many == std::vector{4}));
    CHECK(got[3].is_pending());
}

TEST_CASE("mpmc receive: a promised value is nobody else's until its receive has looked") {
    scene s;
    received slow;
    s.receive_slowly(slow);
    s.send(1);
    CHECK_FALSE(s.rx->try_receive());
    CHECK(s.rest().empty());
    received quick;
    s.receive(quick);
    poll(s.ctx);
    CHECK(quick.is_pending());
    s.send(2); // a value is a value: the first that looks has the first
    poll(s.ctx);
    CHECK(quick.value() == 1);
    s.send(3);
    CHECK(s.rest() == std::vector{2}); // one of two is left for the slow one
    poll(s.slow);
    CHECK(slow.value() == 3);
}

TEST_CASE("mpmc receive_many: takes what it was promised and what nobody waits for, no more") {
    scene s;
    std::vector<int> many;
    outcome<std::size_t> n;
    received slow;
    s.rx->async_receive_many(many, 3, asio::bind_executor(s.ctx.get_executor(), n.handler()));
    s.receive_slowly(slow);
    poll(s.ctx);
    for (int v = 1; v != 5; ++v) {
        s.send(v);
    }
    poll(s.ctx);
    CHECK((n.value() == 3 && many == std::vector{1, 2, 3}));
    CHECK(s.rest().empty());
    poll(s.slow);
    CHECK(slow.value() == 4);
    s.send(5);
    outcome<std::size_t> none;
    s.rx->async_receive_many(many, 0, none.handler());
    poll(s.ctx);
    CHECK((none.is_success() && none.value() == 0 && s.rest() == std::vector{5}));
}

TEST_CASE("mpmc cancel: a receive that is cancelled has taken nothing, and the next has its turn") {
    scene s;
    received first;
    received second;
    s.receive_slowly(first);
    bool const is_second = GENERATE(false, true);
    if (is_second) {
        s.receive(second);
        poll(s.ctx);
    }
    bool const is_woken = GENERATE(false, true);
    if (is_woken) {
        s.send(1);
    }
    s.cancel.emit(asio::cancellation_type::partial);
    if (!is_woken) {
        s.send(1);
    }
    poll(s.ctx);
    poll(s.slow);
    CHECK(first.is_failure(operation_aborted));
    CHECK_FALSE(first.value());
    CHECK(second.is_pending() != is_second);
    CHECK(s.rest() == (is_second ? std::vector<int>{} : std::vector{1}));
}

TEST_CASE("mpmc cancel: a coroutine destroyed before or after it was woken takes nothing") {
    scene s;
    std::optional<int> into;
    received second;
    bool const is_woken = GENERATE(false, true);
    {
        auto const parked = receive_in_bare(*s.rx, into);
        s.receive(second);
        if (is_woken) {
            s.send(1);
        }
    }
    if (!is_woken) {
        s.send(1);
    }
    poll(s.ctx);
    CHECK_FALSE(into);
    CHECK(second.value() == 1);
}

TEST_CASE("mpmc select: a case that loses passes on what it was promised") {
    scene a;
    scene b;
    received next_a;
    received next_b;
    int ran = 0;
    outcome<std::size_t> end;
    weir::select(weir::on(*a.rx, [&ran](int v) { ran += v; }),
                 weir::on(*b.rx, [&ran](int v) { ran += v; }))(asio::bind_executor(a.slow, end.handler()));
    poll(a.slow);
    a.receive(next_a);
    b.receive(next_b);
    poll(a.ctx);
    poll(b.ctx);
    a.send(1);
    b.send(1);
    poll(a.slow);
    CHECK((end.is_success() && ran == 1));
    poll(a.ctx);
    poll(b.ctx);
    CHECK(next_a.is_pending() == (end.value() == 0));
    CHECK(next_b.is_pending() == (end.value() == 1));
}

TEST_CASE("mpmc select: tells each receiver once that the channel has closed") {
    scene s;
    auto other = *s.rx;
    s.tx.reset();
    std::array<int, 2> told{};
    for (int n = 0; n != 3; ++n) {
        std::array<outcome<std::size_t>, 2> end;
        weir::select(weir::on(*s.rx, [](int) {}).closed([&] { ++told[0]; }))(end[0].handler());
        weir::select(weir::on(other, [](int) {}).closed([&] { ++told[1]; }))(end[1].handler());
        poll(s.ctx);
        CHECK(end[0].value() == (n == 0 ? 0 : weir::none));
        CHECK(end[1].value() == (n == 0 ? 0 : weir::none));
    }
    CHECK(told == std::array{1, 1});
}

TEST_CASE("mpmc tokens: nothing is lost by ||, parallel_group and timeout") {
    using namespace asio::experimental::awaitable_operators;
    scene a;
    scene b;
    int got = 0;
    for (int round = 0; round != 3; ++round) {
        auto const either = [&]() -> asio::awaitable<void> {
            auto const one = co_await (a.rx->async_receive(asio::use_awaitable) ||
                                       b.rx->async_receive(asio::use_awaitable));
            got += one.index() == 0 ? std::get<0>(one).value_or(0) : std::get<1>(one).value_or(0);
        };
        asio::co_spawn(a.ctx, either(), asio::detached);
        asio::experimental::make_parallel_group(a.rx->async_receive(asio::deferred),
                                                b.rx->async_receive(asio::deferred))
            .async_wait(asio::experimental::wait_for_one(),
                        [&](auto, weir::error_code, std::optional<int> x, weir::error_code,
                            std::optional<int> y) { got += x.value_or(0) + y.value_or(0); });
        outcome<std::optional<int>> in_time;
        weir::timeout(0s, a.rx->async_receive())(in_time.handler());
        poll(a.ctx);
        poll(b.ctx);
        a.send(1);
        b.send(1);
        a.send(1);
        a.ctx.restart();
        a.ctx.run();
        poll(b.ctx);
        got += in_time.value().value_or(0);
        for (auto* s : {&a, &b}) {
            for (int const v : s->rest()) {
                got += v;
            }
        }
        CHECK(got == 3 * (round + 1));
    }
}

TEST_CASE("mpmc receiver: its receives are aborted when it goes, the others get what they were promised") {
    scene s;
    std::optional gone = *s.rx;
    received waits;
    received second;
    received promised;
    gone->async_receive(asio::bind_executor(s.slow.get_executor(), promised.handler()));
    poll(s.slow);
    gone->async_receive(waits.handler());
    s.receive(second);
    poll(s.ctx);
    s.send(1); // is the first one's
    gone.reset();
    poll(s.ctx);
    CHECK(waits.is_failure(operation_aborted));
    CHECK(second.is_pending());
    poll(s.slow);
    CHECK(promised.is_failure(operation_aborted));
    poll(s.ctx);
    CHECK(second.value() == 1);

    received last;
    received of_last;
    s.receive(last);
    s.receive_slowly(of_last);
    s.send(2);
    s.send(3);
    s.rx.reset();
    poll(s.ctx);
    poll(s.slow);
    CHECK(last.is_failure(operation_aborted));
    CHECK(of_last.is_failure(operation_aborted));
    CHECK(s.tx->is_closed());
}

TEST_CASE("mpmc end: comes when the last value is really out, or has been passed on") {
    scene s;
    received slow;
    received second;
    received third;
    s.receive_slowly(slow);
    s.receive(second);
    s.receive(third);
    poll(s.ctx);
    s.send(1);
    s.tx.reset();
    poll(s.ctx);
    CHECK((second.is_pending() && third.is_pending()));
    bool const is_cancelled = GENERATE(false, true);
    if (is_cancelled) {
        s.cancel.emit(asio::cancellation_type::terminal);
    }
    poll(s.slow);
    poll(s.ctx);
    CHECK(slow.is_success() != is_cancelled);
    CHECK(second.value() == (is_cancelled ? std::optional(1) : std::nullopt));
    CHECK((third.is_success() && !third.value()));
}

TEST_CASE("mpmc: a context that dies passes on what its receives were promised, and ends all that waits") {
    asio::io_context ctx;
    auto both = mpmc::channel<counted>(ctx.get_executor(), 2);
    auto& [tx, rx] = both;
    auto doomed = std::make_unique<asio::io_context>();
    outcome<std::optional<counted>> never;
    outcome<std::optional<counted>> next;
    outcome<> never_sent;
    std::vector<counted> many;
    auto const work = [](mpmc::receiver<counted> from) -> task<> {
        while (auto const v = co_await from.async_receive()) {
            CHECK(v->value() < 0);
        }
    };
    rx.async_receive(asio::bind_executor(doomed->get_executor(), never.handler()));
    weir::spawn(*doomed, work(rx), asio::detached);
    rx.async_receive_many(many, 3,
                          asio::bind_executor(doomed->get_executor(), [](auto...) { CHECK(false); }));
    poll(*doomed);
    rx.async_receive(next.handler());
    CHECK((tx.try_emplace(1) && tx.try_emplace(2))); // for the first two
    tx.async_send(counted(3), asio::bind_executor(doomed->get_executor(), never_sent.handler()));
    doomed.reset();
    CHECK(never.is_pending());
    CHECK(never_sent.is_pending());
    poll(ctx);
    CHECK(next.value()->value() == 1);
    next.value().reset();
    CHECK(rx.try_receive()->value() == 2);
    CHECK((rx.empty() && tx.capacity() == 2 && many.empty()));
    CHECK(tx.strong_count() == 1);
    CHECK(counted::alive() == 0);
}

} // namespace mpmc_waiting_test
