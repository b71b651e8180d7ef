// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// A select as an operation: its cases' operations and their errors, cancellation, tokens, handlers that throw, being
// abandoned, and threads.

namespace select_waiting_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
namespace mpsc = weir::mpsc;
using namespace std::chrono_literals;
using support::counted;
using support::full_and_idle;
using support::nothing;
using support::outcome;
using support::poll;
using selected = outcome<std::size_t>;

namespace {

using executor = asio::io_context::executor_type;
} // namespace

TEST_CASE("select operations: one that can complete runs with its results, one that loses has done nothing") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    int sent = 0;
    int reserved = 0;
    selected end;
    weir::select(weir::on(c.full.first.async_send(2), [&] { ++sent; }),
                 weir::on(c.full.first.async_reserve(),
                          [&](mpsc::permit<int, executor> p) {
                              ++reserved;
                              std::move(p).send(3);
                          }),
                 weir::on(c.idle.second, nothing))(end.handler());
    poll(ctx);
    CHECK(end.is_pending());
    SECTION("a slot becomes free") {
        CHECK(c.full.second.try_receive() == 1);
        poll(ctx);
        REQUIRE(end.is_success());
        CHECK(sent + reserved == 1);
        CHECK(c.full.second.try_receive() == (sent == 1 ? 2 : 3));
    }
    SECTION("another case wins, also if a slot was promised to it") {
        CHECK(c.idle.first.try_send(9));
        SECTION("not promised") {}
        SECTION("promised") { CHECK(c.full.second.try_receive() == 1); }
        poll(ctx);
        REQUIRE(end.is_success());
        if (end.value() == 2) {
            CHECK(sent + reserved == 0);
            (void)c.full.second.try_receive();
        }
    }
    (void)c.full.second.try_receive();
    CHECK(c.full.first.capacity() == 1); // no slot has been lost
    CHECK(c.full.second.empty());
}

TEST_CASE("select operations: a lossless broadcast, a departure, a task and a select") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<int>(ctx.get_executor(), 1);
    auto [tx_in, in] = mpsc::channel<int>(ctx.get_executor(), 1);
    tx.send(1);
    std::optional gone(std::move(rx));
    auto const child = [](auto& from) -> weir::task<int> {
        auto const value = co_await from.async_receive();
        co_return value.value_or(0);
    };
    auto [tx_other, other] = mpsc::channel<int>(ctx.get_executor(), 1);
    std::vector<std::string> ran;
    auto const start = [&, &t = tx, &i = in, &o = other](auto&& handler) {
        weir::select(weir::on(t.async_send(2), [&] { ran.emplace_back("sent"); }),
                     weir::on(t.async_closed(), [&] { ran.emplace_back("gone"); }),
                     weir::on(weir::spawn(ctx.get_executor(), child(i)),
                              [&](int n) { ran.push_back("task " + std::to_string(n)); }),
                     weir::on(weir::select(weir::on(o, [&](int) { ran.emplace_back("inner"); })),
                              [&](std::size_t n) { ran.push_back("outer " + std::to_string(n)); }))(
            std::forward<decltype(handler)>(handler));
        poll(ctx);
    };
    selected end;
    start(end.handler());
    CHECK(end.is_pending());
    SECTION("the broadcast has room") {
        CHECK(gone->try_receive() == 1);
        poll(ctx);
        CHECK(ran == std::vector<std::string>{"sent"});
        CHECK(gone->try_receive() == 2);
    }
    SECTION("its receiver goes") {
        gone.reset();
        poll(ctx);
        CHECK(ran == std::vector<std::string>{"gone"});
    }
    SECTION("the task ends") {
        CHECK(tx_in.try_send(5));
        poll(ctx);
        CHECK(ran == std::vector<std::string>{"task 5"});
    }
    SECTION("the inner select has run") {
        CHECK(tx_other.try_send(6));
        poll(ctx);
        CHECK(ran == std::vector<std::string>{"inner", "outer 0"});
    }
    CHECK(end.is_success());
    ctx.restart();
    ctx.run(); // the task that lost was asked to end
}

TEST_CASE("select errors: an operation's error is the select's, with the index of its case, closed is none") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    selected end;
    SECTION("a receiver that is in use") {
        outcome<std::optional<int>> first;
        c.idle.second.async_receive(first.handler());
        weir::select(weir::on(c.idle.second, nothing))(end.handler());
        poll(ctx);
        CHECK(end.is_failure(weir::errc::busy));
        CHECK(end.value() == 0);
        CHECK(c.idle.first.try_send(1));
        poll(ctx);
        CHECK(first.value() == 1);
    }
    SECTION("one receiver twice") {
        weir::select(weir::on(c.idle.second, nothing), weir::on(c.idle.second, nothing))(end.handler());
        int steps = 0;
        while (steps < 100 && ctx.poll_one() != 0) {
            ++steps;
        }
        CHECK(steps < 100); // and not looking again and again
        CHECK(end.is_failure(weir::errc::busy));
    }
    SECTION("time") {
        weir::select(weir::on(c.idle.second, nothing),
                     weir::on(weir::timeout(0s, c.full.first.async_send(2)), nothing))(end.handler());
        poll(ctx);
        CHECK(end.is_failure(weir::errc::timed_out));
        CHECK(end.value() == 1);
    }
    SECTION("closed") {
        c.full.second.close();
        bool told = false;
        weir::select(weir::on(c.full.first.async_reserve(), nothing).closed([&] { told = true; }))(
            end.handler());
        poll(ctx);
        CHECK(end.value() == 0);
        CHECK(told);
        selected next;
        weir::select(weir::on(c.full.first.async_reserve(), nothing))(next.handler());
        poll(ctx);
        CHECK(next.is_success());
        CHECK(next.value() == weir::none);
    }
}

TEST_CASE("select errors: the receiver goes under it") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    selected end;
    {
        auto const rx = std::move(c.idle.second);
        weir::select(weir::on(const_cast<mpsc::receiver<int, executor>&>(rx), nothing))(end.handler());
        poll(ctx);
    }
    poll(ctx);
    CHECK(end.is_failure(asio::error::operation_aborted));
}

TEST_CASE("select cancellation: no case has run, nothing was taken, closing can still be told") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    asio::cancellation_signal signal;
    int ran = 0;
    auto const count = [&](auto&&...) { ++ran; };
    selected end;
    weir::select(weir::on(c.idle.second, count).closed(count), weir::on(c.full.first.async_send(2), count),
                 weir::after(1h, count))(asio::bind_cancellation_slot(signal.slot(), end.handler()));
    poll(ctx);
    SECTION("while it waits") {}
    SECTION("when values have woken it") {
        CHECK(c.idle.first.try_send(5));
        CHECK(c.full.second.try_receive() == 1);
    }
    signal.emit(type);
    ctx.restart();
    ctx.run();
    CHECK(end.is_failure(asio::error::operation_aborted));
    CHECK(end.value() == weir::none);
    CHECK(ran == 0);
    CHECK(c.full.second.size() == c.full.first.max_capacity() - c.full.first.capacity()); // no slot was lost
    { auto const gone = std::move(c.idle.first); }
    selected next;
    selected last;
    auto const again = [&] { return weir::select(weir::on(c.idle.second, nothing).closed(count)); };
    again()(next.handler());
    poll(ctx);
    again()(last.handler());
    poll(ctx);
    CHECK(ran == 1);
}

TEST_CASE("select tokens: callback, future, deferred, awaitable, parallel group") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    int sum = 0;
    auto const look = [&] { return weir::select(weir::on(c.full.second, [&](int n) { sum += n; })); };
    SECTION("future") {
        auto future = look()(asio::use_future);
        poll(ctx);
        CHECK(future.get() == 0);
    }
    SECTION("deferred") {
        auto later = look()(asio::deferred);
        poll(ctx);
        CHECK(sum == 0);
        selected end;
        std::move(later)(end.handler());
        poll(ctx);
        CHECK(end.value() == 0);
    }
    SECTION("asio::awaitable") {
        auto const wait = [&]() -> asio::awaitable<std::size_t> {
            co_return co_await look()(asio::use_awaitable);
        };
        auto future = asio::co_spawn(ctx, wait(), asio::use_future);
        poll(ctx);
        CHECK(future.get() == 0);
    }
    SECTION("a coroutine of anybody") {
        std::size_t ran = 9;
        auto const wait = [&]() -> support::bare { ran = co_await look(); };
        auto const done = wait();
        CHECK(done.is_done());
        done.rethrow();
        CHECK(ran == 0);
    }
    SECTION("parallel group: what loses takes nothing") {
        outcome<> end;
        asio::experimental::make_parallel_group(look(), c.idle.second.async_receive())
            .async_wait(asio::experimental::wait_for_one(), asio::deferred)(
                [h = end.handler()](auto, weir::error_code ec, std::size_t, weir::error_code other,
                                    std::optional<int>) mutable {
                    CHECK(other == asio::error::operation_aborted);
                    h(ec);
                });
        poll(ctx);
        CHECK(end.is_success());
    }
    CHECK(sum == 1);
}

TEST_CASE("select handlers: what one throws comes out of the select, whose value is taken") {
    asio::io_context ctx;
    full_and_idle c(ctx);
    auto const look = [&] {
        return weir::select(weir::on(c.full.second, [](int) { throw std::runtime_error("thrown"); }),
                            weir::on(c.idle.second, nothing));
    };
    SECTION("in a task, found at once or after a wait") {
        bool const waits = GENERATE(false, true);
        if (waits) {
            CHECK(c.full.second.try_receive() == 1);
        }
        std::string what;
        auto const wait = [&]() -> weir::task<void> {
            try {
                co_await look();
            } catch (std::runtime_error const& e) {
                what = e.what();
            }
        };
        weir::spawn(ctx.get_executor(), wait(), asio::detached);
        poll(ctx);
        if (waits) {
            CHECK(c.full.first.try_send(1));
            poll(ctx);
        }
        CHECK(what == "thrown");
    }
    SECTION("with a callback it comes out of run(), and the callback is destroyed") {
        auto const witness = std::make_shared<int>(0);
        look()([witness](weir::error_code, std::size_t) {});
        CHECK_THROWS_AS(poll(ctx), std::runtime_error);
        CHECK(witness.use_count() == 1);
    }
    CHECK(c.full.second.empty());
    selected end;
    CHECK(c.idle.first.try_send(2));
    look()(end.handler());
    poll(ctx);
    CHECK(end.value() == 1);
}

TEST_CASE(
    "select executors: handlers run where the select was awaited, whatever the channels' executors are") {
    asio::io_context ctx;
    asio::io_context other;
    auto [tx, rx] = mpsc::channel<int>(other.get_executor(), 1);
    auto const strand = asio::make_strand(ctx);
    bool right = false;
    selected end;
    weir::select(weir::on(rx, [&](int) { right = strand.running_in_this_thread(); }),
                 weir::after(1h, nothing))(asio::bind_executor(strand, end.handler()));
    poll(ctx);
    CHECK(tx.try_send(1));
    CHECK(poll(other) == 0);
    ctx.restart();
    ctx.run();
    CHECK(right);
    CHECK(end.is_success());
}

TEST_CASE("select abandoned: after any number of steps nothing is left, nothing runs, nothing is lost") {
    int steps = 0;
    for (bool finished = false; !finished; ++steps) {
        int sent = 0;
        int seen = 0;
        auto ctx = std::make_unique<asio::io_context>();
        auto a = mpsc::channel<counted>(ctx->get_executor(), 2);
        auto b = broadcast::channel<counted>(ctx->get_executor(), 2);
        auto const loop = [&seen](auto& first, auto& second) -> weir::task<void> {
            while (co_await weir::select(weir::on(first, [&](counted) { ++seen; }),
                                         weir::on(second, [&](counted const&) { ++seen; }),
                                         weir::after(1h, nothing)) != weir::none) {
            }
        };
        auto const send = [&sent](auto& first, auto& second) -> weir::task<void> {
            for (int n = 0; n != 3; ++n) {
                co_await first.async_emplace(n);
                ++sent;
                co_await second.async_emplace(n);
                ++sent;
            }
        };
        weir::spawn(ctx->get_executor(), loop(a.second, b.second), asio::detached);
        weir::spawn(ctx->get_executor(), send(a.first, b.first), asio::detached);
        int done = 0;
        while (done != steps && ctx->poll_one() != 0) {
            ++done;
        }
        finished = done != steps;
        ctx.reset();
        CHECK(static_cast<std::size_t>(sent) ==
              static_cast<std::size_t>(seen) + a.second.size() + b.second.size());
        std::size_t const left = a.second.size() + b.second.size();
        CHECK(counted::alive() == static_cast<int>(left));
    }
    CHECK(steps > 3);
    CHECK(counted::alive() == 0);
}

TEST_CASE("select abandoned: a coroutine that waits with a timer is destroyed after its context") {
    auto const wait = [](auto& rx) -> support::bare {
        co_await weir::select(weir::on(rx, nothing), weir::after(1h, nothing));
    };
    auto ctx = std::make_unique<asio::io_context>();
    full_and_idle c(*ctx);
    std::optional<support::bare> parked(wait(c.idle.second));
    poll(*ctx);
    SECTION("before it") {
        parked.reset();
        ctx.reset();
    }
    SECTION("after it") {
        ctx.reset();
        parked.reset();
    }
    CHECK(c.idle.first.try_send(1));
    CHECK(c.idle.second.try_receive() == 1);
}

} // namespace select_waiting_test
