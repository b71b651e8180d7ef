// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/busy_poll.hpp>

#include "support/called_node.hpp"
#include "support/catch.hpp"
#include "support/steps.hpp"
#include "support/values.hpp"

#include <weir/detail/run_queue_over.hpp>
#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

// Polling loops, stepped by poll_one(): for as long as they poll, there is always one thing more to do.

namespace busy_poll_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using namespace std::chrono_literals;
using support::called_node;
using support::counted;
using support::has_steps;

namespace {

constexpr auto forever = std::chrono::hours(1000);

/// weir::busy_poll() on a machine with several processors.
template <class Context>
void poll_for(Context& ctx, std::chrono::nanoseconds longest) {
    weir::detail::set_busy_poll(ctx, longest);
}

/// An executor that counts what is posted by it.
struct counting_executor {
    void execute(auto f) const {
        ++*posts;
        inner.execute(std::move(f));
    }

    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept {
        return inner.context();
    }

    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }

    bool operator==(counting_executor const&) const noexcept = default;

    asio::io_context::executor_type inner;
    int* posts;
};

weir::task<> take(mpsc::receiver<int> rx, std::vector<int>& taken) {
    while (auto const n = co_await rx.async_receive()) {
        taken.push_back(*n);
    }
}

/// Starts a task that takes numbers on an executor; what is sent to it.
template <class Executor>
mpsc::sender<int> start_taking(Executor const& ex, std::vector<int>& taken) {
    auto [tx, rx] = mpsc::channel<int>(ex, 8);
    weir::spawn(ex, take(std::move(rx), taken), asio::detached);
    return std::move(tx);
}

/// A loop with a task on an executor that counts, and how many functions were posted for the task.
struct counting_loop {
    asio::io_context ctx{1};
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(ctx);
    int posts = 0;
    std::vector<int> taken;
    mpsc::sender<int> tx = start_taking(counting_executor{ctx.get_executor(), &posts}, taken);
};

} // namespace

TEST_CASE("busy_poll: what is sent while the loop polls posts nothing, and is found") {
    counting_loop loop;
    poll_for(loop.ctx, forever);
    CHECK(has_steps(loop.ctx, 5)); // also what was there before it obeys
    CHECK(loop.posts == 1);        // to start the task
    for (int n = 1; n != 4; ++n) {
        CHECK(loop.tx.try_send(2 * n));
        CHECK(loop.tx.try_send(2 * n + 1));
        CHECK(loop.posts == n);
        CHECK(has_steps(loop.ctx, 1));
        CHECK(loop.posts == n + 1);
        CHECK(has_steps(loop.ctx, 4));
    }
    CHECK(loop.taken == std::vector<int>{2, 3, 4, 5, 6, 7});
}

TEST_CASE("busy_poll: a loop that was not told to, or is told not to any more, does not poll") {
    counting_loop loop;
    CHECK(loop.ctx.poll() == 1);
    poll_for(loop.ctx, 0ns);
    CHECK(loop.tx.try_send(1));
    CHECK(loop.posts == 2);
    CHECK(loop.ctx.poll() == 1);
    poll_for(loop.ctx, forever);
    CHECK(loop.ctx.poll_one() == 0);
    CHECK(loop.tx.try_send(2)); // only a task that runs out of work begins it
    CHECK(loop.posts == 3);
    CHECK(has_steps(loop.ctx, 5));
    poll_for(loop.ctx, 0ns);
    CHECK(loop.ctx.poll() == 1); // looks for the last time
    CHECK(loop.tx.try_send(3));
    CHECK(loop.posts == 4);
    loop.ctx.poll();
    CHECK(loop.taken == std::vector<int>{1, 2, 3});
    CHECK_THROWS_AS(weir::busy_poll(loop.ctx, -1ns), std::invalid_argument);
}

TEST_CASE("busy_poll: a loop polls if the process has more than one processor") {
    counting_loop loop;
    weir::busy_poll(loop.ctx, forever);
    CHECK(has_steps(loop.ctx, 5) != weir::detail::has_one_processor());
}

TEST_CASE("busy_poll: run() returns when there is no work and the time is over") {
    asio::io_context ctx(1);
    poll_for(ctx, 1us);
    std::vector<int> taken;
    {
        auto tx = start_taking(ctx.get_executor(), taken);
        CHECK(tx.try_send(1));
    }
    ctx.run();
    CHECK(taken == std::vector<int>{1});
}

TEST_CASE("busy_poll: handlers and timers have their turn while the loop polls") {
    counting_loop loop;
    poll_for(loop.ctx, forever);
    CHECK(has_steps(loop.ctx, 5));
    bool is_posted = false;
    asio::post(loop.ctx, [&] { is_posted = true; });
    CHECK(has_steps(loop.ctx, 2));
    CHECK(is_posted);
    bool has_fired = false;
    asio::steady_timer timer(loop.ctx, 0s);
    timer.async_wait([&](auto) { has_fired = true; });
    while (!has_fired) {
        loop.ctx.poll_one();
    }
    CHECK(has_steps(loop.ctx, 5));
    CHECK(loop.posts == 1);
}

TEST_CASE("busy_poll: strands of one context are all found, in the order in which they were woken") {
    asio::io_context ctx;
    poll_for(ctx, forever);
    std::vector<int> taken;
    std::vector<mpsc::sender<int>> senders;
    for (int n = 0; n != 20; ++n) {
        senders.push_back(start_taking(asio::make_strand(ctx), taken));
    }
    CHECK(has_steps(ctx, 100));
    std::vector<int> sent;
    for (int n = 0; n != 20; ++n) {
        auto const who = static_cast<std::size_t>(n) * 7 % 20;
        CHECK(senders[who].try_send(n));
        sent.push_back(n);
    }
    CHECK(has_steps(ctx, 1 + 20)); // a look, then each
    CHECK(taken == sent);
    CHECK(has_steps(ctx, 5));
}

TEST_CASE("busy_poll: a loop that is stopped while it polls goes on when it is restarted") {
    counting_loop loop;
    poll_for(loop.ctx, forever);
    asio::post(loop.ctx, [&] { asio::post(loop.ctx, [&] { loop.ctx.stop(); }); });
    loop.ctx.run();
    CHECK(loop.tx.try_send(1));
    CHECK(loop.ctx.poll() == 0);
    loop.ctx.restart();
    CHECK(has_steps(loop.ctx, 5));
    CHECK(loop.taken == std::vector<int>{1});
    CHECK(loop.ctx.run_one() == 1);
}

TEST_CASE("busy_poll: a context is destroyed while it polls, with what was woken and not found yet") {
    auto const hold = [](mpsc::receiver<int> rx, counted) -> weir::task<> {
        co_await rx.async_receive();
        co_await rx.async_receive();
        FAIL("not run");
    };
    std::vector<mpsc::sender<int>> senders;
    auto const start = [&](auto const& ex) {
        auto [tx, rx] = mpsc::channel<int>(ex, 8);
        weir::spawn(ex, hold(std::move(rx), counted(1)), asio::detached);
        senders.push_back(std::move(tx));
    };
    auto ctx = std::make_unique<asio::io_context>(1);
    poll_for(*ctx, forever); // before there are strands
    start(ctx->get_executor());
    start(asio::make_strand(*ctx));
    start(asio::make_strand(*ctx));
    CHECK(has_steps(*ctx, 20));
    CHECK(counted::alive() == 3);
    bool const is_woken = GENERATE(true, false);
    for (auto& tx : senders) {
        CHECK((!is_woken || tx.try_send(1)));
    }
    ctx.reset();
    CHECK(counted::alive() == 0);
    for (auto& tx : senders) {
        CHECK_FALSE(tx.try_send(2));
    }
}

TEST_CASE("busy_poll: it goes on after a node that throws, and when the last owner of what was woken goes") {
    asio::io_context ctx(1);
    poll_for(ctx, forever);
    int runs = 0;
    called_node count([&] { ++runs; });
    called_node failing([] { throw 7; });
    auto queue = weir::detail::run_queue_over<asio::io_context::executor_type>::share(ctx.get_executor());
    queue->push(failing);
    CHECK_THROWS_AS(ctx.poll_one(), int);
    CHECK(has_steps(ctx, 3));
    queue->push(count);
    CHECK(has_steps(ctx, 5));
    CHECK(runs == 1);
    queue->push(count);
    queue->remove(count);
    queue = {};
    CHECK(has_steps(ctx, 5));
    CHECK(runs == 1);
}

namespace {

weir::task<> forward(mpsc::receiver<int> from, mpsc::sender<int> to) {
    while (auto const n = co_await from.async_receive()) {
        co_await to.async_send(*n);
    }
}

} // namespace

TEST_CASE("busy_poll: threads that send to loops that poll, sleep and poll again") {
    constexpr int rounds = 5'000;
    asio::io_context here(1);
    asio::io_context there(1);
    asio::thread_pool pool(2);
    auto const longest = GENERATE(1us, 20us, 1000us);
    poll_for(here, longest);
    poll_for(there, longest);
    poll_for(pool, longest);
    std::vector<int> taken;
    {
        auto [to_pool, from_here] = mpsc::channel<int>(here, 1);
        auto [to_other, from_pool] = mpsc::channel<int>(pool, 1);
        auto [to_there, from_other] = mpsc::channel<int>(pool, 1);
        auto [to_end, from_there] = mpsc::channel<int>(there, 1);
        auto end = start_taking(here.get_executor(), taken);
        weir::spawn(pool, forward(std::move(from_here), std::move(to_other)), asio::detached);
        weir::spawn(pool, forward(std::move(from_pool), std::move(to_there)), asio::detached);
        weir::spawn(there.get_executor(), forward(std::move(from_other), std::move(to_end)), asio::detached);
        weir::spawn(here.get_executor(), forward(std::move(from_there), std::move(end)), asio::detached);
        std::thread foreign([tx = mpsc::sender<int>(std::move(to_pool))]() mutable {
            for (int n = 0; n != rounds; ++n) {
                if (!tx.blocking_send(n)) {
                    return;
                }
            }
            [[maybe_unused]] auto const last = std::move(tx);
        });
        std::thread other([&] { there.run(); });
        here.run();
        other.join();
        foreign.join();
        pool.join();
    }
    REQUIRE(taken.size() == rounds);
    for (int n = 0; n != rounds; ++n) {
        REQUIRE(taken[static_cast<std::size_t>(n)] == n);
    }
}

TEST_CASE("busy_poll: a pool is stopped and destroyed while it polls and others send") {
    for (int n = 0; n != 100; ++n) {
        std::vector<int> taken;
        auto pool = std::make_unique<asio::thread_pool>(2);
        poll_for(*pool, forever);
        auto tx = start_taking(asio::make_strand(*pool), taken);
        std::thread sends([other = tx]() mutable {
            while (!other.is_closed()) {
                (void)other.try_send(1);
            }
        });
        if (n % 2 == 0) {
            (void)tx.blocking_send(1);
        }
        pool->stop();
        pool.reset();
        sends.join();
    }
}

} // namespace busy_poll_test
