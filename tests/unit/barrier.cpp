// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/barrier.hpp>

#include <weir/select.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>

namespace barrier_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using weir::task;

namespace {

using wait = outcome<bool>;

/// How many have passed, and how many of these lead.
template <std::size_t N>
std::array<int, 2> count(std::array<wait, N>& waits) {
    std::array<int, 2> n{};
    for (auto& w : waits) {
        n[0] += w.is_success() ? 1 : 0;
        n[1] += w.is_success() && w.value() ? 1 : 0;
    }
    return n;
}

/// Somebody who waits, without an executor.
class bare_waiter final : public weir::detail::waiter {
public:
    void wake(weir::detail::wake_batch&) noexcept override { ++wakes; }

    [[nodiscard]] asio::any_io_executor executor() const override { return {}; }

    int wakes = 0;
};

task<> pass(weir::barrier& b, int& passed) {
    co_await b.async_wait();
    ++passed;
}

} // namespace

TEMPLATE_TEST_CASE("barrier: the last to arrive lets all pass and leads, generation after generation", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    weir::basic_barrier<asio::io_context::executor_type, TestType> b(ctx.get_executor(), 3);
    std::array<wait, 7> waits;
    for (std::size_t i = 0; i != 2; ++i) {
        b.async_wait(waits[i].handler());
    }
    poll(ctx);
    CHECK(waits[0].is_pending());
    CHECK_FALSE(ctx.stopped()); // what waits is work
    for (std::size_t i = 2; i != 7; ++i) {
        b.async_wait(waits[i].handler());
    }
    CHECK(waits[0].is_pending()); // never inside the call
    poll(ctx);
    CHECK(count(waits) == std::array{6, 2});
    CHECK(waits[2].value());
    CHECK(waits[5].value());
    CHECK(waits[6].is_pending());
}

TEST_CASE("barrier: for nobody it is an error, for one it is no wait") {
    asio::io_context ctx;
    CHECK_THROWS_AS(weir::barrier(ctx, 0), std::invalid_argument);
    weir::barrier b(ctx, 1);
    int led = 0;
    auto loop = [&]() -> task<> {
        for (int n = 0; n != 300; ++n) {
            bool const leads = co_await b.async_wait();
            led += leads ? 1 : 0;
        }
    };
    weir::spawn(ctx, loop(), asio::detached);
    CHECK(poll(ctx) < 10); // others have their turn now and then
    CHECK(led == 300);
}

TEST_CASE("barrier: a cancelled wait has not arrived, unless all have") {
    asio::io_context ctx;
    weir::barrier b(ctx, 3);
    std::array<wait, 4> waits;
    asio::cancellation_signal cancel;
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    bool const is_complete = GENERATE(false, true);
    b.async_wait(asio::bind_cancellation_slot(cancel.slot(), waits[0].handler()));
    b.async_wait(waits[1].handler());
    poll(ctx);
    if (is_complete) {
        b.async_wait(waits[2].handler());
        cancel.emit(type);
        poll(ctx);
        CHECK(waits[0].is_success());
    } else {
        cancel.emit(type);
        cancel.emit(type);
        poll(ctx);
        CHECK(waits[0].is_failure(asio::error::operation_aborted));
        CHECK_FALSE(waits[0].value());
        b.async_wait(waits[2].handler());
        poll(ctx);
        CHECK(waits[1].is_pending());
        b.async_wait(waits[3].handler());
        poll(ctx);
        CHECK(waits[3].value());
    }
    CHECK(count(waits) == std::array{3, 1});
}

TEST_CASE("barrier: a task that is cancelled while it waits has not arrived, or has and goes on") {
    asio::io_context ctx;
    weir::barrier b(ctx.get_executor(), 2);
    asio::cancellation_signal cancel;
    int passed = 0;
    wait other;
    weir::spawn(ctx.get_executor(), pass(b, passed),
                asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    poll(ctx);
    bool const is_complete = GENERATE(false, true);
    if (is_complete) {
        b.async_wait(other.handler());
        cancel.emit(asio::cancellation_type::total);
    } else {
        cancel.emit(asio::cancellation_type::total);
        poll(ctx); // a spawn is asked to end where its task runs
        b.async_wait(other.handler());
    }
    poll(ctx);
    CHECK(passed == (is_complete ? 1 : 0));
    CHECK(other.is_pending() == !is_complete);
}

TEST_CASE("barrier: a leader that goes before it was told leaves the lead to one who was not told either") {
    asio::io_context here;
    std::optional<asio::io_context> there(std::in_place);
    weir::barrier b(here.get_executor(), 3);
    std::array<wait, 3> waits;
    wait later;
    bool const leader_goes = GENERATE(true, false);
    bool const all_are_told = GENERATE(false, true);
    auto const arrive_there = [&](wait& w) {
        b.async_wait(asio::bind_executor(there->get_executor(), w.handler()));
    };
    if (!leader_goes) {
        arrive_there(waits[0]);
    }
    b.async_wait(waits[1].handler());
    b.async_wait(waits[2].handler());
    if (leader_goes) {
        arrive_there(waits[0]);
    }
    if (all_are_told) {
        poll(here);
    }
    there.reset();
    b.async_wait(later.handler()); // of the next generation
    poll(here);
    CHECK(waits[0].is_pending());
    CHECK(count(waits) == std::array{2, leader_goes && all_are_told ? 0 : 1});
    CHECK(later.is_pending());
}

TEST_CASE("barrier: a wait that is destroyed before the others come has not arrived") {
    asio::io_context ctx;
    weir::barrier b(ctx.get_executor(), 2);
    int passed = 0;
    wait mine;
    for (int n = 0; n != 3; ++n) {
        asio::io_context gone;
        weir::spawn(gone, pass(b, passed), asio::detached);
        poll(gone);
    }
    b.async_wait(mine.handler());
    poll(ctx);
    CHECK(mine.is_pending());
    weir::spawn(ctx.get_executor(), pass(b, passed), asio::detached);
    poll(ctx);
    CHECK(mine.is_success());
    CHECK(passed == 1);
}

TEST_CASE("barrier: a case of select that loses has not arrived, one that wins has") {
    asio::io_context ctx;
    weir::barrier never(ctx.get_executor(), 2);
    weir::barrier b(ctx.get_executor(), 2);
    int lost = 0;
    int won = 0;
    auto select_twice = [&]() -> task<> {
        auto const on_never = [&](bool) { ++lost; };
        auto const on_b = [&](bool) { ++won; };
        for (int n = 0; n != 2; ++n) {
            co_await weir::select(weir::on(never.async_wait(), on_never), weir::on(b.async_wait(), on_b));
        }
    };
    weir::spawn(ctx.get_executor(), select_twice(), asio::detached);
    std::array<wait, 3> waits;
    for (std::size_t n = 0; n != 2; ++n) {
        poll(ctx);
        b.async_wait(waits[n].handler());
    }
    poll(ctx);
    CHECK(lost == 0);
    CHECK(won == 2);
    never.async_wait(waits[2].handler());
    poll(ctx);
    CHECK(waits[2].is_pending());
}

TEST_CASE("barrier: destroyed, who waits is aborted, and a generation that is complete goes on") {
    asio::io_context ctx;
    auto b = std::make_unique<weir::barrier>(ctx, 2);
    std::array<wait, 2> complete;
    std::array<wait, 1> waits;
    b->async_wait(complete[0].handler());
    b->async_wait(complete[1].handler());
    b->async_wait(waits[0].handler());
    b.reset();
    poll(ctx);
    CHECK(count(complete) == std::array{2, 1});
    CHECK(waits[0].is_failure(asio::error::operation_aborted));
}

TEST_CASE("barrier: a wait that has passed is neither cancelled nor made a failure") {
    asio::io_context ctx;
    weir::barrier b(ctx.get_executor(), 2);
    bare_waiter waiter;
    auto first = b.async_wait();
    auto last = b.async_wait();
    CHECK_FALSE(first.core().try_complete());
    CHECK(first.core().start_waiting(waiter) == weir::detail::wait_result::parked);
    CHECK_FALSE(first.core().try_complete());
    CHECK(last.core().try_complete());
    CHECK(waiter.wakes == 1);
    CHECK_FALSE(first.core().cancel(asio::cancellation_type::terminal));
    CHECK(first.core().try_complete());
    first.core().fail(
        weir::detail::failure::timed_out); // what a timeout does that found it not to be cancelled
    auto const [error, leads] = first.core().take();
    CHECK_FALSE(error);
    CHECK_FALSE(leads);
    first.core().stop_waiting(waiter);
}

TEST_CASE("barrier: a wait that agrees to be cancelled has not arrived from that moment on") {
    asio::io_context ctx;
    weir::barrier b(ctx.get_executor(), 2);
    bare_waiter waiter;
    auto first = b.async_wait();
    auto last = b.async_wait();
    CHECK(first.core().start_waiting(waiter) == weir::detail::wait_result::parked);
    CHECK(first.core().cancel(asio::cancellation_type::terminal));
    CHECK_FALSE(last.core().try_complete());
    first.core().stop_waiting(waiter);
    CHECK_FALSE(last.core().try_complete());
    CHECK(waiter.wakes == 0);
}

} // namespace barrier_test
