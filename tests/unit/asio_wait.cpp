// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/catch.hpp"
#include "support/values.hpp"

#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

// Operations of Asio's model in weir::task, and the executor that their handler has there.

namespace asio_wait_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::counted;
using weir::task;

namespace {

using pool_strand = asio::strand<asio::thread_pool::executor_type>;

/// An operation that `start(handler)` begins.
template <class Signature, class Start>
auto async_start(Start start) {
    return asio::deferred([start = std::move(start)]() mutable {
        return asio::async_initiate<asio::deferred_t const, Signature>(
            [start = std::move(start)](auto handler) mutable { start(std::move(handler)); }, asio::deferred);
    })();
}

} // namespace

TEST_CASE("asio wait: an operation that completes before it has been waited for") {
    asio::io_context ctx;
    int sum = 0;
    auto const add = [](int& total) -> task<void> {
        for (int i = 0; i != 1000; ++i) {
            auto once = async_start<void(int)>([i](auto handler) { std::move(handler)(i); });
            total += co_await std::move(once);
        }
    };
    weir::spawn(ctx, add(sum), asio::detached);
    ctx.run();
    CHECK(sum == 499'500);
}

TEST_CASE("asio wait: a completion on a foreign thread comes to where the task runs") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    int on_strand = 0;
    std::vector<std::thread> foreign;
    auto const wait = [](pool_strand ex, int& count, std::vector<std::thread>& threads) -> task<void> {
        for (int i = 0; i != 20; ++i) {
            auto elsewhere = async_start<void()>([&threads](auto handler) {
                threads.emplace_back([h = std::move(handler)]() mutable { std::move(h)(); });
            });
            co_await std::move(elsewhere);
            count += ex.running_in_this_thread() ? 1 : 0;
        }
    };
    weir::spawn(strand, wait(strand, on_strand, foreign), asio::detached);
    pool.join();
    for (auto& t : foreign) {
        t.join();
    }
    CHECK(on_strand == 20);
}

TEST_CASE("asio wait: the steps of a composed operation run where the task runs") {
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    asio::steady_timer timer(pool); // completes on any thread of the pool
    int steps_on_strand = 0;
    auto const compose = [](pool_strand ex, asio::steady_timer& t, int& count) -> task<void> {
        auto steps = asio::async_compose<asio::deferred_t const, void(boost::system::error_code)>(
            [&, left = 50](auto& self, boost::system::error_code ec = {}) mutable {
                count += ex.running_in_this_thread() ? 1 : 0;
                if (left-- == 0) {
                    self.complete(ec);
                    return;
                }
                t.expires_after(0s);
                t.async_wait(std::move(self));
            },
            asio::deferred, t);
        co_await std::move(steps);
    };
    weir::spawn(strand, compose(strand, timer, steps_on_strand), asio::detached);
    pool.join();
    CHECK(steps_on_strand == 51);
}

TEST_CASE("asio wait: results may be move-only, and functions on the handler's executor over-aligned") {
    struct alignas(64) wide {
        std::uint64_t value;
    };

    asio::io_context ctx;
    bool is_aligned = false;
    std::uint64_t sum = 0;
    auto const receive = [](bool& aligned, std::uint64_t& total) -> task<void> {
        auto typed = async_start<void(std::uint64_t, std::unique_ptr<std::uint64_t>)>([&](auto handler) {
            auto const ex = asio::get_associated_executor(handler);
            asio::post(ex, [&aligned, h = std::move(handler), w = wide{40}]() mutable {
                aligned = reinterpret_cast<std::uintptr_t>(&w) % alignof(wide) == 0;
                std::move(h)(w.value, std::make_unique<std::uint64_t>(2U));
            });
        });
        auto const [forty, two] = co_await std::move(typed);
        total = forty + *two;
    };
    weir::spawn(ctx, receive(is_aligned, sum), asio::detached);
    ctx.run();
    CHECK(is_aligned);
    CHECK(sum == 42);
}

TEST_CASE("asio wait: the handler's executor is one as Asio wants it") {
    asio::io_context ctx;

    struct seen {
        bool context = false;
        bool equal = false;
        bool other = true;
        std::vector<int> order;
    } result;

    auto const ask = [](asio::io_context& context, seen& out) -> task<void> {
        auto question = async_start<void()>([&](auto handler) {
            auto const ex = asio::get_associated_executor(handler);
            auto const never = asio::require(ex, asio::execution::blocking.never);
            asio::any_io_executor const erased = ex;
            out.context = &asio::query(ex, asio::execution::context) == &context;
            out.equal = ex == asio::require(never, asio::execution::blocking.possibly) && erased == erased;
            out.other = ex == never;
            asio::dispatch(ex, [&out] { out.order.push_back(1); }); // the task is running: not now
            asio::post(erased, [&out] { out.order.push_back(2); });
            out.order.push_back(0);
            asio::post(never, [&out, h = std::move(handler)]() mutable {
                out.order.push_back(3);
                auto const again = asio::get_associated_executor(h);
                asio::post(again, [&out] { out.order.push_back(5); });
                out.order.push_back(4);
                auto go_on = [handler = std::move(h)]() mutable { std::move(handler)(); };
                asio::post(again, std::move(go_on));
            });
        });
        co_await std::move(question);
        out.order.push_back(6);
    };
    weir::spawn(ctx, ask(ctx, result), asio::detached);
    ctx.run();
    CHECK(result.context);
    CHECK(result.equal);
    CHECK_FALSE(result.other);
    CHECK(result.order == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("asio wait: what a function on the handler's executor throws leaves run(), and the task goes on") {
    asio::io_context ctx;
    bool done = false;
    auto const wait = [](asio::io_context& context, bool& flag) -> task<void> {
        auto thrower = async_start<void()>([&context](auto handler) {
            auto const ex = asio::get_associated_executor(handler);
            asio::post(ex, [] { throw 7; });
            asio::post(context, [h = std::move(handler)]() mutable { std::move(h)(); });
        });
        co_await std::move(thrower);
        flag = true;
    };
    weir::spawn(ctx, wait(ctx, done), asio::detached);
    CHECK_THROWS_AS(ctx.run(), int);
    CHECK_FALSE(done);
    ctx.run();
    CHECK(done);
}

TEST_CASE("asio wait: what it waits for completes when the task's context has gone, and finds nobody") {
    auto ctx = std::make_unique<asio::io_context>();
    std::function<void()> complete;
    bool done = false;
    auto const wait = [](auto& completes, bool& flag) -> task<void> {
        auto keep = async_start<void()>([&](auto handler) {
            completes = [h = std::make_shared<decltype(handler)>(std::move(handler))] {
                asio::dispatch(std::move(*h));
            };
        });
        co_await std::move(keep);
        flag = true;
    };
    SECTION("of a loop") { weir::spawn(ctx->get_executor(), wait(complete, done), asio::detached); }
    SECTION("of a strand") { weir::spawn(*ctx, wait(complete, done), asio::detached); }
    ctx->poll();
    REQUIRE(complete);
    ctx.reset();
    complete();
    CHECK_FALSE(done);
}

TEST_CASE("asio wait: the handler is dropped, and the task goes with it") {
    asio::io_context ctx;
    std::exception_ptr thrown;
    auto const wait = [](asio::io_context& on, bool at_once, counted) -> task<void> {
        auto drop = async_start<void()>([&](auto handler) {
            if (!at_once) {
                asio::post(on, [h = std::move(handler)]() mutable { auto const gone = std::move(h); });
            }
        });
        co_await std::move(drop);
    };
    weir::spawn(ctx, wait(ctx, GENERATE(true, false), counted(0)),
                [&thrown](std::exception_ptr e) { thrown = std::move(e); });
    ctx.poll();
    CHECK(counted::alive() == 0);
    CHECK(ctx.stopped()); // nothing is left to be done
    REQUIRE(thrown);
    CHECK_THROWS_AS(std::rethrow_exception(thrown), boost::system::system_error);
}

TEST_CASE("asio wait: the handler is dropped after a cancellation that threw, and the task goes with it") {
    asio::io_context ctx;
    asio::cancellation_signal signal;
    std::function<void()> drop;
    std::exception_ptr thrown;
    auto const wait = [](std::function<void()>& dropper, counted) -> task<void> {
        auto stubborn = async_start<void()>([&](auto handler) {
            asio::get_associated_cancellation_slot(handler).assign([](asio::cancellation_type) { throw 7; });
            dropper = [h = std::make_shared<decltype(handler)>(std::move(handler))]() mutable { h.reset(); };
        });
        co_await std::move(stubborn);
    };
    weir::spawn(ctx, wait(drop, counted(0)),
                asio::bind_cancellation_slot(signal.slot(),
                                             [&thrown](std::exception_ptr e) { thrown = std::move(e); }));
    ctx.poll();
    signal.emit(asio::cancellation_type::terminal);
    CHECK_THROWS_AS(ctx.poll(), int);
    CHECK(counted::alive() == 1);
    drop();
    CHECK(counted::alive() == 0);
    ctx.poll();
    CHECK(thrown);
}

TEST_CASE("asio wait: the handler is dropped by another thread while the task is cancelled") {
    constexpr int rounds = 100;
    asio::thread_pool pool(2);
    std::atomic<int> ended{0};
    std::vector<std::thread> others;
    auto const strand = asio::make_strand(pool);
    auto const wait = [](std::vector<std::thread>& threads) -> task<void> {
        auto drop = async_start<void()>([&](auto handler) {
            threads.emplace_back([h = std::move(handler)]() mutable { auto const gone = std::move(h); });
        });
        co_await std::move(drop);
    };
    std::vector<asio::cancellation_signal> signals(rounds);
    asio::post(strand, [&] {
        for (auto& signal : signals) {
            weir::spawn(
                strand, wait(others),
                asio::bind_cancellation_slot(
                    signal.slot(), asio::bind_executor(strand, [&](std::exception_ptr) { ++ended; })));
            asio::post(strand, [&signal] { signal.emit(asio::cancellation_type::terminal); });
        }
    });
    pool.join();
    for (auto& t : others) {
        t.join();
    }
    CHECK(ended == rounds);
}

} // namespace asio_wait_test
