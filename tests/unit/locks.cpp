// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mutex.hpp>
#include <weir/notify.hpp>
#include <weir/semaphore.hpp>
#include <weir/synchronized.hpp>

#include <weir/cancellation.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/meddling_executor.hpp"
#include "support/outcome.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace locks_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using weir::task;

namespace {

using permit = weir::semaphore_permit;

/// Semaphores in what they promise to those who wait are the same over both policies.
template <class Threading>
using semaphore = weir::basic_semaphore<asio::io_context::executor_type, Threading>;

} // namespace

TEMPLATE_TEST_CASE("semaphore: permits are taken, waited for in order, and given back", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    semaphore<TestType> s(ctx.get_executor(), 3);
    auto held = s.try_acquire(2);
    CHECK(held);
    CHECK(held.size() == 2);
    CHECK(s.available() == 1);
    outcome<weir::basic_semaphore_permit<TestType>> large;
    outcome<weir::basic_semaphore_permit<TestType>> small;
    s.async_acquire(3, large.handler());
    s.async_acquire(small.handler()); // there is one, but somebody waits
    poll(ctx);
    CHECK(large.is_pending());
    CHECK(small.is_pending());
    CHECK_FALSE(s.try_acquire());
    CHECK(s.try_acquire(0));
    held.release();
    held.release();            // holds nothing any more
    CHECK(large.is_pending()); // never inside the call
    poll(ctx);
    REQUIRE(large.is_success());
    CHECK(large.value().size() == 3);
    CHECK(small.is_pending());
    large.value() = {};
    poll(ctx);
    REQUIRE(small.is_success());
    CHECK(s.available() == 2);
}

TEST_CASE("semaphore: a cancelled acquire holds nothing, and passes on what it was granted") {
    asio::io_context ctx;
    weir::semaphore s(ctx, 1);
    auto held = s.try_acquire();
    std::array<outcome<permit>, 3> got;
    std::array<asio::cancellation_signal, 3> cancel;
    for (std::size_t i = 0; i != 3; ++i) {
        s.async_acquire(asio::bind_cancellation_slot(cancel[i].slot(), got[i].handler()));
    }
    poll(ctx);
    SECTION("before it is granted") {
        cancel[0].emit(asio::cancellation_type::total);
        held.release();
    }
    SECTION("after it is granted") {
        held.release();
        cancel[0].emit(asio::cancellation_type::terminal);
    }
    poll(ctx);
    CHECK(got[0].is_failure(asio::error::operation_aborted));
    CHECK_FALSE(got[0].value());
    REQUIRE(got[1].is_success());
    CHECK(got[1].value().size() == 1);
    CHECK(got[2].is_pending());
    got[1].value().release();
    poll(ctx);
    CHECK(got[2].is_success());
}

TEST_CASE("semaphore: a large request that goes lets the small ones behind it pass") {
    asio::io_context ctx;
    weir::semaphore s(ctx.get_executor(), 1);
    asio::cancellation_signal cancel;
    outcome<permit> large;
    outcome<permit> small;
    s.async_acquire(2, asio::bind_cancellation_slot(cancel.slot(), large.handler()));
    s.async_acquire(small.handler());
    poll(ctx);
    CHECK(small.is_pending());
    cancel.emit(asio::cancellation_type::partial);
    poll(ctx);
    CHECK(large.is_failure(asio::error::operation_aborted));
    CHECK(small.is_success());
}

TEST_CASE("semaphore: permits are added, forgotten, and counted in 64 bits") {
    asio::io_context ctx;
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    weir::semaphore s(ctx, all - 1);
    s.add_permits(1);
    CHECK(s.available() == all);
    CHECK_THROWS_AS(s.add_permits(1), std::invalid_argument);
    s.try_acquire(all - 5).forget();
    CHECK(s.available() == 5);
    outcome<permit> got;
    s.async_acquire(8, got.handler());
    poll(ctx);
    CHECK(got.is_pending());
    s.add_permits(4);
    poll(ctx);
    CHECK(got.is_success());
    CHECK(s.available() == 1);
    got.value().release();
    CHECK(s.available() == 9);
}

TEST_CASE("semaphore: closed or destroyed, who waits ends, and what is out can be given back") {
    asio::io_context ctx;
    auto s = std::make_unique<weir::semaphore>(ctx, 1);
    auto held = s->try_acquire();
    outcome<permit> waits;
    outcome<permit> late;
    s->async_acquire(waits.handler());
    poll(ctx);
    bool const is_closed_first = GENERATE(true, false);
    if (is_closed_first) {
        s->close();
        CHECK(s->is_closed());
        held.release();
        CHECK_FALSE(s->try_acquire());
        s->async_acquire(late.handler());
        poll(ctx);
        CHECK(late.is_failure(weir::errc::closed));
    }
    s.reset();
    poll(ctx);
    if (is_closed_first) {
        CHECK(waits.is_failure(weir::errc::closed));
    } else {
        CHECK(waits.is_failure(asio::error::operation_aborted));
    }
}

TEST_CASE("semaphore: guards move, a coroutine that is destroyed while it waits leaves the queue") {
    asio::io_context ctx;
    weir::semaphore s(ctx.get_executor(), 1);
    auto held = s.try_acquire();
    auto moved = std::move(held);
    CHECK_FALSE(held); // NOLINT: a guard that was moved from is empty
    CHECK(held.size() == 0);
    CHECK(moved.size() == 1);
    auto& same = moved;
    moved = std::move(same);
    CHECK(moved.size() == 1);
    {
        asio::io_context gone;
        weir::spawn(
            gone, [](weir::semaphore& of) -> task<void> { auto p = co_await of.async_acquire(); }(s),
            asio::detached);
        poll(gone);
    }
    outcome<permit> next;
    s.async_acquire(next.handler());
    moved.release();
    poll(ctx);
    CHECK(next.is_success());
}

TEST_CASE("semaphore: a case of select that loses holds nothing") {
    asio::io_context ctx;
    weir::semaphore a(ctx.get_executor(), 1);
    weir::semaphore b(ctx.get_executor(), 1);
    int from_a = 0;
    int from_b = 0;
    auto loop = [&]() -> task<void> {
        for (int n = 0; n != 100; ++n) {
            auto const take_a = [&](permit) { ++from_a; };
            auto const take_b = [&](permit) { ++from_b; };
            co_await weir::select(weir::on(a.async_acquire(), take_a), weir::on(b.async_acquire(), take_b));
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    poll(ctx);
    CHECK(from_a + from_b == 100);
    CHECK(from_a >= 48); // half, but for where the thread's turn stood before
    CHECK(from_b >= 48);
    CHECK(a.available() == 1);
    CHECK(b.available() == 1);
}

TEST_CASE("mutex: one at a time, first come first served, in a task, an awaitable, a callback, a future") {
    asio::io_context ctx;
    weir::mutex m(ctx.get_executor());
    std::string order;
    auto held = m.try_lock();
    CHECK(held.owns_lock());
    CHECK_FALSE(m.try_lock());
    auto in_task = [&]() -> task<void> {
        auto lock = co_await m.async_lock();
        order += 't';
        co_await asio::post(asio::deferred); // others run meanwhile, and do not get it
        order += 'T';
    };
    auto in_awaitable = [&]() -> asio::awaitable<void> {
        auto lock = co_await m.async_lock(asio::use_awaitable);
        order += 'a';
        co_await asio::post(asio::use_awaitable);
        order += 'A';
    };
    weir::spawn(ctx.get_executor(), in_task(), asio::detached);
    asio::co_spawn(ctx, in_awaitable(), asio::detached);
    poll(ctx);
    m.async_lock(
        [&](weir::error_code ec, weir::mutex_lock lock) { order += lock.owns_lock() && !ec ? 'c' : '-'; });
    auto future = m.async_lock(asio::use_future);
    poll(ctx);
    CHECK(order.empty());
    held.unlock();
    poll(ctx);
    CHECK(order == "tTaAc");
    auto last = future.get();
    CHECK(last.owns_lock());
    CHECK_FALSE(m.try_lock());
    last = {};
    CHECK(m.try_lock());
}

TEST_CASE("mutex: destroyed while it is held, who waits is aborted, and the lock can go later") {
    asio::io_context ctx;
    auto m = std::make_unique<weir::mutex>(ctx);
    auto held = m->try_lock();
    outcome<weir::mutex_lock> waits;
    m->async_lock(waits.handler());
    poll(ctx);
    m.reset();
    poll(ctx);
    CHECK(waits.is_failure(asio::error::operation_aborted));
    CHECK(held.owns_lock());
}

TEST_CASE("notify: one who waits, or the next, and never two for one") {
    asio::io_context ctx;
    weir::notify n(ctx);
    std::array<outcome<>, 3> got;
    n.notify_one();
    n.notify_one(); // is not stored beside the first
    n.async_notified(got[0].handler());
    n.async_notified(got[1].handler());
    n.async_notified(got[2].handler());
    poll(ctx);
    CHECK(got[0].is_success());
    CHECK(got[1].is_pending());
    n.notify_one();
    CHECK(got[1].is_pending()); // never inside the call
    poll(ctx);
    CHECK(got[1].is_success());
    CHECK(got[2].is_pending());
}

TEST_CASE("notify: a task takes what is stored without a wait, once") {
    asio::io_context ctx;
    weir::notify n(ctx);
    int passed = 0;
    auto wait = [&]() -> task<void> {
        for (;;) {
            co_await n.async_notified();
            ++passed;
        }
    };
    n.notify_one();
    weir::spawn(ctx, wait(), asio::detached);
    poll(ctx);
    CHECK(passed == 1);
    n.notify_all();
    poll(ctx);
    CHECK(passed == 2);
}

TEST_CASE("notify: all who wait now, and nobody later") {
    asio::io_context ctx;
    weir::notify n(ctx);
    std::array<outcome<>, 3> got;
    n.notify_all(); // nobody is there, nothing is stored
    n.async_notified(got[0].handler());
    n.async_notified(got[1].handler());
    n.notify_all();
    n.async_notified(got[2].handler());
    poll(ctx);
    CHECK(got[0].is_success());
    CHECK(got[1].is_success());
    CHECK(got[2].is_pending());
}

TEST_CASE("notify: a wait that is cancelled passes on what notify_one meant for it, and nothing else") {
    asio::io_context ctx;
    auto n = std::make_unique<weir::notify>(ctx);
    std::array<outcome<>, 3> got;
    asio::cancellation_signal cancel;
    n->async_notified(asio::bind_cancellation_slot(cancel.slot(), got[0].handler()));
    SECTION("to the next") {
        n->async_notified(got[1].handler());
        n->async_notified(got[2].handler());
        poll(ctx);
        n->notify_one();
        cancel.emit(asio::cancellation_type::total);
        poll(ctx);
        CHECK(got[1].is_success());
        CHECK(got[2].is_pending());
        n.reset();
        poll(ctx);
        CHECK(got[2].is_failure(asio::error::operation_aborted));
    }
    SECTION("to who comes later") {
        poll(ctx);
        n->notify_one();
        cancel.emit(asio::cancellation_type::total);
        poll(ctx);
        n->async_notified(got[1].handler());
        poll(ctx);
        CHECK(got[1].is_success());
    }
    SECTION("not what notify_all meant") {
        poll(ctx);
        n->notify_all();
        cancel.emit(asio::cancellation_type::total);
        poll(ctx);
        n->async_notified(got[1].handler());
        poll(ctx);
        CHECK(got[1].is_pending());
        n.reset();
        poll(ctx);
    }
    CHECK(got[0].is_failure(asio::error::operation_aborted));
}

TEST_CASE("locks: whoever goes on is posted without a lock, so its executor may use what it was woken by") {
    using support::meddling_executor;
    asio::io_context ctx;
    std::function<void()> meddle;
    meddling_executor const ex{ctx.get_executor(), &meddle};
    weir::basic_semaphore<meddling_executor> s(ex, 1);
    weir::basic_notify<meddling_executor> n(ex);
    weir::basic_cancellation_source<meddling_executor> source(ex);
    auto held = s.try_acquire();
    outcome<permit> acquired;
    std::array<outcome<>, 2> notified;
    outcome<> cancelled;
    int meddled = 0;
    auto const look = [&] { // takes each lock, and would wait for ever if one was held
        ++meddled;
        (void)s.available();
        n.notify_all();
        (void)source.child();
    };
    s.async_acquire(acquired.handler());
    n.async_notified(notified[0].handler());
    meddle = look;
    n.notify_one();
    n.async_notified(notified[1].handler());
    meddle = look;
    n.notify_all();
    source.async_cancelled(cancelled.handler());
    meddle = look;
    held.release();
    meddle = look;
    source.cancel();
    poll(ctx);
    CHECK(meddled == 4);
    CHECK((acquired.is_success() && cancelled.is_success()));
    CHECK((notified[0].is_success() && notified[1].is_success()));
}

TEST_CASE("synchronized: reached under its lock, which is free again when the function throws") {
    weir::synchronized<std::vector<int>> v(3U, 7);
    CHECK(v.with([](auto const& x) { return x.size(); }) == 3);
    CHECK_THROWS_AS(v.with([](auto&) -> int { throw std::runtime_error("no"); }), std::runtime_error);
    auto const& seen = v;
    std::vector<int> const copy = seen.with([](auto const& x) -> std::vector<int> const& { return x; });
    CHECK(copy == std::vector<int>{7, 7, 7});
    weir::synchronized<std::unique_ptr<int>, weir::single_threaded> p;
    p.with([](auto& x) { x = std::make_unique<int>(1); });
    CHECK(*p.with([](auto& x) { return std::move(x); }) == 1);
    CHECK(p.with([](auto const& x) { return x == nullptr; }));
}

} // namespace locks_test
