// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/meddling_executor.hpp"
#include "support/outcome.hpp"
#include "support/task_result.hpp"
#include "support/values.hpp"

#include <weir/mpsc.hpp>
#include <weir/notify.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Who runs when, of the tasks of one loop or strand and the other work of its executor: tasks share a queue, a turn of which
// is one function of the executor.

namespace task_turns_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::error_of;
using support::poll;
using support::result;
using weir::task;

namespace {

task<> write_and_yield(std::string& order, std::string what) {
    for (char const c : what) {
        order += c;
        co_await weir::yield_now();
    }
}

/// f(executor) on a loop without and with the promise of one thread, and on a strand.
template <class F>
void on_each_executor(F f) {
    SECTION("a loop") {
        asio::io_context ctx;
        f(ctx, ctx.get_executor());
    }
    SECTION("a loop with one thread") {
        asio::io_context ctx(1);
        f(ctx, ctx.get_executor());
    }
    SECTION("a strand") {
        asio::io_context ctx;
        f(ctx, asio::make_strand(ctx));
    }
}

} // namespace

TEST_CASE("task yield: other tasks and handlers come first, each in its turn") {
    on_each_executor([](asio::io_context& ctx, auto ex) {
        std::string order;
        weir::spawn(ex, write_and_yield(order, "aA"), asio::detached);
        weir::spawn(ex, write_and_yield(order, "bB"), asio::detached);
        asio::post(ex, [&] { order += 'h'; });
        poll(ctx);
        CHECK(order == "abhAB");
    });
}

TEST_CASE("task yield: one that does nothing else lets handlers run") {
    on_each_executor([](asio::io_context& ctx, auto ex) {
        bool stop = false;
        int yields = 0;
        auto const spin = [&]() -> task<> {
            while (!stop) {
                ++yields;
                co_await weir::yield_now();
            }
        };
        weir::spawn(ex, spin(), asio::detached);
        asio::post(ex, [&] { asio::post(ex, [&] { stop = true; }); });
        ctx.run();
        CHECK(yields <= 3);
    });
}

TEST_CASE("task yield: a cancelled task cannot, unless it says so") {
    asio::io_context ctx(1);
    asio::cancellation_signal signal;
    std::string order;
    auto const wait = [&]() -> task<> {
        try {
            while (order.size() != 10) { // what comes while it yields is told at the next
                co_await weir::yield_now();
                order += '.';
            }
        } catch (boost::system::system_error const& e) {
            order += e.code() == asio::error::operation_aborted ? 'a' : '?';
        }
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await weir::yield_now();
        order += 'y';
        co_await asio::this_coro::throw_if_cancelled(true);
        co_await weir::yield_now();
        order += 'x';
    };
    result<void> end;
    weir::spawn(ctx.get_executor(), wait(), asio::bind_cancellation_slot(signal.slot(), end.handler()));
    asio::post(ctx, [&] { signal.emit(asio::cancellation_type::terminal); });
    poll(ctx);
    CHECK(order.size() >= 3);
    CHECK(order.find_first_not_of('.') == order.size() - 2);
    CHECK(order.substr(order.size() - 2) == "ay");
    CHECK(end.calls == 1);
    CHECK(error_of(end.thrown) == asio::error::operation_aborted);
}

TEST_CASE("task yield: a task that yields goes with its context") {
    {
        asio::io_context ctx(1);
        auto const yield = [](counted) -> task<> {
            co_await weir::yield_now();
            FAIL("its context has gone");
        };
        weir::spawn(ctx.get_executor(), yield(counted(1)), asio::detached);
        weir::spawn(ctx.get_executor(), yield(counted(2)), asio::detached);
        ctx.run_one();
        CHECK(counted::alive() == 2);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("task turns: two that wake one another for ever let handlers run") {
    on_each_executor([](asio::io_context& ctx, auto ex) {
        auto [there, from_here] = mpsc::channel<int>(ex, 1);
        auto [back, from_there] = mpsc::channel<int>(ex, 1);
        bool stop = false;
        int rounds = 0;
        auto const ping = [&](mpsc::sender<int> tx, mpsc::receiver<int> rx) -> task<> {
            while (!stop) {
                ++rounds;
                co_await tx.async_send(1);
                co_await rx.async_receive();
            }
        };
        auto const pong = [](mpsc::sender<int> tx, mpsc::receiver<int> rx) -> task<> {
            while (co_await rx.async_receive()) {
                co_await tx.async_send(1);
            }
        };
        weir::spawn(ex, pong(std::move(back), std::move(from_here)), asio::detached);
        weir::spawn(ex, ping(std::move(there), std::move(from_there)), asio::detached);
        asio::post(ex, [&] { stop = true; });
        ctx.run();
        CHECK(rounds <= 64);
    });
}

TEST_CASE("task turns: what one wakes on another strand of a loop comes before what it posts then") {
    asio::io_context ctx;
    weir::notify wakes(ctx.get_executor());
    std::string order;
    auto const woken = [&]() -> task<> {
        co_await wakes.async_notified();
        order += 'w';
    };
    auto const waker = [&]() -> task<> {
        wakes.notify_one();
        asio::post(ctx, [&] { order += 'p'; });
        order += 'r';
        co_return;
    };
    weir::spawn(asio::make_strand(ctx), woken(), asio::detached);
    poll(ctx);
    weir::spawn(asio::make_strand(ctx), waker(), asio::detached);
    poll(ctx);
    CHECK(order == "rwp");
}

TEST_CASE("task turns: what an executor wakes while a task that was woken is posted to it comes too") {
    asio::io_context ctx;
    weir::notify first(ctx.get_executor());
    weir::notify second(ctx.get_executor());
    std::function<void()> meddle;
    std::string order;
    auto const woken = [&](weir::notify& by, char name) -> task<> {
        co_await by.async_notified();
        order += name;
    };
    auto const waker = [&]() -> task<> {
        meddle = [&] { second.notify_one(); };
        first.notify_one();
        co_return;
    };
    weir::spawn(support::meddling_executor{ctx.get_executor(), &meddle}, woken(first, '1'), asio::detached);
    weir::spawn(asio::make_strand(ctx), woken(second, '2'), asio::detached);
    poll(ctx);
    weir::spawn(asio::make_strand(ctx), waker(), asio::detached);
    poll(ctx);
    CHECK(order == "12"); // it runs what it is given at once
}

TEST_CASE("task turns: many that are woken at once do not keep a handler waiting for all") {
    asio::io_context ctx(1);
    auto const ex = ctx.get_executor();
    weir::notify all(ex);
    int woken = 0;
    int before_handler = 0;
    auto const wait = [&]() -> task<> {
        co_await all.async_notified();
        ++woken;
    };
    for (int n = 0; n != 1000; ++n) {
        weir::spawn(ex, wait(), asio::detached);
    }
    poll(ctx);
    all.notify_all();
    asio::post(ex, [&] { before_handler = woken; });
    poll(ctx);
    CHECK(woken == 1000);
    CHECK(before_handler <= 64);
}

TEST_CASE(
    "task turns: tasks of more strands than are looked for, spawned in turn, wake one another all the same") {
    asio::io_context ctx;
    std::vector<asio::strand<asio::io_context::executor_type>> strands;
    for (int n = 0; n != 20; ++n) {
        strands.push_back(asio::make_strand(ctx));
    }
    int received = 0;
    auto const receive = [&](mpsc::receiver<int> rx) -> task<> {
        while (co_await rx.async_receive()) {
            ++received;
        }
    };
    auto const send = [](mpsc::sender<int> tx) -> task<> {
        for (int n = 0; n != 10; ++n) {
            co_await tx.async_send(n);
        }
    };
    std::vector<mpsc::sender<int>> senders;
    for (auto const& strand : strands) {
        auto [tx, rx] = mpsc::channel<int>(strand, 1);
        weir::spawn(strand, receive(std::move(rx)), asio::detached);
        senders.push_back(std::move(tx));
    }
    for (auto const& strand : strands) {
        weir::spawn(strand, send(std::move(senders.front())), asio::detached);
        senders.erase(senders.begin());
    }
    ctx.run();
    CHECK(received == 200);
}

TEST_CASE("task turns: tasks of a strand of a pool yield, wake one another, and run one at a time") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    auto [tx, rx] = mpsc::channel<int>(pool.get_executor(), 4);
    int sum = 0;   // not atomic: ThreadSanitizer looks
    int turns = 0; // the same
    auto const receive = [&](mpsc::receiver<int> from) -> task<> {
        while (auto value = co_await from.async_receive()) {
            sum += *value;
            ++turns;
        }
    };
    auto const count_turns = [&]() -> task<> {
        for (int n = 0; n != 1000; ++n) {
            ++turns;
            co_await weir::yield_now();
        }
    };
    auto const send = [](mpsc::sender<int> to) -> task<> {
        for (int n = 0; n != 1000; ++n) {
            co_await to.async_send(1);
        }
    };
    weir::spawn(strand, receive(std::move(rx)), asio::detached);
    weir::spawn(strand, count_turns(), asio::detached);
    weir::spawn(pool, send(tx), asio::detached); // from outside
    weir::spawn(strand, send(std::move(tx)), asio::detached);
    pool.join();
    CHECK(sum == 2000);
    CHECK(turns == 3000);
}

} // namespace task_turns_test
