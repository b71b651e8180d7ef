// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace blocking_test {

namespace asio = boost::asio;

namespace {

template <class Sender>
weir::task<> send_numbers(Sender tx, int count) {
    for (int i = 0; i < count; ++i) {
        co_await tx.async_send(i);
    }
}

template <class Receiver>
weir::task<std::vector<int>> collect(Receiver rx) {
    std::vector<int> all;
    while (auto value = co_await rx.async_receive()) {
        all.push_back(*value);
    }
    co_return all;
}

std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

template <class Receiver>
std::vector<int> receive_all(Receiver& rx) {
    std::vector<int> all;
    while (auto value = rx.blocking_receive()) {
        all.push_back(*value);
    }
    return all;
}

} // namespace

TEST_CASE("blocking: a plain thread receives what a task sends, and the end") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 3);
    weir::spawn(ctx, send_numbers(std::move(tx), 2000), asio::detached);
    std::thread loop([&ctx] { ctx.run(); });
    auto const all = receive_all(rx);
    loop.join();
    CHECK(all == numbers(2000));
}

TEST_CASE("blocking: a plain thread sends to a task, and waits for room") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 3);
    std::vector<int> got;
    weir::spawn(ctx, collect(std::move(rx)),
                [&got](std::exception_ptr, std::vector<int> all) { got = std::move(all); });
    std::thread sender([t = std::move(tx)]() mutable {
        for (int i = 0; i < 2000; ++i) {
            if (!t.blocking_send(i)) {
                return;
            }
        }
        auto const gone = std::move(t); // the end of the stream
    });
    ctx.run();
    sender.join();
    CHECK(got == numbers(2000));
}

TEST_CASE("blocking: two plain threads need nobody to run the executor") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
    std::thread sender([t = std::move(tx)]() mutable {
        for (int i = 0; i < 500; ++i) {
            (void)t.blocking_send(std::make_unique<int>(i));
        }
        auto const gone = std::move(t);
    });
    int next = 0;
    while (auto value = rx.blocking_receive()) {
        CHECK(**value == next++);
    }
    sender.join();
    CHECK(next == 500);
}

TEST_CASE("blocking: an event wakes who sleeps, each time, and may go as soon as it has") {
    using event = weir::multi_threaded::event;
    constexpr int rounds = 20'000;
    event asked;
    event* answer = nullptr;

    std::thread other([&] {
        for (int i = 0; i != rounds; ++i) {
            asked.wait_and_reset();
            answer->set();
        }
    });
    for (int i = 0; i != rounds; ++i) {
        auto const mine = std::make_unique<event>();
        answer = mine.get();
        asked.set();
        mine->wait_and_reset();
    }
    other.join();
}

TEST_CASE("blocking: a send fails when the receiver goes while it waits") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
    REQUIRE(tx.try_send(1));
    bool sent = true;
    std::thread sender([&sent, &t = tx] { sent = t.blocking_send(2); });
    { auto const gone = std::move(rx); }
    sender.join();
    CHECK_FALSE(sent);
}

TEST_CASE("blocking: oneshot gives the value, or nothing when the sender goes") {
    asio::io_context ctx;
    auto [tx, rx] = weir::oneshot::channel<std::string>(ctx.get_executor());
    std::thread sender([t = std::move(tx)]() mutable { t.send("answer"); });
    CHECK(rx.blocking_receive() == "answer");
    CHECK(rx.blocking_receive() == std::nullopt);
    sender.join();

    auto [tx2, rx2] = weir::oneshot::channel<std::string>(ctx.get_executor());
    std::thread dropper([t = std::move(tx2)]() mutable { auto const gone = std::move(t); });
    CHECK(rx2.blocking_receive() == std::nullopt);
    dropper.join();
}

TEST_CASE("blocking: broadcast receivers on threads of their own see every value of a lossless sender") {
    asio::io_context ctx;
    auto [tx, first] = weir::broadcast::channel<int>(ctx.get_executor(), 2);
    auto second = tx.subscribe();
    weir::spawn(ctx, send_numbers(std::move(tx), 1000), asio::detached);
    std::vector<int> by_second;
    std::thread loop([&ctx] { ctx.run(); });
    std::thread other([&by_second, &rx = second] { by_second = receive_all(rx); });
    auto const by_first = receive_all(first);
    other.join();
    loop.join();
    CHECK(by_first == numbers(1000));
    CHECK(by_second == numbers(1000));
}

TEST_CASE("blocking: refused inside a task, and inside a handler of the channel's own executor") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
    bool refused_in_handler = false;
    bool refused_in_task = false;
    auto try_it = [&ch = rx](bool& refused) {
        try {
            (void)ch.blocking_receive();
        } catch (std::logic_error const&) {
            refused = true;
        }
    };
    auto in_task = [](auto& f, bool& refused) -> weir::task<> {
        f(refused);
        co_return;
    };
    asio::post(ctx, [&] { try_it(refused_in_handler); });
    ctx.run();
    CHECK(refused_in_handler);

    asio::thread_pool pool(1);
    weir::spawn(pool, in_task(try_it, refused_in_task), asio::detached);
    pool.join();
    CHECK(refused_in_task);
    CHECK(tx.try_send(7)); // the channel is as it was
    CHECK(rx.try_receive() == 7);

    asio::io_context once_ctx;
    auto [once_tx, once_rx] = weir::oneshot::channel<int>(once_ctx.get_executor());
    bool refused_by_oneshot = false;
    auto try_once = [&ch = once_rx](bool& refused) {
        CHECK_THROWS_AS(ch.blocking_receive(), std::logic_error);
        refused = true;
    };
    weir::spawn(once_ctx.get_executor(), in_task(try_once, refused_by_oneshot), asio::detached);
    once_ctx.run();
    CHECK(refused_by_oneshot);
    CHECK(once_tx.send(7));
    CHECK(once_rx.blocking_receive() == 7);
}

template <class Receiver>
concept blocks = requires(Receiver& rx) {
    rx.blocking_receive();
};

static_assert(blocks<weir::mpsc::receiver<int>>);
static_assert(!blocks<weir::mpsc::receiver<int, asio::any_io_executor, weir::single_threaded>>);

} // namespace blocking_test
