// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_rounds.hpp"
#include "support/catch.hpp"

#include <weir/broadcast.hpp>
#include <weir/market.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/watch.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>
#include <utility>

// Rule 9 for each channel and for the hub.

namespace channels_test {

namespace asio = boost::asio;
namespace market = weir::market;
using support::allocations;
using support::count;
using support::rounds;
using support::send_for_ever;
using support::warm_up;
using weir::task;

namespace {

/// Answers each request with a oneshot of its own.
struct request {
    weir::oneshot::sender<int> reply;
};

task<void> answer(weir::mpsc::receiver<request> requests) {
    while (auto r = co_await requests.async_receive()) {
        (void)r->reply.send(1);
    }
}

} // namespace

TEST_CASE("allocations: a oneshot is one, and its use is none") {
    asio::io_context ctx(1);
    long made = -1;
    auto use = [&ctx, &made]() -> task<void> {
        for (int n = 0; n != warm_up + rounds; ++n) {
            if (n == warm_up) {
                made = -allocations;
            }
            auto [tx, rx] = weir::oneshot::channel<int>(ctx.get_executor());
            (void)tx.send(1);
            auto receiver = std::move(rx);
            (void)co_await receiver.async_receive();
        }
        made += allocations;
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    ctx.run();
    CHECK(made == rounds);
}

TEST_CASE("allocations: a request with its reply is the oneshot's one, and one for its executor if that is "
          "erased") {
    asio::io_context ctx(1);
    asio::any_io_executor const ex = ctx.get_executor();
    auto [tx, rx] = weir::mpsc::channel<request>(ex, 4);
    weir::spawn(ctx.get_executor(), answer(std::move(rx)), asio::detached);
    long made = -1;
    auto requests = std::make_optional(std::move(tx));
    auto use = [&]() -> task<void> {
        for (int n = 0; n != warm_up + rounds; ++n) {
            if (n == warm_up) {
                made = -allocations;
            }
            auto [reply, reply_rx] = weir::oneshot::channel<int>(ex);
            request r{std::move(reply)};
            co_await requests->async_send(std::move(r));
            auto reply_receiver = std::move(reply_rx);
            (void)co_await reply_receiver.async_receive();
        }
        made += allocations;
        requests.reset();
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    ctx.run();
    CHECK(made == 2 * rounds);
}

TEST_CASE("allocations: none a broadcast value, none a wait for one") {
    asio::io_context ctx(1);
    auto [tx, rx] = weir::broadcast::channel<int>(ctx.get_executor(), 4);
    auto sender = std::make_optional(std::move(tx));
    long made = -1;
    auto listen = [](auto from) -> task<void> {
        while (co_await from.async_receive()) {
        }
    };
    weir::spawn(ctx.get_executor(), listen(rx), asio::detached);
    weir::spawn(ctx.get_executor(), listen(std::move(rx)), asio::detached);
    auto use = [&]() -> task<void> {
        co_await count([&] { return sender->async_send(1); },
                       made); // waits when the listeners are four behind
        sender.reset();
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    ctx.run();
    CHECK(made == 0);
}

TEST_CASE(
    "allocations: none a select over three channels that are ready, fair or biased, none when it waits") {
    asio::io_context ctx(1);
    auto [tx1, rx1] = weir::mpsc::channel<int>(ctx.get_executor(), 2);
    auto [tx2, rx2] = weir::mpsc::channel<int>(ctx.get_executor(), 2);
    auto [tx3, rx3] = weir::mpsc::channel<int>(ctx.get_executor(), 2);
    auto& from1 = rx1;
    auto& from2 = rx2;
    auto& from3 = rx3;
    weir::spawn(ctx.get_executor(), send_for_ever(std::move(tx1)), asio::detached);
    weir::spawn(ctx.get_executor(), send_for_ever(std::move(tx2)), asio::detached);
    weir::spawn(ctx.get_executor(), send_for_ever(std::move(tx3)), asio::detached);
    auto const take = [](int) {};
    auto const fair = [&] {
        return weir::select(weir::on(from1, take), weir::on(from2, take), weir::on(from3, take));
    };
    auto const biased = [&] {
        return weir::select(weir::biased, weir::on(from1, take), weir::on(from2, take),
                            weir::on(from3, take));
    };
    long made_fair = -1;
    long made_biased = -1;
    auto use = [&]() -> task<void> {
        co_await count(fair, made_fair);
        co_await count(biased, made_biased);
        from1.close();
        from2.close();
        from3.close();
    };
    weir::spawn(ctx.get_executor(), use(), asio::detached);
    ctx.run();
    CHECK(made_fair == 0);
    CHECK(made_biased == 0);
}

TEST_CASE(
    "allocations: a spawned task is one, with a queue to share, else two, and waiting for its result none") {
    auto one = []() -> task<int> { co_return 1; };
    auto const made_by = [&](auto ex, asio::io_context& ctx) {
        long made = -1;
        auto use = [&]() -> task<void> { co_await count([&] { return weir::spawn(ex, one()); }, made); };
        weir::spawn(ex, use(), asio::detached);
        ctx.run();
        return made;
    };
    asio::io_context one_thread(1);
    CHECK(made_by(one_thread.get_executor(), one_thread) == rounds);
    asio::io_context loop;
    CHECK(made_by(asio::make_strand(loop), loop) == rounds);
    loop.restart();
    CHECK(made_by(loop.get_executor(), loop) == 2 * rounds); // another thread may run it: nothing is shared
}

TEST_CASE("allocations: none a message that goes to another thread and comes back") {
    asio::io_context here(1);
    asio::io_context there(1);
    auto guard = asio::make_work_guard(there);
    auto [tx, rx] = weir::mpsc::channel<int>(there.get_executor(), 1);
    auto [back_tx, back_rx] = weir::mpsc::channel<int>(here.get_executor(), 1);
    auto echo = [](auto from, auto to) -> task<void> {
        while (auto value = co_await from.async_receive()) {
            co_await to.async_send(*value);
        }
    };
    weir::spawn(there.get_executor(), echo(std::move(rx), std::move(back_tx)), asio::detached);
    long made = -1;
    auto sender = std::make_optional(std::move(tx));
    auto& answers = back_rx;
    auto use = [&]() -> task<void> {
        for (int n = 0; n != warm_up + rounds; ++n) {
            if (n == warm_up) {
                made = -allocations;
            }
            co_await sender->async_send(n);
            (void)co_await answers.async_receive();
        }
        made += allocations;
        sender.reset();
    };
    weir::spawn(here.get_executor(), use(), asio::detached);
    std::thread thread([&] { there.run(); });
    here.run();
    guard.reset();
    thread.join();
    CHECK(made == 0);
}

TEST_CASE("allocations: none a tick that the hub routes to a subscriber") {
    asio::io_context ctx(1);
    market::market_data_hub hub(ctx, market::hub_options{.data_capacity = 16});
    auto const instrument = hub.symbols().intern("venue:symbol");
    auto feed = hub.feed();
    auto client = hub.client();
    weir::spawn(ctx, hub.run(), asio::detached);
    long made = -1;
    auto use = [&]() -> task<void> {
        auto sub = co_await client.async_subscribe("venue:symbol");
        market::market_tick tick{};
        tick.instrument = instrument;
        tick.price = market::decimal::parse("1.5");
        tick.volume = market::decimal::parse("2");
        for (int n = 0; n != warm_up + rounds; ++n) {
            if (n == warm_up) {
                made = -allocations;
            }
            co_await feed.async_send(tick);
            (void)co_await sub.async_receive();
        }
        made += allocations;
        co_await client.async_shutdown();
    };
    weir::spawn(ctx, use(), asio::detached);
    ctx.run();
    CHECK(made == 0);
}

} // namespace channels_test
