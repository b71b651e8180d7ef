// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/counting_allocator.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#if BOOST_VERSION >= 108200
#include <boost/asio/bind_immediate_executor.hpp>
#endif
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

// Every completion token, with what one waits for that is no channel: tokens.cpp has the channels.

namespace tokens_of_locks_test {

namespace asio = boost::asio;
using support::nothing;
using support::outcome;
using support::poll;

namespace {

/// Who comes waits until all is let go.
struct taken {
    asio::io_context ctx;
    std::optional<weir::mutex> mutex{std::in_place, ctx.get_executor()};
    weir::shared_mutex shared_mutex{ctx.get_executor()};
    weir::semaphore semaphore{ctx.get_executor(), 2};
    weir::notify notify{ctx.get_executor()};
    weir::barrier barrier{ctx.get_executor(), 2};
    weir::cancellation_source source{ctx.get_executor()};
    weir::task_group group{ctx.get_executor()};
    support::two_channels channels{ctx};
    weir::selector<decltype(weir::on(channels.a, nothing))> selector{weir::on(channels.a, nothing)};

    weir::mutex_lock lock = mutex->try_lock();
    weir::write_lock write_lock = shared_mutex.try_lock();
    weir::semaphore_permit permit = semaphore.try_acquire(2);

    taken() {
        group.spawn([](weir::cancellation_token until) -> weir::task<> {
            co_await until.async_cancelled();
        }(source.token()));
    }

    /// Lets go and runs who has waited.
    void let_go() {
        lock.unlock();
        write_lock.unlock();
        permit.release();
        notify.notify_all();
        barrier.async_wait(nothing);
        source.cancel();
        CHECK(channels.tx_a->try_send(1));
        poll(ctx);
    }

    /// Nobody has a lock any more.
    [[nodiscard]] bool is_free() {
        return mutex->try_lock() && shared_mutex.try_lock() && semaphore.available() == 2;
    }
};

template <class T>
bool is_ready(std::future<T> const& f) {
    return f.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

auto rethrow = [](std::exception_ptr const& e) {
    if (e) {
        std::rethrow_exception(e);
    }
};

} // namespace

TEST_CASE("tokens of locks: use_future") {
    taken t;
    std::future<weir::mutex_lock> locked = t.mutex->async_lock(asio::use_future);
    std::future<weir::mutex_lock> refused = t.mutex->async_lock(asio::use_future);
    std::future<weir::read_lock> reads = t.shared_mutex.async_lock_shared(asio::use_future);
    std::future<weir::write_lock> writes = t.shared_mutex.async_lock(asio::use_future);
    std::future<weir::semaphore_permit> acquired = t.semaphore.async_acquire(2, asio::use_future);
    std::future<void> notified = t.notify.async_notified(asio::use_future);
    std::future<bool> passed = t.barrier.async_wait(asio::use_future);
    std::future<void> cancelled = t.source.async_cancelled(asio::use_future);
    std::future<void> joined = t.group.async_join(asio::use_future);
    std::future<std::size_t> selected = t.selector.next()(asio::use_future);
    poll(t.ctx);
    CHECK_FALSE((is_ready(locked) || is_ready(reads) || is_ready(writes) || is_ready(acquired) ||
                 is_ready(notified) || is_ready(passed) || is_ready(cancelled) || is_ready(joined) ||
                 is_ready(selected)));
    t.let_go();
    CHECK(locked.get().owns_lock());
    CHECK(reads.get().owns_lock());
    poll(t.ctx);
    CHECK(writes.get().owns_lock());
    CHECK(acquired.get().size() == 2);
    notified.get();
    CHECK_FALSE(passed.get()); // it came first
    cancelled.get();
    joined.get();
    CHECK(selected.get() == 0);
    poll(t.ctx);
    CHECK(refused.get().owns_lock());
    CHECK(t.is_free());
    auto const held = t.mutex->try_lock();
    refused = t.mutex->async_lock(asio::use_future);
    t.mutex.reset();
    poll(t.ctx);
    CHECK_THROWS_AS(refused.get(), boost::system::system_error);
}

TEST_CASE("tokens of locks: use_awaitable, as_tuple, redirect_error, deferred, and none, in an awaitable") {
    taken t;
    int steps = 0;
    auto const all = [&]() -> asio::awaitable<void> {
        {
            auto const lock = co_await t.mutex->async_lock(asio::use_awaitable);
            auto const [ec, read] =
                co_await t.shared_mutex.async_lock_shared(asio::as_tuple(asio::use_awaitable));
            CHECK((!ec && lock && read));
            weir::error_code acquiring;
            auto const permit =
                co_await t.semaphore.async_acquire(asio::redirect_error(asio::use_awaitable, acquiring));
            CHECK((!acquiring && permit));
            co_await t.source.async_cancelled(asio::deferred);
            ++steps;
        }
        auto const selected = co_await t.selector.next();
        co_await t.group.async_join();
        auto const lock = co_await t.mutex->async_lock();
        auto const write = co_await t.shared_mutex.async_lock();
        CHECK((selected == 0 && lock && write));
        ++steps;
        bool const leads = co_await t.barrier.async_wait(asio::deferred);
        CHECK(leads);
        weir::error_code ec;
        t.semaphore.close();
        auto const refused =
            co_await t.semaphore.async_acquire(asio::redirect_error(asio::use_awaitable, ec));
        CHECK((!refused && ec == weir::errc::closed));
        ++steps;
    };
    asio::co_spawn(t.ctx, all(), rethrow);
    poll(t.ctx);
    CHECK(steps == 0);
    t.let_go();
    CHECK(steps == 3);
    CHECK(t.is_free());
}

TEST_CASE("tokens of locks: yield_context") {
    taken t;
    int steps = 0;
    asio::spawn(
        t.ctx,
        [&](asio::yield_context yield) {
            auto const lock = t.mutex->async_lock(yield);
            auto const write = t.shared_mutex.async_lock(yield);
            auto const permit = t.semaphore.async_acquire(2, yield);
            CHECK((lock && write && permit.size() == 2));
            ++steps;
            t.source.async_cancelled(yield);
            auto const [thrown] =
                t.group.async_join(asio::as_tuple(yield)); // Boost 1.81 rethrows no exception
            CHECK_FALSE(thrown);
            bool const leads = t.barrier.async_wait(yield);
            auto const selected = t.selector.next()(yield);
            CHECK((leads && selected == 0));
            ++steps;
            t.notify.async_notified(yield);
            weir::error_code ec;
            t.semaphore.close();
            auto const refused = t.semaphore.async_acquire(yield[ec]);
            CHECK((!refused && ec == weir::errc::closed));
            ++steps;
        },
        rethrow);
    poll(t.ctx);
    CHECK(steps == 0);
    t.let_go();
    CHECK(steps == 2);
    t.notify.notify_one();
    poll(t.ctx);
    CHECK(steps == 3);
    CHECK(t.mutex->try_lock());
}

TEST_CASE("tokens of locks: detached, and what it takes is given back") {
    taken t;
    t.mutex->async_lock(asio::detached);
    t.shared_mutex.async_lock_shared(asio::detached);
    t.semaphore.async_acquire(2, asio::detached);
    t.let_go();
    CHECK(t.is_free());
}

TEST_CASE("tokens of locks: deferred is started when it is called, and not before") {
    taken t;
    auto lock = t.mutex->async_lock(asio::deferred);
    auto acquire = t.semaphore.async_acquire(asio::deferred);
    auto wait = t.barrier.async_wait(asio::deferred);
    t.let_go();
    CHECK(t.is_free()); // and nobody has arrived at the barrier but one
    outcome<weir::mutex_lock> locked;
    outcome<weir::semaphore_permit> acquired;
    outcome<bool> passed;
    std::move(lock)(locked.handler());
    std::move(acquire)(acquired.handler());
    std::move(wait)(passed.handler());
    CHECK(locked.is_pending()); // never inside the call
    poll(t.ctx);
    CHECK(locked.value().owns_lock());
    CHECK(acquired.value().size() == 1);
    CHECK(passed.value());
}

TEST_CASE("tokens of locks: left out, in a task and in a coroutine of somebody else") {
    taken t;
    int steps = 0;
    auto const in_task = [&]() -> weir::task<> {
        auto const lock = co_await t.mutex->async_lock();
        auto const read = co_await t.shared_mutex.async_lock_shared();
        auto const permit = co_await t.semaphore.async_acquire();
        co_await t.group.async_join();
        steps += lock && read && permit ? 1 : 100;
    };
    auto const in_bare = [&]() -> support::bare {
        auto const lock = co_await t.mutex->async_lock();
        auto const read = co_await t.shared_mutex.async_lock_shared();
        auto const permit = co_await t.semaphore.async_acquire(2);
        steps += lock && read && permit ? 10 : 100;
        co_await t.barrier.async_wait();
        steps += co_await t.selector.next() == 0 ? 10 : 100;
    };
    weir::spawn(t.ctx.get_executor(), in_task(), asio::detached);
    auto const bare = in_bare();
    poll(t.ctx);
    CHECK(steps == 0);
    CHECK_FALSE(bare.is_done());
    t.let_go();
    CHECK(steps == 21);
    CHECK(bare.is_done());
    bare.rethrow();
    CHECK(t.is_free());
}

TEST_CASE("tokens of locks: bind_executor says where the handler runs") {
    taken t;
    asio::io_context other;
    auto const strand = asio::make_strand(other);
    int in_strand = 0;
    auto const token = [&] {
        return asio::bind_executor(strand,
                                   [&](auto&&...) { in_strand += strand.running_in_this_thread() ? 1 : 0; });
    };
    t.mutex->async_lock(token());
    t.shared_mutex.async_lock(token());
    t.semaphore.async_acquire(token());
    t.notify.async_notified(token());
    t.barrier.async_wait(token());
    t.source.async_cancelled(token());
    t.group.async_join(token());
    t.selector.next()(token());
    t.let_go();
    CHECK(in_strand == 0);
    poll(other);
    CHECK(in_strand == 8);
    CHECK(t.is_free());
}

#if BOOST_VERSION >= 108200
TEST_CASE("tokens of locks: bind_immediate_executor says where the handler runs when it had not to wait") {
    taken t;
    t.let_go();
    int ran = 0;
    auto const token = [&ran] {
        return asio::bind_immediate_executor(asio::system_executor(), [&ran](auto&&...) { ++ran; });
    };
    t.mutex->async_lock(token());
    t.shared_mutex.async_lock_shared(token());
    t.semaphore.async_acquire(2, token());
    t.barrier.async_wait(token());
    t.source.async_cancelled(token());
    t.group.async_join(token());
    CHECK(ran == 6);
    CHECK(t.is_free());
    auto const held = t.mutex->try_lock();
    t.mutex->async_lock(token());
    poll(t.ctx);
    CHECK(ran == 6);
}
#endif

TEST_CASE("tokens of locks: every byte comes from the handler's allocator, and is back before it runs") {
    taken t;
    support::allocated bytes;
    int completed = 0;
    std::size_t in_handlers = 0;
    auto const start = [&](auto operation) {
        std::move(operation)(asio::bind_allocator(support::counting_allocator<void>(bytes), [&](auto&&...) {
            ++completed;
            in_handlers += bytes.now;
        }));
        CHECK(bytes.now != 0);
    };
    auto const check = [&](auto operation, auto let_go) {
        start(std::move(operation));
        poll(t.ctx);
        CHECK(completed == 0);
        let_go();
        poll(t.ctx);
        CHECK(std::exchange(completed, 0) == 1);
        CHECK(in_handlers == 0);
        CHECK(bytes.now == 0);
    };
    check(t.mutex->async_lock(), [&] { t.lock.unlock(); });
    check(t.shared_mutex.async_lock_shared(), [&] { t.write_lock.unlock(); });
    check(t.semaphore.async_acquire(), [&] { t.permit.release(); });
    check(t.notify.async_notified(), [&] { t.notify.notify_one(); });
    check(t.barrier.async_wait(), [&] { t.barrier.async_wait(asio::detached); });
    check(t.selector.next(), [&] { CHECK(t.channels.tx_a->try_send(1)); });
    check(t.group.async_join(), [&] { t.source.cancel(); });
}

TEST_CASE("tokens of locks: as_default_on brings a token of its own") {
    asio::io_context ctx;
    auto const ex = asio::use_awaitable_t<>::executor_with_default<asio::any_io_executor>(ctx.get_executor());
    asio::use_awaitable_t<>::as_default_on_t<weir::mutex> mutex(ex);
    asio::use_awaitable_t<>::as_default_on_t<weir::shared_mutex> shared_mutex(ex);
    asio::use_awaitable_t<>::as_default_on_t<weir::semaphore> semaphore(ex, 1);
    asio::use_awaitable_t<>::as_default_on_t<weir::notify> notify(ex);
    asio::use_awaitable_t<>::as_default_on_t<weir::barrier> barrier(ex, 1);
    asio::use_awaitable_t<>::as_default_on_t<weir::cancellation_source> source(ex);
    asio::use_awaitable_t<>::as_default_on_t<weir::task_group> group(ex);
    static_assert(std::is_same_v<decltype(mutex.async_lock()), asio::awaitable<weir::mutex_lock>>);
    static_assert(std::is_same_v<decltype(group.async_join()), asio::awaitable<void>>);
    bool ended = false;
    auto const all = [&]() -> asio::awaitable<void> {
        auto const lock = co_await mutex.async_lock();
        auto const read = co_await shared_mutex.async_lock_shared();
        auto const permit = co_await semaphore.async_acquire();
        notify.notify_one();
        co_await notify.async_notified();
        bool const leads = co_await barrier.async_wait();
        source.cancel();
        co_await source.token().async_cancelled();
        co_await group.async_join();
        ended = lock && read && permit && leads;
    };
    asio::co_spawn(ctx, all(), rethrow);
    poll(ctx);
    CHECK(ended);
}

} // namespace tokens_of_locks_test
