// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/catch.hpp"
#include "support/values.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// Each scene is played again and again, and left after one handler more each time: either the context is destroyed
// first and the handles after it, or the handles go while everything waits. Nothing may be left of the values, the
// frames or the operations (AddressSanitizer looks for the latter two), and nothing may run afterwards.

namespace abandoned_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
namespace broadcast = weir::broadcast;
using namespace std::chrono_literals;
using support::counted;
using weir::task;

namespace {

using executor = asio::io_context::executor_type;

/// Four values through a channel of one slot.
struct through_mpsc {
    explicit through_mpsc(executor const& ex) : ends(mpsc::channel<counted>(ex, 1)) {
        weir::spawn(ex, send(*ends.first), asio::detached);
        weir::spawn(ex, receive(ends.second), asio::detached);
    }

    static task<void> send(mpsc::sender<counted, executor> tx) {
        for (int n = 0; n != 4; ++n) {
            auto slot = co_await tx.async_reserve();
            std::move(*slot).send(counted(n));
            co_await tx.async_emplace(n);
        }
    }

    static task<void> receive(std::optional<mpsc::receiver<counted, executor>>& rx) {
        std::vector<counted> out;
        while (auto value = co_await rx->async_receive()) {
            out.push_back(std::move(*value));
            out.clear();
            co_await rx->async_receive_many(out, 3);
        }
    }

    struct pair {
        explicit pair(std::pair<mpsc::sender<counted, executor>, mpsc::receiver<counted, executor>> both)
            : first(std::move(both.first)), second(std::move(both.second)) {}

        std::optional<mpsc::sender<counted, executor>> first;
        std::optional<mpsc::receiver<counted, executor>> second;
    } ends;
};

/// Four values each from two senders to two receivers of one queue.
struct through_mpmc {
    explicit through_mpmc(executor const& ex) : ends(weir::mpmc::channel<counted>(ex, 1)) {
        for (int n = 0; n != 2; ++n) {
            weir::spawn(ex, send(ends.first), asio::detached);
            weir::spawn(ex, receive(ends.second), asio::detached);
        }
    }

    static task<void> send(weir::mpmc::sender<counted, executor> tx) {
        for (int n = 0; n != 2; ++n) {
            auto slot = co_await tx.async_reserve();
            std::move(*slot).send(counted(n));
            co_await tx.async_emplace(n);
        }
    }

    static task<void> receive(weir::mpmc::receiver<counted, executor> rx) {
        std::vector<counted> out;
        while (auto value = co_await rx.async_receive()) {
            out.push_back(std::move(*value));
            out.clear();
            auto other = rx;
            co_await weir::select(weir::on(other, [&out](counted v) { out.push_back(std::move(v)); }),
                                  weir::on(rx, [&out](counted v) { out.push_back(std::move(v)); }));
        }
    }

    std::pair<weir::mpmc::sender<counted, executor>, weir::mpmc::receiver<counted, executor>> ends;
};

/// A question by mpsc, the answer by oneshot.
struct question {
    counted what;
    oneshot::sender<counted, executor> reply;
};

struct ask_and_answer {
    explicit ask_and_answer(executor const& ex) : ends(mpsc::channel<question>(ex, 2)) {
        weir::spawn(ex, ask(ex, ends.first), asio::detached);
        weir::spawn(ex, answer(ends.second), asio::detached);
    }

    static task<void> ask(executor ex, mpsc::sender<question, executor>& to) {
        for (int n = 0; n != 3; ++n) {
            auto [tx, rx] = oneshot::channel<counted>(ex);
            question q{counted(n), std::move(tx)};
            co_await to.async_send(std::move(q));
            auto const reply = co_await weir::timeout(1h, rx.async_receive());
            CHECK(reply->value() == n);
        }
    }

    static task<void> answer(mpsc::receiver<question, executor>& from) {
        while (auto q = co_await from.async_receive()) {
            CHECK(q->reply.send(std::move(q->what)));
        }
    }

    std::pair<mpsc::sender<question, executor>, mpsc::receiver<question, executor>> ends;
};

/// A select over three channels and a timer, in tasks that await one another.
struct select_of_four {
    explicit select_of_four(executor const& ex)
        : data(mpsc::channel<counted>(ex, 1)),
          news(broadcast::channel<counted>(ex, 2)),
          end(oneshot::channel<counted>(ex)) {
        weir::spawn(ex, outer(*this), asio::detached);
        weir::spawn(ex, feed(*this), asio::detached);
    }

    static task<void> outer(select_of_four& s) {
        counted const held(0);
        co_await loop(s);
    }

    static task<void> loop(select_of_four& s) {
        std::optional<counted> last;
        bool running = true;
        while (running) {
            auto const take = [&](counted c) { last.emplace(std::move(c)); };
            auto const stop = [&](counted) { running = false; };
            auto const tick = [] {};
            co_await weir::select(weir::on(s.end.second, stop), weir::on(s.data.second, take),
                                  weir::on(s.news.second, take), weir::after(1h, tick));
        }
    }

    static task<void> feed(select_of_four& s) {
        for (int n = 0; n != 3; ++n) {
            co_await s.data.first.async_emplace(n);
            co_await s.news.first.async_emplace(n);
        }
        counted stop(9);
        CHECK(s.end.first.send(std::move(stop)));
    }

    std::pair<mpsc::sender<counted, executor>, mpsc::receiver<counted, executor>> data;
    std::pair<broadcast::sender<counted, executor>, broadcast::receiver<counted, executor>> news;
    std::pair<oneshot::sender<counted, executor>, oneshot::receiver<counted, executor>> end;
};

/// The same channel between an asio::awaitable and bare handlers.
struct through_asio {
    explicit through_asio(executor const& ex) : ends(mpsc::channel<counted>(ex, 1)) {
        asio::co_spawn(ex, receive(ends.second), asio::detached);
        for (int n = 0; n != 5; ++n) {
            ends.first.async_send(counted(n), [held = counted(n)](weir::error_code) {});
        }
    }

    static asio::awaitable<void> receive(mpsc::receiver<counted, executor>& rx) {
        for (int n = 0; n != 5; ++n) {
            auto const value = co_await rx.async_receive();
            CHECK(value->value() == n);
        }
    }

    std::pair<mpsc::sender<counted, executor>, mpsc::receiver<counted, executor>> ends;
};

/// A task that waits for tasks that it spawns; the inner ones are left when the outer one goes.
struct spawn_in_spawn {
    explicit spawn_in_spawn(executor const& ex) : ends(mpsc::channel<counted>(ex, 1)) {
        weir::spawn(ex, outer(ex, ends.first, ends.second), asio::detached);
    }

    static task<int> take(mpsc::receiver<counted, executor>& rx) {
        auto const value = co_await rx.async_receive();
        co_return value->value();
    }

    static task<void> outer(executor ex, mpsc::sender<counted, executor>& tx,
                            mpsc::receiver<counted, executor>& rx) {
        for (int n = 0; n != 3; ++n) {
            counted const held(n);
            asio::post(ex, [&tx, n] { CHECK(tx.try_send(counted(n))); });
            auto inner = take(rx);
            int const taken = co_await weir::spawn(ex, std::move(inner));
            CHECK(taken == n);
        }
    }

    std::pair<mpsc::sender<counted, executor>, mpsc::receiver<counted, executor>> ends;
};

/// Three who wait for each of weir's locks, one in a selector, and an end by cancellation.
struct under_locks {
    static constexpr int workers = 3;

    explicit under_locks(executor const& ex)
        : mutex(ex), table(ex), permits(ex, workers), changed(ex), round(ex, workers), source(ex) {
        for (int n = 0; n != workers; ++n) {
            weir::spawn(ex, work(*this, n), asio::detached);
        }
        weir::spawn(ex, look_on(*this), asio::detached);
    }

    /// Whoever went has given back what it held, and has left the queues.
    ~under_locks() {
        CHECK(mutex.try_lock());
        CHECK(table.try_lock());
        CHECK(permits.try_acquire(workers));
    }

    static task<void> work(under_locks& s, int n) {
        counted const mine(n);
        for (int again = 0; again != 2; ++again) {
            auto lock = co_await s.mutex.async_lock();
            auto const permit = co_await weir::timeout(1h, s.permits.async_acquire(2));
            co_await asio::post(asio::deferred);
            lock.unlock();
            {
                auto write = co_await s.table.async_lock();
                co_await asio::post(asio::deferred);
                auto const read = std::move(write).downgrade();
                auto const other = co_await s.table.async_lock_shared();
            }
            s.changed.notify_one();
            co_await s.changed.async_notified();
        }
        if (co_await s.round.async_wait()) {
            s.source.cancel();
        }
    }

    static task<void> look_on(under_locks& s) {
        counted const mine(9);
        bool running = true;
        auto const stop = [&] { running = false; };
        auto const take = [](weir::mutex_lock) {};
        weir::selector loop{weir::on(s.source.async_cancelled(), stop), weir::on(s.mutex.async_lock(), take),
                            weir::after(1h, [] {})};
        while (running) {
            co_await loop.next();
        }
    }

    weir::mutex mutex;
    weir::shared_mutex table;
    weir::semaphore permits;
    weir::notify changed;
    weir::barrier round;
    weir::cancellation_source source;
};

} // namespace

TEMPLATE_TEST_CASE("abandoned after any number of steps: the context first, then the handles", "",
                   through_mpsc, through_mpmc, ask_and_answer, select_of_four, through_asio, spawn_in_spawn,
                   under_locks) {
    int steps = 0;
    for (bool finished = false; !finished; ++steps) {
        auto ctx = std::make_unique<asio::io_context>();
        auto scene = std::make_unique<TestType>(ctx->get_executor());
        int done = 0;
        while (done != steps && ctx->poll_one() != 0) {
            ++done;
        }
        finished = done != steps;
        ctx.reset();
        scene.reset();
        CHECK(counted::alive() == 0);
    }
    CHECK(steps > 5);
}

TEST_CASE("abandoned after any number of steps: the ends of a channel under its operations") {
    bool const receiver_first = GENERATE(true, false);
    int steps = 0;
    for (bool finished = false; !finished; ++steps) {
        asio::io_context ctx;
        through_mpsc scene(ctx.get_executor());
        int done = 0;
        while (done != steps && ctx.poll_one() != 0) {
            ++done;
        }
        finished = done != steps;
        // The task looks at the receiver again after it has been told that it is gone.
        if (receiver_first) {
            scene.ends.second->close();
        } else {
            scene.ends.first.reset();
        }
        ctx.restart();
        ctx.run();
        scene.ends.first.reset();
        ctx.restart();
        ctx.run();
        scene.ends.second.reset();
        CHECK(counted::alive() == 0);
    }
    CHECK(steps > 5);
}

} // namespace abandoned_test
