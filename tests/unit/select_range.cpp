// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include <weir/mpsc.hpp>
#include <weir/task.hpp>
#include <weir/watch.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace select_range_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using weir::task;

namespace {

using executor = asio::io_context::executor_type;

/// So many channels.
struct inputs {
    explicit inputs(asio::io_context& ctx, std::size_t count, std::size_t capacity = 4) {
        for (std::size_t n = 0; n != count; ++n) {
            auto [to, from] = weir::mpsc::channel<int>(ctx.get_executor(), capacity);
            tx.push_back(std::move(to));
            rx.push_back(std::move(from));
        }
    }

    std::vector<weir::mpsc::sender<int, executor>> tx;
    std::vector<weir::mpsc::receiver<int, executor>> rx;
};

template <class Range>
concept can_be_selected = requires(Range&& receivers) {
    weir::select(std::forward<Range>(receivers), [](std::size_t, int) {});
};

static_assert(can_be_selected<std::vector<weir::mpsc::receiver<int, executor>>&>);
static_assert(can_be_selected<weir::mpsc::receiver<int, executor> (&)[2]>);
static_assert(can_be_selected<std::span<weir::mpsc::receiver<int, executor>>>);
static_assert(
    !can_be_selected<std::vector<weir::mpsc::receiver<int, executor>>>); // it would go before the select
static_assert(!can_be_selected<std::vector<int>&>);

struct seen {
    std::size_t index = weir::none;
    int value = 0;

    auto handler() {
        return [this](std::size_t i, int v) {
            index = i;
            value = v;
        };
    }
};

} // namespace

TEST_CASE(
    "select over a range: the value of one, with its index, whether it is there or has to be waited for") {
    asio::io_context ctx;
    inputs in(ctx, 5);
    seen got;
    outcome<std::size_t> done;
    REQUIRE(in.tx[3].try_send(30));
    weir::select(in.rx, got.handler())(done.handler());
    poll(ctx);
    CHECK(done.is_success());
    CHECK(done.value() == 3);
    CHECK(got.index == 3);
    CHECK(got.value == 30);
    outcome<std::size_t> waits;
    weir::select(std::span(in.rx).subspan(1), got.handler())(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    REQUIRE(in.tx[0].try_send(1)); // not among them
    REQUIRE(in.tx[4].try_send(40));
    REQUIRE(in.tx[2].try_send(20));
    poll(ctx);
    REQUIRE(waits.is_success());
    CHECK(waits.value() == got.index);
    CHECK((got.index == 1 || got.index == 3));     // receivers 2 and 4
    CHECK(in.rx[2].size() + in.rx[4].size() == 1); // the other has lost nothing
    CHECK(in.rx[0].size() == 1);
}

TEST_CASE("select over a range: fair, or biased, over receivers that always have something") {
    asio::io_context ctx;
    inputs in(ctx, 4, 1);
    std::vector<int> counts(4);
    bool const is_biased = GENERATE(false, true);
    auto loop = [&]() -> task<void> {
        for (int n = 0; n != 4000; ++n) {
            for (auto& to : in.tx) {
                (void)to.try_send(n);
            }
            auto const count = [&](std::size_t i, int) { ++counts[i]; };
            if (is_biased) {
                co_await weir::select(weir::biased, in.rx, count);
            } else {
                co_await weir::select(in.rx, count);
            }
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    ctx.run();
    if (is_biased) {
        CHECK(counts == std::vector<int>{4000, 0, 0, 0});
    } else {
        CHECK(std::all_of(counts.begin(), counts.end(), [](int n) { return n > 990 && n < 1010; }));
    }
}

TEST_CASE("select over a range: closed ones are off, with none left it is none") {
    asio::io_context ctx;
    inputs in(ctx, 3);
    seen got;
    in.tx.erase(in.tx.begin());
    outcome<std::size_t> waits;
    weir::select(in.rx, got.handler())(waits.handler());
    poll(ctx);
    CHECK(waits.is_pending());
    in.tx.clear();
    poll(ctx);
    REQUIRE(waits.is_success());
    CHECK(waits.value() == weir::none);
    in.rx.clear();
    std::size_t result = 0;
    auto empty = [&]() -> task<void> { result = co_await weir::select(in.rx, got.handler()); };
    weir::spawn(ctx.get_executor(), empty(), asio::detached);
    poll(ctx);
    CHECK(result == weir::none);
    CHECK(got.index == weir::none);
}

TEST_CASE("select over a range: cancelled or abandoned it has taken nothing") {
    asio::io_context ctx;
    inputs in(ctx, 3);
    seen got;
    {
        asio::cancellation_signal cancel;
        outcome<std::size_t> waits;
        weir::select(in.rx, got.handler())(asio::bind_cancellation_slot(cancel.slot(), waits.handler()));
        poll(ctx);
        REQUIRE(in.tx[1].try_send(1));
        cancel.emit(asio::cancellation_type::total);
        poll(ctx);
        CHECK(waits.is_failure(asio::error::operation_aborted));
    }
    {
        asio::io_context gone;
        auto wait = [&]() -> task<void> {
            (void)co_await in.rx[1].async_receive();
            co_await weir::select(in.rx, got.handler());
        };
        weir::spawn(gone, wait(), asio::detached);
        poll(gone);
    }
    REQUIRE(in.tx[2].try_send(2));
    CHECK(got.index == weir::none);
    CHECK(in.rx[2].try_receive() == 2);
    (void)weir::select(in.rx, got.handler()); // never started
}

TEST_CASE("select over a range: of any kind of receiver, and a handler that may only be moved") {
    asio::io_context ctx;
    std::vector<weir::watch::sender<int>> tx;
    std::vector<weir::watch::receiver<int>> rx;
    for (int n = 0; n != 3; ++n) {
        auto [to, from] = weir::watch::channel<int>(ctx, n);
        tx.emplace_back(std::move(to));
        rx.emplace_back(std::move(from));
    }
    int sum = 0;
    auto add = [&sum, factor = std::make_unique<int>(10)](std::size_t, int v) { sum += v * *factor; };
    outcome<std::size_t> done;
    weir::select(rx, std::move(add))(done.handler());
    tx[2].send(7);
    poll(ctx);
    CHECK(done.is_success());
    CHECK(done.value() == 2);
    CHECK(sum == 70);
}

} // namespace select_range_test
