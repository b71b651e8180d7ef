// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/all_channels.hpp"
#include "support/catch.hpp"
#include "support/counting_threading.hpp"
#include "support/meddling_executor.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

// What channels do in corners that have no test elsewhere: long queues, odd values, executors that meddle.

namespace corners_test {

namespace asio = boost::asio;
namespace all = support::all_channels;
using support::counted;
using support::counting_threading;
using support::outcome;
using support::poll;
using support::throwing;
using support::work_of_cores;

namespace {

using executor = asio::io_context::executor_type;

/// An operation that can be cancelled.
struct cancellable {
    [[nodiscard]] auto handler() { return asio::bind_cancellation_slot(signal.slot(), done.handler()); }

    void cancel() { signal.emit(asio::cancellation_type::terminal); }

    outcome<> done;
    asio::cancellation_signal signal;
};

} // namespace

TEST_CASE("mpsc fairness: a thousand that wait for room send in the order in which they came") {
    bool const cancels = GENERATE(false, true); // each second of them
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
    CHECK(tx.try_send(-1));
    std::deque<cancellable> waiting;
    for (int n = 0; n != 1000; ++n) {
        tx.async_send(n, waiting.emplace_back().handler());
    }
    poll(ctx);
    for (std::size_t n = 0; n != waiting.size(); ++n) {
        if (cancels && n % 2 == 1) {
            waiting[n].cancel();
        }
    }
    CHECK(rx.try_receive() == -1);
    bool in_order = true;
    for (int n = 0; n < 1000; n += cancels ? 2 : 1) {
        in_order = in_order && !tx.try_send(-2); // nobody pushes in
        poll(ctx);
        in_order = in_order && rx.try_receive() == n;
    }
    CHECK(in_order);
    poll(ctx);
    CHECK_FALSE(rx.try_receive());
    CHECK(tx.capacity() == 1);
    auto const has_sent = [](cancellable const& w) { return w.done.is_success(); };
    CHECK(std::count_if(waiting.begin(), waiting.end(), has_sent) == (cancels ? 500 : 1000));
    CHECK(std::all_of(waiting.begin(), waiting.end(), [](auto const& w) { return w.done.calls() == 1; }));
}

namespace {

/// The most steps (locks and accesses of atomics) that one of `n` cancellations takes, in three orders.
template <class Start>
long most_steps(asio::io_context& ctx, int n, Start start) {
    long most = 0;
    for (int order = 0; order != 3; ++order) {
        std::deque<cancellable> waiting;
        for (int i = 0; i != n; ++i) {
            start(waiting.emplace_back());
        }
        poll(ctx);
        for (int i = 0; i != n; ++i) {
            int const outwards = i % 2 == 0 ? n / 2 + i / 2 : n / 2 - 1 - i / 2; // from the middle
            int const who = order == 0 ? i : order == 1 ? n - 1 - i : outwards;
            auto const before = work_of_cores().steps();
            waiting[static_cast<std::size_t>(who)].cancel();
            most = std::max(most, work_of_cores().steps() - before);
        }
        poll(ctx);
    }
    return most;
}

} // namespace

TEST_CASE("cancellation: one of ten thousand that wait takes as many steps as one of ten") {
    asio::io_context ctx;
    auto const queue = weir::mpsc::channel<int, counting_threading>(ctx.get_executor(), 1);
    auto tx = queue.first;
    CHECK(tx.try_send(1));
    auto const news = weir::broadcast::channel<int, counting_threading>(ctx.get_executor(), 1);
    auto news_tx = news.first;
    news_tx.send(1);
    auto const check = [&](char const* what, auto start) {
        INFO(what);
        long const few = most_steps(ctx, 10, start);
        CHECK(few > 0);
        CHECK(most_steps(ctx, 10'000, start) == few);
    };
    check("a send", [&](cancellable& c) { tx.async_send(2, c.handler()); });
    check("a wait for the close", [&](cancellable& c) { tx.async_closed(c.handler()); });
    check("a lossless send", [&](cancellable& c) { news_tx.async_send(2, c.handler()); });
}

#if defined(__SANITIZE_ADDRESS__)
// Steps through a list are no steps of the policy. But they touch memory, and AddressSanitizer tells of that.
TEST_CASE("cancellation: touches nobody of ten thousand that wait but those beside it and the first") {
    struct silent : weir::detail::waiter {
        void wake(weir::detail::wake_batch&) noexcept override {}

        [[nodiscard]] asio::any_io_executor executor() const override { return {}; }
    };

    struct alignas(64) request : weir::detail::slot_request {
        request() : slot_request(1, 0, true) {}
    };

    constexpr std::size_t n = 10'000;
    weir::detail::mpsc_core<int, weir::multi_threaded> core(1);
    CHECK(core.try_send(1, 0) == weir::detail::attempt::done);
    silent nobody;
    std::deque<request> queue(n);
    for (auto& r : queue) {
        core.request(r, nobody);
    }
    auto const forbid = [&](std::size_t i) { __asan_poison_memory_region(&queue[i], sizeof(request)); };
    auto const allow = [&](std::size_t i) { __asan_unpoison_memory_region(&queue[i], sizeof(request)); };
    for (std::size_t i = 0; i != n; ++i) {
        forbid(i);
    }
    for (std::size_t i = n - 2; i != 0; --i) { // backwards: all before it are still there
        std::array const touched{std::size_t{0}, i - 1, i, n - 1};
        std::for_each(touched.begin(), touched.end(), allow);
        core.withdraw(queue[i]);
        std::for_each(touched.begin(), touched.end(), forbid);
    }
    for (std::size_t i = 0; i != n; ++i) {
        allow(i);
    }
    core.withdraw(queue.front());
    core.withdraw(queue.back());
    core.abandon_receiver();
    core.close();
    SUCCEED();
}
#endif

TEST_CASE("coop: a loop over a channel that has ended, or always has something, lets others run") {
    all::with_all<counting_threading>([](auto& c) {
        int rounds = 0;
        bool stop = false;
        auto const loop = [](auto& rx, int& n, bool const& until) -> weir::task<void> {
            while (!until && n != 100'000) {
                (void)co_await rx.async_receive();
                ++n;
            }
        };
        c.tx.reset();
        weir::spawn(c.context->get_executor(), loop(*c.rx, rounds, stop), asio::detached);
        asio::post(*c.context, [&stop] { stop = true; });
        c.run();
        CHECK(rounds > 0);
        CHECK(rounds <= 2 * 128);
    });
    asio::io_context ctx;
    auto ends = weir::watch::channel<int>(ctx.get_executor(), 1);
    for (bool const is_there :
         {true, false}) { // a predicate that accepts, and one that refuses the last value
        int rounds = 0;
        bool stop = false;
        auto const waits = [&]() -> weir::task<void> {
            auto const test = [&](int) { return is_there; };
            while (!stop && rounds != 100'000) {
                auto const value = co_await ends.second.async_wait_for(test);
                rounds += value.has_value() == is_there ? 1 : 100'000;
            }
        };
        weir::spawn(ctx.get_executor(), waits(), asio::detached);
        asio::post(ctx, [&stop] { stop = true; });
        poll(ctx);
        CHECK(rounds > 0);
        CHECK(rounds <= 2 * 128);
        if (is_there) {
            auto const last = std::move(ends.first); // the end, for the second round
        }
    }
}

TEST_CASE("wake-ups: an executor that uses the channel when something is posted to it does not lock it up") {
    bool const by_closing = GENERATE(false, true);
    all::with_all<counting_threading>([&](auto& c) {
        std::function<void()> meddle;
        all::received got;
        outcome<> closed;
        support::meddling_executor const where{c.context->get_executor(), &meddle};
        c.rx->async_receive(asio::bind_executor(where, got.handler()));
        c.tx->async_closed(asio::bind_executor(where, closed.handler()));
        c.run();
        bool meddled = false;
        meddle = [&] {
            meddled = true;
            (void)all::send(*c.tx, 2);
            (void)(by_closing || c.rx->try_receive());
        };
        if (by_closing) {
            c.rx.reset();
        } else {
            CHECK(all::send(*c.tx, 1));
        }
        CHECK(meddled);
        c.rx.reset();
        c.run();
        CHECK(got.calls() == 1);
        CHECK(closed.is_success());
    });
}

TEST_CASE("watch contexts: five receivers on five loops all see the value, each on its own") {
    std::array<asio::io_context, 5> loops;
    auto ends = weir::watch::channel<int>(loops[0].get_executor(), 0);
    std::vector<weir::watch::receiver<int, executor>> receivers(5, ends.second);
    std::array<outcome<std::optional<int>>, 5> got;
    for (std::size_t n = 0; n != 5; ++n) {
        receivers[n].async_receive(asio::bind_executor(loops[n].get_executor(), got[n].handler()));
        poll(loops[n]);
    }
    ends.first.send(1);
    for (std::size_t n = 5; n-- != 0;) {
        CHECK(got[n].is_pending());
        poll(loops[n]);
        CHECK(got[n].value() == 1);
    }
}

namespace {

struct empty {
    explicit empty(int) {}

    [[nodiscard]] static bool is(int) { return true; }
};

struct alignas(64) aligned {
    explicit aligned(int n) : number(n) {}

    aligned(aligned const& other) noexcept : number(other.number) {} // by which it is no mere bytes

    [[nodiscard]] bool is(int n) const {
        return number == n && reinterpret_cast<std::uintptr_t>(this) % 64 == 0;
    }

    int number;
};

struct page {
    explicit page(int n) { numbers.fill(n); }

    [[nodiscard]] bool is(int n) const {
        return std::all_of(numbers.begin(), numbers.end(), [n](int i) { return i == n; });
    }

    std::array<int, 1024> numbers;
};

/// A value through a channel: to a receive that waits, to one that comes later, to nobody.
template <class Ends>
void pass_through(asio::io_context& ctx, Ends ends, int values) {
    using value = typename Ends::first_type::value_type;
    auto const send = [&](int n) {
        value v(n);
        if constexpr (requires { ends.first.try_send(std::move(v)); }) {
            return ends.first.try_send(std::move(v));
        } else {
            return static_cast<bool>(ends.first.send(std::move(v)));
        }
    };
    outcome<std::optional<value>> got;
    ends.second.async_receive(got.handler());
    poll(ctx);
    CHECK(send(1));
    poll(ctx);
    REQUIRE(got.is_success());
    CHECK(got.value()->is(1));
    if (values > 1) {
        CHECK(send(2));
        auto const late = ends.second.try_receive();
        REQUIRE(late);
        CHECK(late->is(2));
        CHECK(send(3));
    }
}

} // namespace

TEST_CASE("values: empty, over-aligned, large") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    auto const with = [&]<class T>(std::type_identity<T>) {
        pass_through(ctx, weir::mpsc::channel<T>(ex, 3), 3);
        pass_through(ctx, weir::mpsc::unbounded_channel<T>(ex), 3);
        pass_through(ctx, weir::oneshot::channel<T>(ex), 1);
        pass_through(ctx, weir::broadcast::channel<T>(ex, 3), 3);
        pass_through(ctx, weir::watch::channel<T>(ex, T(0)), 3);
    };
    with(std::type_identity<empty>{});
    with(std::type_identity<aligned>{});
    with(std::type_identity<page>{});
}

TEST_CASE(
    "values: what a move throws in a receive with a handler comes out of the loop, the channel works on") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    {
        auto queue = weir::mpsc::channel<throwing>(ex, 1);
        auto once = weir::oneshot::channel<throwing>(ex);
        outcome<std::optional<throwing>> lost;
        CHECK(queue.first.try_emplace(1));
        queue.second.async_receive(lost.handler());
        throwing::throw_in_move(1);
        CHECK_THROWS_AS(poll(ctx), std::runtime_error);
        CHECK(lost.is_pending());
        CHECK(queue.first.capacity() == 1); // the value is gone, its slot is free
        outcome<std::optional<throwing>> next;
        queue.second.async_receive(next.handler());
        CHECK(queue.first.try_emplace(2));
        poll(ctx);
        CHECK(next.value()->value() == 2);
        CHECK(once.first.send(throwing(3)));
        once.second.async_receive(lost.handler());
        throwing::throw_in_move(1);
        CHECK_THROWS_AS(poll(ctx), std::runtime_error);
        CHECK_FALSE(once.second.try_receive());
    }
    CHECK(throwing::alive() == 0);
}

TEST_CASE("values: a waiting send whose value throws has sent nothing, and holds up neither side") {
    asio::io_context ctx;
    bool const receives = GENERATE(false, true);
    {
        auto [tx, rx] = weir::mpsc::channel<throwing>(ctx.get_executor(), 1);
        CHECK(tx.try_emplace(1));
        outcome<> lost;
        outcome<> sent;
        outcome<std::optional<throwing>> got;
        tx.async_send(throwing(2), lost.handler());
        tx.async_send(throwing(3), sent.handler());
        poll(ctx);
        CHECK(rx.try_receive()->value() == 1); // the slot is the first one's
        if (receives) {
            rx.async_receive(got.handler());
        }
        throwing::throw_in_move(1);
        CHECK_THROWS_AS(poll(ctx), std::runtime_error);
        CHECK(lost.is_pending());
        poll(ctx);
        if (!receives) {
            CHECK_FALSE(rx.try_receive());
            poll(ctx);
            rx.async_receive(got.handler());
            poll(ctx);
        }
        CHECK(sent.is_success());
        REQUIRE(got.is_success());
        CHECK(got.value()->value() == 3);
        CHECK(tx.capacity() == 1);
        CHECK(tx.strong_count() == 1);
    }
    CHECK(throwing::alive() == 0);
}

TEST_CASE("mpsc weak: an actor that keeps only a weak way to itself ends with its last client") {
    asio::io_context ctx;
    auto ends = weir::mpsc::channel<int>(ctx.get_executor(), 4);
    std::vector<int> seen;
    bool ended = false;
    auto const actor = [&](auto self, auto inbox) -> weir::task<void> {
        while (auto const n = co_await inbox.async_receive()) {
            seen.push_back(*n);
            if (auto again = self.upgrade(); again && *n > 0) {
                co_await again->async_send(*n - 1);
            }
        }
        ended = true;
    };
    weir::spawn(ctx.get_executor(), actor(ends.first.downgrade(), std::move(ends.second)), asio::detached);
    CHECK(ends.first.try_send(2));
    poll(ctx);
    CHECK_FALSE(ended);
    { auto const last = std::move(ends.first); }
    poll(ctx);
    CHECK(ended);
    CHECK(seen == std::vector<int>{2, 1, 0});
}

} // namespace corners_test
