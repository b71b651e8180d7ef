// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/watch.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

// A context is destroyed while everything waits on it: nothing of it runs, nothing leaks (AddressSanitizer and the
// counted values look), and the handles that are left can be used and destroyed.

namespace context_death_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
using support::bare;
using support::counted;
using support::outcome;
using support::poll;
using weir::task;

namespace {

/// A context of each kind, and the executor on it that is used.
struct loop {
    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>();

    auto executor() { return context->get_executor(); }

    void settle() { context->poll(); }
};

struct loop_strand : loop {
    asio::strand<asio::io_context::executor_type> executor() { return asio::make_strand(*context); }
};

struct pool {
    std::unique_ptr<asio::thread_pool> context = std::make_unique<asio::thread_pool>(1);

    auto executor() { return context->get_executor(); }

    /// Runs behind all that was posted before.
    void settle() {
        for (int n = 0; n != 3; ++n) {
            asio::post(*context, asio::use_future).get();
        }
    }
};

struct pool_strand : pool {
    asio::strand<asio::thread_pool::executor_type> executor() { return asio::make_strand(*context); }
};

/// A context of any kind, so that what is tested on all of them is compiled once.
struct any_context {
    std::function<asio::any_io_executor()> executor;
    std::function<void()> settle;
    std::function<void()> destroy;
    bool is_stepped; // nothing runs on it by itself
};

template <class Where>
any_context erase() {
    auto const where = std::make_shared<Where>();
    return {[where] { return asio::any_io_executor(where->executor()); }, [where] { where->settle(); },
            [where] { where->context.reset(); }, std::is_base_of_v<loop, Where>};
}

/// Runs the test case once on each.
any_context each_context() {
    return GENERATE(&erase<loop>, &erase<loop_strand>, &erase<pool>, &erase<pool_strand>)();
}

/// Both channels, full or empty as an operation needs it in order to wait.
struct channels {
    explicit channels(asio::any_io_executor const& ex)
        : full(mpsc::channel<counted>(ex, 1)),
          idle(mpsc::channel<counted>(ex, 1)),
          one(oneshot::channel<counted>(ex)) {
        CHECK(full.first.try_send(counted(1)));
    }

    std::pair<mpsc::sender<counted>, mpsc::receiver<counted>> full;
    std::pair<mpsc::sender<counted>, mpsc::receiver<counted>> idle;
    std::pair<oneshot::sender<counted>, oneshot::receiver<counted>> one;
    std::vector<counted> out;

    /// What is left of them works without the context.
    void check_usable() {
        CHECK(full.second.try_receive()->value() == 1);
        CHECK(full.first.try_send(counted(2)));
        CHECK(full.second.try_receive()->value() == 2);
        CHECK(idle.first.try_send(counted(3)));
        CHECK(idle.second.try_receive()->value() == 3);
        CHECK(one.first.send(counted(4)));
        CHECK(one.second.try_receive()->value() == 4);
        one.second.close();
        CHECK(one.first.is_closed());
        idle.second.close();
        CHECK_FALSE(idle.first.try_send(counted(5)));
        auto const copy = full.first;
        auto const weak = copy.downgrade();
        CHECK(weak.upgrade());
    }
};

/// Starts every kind of operation of `c` by `start`.
template <class Start>
void start_all(channels& c, Start start) {
    start(c.full.first.async_send(counted(10)));
    start(c.full.first.async_reserve());
    start(c.full.first.async_reserve_many(1));
    start(c.full.first.async_closed());
    start(c.idle.second.async_receive());
    start(c.one.second.async_receive());
    start(c.one.first.async_closed());
}

/// Lives in what waits; tells if it runs on.
struct witness {
    counted alive{0};
    int* ran;
};

} // namespace

TEST_CASE("context death: handlers that wait are destroyed and not run") {
    int ran = 0;
    {
        any_context const where = each_context();
        channels c(where.executor());
        start_all(c, [&](auto operation) {
            std::move(operation)([w = witness{counted(0), &ran}](auto&&...) { ++*w.ran; });
        });
        where.settle();
        c.idle.second.async_receive_many(c.out, 2, [&](weir::error_code, std::size_t) {}); // busy
        where.destroy();
        CHECK(counted::alive() == 1);
        c.check_usable();
    }
    CHECK(ran == 0);
    CHECK(counted::alive() == 0);
}

TEMPLATE_TEST_CASE("context death: tasks that wait are destroyed and not run", "", loop, loop_strand, pool,
                   pool_strand) {
    int ran = 0;
    {
        TestType where;
        channels c(where.executor());
        start_all(c, [&](auto operation) {
            auto const wait = [](auto op, witness w) -> task<void> {
                co_await std::move(op);
                ++*w.ran;
            };
            auto const outer = [wait](auto op, witness w) -> task<void> {
                auto inner = wait(std::move(op), witness{counted(0), w.ran});
                co_await std::move(inner);
                ++*w.ran;
            };
            weir::spawn(where.executor(), outer(std::move(operation), witness{counted(0), &ran}),
                        asio::detached);
        });
        where.settle();
        where.context.reset();
        CHECK(counted::alive() == 1);
        c.check_usable();
    }
    CHECK(ran == 0);
    CHECK(counted::alive() == 0);
}

TEST_CASE("context death: an asio::awaitable that waits is destroyed and not run") {
    int ran = 0;
    {
        any_context const where = each_context();
        channels c(where.executor());
        start_all(c, [&](auto operation) {
            auto const wait = [](auto op, witness w) -> asio::awaitable<void> {
                co_await std::move(op);
                ++*w.ran;
            };
            asio::co_spawn(where.executor(), wait(std::move(operation), witness{counted(0), &ran}),
                           asio::detached);
        });
        where.settle();
        where.destroy();
        CHECK(counted::alive() == 1);
        c.check_usable();
    }
    CHECK(ran == 0);
    CHECK(counted::alive() == 0);
}

TEST_CASE("context death: of contexts that stand in the same place, each destroys what waits on it") {
    int ran = 0;
    std::optional<asio::io_context> context;
    for (int n = 0; n != 3; ++n) {
        context.emplace();
        auto [tx, rx] = mpsc::channel<counted>(context->get_executor(), 1);
        rx.async_receive(
            [w = witness{counted(n), &ran}](weir::error_code, std::optional<counted>) { ++*w.ran; });
        context->poll();
        CHECK(counted::alive() == 1);
        context.reset();
        CHECK(counted::alive() == 0);
    }
    CHECK(ran == 0);
}

TEST_CASE("context death: a coroutine of somebody else is not run, and can be destroyed by its owner") {
    int ran = 0;
    {
        any_context const where = each_context();
        channels c(where.executor());
        std::vector<bare> waiting;
        start_all(c, [&](auto operation) {
            auto const wait = [](auto op, witness w) -> bare {
                co_await std::move(op);
                ++*w.ran;
            };
            waiting.push_back(wait(std::move(operation), witness{counted(0), &ran}));
        });
        where.settle();
        where.destroy();
        CHECK(c.full.second.try_receive()); // wakes some of them, in vain
        CHECK(c.idle.first.try_send(counted(3)));
        CHECK(c.one.first.send(counted(4)));
        CHECK(ran == 0);
        for (auto const& w : waiting) {
            CHECK_FALSE(w.is_done());
        }
        waiting.clear();
        CHECK(counted::alive() == 2); // nobody has taken them
        CHECK(c.full.first.capacity() == 1);
    }
    CHECK(counted::alive() == 0);
}

TEMPLATE_TEST_CASE("context death: the handles go with what waits in it", "", loop, loop_strand, pool,
                   pool_strand) {
    {
        TestType where;
        auto [tx, rx] = mpsc::channel<counted>(where.executor(), 1);
        mpsc::sender<counted> const sender = tx;
        auto const receive = [](mpsc::receiver<counted> from) -> task<void> {
            while (co_await from.async_receive()) {
            }
        };
        auto const send = [](mpsc::sender<counted> to) -> task<void> {
            co_await to.async_emplace(1);
            co_await to.async_closed();
        };
        weir::spawn(where.executor(), receive(std::move(rx)), asio::detached);
        weir::spawn(where.executor(), send(std::move(tx)), asio::detached);
        where.settle();
        where.context.reset();
        CHECK(sender.is_closed());
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("context death: what was woken and had not yet run") {
    int ran = 0;
    {
        loop where;
        channels c(where.executor());
        start_all(c, [&](auto operation) {
            std::move(operation)([w = witness{counted(0), &ran}](auto&&...) { ++*w.ran; });
        });
        where.settle();
        CHECK(c.full.second.try_receive());
        CHECK(c.idle.first.try_send(counted(7)));
        CHECK(c.one.first.send(counted(8)));
        where.context.reset();
        CHECK(ran == 0);
        CHECK(c.idle.second.try_receive()->value() == 7); // nobody has taken it
        CHECK(c.one.second.try_receive()->value() == 8);
        CHECK(c.full.first.capacity() == 1); // the slot came back from who had been given it
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("context death: waits for a thread that still posts, though what it woke has run already") {
    auto ctx = std::make_unique<asio::io_context>();
    auto const registry = weir::detail::context_registry::of(*ctx);
    std::atomic<bool> is_going{false};
    std::atomic<bool> has_posted{false};
    registry->begin_post();
    std::thread poster([&] {
        while (!is_going) {
            std::this_thread::yield();
        }
        for (int i = 0; i != 100; ++i) { // what does not wait has gone by then
            std::this_thread::yield();
        }
        has_posted = true;
        registry->end_post();
    });
    is_going = true;
    ctx.reset();
    CHECK(has_posted);
    poster.join();
}

TEST_CASE("context death: a task that waits for a timer of another context goes with either") {
    bool const tasks_first = GENERATE(false, true);
    {
        loop tasks;
        loop timers;
        auto const wait = [](asio::io_context& on, counted held) -> task<void> {
            asio::steady_timer timer(on, std::chrono::hours(held.value()));
            co_await timer.async_wait(asio::deferred);
        };
        auto const outer = [&](asio::io_context& on) -> task<void> { co_await wait(on, counted(1)); };
        weir::spawn(tasks.executor(), outer(*timers.context), asio::detached);
        tasks.settle();
        CHECK(counted::alive() != 0);
        if (tasks_first) {
            tasks.context.reset();
            timers.settle(); // calls the handler, which finds nobody
        } else {
            timers.context.reset();
        }
        CHECK(counted::alive() == 0);
    }
    CHECK(counted::alive() == 0);
}

TEMPLATE_TEST_CASE("context death: the channel's context goes, the handler's stays", "", loop, loop_strand,
                   pool, pool_strand) {
    asio::io_context handlers;
    outcome<std::optional<counted>> got;
    outcome<> closed;
    {
        TestType where;
        auto [tx, rx] = mpsc::channel<counted>(where.executor(), 1);
        auto [strand_tx, strand_rx] = mpsc::channel<counted>(*where.context, 1); // on a strand of its own
        rx.async_receive(asio::bind_executor(handlers.get_executor(), got.handler()));
        strand_tx.async_closed(asio::bind_executor(handlers.get_executor(), closed.handler()));
        poll(handlers);
        where.context.reset();
        CHECK(tx.try_send(counted(5)));
        strand_rx.close();
        poll(handlers);
        CHECK(got.is_success());
        CHECK(got.value()->value() == 5);
        CHECK(closed.is_success());
    }
    CHECK(handlers.stopped());
}

TEST_CASE("context death: a spawn whose handler lives elsewhere, either going first") {
    bool const handlers_first = GENERATE(true, false);
    bool const ended = GENERATE(true, false);
    {
        loop tasks;
        loop handlers;
        auto const work = [](counted, bool wait) -> task<int> {
            if (wait) {
                asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
                co_await timer.async_wait(asio::deferred);
            }
            co_return 1;
        };
        int calls = 0;
        bool has_failed = false;
        weir::spawn(*tasks.context, work(counted(1), !ended),
                    asio::bind_executor(handlers.executor(), [&, w = counted(2)](std::exception_ptr e, int) {
                        ++calls;
                        has_failed = e != nullptr;
                    }));
        tasks.settle();
        (handlers_first ? handlers : tasks).context.reset();
        (handlers_first ? tasks : handlers).settle();
        CHECK(calls == (handlers_first ? 0 : 1)); // a task that went with its context is told as aborted
        CHECK(has_failed == (!handlers_first && !ended));
    }
    CHECK(counted::alive() == 0);
}

namespace {

/// A broadcast and a watch channel, as their operations need them in order to wait.
struct observed {
    explicit observed(asio::any_io_executor const& ex)
        : news(weir::broadcast::channel<counted>(ex, 1)),
          latest(weir::watch::channel<counted>(ex, counted(1))) {
        news.first.send(counted(1));
        (void)idle.try_receive(); // news.second has it still to see
    }

    /// Starts every kind of operation by start(operation, a handle of its channel).
    template <class Start>
    void start_all(Start start) {
        start(news.first.async_send(counted(2)), news.second); // waits for news.second
        start(idle.async_receive(), idle);
        start(news.first.async_closed(), news.second);
        start(latest.second.async_receive(), latest.second);
        start(other.async_wait_for([](counted const& c) { return c.value() == 3; }), other);
        start(latest.first.async_closed(), other);
    }

    void check_usable() {
        CHECK(news.first.receiver_count() == 2);
        CHECK(latest.first.receiver_count() == 2);
        CHECK(news.first.send(counted(5)) == 2);
        CHECK(news.second.try_receive()->value() == 5);
        CHECK(idle.try_receive()->value() == 5);
        CHECK(latest.first.send(counted(6)));
        CHECK(latest.second.try_receive()->value() == 6);
        CHECK(other.try_receive()->value() == 6);
        auto const copy = latest.second;
        auto const again = news.second.resubscribe();
        CHECK(news.first.receiver_count() == 3);
    }

    std::pair<weir::broadcast::sender<counted>, weir::broadcast::receiver<counted>> news;
    weir::broadcast::receiver<counted> idle = news.first.subscribe();
    std::pair<weir::watch::sender<counted>, weir::watch::receiver<counted>> latest;
    weir::watch::receiver<counted> other = latest.second;
};

} // namespace

TEST_CASE("context death: what waits on broadcast and watch is destroyed and not run, handles work on") {
    bool const in_tasks = GENERATE(false, true);
    bool const is_woken = GENERATE(false, true);
    int ran = 0;
    {
        any_context const where = each_context();
        observed c(where.executor());
        auto const wait = [](auto op, auto handle, witness w) -> task<void> { // keeps the handle
            co_await std::move(op);
            *w.ran += 1 + static_cast<int>(handle.is_closed());
        };
        c.start_all([&](auto operation, auto const& handle) {
            witness w{counted(0), &ran};
            if (in_tasks) {
                weir::spawn(where.executor(), wait(std::move(operation), handle, std::move(w)),
                            asio::detached);
            } else {
                std::move(operation)([held = std::move(w), handle](auto&&...) { ++*held.ran; });
            }
        });
        where.settle();
        if (is_woken && where.is_stepped) {
            CHECK(c.news.second.try_receive()); // lets the sender send
            CHECK(c.latest.first.send(counted(3)));
        }
        where.destroy();
        CHECK(counted::alive() == (is_woken && where.is_stepped ? 1 : 2));
        c.check_usable();
    }
    CHECK(ran == 0);
    CHECK(counted::alive() == 0);
}

} // namespace context_death_test
