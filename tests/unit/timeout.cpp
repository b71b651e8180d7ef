// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/timeout.hpp>

#include "support/catch.hpp"

#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <future>
#include <utility>

// Timeouts on several threads. How long they take does not matter here; all that does is in time/timeout.cpp.

namespace timeout_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;

TEST_CASE("timeout on a pool: values that come about when time is up are received or stay") {
    constexpr int rounds = 2000;
    asio::thread_pool pool(2);
    auto ends = mpsc::channel<int>(pool, 2);
    auto const send = [](mpsc::sender<int> tx, int& sent) -> weir::task<void> {
        for (int n = 0; n != rounds; ++n) {
            try {
                co_await weir::timeout(std::chrono::microseconds(n % 30), tx.async_send(sent));
                ++sent;
            } catch (boost::system::system_error const&) {
            }
        }
    };
    auto const receive = [](mpsc::receiver<int> rx) -> weir::task<int> {
        int next = 0;
        for (;;) {
            try {
                auto const value =
                    co_await weir::timeout(std::chrono::microseconds(next % 40), rx.async_receive());
                if (!value) {
                    co_return next;
                }
                next = *value == next ? next + 1 : -rounds * 2;
            } catch (boost::system::system_error const&) {
            }
        }
    };
    int sent = 0;
    auto got = weir::spawn(pool, receive(std::move(ends.second)), asio::use_future);
    weir::spawn(pool, send(std::move(ends.first), sent), asio::detached);
    int const in_all = got.get();
    pool.join();
    CHECK(in_all == sent);
    CHECK(sent > 0);
}

} // namespace timeout_test
