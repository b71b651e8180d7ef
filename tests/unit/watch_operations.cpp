// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/watch.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

// The operations of a watch channel as citizens of Asio: tokens, select, timeout, and what is left when their context,
// their coroutine or their handle goes first.

namespace watch_operations_test {

namespace asio = boost::asio;
namespace watch = weir::watch;
using support::counted;
using support::outcome;
using support::poll;
using namespace std::chrono_literals;

namespace {

auto at_least(int n) {
    return [n](counted const& value) { return value.value() >= n; };
}

/// Starts every operation by `start`, each on a receiver of its own.
template <class Tx, class Rx, class Start>
void start_all(Tx& tx, Rx& first, Rx& second, Start start) {
    start(tx.async_closed());
    start(first.async_receive());
    start(second.async_wait_for(at_least(100)));
}

} // namespace

TEMPLATE_TEST_CASE("watch context death: what waits is destroyed and not run, handles work on", "",
                   weir::multi_threaded, weir::single_threaded) {
    int ran = 0;
    bool const in_tasks = GENERATE(true, false);
    bool const is_woken = GENERATE(true, false);
    {
        auto ctx = std::make_unique<asio::io_context>();
        auto ends = watch::channel<counted, TestType>(*ctx, counted(1));
        auto second = ends.second;
        start_all(ends.first, ends.second, second, [&](auto operation) {
            if (in_tasks) {
                auto const wait = [](auto op, int* n, counted) -> weir::task<void> {
                    co_await std::move(op);
                    ++*n;
                };
                weir::spawn(ctx->get_executor(), wait(std::move(operation), &ran, counted(0)),
                            asio::detached);
            } else {
                std::move(operation)([&ran, w = counted(0)](auto&&...) { ++ran; });
            }
        });
        poll(*ctx);
        if (is_woken) {
            ends.first.send(counted(100));
        }
        ctx.reset();
        CHECK(counted::alive() == 1); // the value
        CHECK(ends.first.send(counted(2)));
        CHECK(ends.second.try_receive()->value() == 2);
        CHECK(second.try_receive()->value() == 2);
        auto const copy = ends.second;
        CHECK(ends.first.receiver_count() == 3);
    }
    CHECK(ran == 0);
    CHECK(counted::alive() == 0);
}

TEST_CASE("watch abandonment: a coroutine is destroyed after any number of steps, nothing leaks or is seen") {
    for (int steps = 0; steps != 12; ++steps) {
        CAPTURE(steps);
        {
            asio::io_context ctx;
            auto ends = watch::channel<counted>(ctx.get_executor(), counted(1));
            auto& tx = ends.first;
            auto& rx = ends.second;
            int got = 0;
            {
                auto const wait = [&got](auto& from) -> support::bare {
                    got = (co_await from.async_receive())->value();
                    got = (co_await from.async_wait_for(at_least(5)))->value();
                };
                auto const parked = wait(rx);
                for (int n = 0; n != steps; ++n) {
                    if (n % 2 == 0) {
                        tx.send(counted(n / 2 + 2));
                    } else {
                        ctx.restart();
                        ctx.poll_one();
                    }
                }
            }
            poll(ctx);
            CHECK(rx.has_changed() == (steps != 0 && got != tx.get().value()));
            rx.mark_unchanged();
            tx.send(counted(50));
            CHECK(rx.try_receive()->value() == 50);
        }
        CHECK(counted::alive() == 0);
    }
}

TEST_CASE("watch lifetime: an operation that was not started may outlive its handle, a started one keeps its "
          "channel") {
    asio::io_context ctx;
    outcome<std::optional<counted>> aborted;
    outcome<> closed;
    {
        auto ends = watch::channel<counted>(ctx.get_executor(), counted(1));
        std::optional rx(std::move(ends.second));
        std::optional tx(std::move(ends.first));
        auto const receive = rx->async_receive();
        auto const wait = rx->async_wait_for(at_least(1));
        auto const wait_closed = tx->async_closed();
        rx->async_wait_for(at_least(2), aborted.handler());
        tx->async_closed(closed.handler());
        poll(ctx);
        tx.reset();
        rx.reset();
    }
    poll(ctx);
    CHECK(aborted.is_failure(asio::error::operation_aborted));
    CHECK(closed.is_success());
    CHECK(counted::alive() == 0);
}

TEST_CASE("watch select: the losing case has seen nothing, the end is told once") {
    asio::io_context ctx;
    auto ends = watch::channel<int>(ctx.get_executor(), 1);
    auto other = watch::channel<int>(ctx.get_executor(), 1);
    int sum = 0;
    int rounds = 0;
    int closings = 0;
    auto const loop = [&]() -> weir::task<void> {
        auto const add = [&sum](int value) { sum += value; };
        auto const count = [&closings] { ++closings; };
        while (co_await weir::select(weir::on(ends.second, std::ref(add)).closed(std::ref(count)),
                                     weir::on(other.second, std::ref(add)).closed(std::ref(count))) !=
               weir::none) {
            ++rounds;
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    poll(ctx);
    ends.first.send(10); // both are ready in one turn, and each is seen
    other.first.send(100);
    poll(ctx);
    CHECK(sum == 110);
    CHECK(rounds == 2);
    { auto const gone = std::move(ends.first); }
    poll(ctx);
    CHECK(closings == 1);
    other.first.send(1000);
    { auto const gone = std::move(other.first); }
    poll(ctx);
    CHECK(sum == 1110);
    CHECK(closings == 2);
    CHECK(rounds == 5);
}

TEST_CASE("watch select: a wait for a predicate is a case, and what another case wins it has not seen") {
    asio::io_context ctx;
    auto ends = watch::channel<int>(ctx.get_executor(), 1);
    outcome<std::size_t> done;
    auto copy = ends.second;
    int accepted = 0;
    weir::select(weir::biased, weir::on(copy, [](int) {}),
                 weir::on(ends.second.async_wait_for([](int value) { return value == 2; }),
                          [&accepted](int value) { accepted = value; }))(done.handler());
    poll(ctx);
    ends.first.send(2);
    poll(ctx);
    CHECK(done.value() == 0);
    CHECK(accepted == 0);
    CHECK(ends.second.has_changed());
    CHECK_FALSE(copy.has_changed());
}

TEST_CASE("watch late hand-over: the loser of Asio's || has seen nothing, also if both were ready") {
    asio::io_context ctx;
    auto a = watch::channel<int>(ctx.get_executor(), 0);
    auto b = watch::channel<int>(ctx.get_executor(), 0);
    int lost = 0;
    auto const loop = [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        for (int n = 1; n != 200; ++n) {
            asio::post(ctx, [&a, &b, n] {
                a.first.send(n);
                b.first.send(n);
            });
            auto const got = co_await (a.second.async_receive(asio::use_awaitable) ||
                                       b.second.async_receive(asio::use_awaitable));
            auto& loser = got.index() == 0 ? b.second : a.second;
            lost += loser.try_receive() == n ? 0 : 1;
        }
    };
    asio::co_spawn(ctx, loop(), asio::detached);
    ctx.run();
    CHECK(lost == 0);
}

TEST_CASE("watch timeout: the wait is cancelled without loss") {
    asio::io_context ctx;
    auto ends = watch::channel<int>(ctx.get_executor(), 1);
    outcome<std::optional<int>> late;
    outcome<std::optional<int>> in_time;
    weir::timeout(0ms, ends.second.async_wait_for([](int value) { return value == 2; }))(late.handler());
    ctx.run();
    CHECK(late.is_failure(weir::errc::timed_out));
    ends.first.send(2);
    weir::timeout(1h, ends.second.async_receive())(in_time.handler());
    poll(ctx);
    CHECK(in_time.value() == 2);
}

TEST_CASE("watch tokens: a stackful coroutine, redirected errors, a parallel group") {
    asio::io_context ctx;
    auto ends = watch::channel<int>(ctx.get_executor(), 1);
    auto other = watch::channel<int>(ctx.get_executor(), 1);
    auto const rethrow = [](std::exception_ptr e) {
        if (e) {
            std::rethrow_exception(e);
        }
    };
    int sum = 0;
    asio::spawn(
        ctx,
        [&](asio::yield_context yield) {
            sum += *ends.second.async_receive(yield); // waits
            sum += *ends.second.async_wait_for([](int n) { return n == 20; }, yield);
            other.first.async_closed(yield);
            sum += 100;
        },
        rethrow);
    poll(ctx);
    ends.first.send(10);
    poll(ctx);
    ends.first.send(20);
    poll(ctx);
    CHECK(sum == 30);
    { auto const gone = std::move(other.second); }
    poll(ctx);
    CHECK(sum == 130);
    other.second = other.first.subscribe();
    auto const use = [&]() -> asio::awaitable<void> {
        weir::error_code busy;
        outcome<std::optional<int>> first;
        ends.second.async_receive(first.handler());
        (void)co_await ends.second.async_receive(asio::redirect_error(asio::use_awaitable, busy));
        CHECK(busy == weir::errc::busy);
        ends.first.send(30);
        other.first.send(40); // both are ready in one turn, and neither is lost
        auto const both = co_await asio::experimental::make_parallel_group(
                              other.second.async_receive(),
                              other.second.async_wait_for([](int) { return false; }, asio::deferred))
                              .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        CHECK(std::get<2>(both) == 40);
        CHECK(first.value() == 30);
        sum += 1000;
    };
    asio::co_spawn(ctx, use(), rethrow);
    poll(ctx);
    CHECK(sum == 1130);
}

} // namespace watch_operations_test
