// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_rounds.hpp"
#include "support/catch.hpp"

#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/wait_traits.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <utility>

// Rule 9: what is done again and again allocates nothing. Every allocation of this executable is counted.

namespace steady_state_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using std::chrono::steady_clock;
using namespace std::chrono_literals;
using support::count;
using support::send_for_ever;
using weir::task;

namespace {

template <class Executor>
task<void> count_all(Executor ex, long (&made)[9]) {
    auto [tx, rx] = mpsc::channel<int>(ex, 1);
    auto receiver = std::move(rx);
    weir::spawn(ex, send_for_ever(std::move(tx)), asio::detached);
    asio::steady_timer timer(ex);
    asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, Executor> typed_timer(ex);
    auto const receive = [&] { return receiver.async_receive(); };
    auto const asio_timer = [&] {
        timer.expires_after(0s);
        return timer.async_wait(asio::deferred);
    };
    auto const asio_typed_timer = [&] {
        typed_timer.expires_after(0s);
        return typed_timer.async_wait(asio::deferred);
    };
    auto [no_tx, no_rx] = mpsc::channel<int>(ex, 1);
    auto& silent = no_rx;
    auto const take = [](int) {};
    auto const tick = [] {};
    auto const clock_wins = [&] { return weir::select(weir::on(silent, take), weir::after(1us, tick)); };
    auto const value_wins = [&] { return weir::select(weir::on(receiver, take), weir::after(1h, tick)); };
    auto const timeout = [&] { return weir::timeout(1h, receiver.async_receive()); };
    weir::selector by_clock{weir::on(silent, take), weir::after(1us, tick)};
    weir::selector by_value{weir::on(receiver, take), weir::on(silent, take), weir::after(1h, tick)};
    auto const clock_wins_again = [&] { return by_clock.next(); };
    auto const value_wins_again = [&] { return by_value.next(); };
    co_await count(receive, made[0]);
    co_await count(asio_timer, made[1]);
    co_await count(clock_wins, made[2]);
    co_await count(value_wins, made[3]);
    co_await count(timeout, made[4]);
    co_await count(asio_typed_timer, made[5]);
    co_await count(clock_wins_again, made[6]);
    co_await count(value_wins_again, made[7]);
    co_await count([] { return weir::yield_now(); }, made[8]);
}

template <class Executor>
void check_all(asio::io_context& ctx, Executor ex) {
    long made[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    weir::spawn(ex, count_all(ex, made), asio::detached);
    ctx.run();
    CHECK(made[0] == 0); // a message
    CHECK(made[1] == 0); // a wait for a timer of Asio
    CHECK(made[2] == 0); // select, the clock wins
    CHECK(made[3] == 0); // select, the value wins
    CHECK(made[4] == 0); // a timeout that does not come
    CHECK(made[5] == 0); // a wait for a timer of Asio over the executor's own type
    CHECK(made[6] == 0); // a round of a selector, the clock wins
    CHECK(made[7] == 0); // a round of a selector, the value wins
    CHECK(made[8] == 0); // a task that yields
}

// A timer that has been cancelled may still stand in the pool's queue when the next is made, so how many blocks are in
// use at once, and kept, depends on the threads: some may come after the first two hundred rounds, never one a round. They
// are at most as many as waits begin in one turn of the tasks' queue, 64, where the pool's other thread is held up.
// A timer of Asio over any_io_executor is not counted there: on a strand, Asio copies the erased executor for each wait
// into memory of one thread and gives it back on another, before weir has been told anything.
constexpr long blocks_at_once = 64;

template <class Executor>
void check_all(asio::thread_pool& ctx, Executor ex) {
    long made[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    weir::spawn(ex, count_all(ex, made), asio::detached);
    ctx.join();
    CHECK(made[0] == 0);
    CHECK(made[2] <= blocks_at_once);
    CHECK(made[3] <= blocks_at_once);
    CHECK(made[4] <= blocks_at_once);
    CHECK(made[5] <= blocks_at_once);
    CHECK(made[6] <= blocks_at_once);
    CHECK(made[7] <= blocks_at_once);
    CHECK(made[8] == 0);
}

} // namespace

TEST_CASE("allocations in tasks: none a message through a shared queue") {
    auto const receive_all = [](asio::io_context& ctx, long& made) -> task<void> {
        auto [tx, rx] = weir::mpmc::channel<int>(ctx, 1);
        auto receiver = std::move(rx);
        weir::spawn(ctx, send_for_ever(std::move(tx)), asio::detached);
        auto const receive = [&] { return receiver.async_receive(); };
        co_await count(receive, made);
    };
    asio::io_context ctx(1);
    long made = -1;
    weir::spawn(ctx, receive_all(ctx, made), asio::detached);
    ctx.run();
    CHECK(made == 0);
}

TEST_CASE("allocations in tasks: none a message, none a wait for the time, on a loop") {
    asio::io_context ctx(1);
    check_all(ctx, ctx.get_executor());
}

TEST_CASE("allocations in tasks: none a message, none a wait for the time, on a strand of a loop") {
    asio::io_context ctx(1);
    check_all(ctx, asio::make_strand(ctx));
}

TEST_CASE("allocations in tasks: none a message, none a wait for the time, on a strand of a pool") {
    asio::thread_pool ctx(2);
    check_all(ctx, asio::make_strand(ctx));
}

TEST_CASE("allocations in tasks: none a message, none a wait for the time, on a pool") {
    asio::thread_pool ctx(2);
    check_all(ctx, ctx.get_executor());
}

} // namespace steady_state_test
