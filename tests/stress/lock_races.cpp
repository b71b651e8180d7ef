// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/two_threads.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <optional>
#include <utility>

// Two threads do two things to one lock, notification, barrier or source at the same time, again and again: each time it has
// to come out as if one had been first. tests/model has the same in every order, without executors.

namespace lock_races_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using support::two_threads;

namespace {

constexpr int rounds = support::effort(3'000, 1'500);

/// f(round, context) again and again. It returns whether all was right.
template <class F>
void repeat(F f) {
    asio::io_context ctx;
    int wrong = 0;
    for (int n = 0; n != rounds; ++n) {
        wrong += f(n, ctx) ? 0 : 1;
    }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("race mutex: a lock that is waited for while it is given back is had, and seen") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::mutex m(ctx.get_executor());
        int guarded = 0; // no atomic: the lock has to order the accesses
        outcome<weir::mutex_lock> next;
        auto held = m.try_lock();
        both.run(
            n,
            [&] {
                m.async_lock(next.handler());
                poll(ctx);
                if (!next.is_pending()) {
                    ++guarded;
                }
            },
            [&] {
                ++guarded;
                held.unlock();
            });
        poll(ctx);
        return next.is_success() && next.value().owns_lock() && !m.try_lock();
    });
}

TEST_CASE("race semaphore: an acquire that is cancelled while permits come leaves them to the next") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::semaphore s(ctx.get_executor(), 2);
        auto held = s.try_acquire(2);
        outcome<weir::semaphore_permit> cancelled;
        outcome<weir::semaphore_permit> next;
        asio::cancellation_signal cancel;
        s.async_acquire(2, asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
        s.async_acquire(1, next.handler());
        both.run(
            n, [&] { cancel.emit(asio::cancellation_type::total); }, [&] { held.release(); });
        poll(ctx);
        return cancelled.is_failure(asio::error::operation_aborted) && next.is_success() &&
               s.available() == 1;
    });
}

TEST_CASE("race semaphore: a wait whose context goes while permits come leaves them to the next") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::semaphore s(ctx.get_executor(), 1);
        auto held = s.try_acquire();
        outcome<weir::semaphore_permit> gone;
        outcome<weir::semaphore_permit> next;
        std::optional<asio::io_context> other(std::in_place);
        s.async_acquire(asio::bind_executor(other->get_executor(), gone.handler()));
        s.async_acquire(next.handler());
        poll(*other);
        both.run(
            n, [&] { other.reset(); }, [&] { held.release(); });
        poll(ctx);
        return gone.is_pending() && next.is_success();
    });
}

TEST_CASE("race semaphore: a close and permits that come, a wait has them or is refused") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::semaphore s(ctx.get_executor(), 1);
        auto held = s.try_acquire();
        outcome<weir::semaphore_permit> waits;
        s.async_acquire(waits.handler());
        both.run(
            n, [&] { s.close(); }, [&] { held.release(); });
        poll(ctx);
        bool const has_one = waits.is_success() && waits.value().size() == 1 && s.available() == 0;
        bool const is_refused = waits.is_failure(weir::errc::closed) && s.available() == 1;
        return has_one != is_refused;
    });
}

TEST_CASE("race select: two locks that are given back at the same time, one is had and the other free") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::semaphore a(ctx.get_executor(), 1);
        weir::semaphore b(ctx.get_executor(), 1);
        auto held_a = a.try_acquire();
        auto held_b = b.try_acquire();
        weir::semaphore_permit got;
        outcome<std::size_t> selected;
        auto const take = [&](weir::semaphore_permit p) { got = std::move(p); };
        weir::select(weir::biased, weir::on(a.async_acquire(), take),
                     weir::on(b.async_acquire(), take))(selected.handler());
        poll(ctx);
        both.run(
            n,
            [&] {
                held_b.release();
                poll(ctx);
            },
            [&] { held_a.release(); });
        poll(ctx);
        return selected.is_success() && got.size() == 1 && a.available() == selected.value() &&
               b.available() == 1 - selected.value();
    });
}

TEST_CASE("race select: two notifications at the same time, one is had and the other left") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::notify one(ctx.get_executor());
        weir::notify two(ctx.get_executor());
        outcome<std::size_t> selected;
        outcome<> left;
        auto const nothing = [] {};
        weir::select(weir::biased, weir::on(one.async_notified(), nothing),
                     weir::on(two.async_notified(), nothing))(selected.handler());
        poll(ctx);
        both.run(
            n,
            [&] {
                two.notify_one();
                poll(ctx);
            },
            [&] { one.notify_one(); });
        poll(ctx);
        (selected.value() == 0 ? two : one).async_notified(left.handler());
        poll(ctx);
        return selected.is_success() && left.is_success();
    });
}

TEST_CASE("race barrier: two tasks that arrive at the same time pass together, and one leads") {
    two_threads both;
    asio::io_context there;
    repeat([&](int n, asio::io_context& here) {
        weir::barrier b(here.get_executor(), 2);
        int passed = 0; // no atomic: whoever leads sees what the other did before
        int leaders = 0;
        int arrived_here = 0;
        int arrived_there = 0;
        auto const arrive = [&](int& arrived) -> weir::task<> {
            arrived = 1;
            if (co_await b.async_wait()) {
                ++leaders;
                passed = arrived_here + arrived_there;
            }
        };
        weir::spawn(here, arrive(arrived_here), asio::detached);
        weir::spawn(there, arrive(arrived_there), asio::detached);
        both.run(
            n, [&] { poll(here); }, [&] { poll(there); });
        poll(here);
        poll(there);
        return leaders == 1 && passed == 2;
    });
}

TEST_CASE("race notify: a wait that begins while it is notified goes on, and nothing is left") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        outcome<> waits;
        outcome<> late;
        std::optional<weir::notify> changed(std::in_place, ctx.get_executor());
        both.run(
            n,
            [&] {
                changed->async_notified(waits.handler());
                poll(ctx);
            },
            [&] { changed->notify_one(); });
        poll(ctx);
        changed->async_notified(late.handler());
        poll(ctx);
        bool const is_one = waits.is_success() && late.is_pending();
        changed.reset();
        poll(ctx);
        return is_one && late.is_failure(asio::error::operation_aborted);
    });
}

TEST_CASE("race notify: a wait that is cancelled while it is notified leaves that to the next") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::notify changed(ctx.get_executor());
        outcome<> cancelled;
        outcome<> next;
        asio::cancellation_signal cancel;
        changed.async_notified(asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
        changed.async_notified(next.handler());
        both.run(
            n, [&] { cancel.emit(asio::cancellation_type::total); }, [&] { changed.notify_one(); });
        poll(ctx);
        return cancelled.is_failure(asio::error::operation_aborted) && next.is_success();
    });
}

TEST_CASE("race cancellation: what is made or waited for below while it is cancelled is cancelled too") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::cancellation_source root(ctx.get_executor());
        auto const branch = root.child();
        outcome<> waits;
        outcome<> waits_below;
        std::optional<weir::cancellation_source> below;
        both.run(
            n,
            [&] {
                branch.async_cancelled(waits.handler());
                below.emplace(branch.child());
                below->async_cancelled(waits_below.handler());
                (void)root.child();
                poll(ctx);
            },
            [&] { root.cancel(); });
        poll(ctx);
        return waits.is_success() && waits_below.is_success() && below->is_cancelled();
    });
}

TEST_CASE(
    "race cancellation: a wait that is cancelled itself while its source is ends once, and means nothing") {
    two_threads both;
    repeat([&](int n, asio::io_context& ctx) {
        weir::cancellation_source source(ctx.get_executor());
        outcome<> waits;
        outcome<> next;
        asio::cancellation_signal cancel;
        source.async_cancelled(asio::bind_cancellation_slot(cancel.slot(), waits.handler()));
        both.run(
            n, [&] { cancel.emit(asio::cancellation_type::total); }, [&] { source.cancel(); });
        source.async_cancelled(next.handler());
        poll(ctx);
        return waits.calls() == 1 && next.is_success();
    });
}

TEST_CASE(
    "race barrier: a wait that is cancelled while the last arrives has passed with it or left it waiting") {
    two_threads both;
    asio::io_context ctx;
    int wrong = 0;
    for (int n = 0; n != rounds; ++n) {
        weir::barrier b(ctx.get_executor(), 2);
        outcome<bool> cancelled;
        outcome<bool> last;
        outcome<bool> next;
        asio::cancellation_signal cancel;
        b.async_wait(asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
        both.run(
            n, [&] { cancel.emit(asio::cancellation_type::total); }, [&] { b.async_wait(last.handler()); });
        poll(ctx);
        if (cancelled.is_success()) {
            wrong += last.is_success() && last.value() && !cancelled.value() ? 0 : 1;
        } else {
            wrong += last.is_pending() ? 0 : 1;
            b.async_wait(next.handler());
            poll(ctx);
            wrong += last.is_success() && next.is_success() ? 0 : 1;
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("race shared_mutex: a lock that is cancelled while its turn comes leaves the turn to the next") {
    two_threads both;
    asio::io_context ctx;
    weir::shared_mutex m(ctx.get_executor());
    int wrong = 0;
    for (int n = 0; n != rounds; ++n) {
        auto held = m.try_lock_shared();
        outcome<weir::write_lock> write;
        outcome<weir::read_lock> read;
        asio::cancellation_signal cancel;
        m.async_lock(asio::bind_cancellation_slot(cancel.slot(), write.handler()));
        m.async_lock_shared(read.handler());
        both.run(
            n, [&] { cancel.emit(asio::cancellation_type::total); }, [&] { held.unlock(); });
        poll(ctx);
        wrong += write.is_failure(asio::error::operation_aborted) && read.is_success() ? 0 : 1;
        read.value().unlock();
        wrong += m.try_lock() ? 0 : 1;
    }
    CHECK(wrong == 0);
}

} // namespace lock_races_test
