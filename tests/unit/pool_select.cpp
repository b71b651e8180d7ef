// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include <weir/mpsc.hpp>
#include <weir/selector.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

// select and selector on a pool: the rest is in the files named like them, which need no thread, and which
// ThreadSanitizer is therefore spared.

namespace pool_select_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using weir::task;
using namespace std::chrono_literals;

TEST_CASE("select on a pool: what it receives from two strands is all that was sent, in order") {
    constexpr int each = 2000;
    asio::thread_pool pool(2);
    auto a = mpsc::channel<int>(pool, 1);
    auto b = mpsc::channel<int>(pool, 3);
    auto const send = [](mpsc::sender<int> tx) -> weir::task<void> {
        for (int n = 0; n != each; ++n) {
            co_await tx.async_send(n);
        }
    };
    auto const receive = [](mpsc::receiver<int> x, mpsc::receiver<int> y) -> weir::task<bool> {
        int next_x = 0;
        int next_y = 0;
        bool right = true;
        while (co_await weir::select(weir::on(x, [&](int n) { right = right && n == next_x++; }),
                                     weir::on(y, [&](int n) { right = right && n == next_y++; }),
                                     weir::after(1h, [&] { right = false; })) != weir::none) {
        }
        co_return right&& next_x == each&& next_y == each;
    };
    auto right = weir::spawn(pool, receive(std::move(a.second), std::move(b.second)), asio::use_future);
    weir::spawn(pool, send(std::move(a.first)), asio::detached);
    weir::spawn(pool, send(std::move(b.first)), asio::detached);
    CHECK(right.get());
    pool.join();
}

TEST_CASE("select over a range: on a pool everything that was sent arrives") {
    asio::thread_pool pool(2);
    constexpr int count = 300;
    constexpr std::size_t channels = 6;
    std::vector<weir::mpsc::receiver<int>> rx;
    auto send = [](weir::mpsc::sender<int> to) -> task<void> {
        for (int n = 1; n <= count; ++n) {
            co_await to.async_send(n);
        }
    };
    for (std::size_t n = 0; n != channels; ++n) {
        auto [to, from] = weir::mpsc::channel<int>(pool, 1);
        rx.emplace_back(std::move(from));
        weir::spawn(pool, send(std::move(to)), asio::detached);
    }
    std::vector<int> last(channels);
    bool in_order = true;
    auto receive = [&]() -> task<void> {
        auto const take = [&](std::size_t i, int v) { in_order = in_order && v == ++last[i]; };
        while (co_await weir::select(rx, take) != weir::none) {
            [[maybe_unused]] int const local = 0; // g++ 12 needs one
        }
    };
    weir::spawn(asio::make_strand(pool), receive(), asio::detached);
    pool.join();
    CHECK(in_order);
    CHECK(last == std::vector<int>(channels, count));
}

TEST_CASE("selector on a pool: what it receives from two strands is all that was sent, in order") {
    constexpr int each = 2000;
    asio::thread_pool pool(2);
    auto a = mpsc::channel<int>(pool, 1);
    auto b = mpsc::channel<int>(pool, 3);
    auto const send = [](mpsc::sender<int> tx) -> weir::task<void> {
        for (int n = 0; n != each; ++n) {
            co_await tx.async_send(n);
        }
    };
    auto const receive = [](mpsc::receiver<int> x, mpsc::receiver<int> y) -> weir::task<bool> {
        int next_x = 0;
        int next_y = 0;
        int idle = 0;
        bool right = true;
        weir::selector s{weir::on(x, [&](int n) { right = right && n == next_x++; }),
                         weir::on(y, [&](int n) { right = right && n == next_y++; }),
                         weir::after(std::chrono::microseconds(20), [&] { ++idle; })};
        while (co_await s.next() != weir::none) {
        }
        co_return right&& next_x == each&& next_y == each;
    };
    auto right = weir::spawn(pool, receive(std::move(a.second), std::move(b.second)), asio::use_future);
    weir::spawn(pool, send(std::move(a.first)), asio::detached);
    weir::spawn(pool, send(std::move(b.first)), asio::detached);
    CHECK(right.get());
    pool.join();
}

} // namespace pool_select_test
