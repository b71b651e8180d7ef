// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/run_queue_over.hpp>

#include "support/called_node.hpp"
#include "support/catch.hpp"
#include "support/two_threads.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

// Run queues without coroutines: who shares one, and when their nodes run.

namespace run_queue_test {

namespace asio = boost::asio;
using support::called_node;
using weir::detail::intrusive_ptr;
using weir::detail::run_queue;
using weir::detail::run_queue_over;

namespace {

template <class Executor>
intrusive_ptr<run_queue> share(Executor const& ex) {
    return run_queue_over<Executor>::share(ex);
}

/// Whether two that ask while both have theirs get the same.
template <class Executor>
bool share_one(Executor const& one, Executor const& other) {
    auto const first = share(one);
    auto const second = share(other);
    return first.get() == second.get();
}

} // namespace

TEST_CASE("run queue: those of one strand or one-thread loop share it, others do not") {
    asio::io_context loop(1);
    asio::io_context other_loop(1);
    asio::io_context many(2);
    asio::thread_pool pool(1);
    auto const strand = asio::make_strand(many);
    auto const other_strand = asio::make_strand(many);
    CHECK(share_one(loop.get_executor(), loop.get_executor()));
    CHECK(share_one(strand, strand));
    CHECK_FALSE(share_one(loop.get_executor(), other_loop.get_executor()));
    CHECK_FALSE(share_one(strand, other_strand));
    CHECK_FALSE(share_one(many.get_executor(), many.get_executor()));
    CHECK_FALSE(share_one(pool.get_executor(), pool.get_executor()));
}

TEST_CASE(
    "run queue: an erased executor shares the queue of the task that asks, if that is its own and shared") {
    asio::io_context loop(1);
    asio::io_context many(2);
    auto const shares = [](asio::io_context& ctx, auto ex, asio::any_io_executor asked) {
        auto const queue = share(ex);
        bool same = false;
        called_node ask([&] { same = share(asked).get() == queue.get(); });
        queue->push(ask);
        ctx.restart();
        ctx.poll();
        return same;
    };
    auto const strand = asio::make_strand(many);
    CHECK(shares(loop, loop.get_executor(), loop.get_executor()));
    CHECK(shares(many, strand, strand));
    CHECK(shares(many, asio::prefer(strand, asio::execution::outstanding_work.tracked), strand));
    CHECK_FALSE(shares(many, strand, asio::make_strand(many)));
    CHECK_FALSE(shares(many, strand, loop.get_executor()));
    CHECK_FALSE(shares(many, many.get_executor(), many.get_executor())); // another thread may run it
    CHECK_FALSE(share_one<asio::any_io_executor>(strand, strand));       // nobody's turn
}

TEST_CASE("run queue: many strands at a time each have their own") {
    asio::io_context ctx;
    std::vector<asio::strand<asio::io_context::executor_type>> strands;
    std::vector<intrusive_ptr<run_queue>> queues;
    for (int i = 0; i != 20; ++i) {
        strands.push_back(asio::make_strand(ctx));
        queues.push_back(share(strands.back()));
        for (std::size_t j = 0; j + 1 < queues.size(); ++j) {
            CHECK(queues[j].get() != queues.back().get());
        }
    }
    CHECK(share(strands.back()).get() == queues.back().get()); // one of the latest
    queues.clear();
    CHECK(share_one(strands.front(), strands.front()));
}

TEST_CASE("run queue: a node that throws leaves the others ready") {
    asio::io_context ctx(1);
    auto const queue = share(ctx.get_executor());
    std::vector<int> order;
    called_node last([&] { order.push_back(3); });
    called_node first([&] {
        order.push_back(1);
        queue->push(last);
        throw 7;
    });
    called_node second([&] { order.push_back(2); });
    queue->push(first);
    queue->push(second);
    CHECK_THROWS_AS(ctx.poll(), int);
    CHECK(order == std::vector<int>{1});
    CHECK_FALSE(run_queue::runs_on_this_thread());
    ctx.poll();
    CHECK(order == std::vector<int>{1, 2, 3});

    CHECK_THROWS_AS(queue->run_now([&] {
        queue->push(second);
        throw 7;
    }),
                    int);
    ctx.restart();
    ctx.poll();
    CHECK(order == std::vector<int>{1, 2, 3, 2});
}

TEST_CASE("run queue: what another loop makes ready that runs inside a node runs in its turn") {
    asio::io_context outer(1);
    asio::io_context inner(1);
    auto const queue = share(outer.get_executor());
    auto const inner_queue = share(inner.get_executor());
    std::vector<int> order;
    called_node woken([&] { order.push_back(3); });
    called_node late([&] { order.push_back(4); });
    called_node inside([&] {
        order.push_back(2);
        queue->push(woken);
        CHECK_FALSE(queue->run_now([&] { order.push_back(-1); }));
        inner_queue->push(late); // its own turn
    });
    called_node first([&] {
        order.push_back(1);
        inner_queue->push(inside);
        inner.run();
        CHECK(run_queue::runs_on_this_thread());
        order.push_back(5);
    });
    queue->push(first);
    outer.run();
    CHECK(order == std::vector<int>{1, 2, 4, 5, 3});
}

TEST_CASE("run queue: nodes that make themselves ready let the executor have its turn") {
    asio::io_context ctx(1);
    auto const queue = share(ctx.get_executor());
    bool is_over = false;
    int runs = 0;
    std::unique_ptr<called_node> again;
    SECTION("at once") {
        again = std::make_unique<called_node>([&] {
            ++runs;
            if (!is_over) {
                queue->push(*again);
            }
        });
    }
    SECTION("by yielding") {
        again = std::make_unique<called_node>([&] {
            ++runs;
            if (!is_over) {
                queue->push_behind(*again);
            }
        });
    }
    queue->push(*again);
    asio::post(ctx, [&] { asio::post(ctx, [&] { is_over = true; }); });
    ctx.run();
    CHECK(is_over);
    CHECK(runs > 1);
}

TEST_CASE("run queue: a node is taken out wherever it waits") {
    asio::io_context ctx(1);
    auto const queue = share(ctx.get_executor());
    int runs = 0;
    called_node count([&] { ++runs; });
    called_node other([&] { ++runs; });
    CHECK_FALSE(queue->remove(count));
    queue->push(other);
    queue->push(count); // on the stack
    CHECK(queue->remove(count));
    CHECK_FALSE(queue->remove(count));
    ctx.poll();
    CHECK(runs == 1);
    called_node remover([&] {
        queue->push(count); // of this turn
        CHECK(queue->remove(count));
        queue->push_behind(count); // of the next
        CHECK(queue->remove(count));
        CHECK_FALSE(queue->remove(remover));
    });
    queue->push(remover);
    ctx.restart();
    ctx.poll();
    CHECK(runs == 1);
    queue->push(count);
    ctx.restart();
    ctx.poll();
    CHECK(runs == 2);
}

TEST_CASE("run queue: one whose context has gone takes nothing any more") {
    auto ctx = std::make_unique<asio::io_context>(1);
    auto const queue = share(ctx->get_executor());
    called_node waiting([] { FAIL("not run"); });
    called_node late([] { FAIL("not run"); });
    queue->push(waiting);
    ctx.reset();
    weir::detail::wake_batch woken;
    CHECK_FALSE(queue->push(late, woken));
    CHECK_FALSE(queue->push(waiting, woken));
    CHECK_FALSE(queue->remove(waiting));
    CHECK_FALSE(queue->hold_context());
    CHECK_FALSE(queue->is_on_this_thread());
    CHECK_FALSE(queue->run_now([] { FAIL("not run"); }));
}

TEST_CASE("run queue: what is held for far too long again and again is held ever more seldom") {
    using namespace std::chrono_literals;
    weir::detail::distrust d;
    auto const not_held = [&d] {
        unsigned n = 0;
        while (d.spend()) {
            ++n;
        }
        return n;
    };
    CHECK_FALSE(d.note(50us));
    CHECK(not_held() == 0);
    for (unsigned const n : {64U, 128U, 256U}) {
        CHECK(d.note(2ms));
        CHECK(not_held() == n);
    }
    CHECK(d.note(51us)); // a little too long
    CHECK(not_held() == 64);
    d.note(1us); // from 512
    d.note(1us);
    d.note(2ms);
    CHECK(not_held() == 128);
    for (int n = 0; n != 40; ++n) {
        d.note(2ms);
    }
    CHECK(not_held() == 65'536);
}

TEST_CASE(
    "run queue: turns that hold something are timed until some were short, and one in eight from then on") {
    using namespace std::chrono_literals;
    weir::detail::distrust d;
    auto const timed = [&d](int turns) {
        int n = 0;
        for (; turns != 0; --turns) {
            if (d.wants_time()) {
                ++n;
                d.note(1us);
            }
        }
        return n;
    };
    CHECK(timed(8) == 8);
    CHECK(timed(80) == 10);
    CHECK(d.note(51us));
    CHECK(timed(8) == 8);
    CHECK(timed(8) == 1);
}

TEST_CASE("run queue: a turn that wakes two is timed as often as one that wakes one") {
    using clock = std::chrono::steady_clock;
    constexpr int short_turns = 16;
    constexpr int long_turns =
        16; // at least one of them is timed, and then the next 64 wake-ups are not held
    asio::thread_pool pool(1);
    auto const mine = share(asio::make_strand(pool));
    auto const one = share(asio::make_strand(pool));
    auto const other = share(asio::make_strand(pool));
    int turns = 0;
    int woken = 0;
    int woken_before_end = 0; // of the last turn
    called_node first([&] { ++woken; });
    called_node second([&] { ++woken; });
    std::function<void()> next_turn;
    called_node waker([&] {
        woken = 0;
        one->push(first);
        other->push(second);
        auto const until = clock::now() + std::chrono::microseconds(turns < short_turns ? 0 : 100);
        while (clock::now() < until) {
        }
        asio::post(pool, next_turn); // before what is held, and behind what is not
    });
    next_turn = [&] {
        woken_before_end = woken;
        if (++turns != short_turns + long_turns) {
            mine->push(waker);
        }
    };
    mine->push(waker);
    pool.join();
    CHECK(woken == 2);
    CHECK(woken_before_end == 2);
}

TEST_CASE("run queue: two threads that find it while its last owner goes, and make nodes ready") {
    asio::io_context ctx(1);
    support::two_threads both;
    std::atomic<int> runs{0};
    constexpr int rounds = 2'000;
    for (int n = 0; n != rounds; ++n) {
        called_node mine([&] { runs.fetch_add(1, std::memory_order_relaxed); });
        called_node others([&] { runs.fetch_add(1, std::memory_order_relaxed); });
        auto const find_and_push = [&](called_node& node) {
            for (int i = 0; i != 5; ++i) {
                share(ctx.get_executor()); // and lets go
            }
            share(ctx.get_executor())->push(node);
        };
        both.run(
            n, [&] { find_and_push(mine); }, [&] { find_and_push(others); });
        ctx.restart();
        ctx.poll();
    }
    CHECK(runs == 2 * rounds);
}

} // namespace run_queue_test
