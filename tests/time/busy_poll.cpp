// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/busy_poll.hpp>

#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/steps.hpp"

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <utility>

// For how long a loop polls.

namespace busy_poll_time_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using namespace std::chrono_literals;
using support::advance;

namespace {

weir::task<> take(mpsc::receiver<int> rx, int& taken) {
    while (auto const n = co_await rx.async_receive()) {
        taken += *n;
    }
}

/// There is always one thing more to do.
bool is_polling(asio::io_context& ctx) { return support::has_steps(ctx, 5); }

} // namespace

TEST_CASE("busy_poll: a loop polls for so long since its tasks ran out of work, and then sleeps") {
    asio::io_context ctx(1);
    weir::detail::set_busy_poll(ctx, 50us);
    int taken = 0;
    auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
    weir::spawn(ctx.get_executor(), take(std::move(rx), taken), asio::detached);
    CHECK(is_polling(ctx));
    advance(49us);
    CHECK(is_polling(ctx));
    CHECK(tx.try_send(1));
    advance(10us); // it is found all the same
    CHECK(is_polling(ctx));
    CHECK(taken == 1);
    advance(49us);
    CHECK(is_polling(ctx));
    advance(1us);
    CHECK(ctx.poll() == 1); // looks for the last time
    CHECK(ctx.poll() == 0);
    CHECK(tx.try_send(1));
    CHECK(is_polling(ctx)); // again
    CHECK(taken == 2);
    weir::detail::set_busy_poll(ctx, 20us);
    advance(20us);
    CHECK(ctx.poll() == 1);
}

} // namespace busy_poll_time_test
