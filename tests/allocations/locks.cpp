// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_rounds.hpp"
#include "support/catch.hpp"

#include <weir/barrier.hpp>
#include <weir/cancellation.hpp>
#include <weir/mpsc.hpp>
#include <weir/mutex.hpp>
#include <weir/notify.hpp>
#include <weir/select.hpp>
#include <weir/semaphore.hpp>
#include <weir/shared_mutex.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

// Rule 9 for what one waits for that is no channel. All of it is contended: who waits has to.

namespace lock_allocations_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::allocations;
using support::count;
using support::rounds;
using support::warm_up;
using weir::task;

namespace {

/// Takes a guard again and again, and lets others run while it holds one. `is_taken` is asked before each time.
template <class Take, class IsTaken>
task<> hold_again_and_again(Take take, IsTaken is_taken, long& made, int& contended) {
    for (int n = 0; n != warm_up + rounds; ++n) {
        if (n == warm_up) {
            made = -allocations;
        }
        contended += is_taken() ? 1 : 0;
        auto const held = co_await take();
        co_await asio::post(asio::deferred);
    }
    made += allocations;
}

/// The same in two tasks at once.
template <class Take, class OtherTake, class IsTaken>
void check_two(asio::io_context& ctx, Take take, OtherTake other_take, IsTaken is_taken) {
    long made = -1;
    long made_by_other = -1;
    int contended = 0;
    weir::spawn(ctx.get_executor(), hold_again_and_again(take, is_taken, made, contended), asio::detached);
    weir::spawn(ctx.get_executor(), hold_again_and_again(other_take, is_taken, made_by_other, contended),
                asio::detached);
    ctx.run();
    CHECK(made == 0);
    CHECK(made_by_other == 0);
    CHECK(contended > rounds);
}

} // namespace

TEST_CASE("allocations: none a wait for a mutex, alone and with a time") {
    asio::io_context ctx(1);
    weir::mutex m(ctx.get_executor());
    auto const take = [&] { return m.async_lock(); };
    auto const take_in_time = [&] { return weir::timeout(1h, m.async_lock()); };
    auto const is_taken = [&] { return !m.try_lock(); };
    SECTION("alone") { check_two(ctx, take, take, is_taken); }
    SECTION("with a time") { check_two(ctx, take_in_time, take_in_time, is_taken); }
}

TEST_CASE("allocations: none a wait for permits") {
    asio::io_context ctx(1);
    weir::semaphore s(ctx.get_executor(), 3);
    check_two(
        ctx, [&] { return s.async_acquire(2); }, [&] { return s.async_acquire(3); },
        [&] { return !s.try_acquire(2); });
}

TEST_CASE("allocations: none a wait of readers and writers") {
    asio::io_context ctx(1);
    weir::shared_mutex m(ctx.get_executor());
    check_two(
        ctx, [&] { return m.async_lock(); }, [&] { return m.async_lock_shared(); },
        [&] { return !m.try_lock(); });
}

TEST_CASE("allocations: none a wait at a barrier") {
    asio::io_context ctx(1);
    weir::barrier b(ctx.get_executor(), 2);
    long made = -1;
    long made_by_other = -1;
    auto const wait = [&] { return b.async_wait(); };
    weir::spawn(ctx.get_executor(), count(wait, made), asio::detached);
    weir::spawn(ctx.get_executor(), count(wait, made_by_other), asio::detached);
    ctx.run();
    CHECK(made == 0);
    CHECK(made_by_other == 0);
}

TEST_CASE("allocations: none a wait for a notification, of one or of all, alone and in a select") {
    asio::io_context ctx(1);
    weir::notify n(ctx.get_executor());
    weir::notify never(ctx.get_executor());
    bool const is_for_all = GENERATE(false, true);
    bool is_over = false;
    long made = -1;
    long made_in_select = -1;
    auto const nothing = [] {};
    auto const use = [&]() -> task<> {
        co_await count([&] { return n.async_notified(); }, made);
        co_await count(
            [&] {
                return weir::select(weir::on(never.async_notified(), nothing),
                                    weir::on(n.async_notified(), nothing), weir::after(1h, nothing));
            },
            made_in_select);
        is_over = true;
    };
    auto const notify = [&]() -> task<> {
        while (!is_over) {
            co_await asio::post(asio::deferred); // it waits meanwhile
            if (is_for_all) {
                n.notify_all();
            } else {
                n.notify_one();
            }
        }
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    weir::spawn(ctx.get_executor(), notify(), asio::detached);
    ctx.run();
    CHECK(made == 0);
    CHECK(made_in_select == 0);
}

TEST_CASE("allocations: a source is one, its tokens and the waits for it none") {
    asio::io_context ctx(1);
    weir::cancellation_source root(ctx.get_executor());
    long made = -1;
    auto const use = [&]() -> task<> {
        for (int n = 0; n != warm_up + rounds; ++n) {
            if (n == warm_up) {
                made = -allocations;
            }
            auto source = root.child();
            auto const token = source.token();
            asio::post(ctx, [&source] { source.cancel(); });
            co_await token.async_cancelled();
        }
        made += allocations;
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    ctx.run();
    CHECK(made == rounds);
}

} // namespace lock_allocations_test
