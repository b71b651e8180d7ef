// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpmc.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/values.hpp"

#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

// Several threads on both sides of one channel: what was sent is received by one of them, once, and each receiver sees
// each sender's values in their order. Small capacities, so that both sides wait all the time, and waits that are
// cancelled as soon as they have begun. ThreadSanitizer runs these too.

namespace mpmc_threads_test {

namespace asio = boost::asio;
namespace mpmc = weir::mpmc;
using namespace std::chrono_literals;
using support::counted;
using weir::task;

namespace {

constexpr std::size_t senders = 2;
constexpr std::size_t receivers = 2;
constexpr int each = support::effort(20'000, 5'000);

/// A value with its sender's number.
struct numbered {
    numbered(std::size_t by, int n) : sender(by), number(n) {}

    std::size_t sender;
    int number;
    counted alive{0};
};

/// What one receiver has seen; looked at when all is done.
struct seen {
    std::array<int, senders> last{-1, -1};
    std::array<long, senders> sum{};
    std::array<int, senders> count{};
    bool in_order = true;

    void operator()(numbered const& v) {
        in_order = in_order && v.number > last[v.sender];
        last[v.sender] = v.number;
        sum[v.sender] += v.number;
        ++count[v.sender];
    }
};

using all_seen = std::array<seen, receivers>;

void check_all(all_seen const& all) {
    for (std::size_t by = 0; by != senders; ++by) {
        long sum = 0;
        int count = 0;
        for (seen const& s : all) {
            sum += s.sum[by];
            count += s.count[by];
        }
        CHECK(count == each);
        CHECK(sum == long{each} * (each - 1) / 2);
    }
    for (seen const& s : all) {
        CHECK(s.in_order);
    }
}

/// In all the ways there are, some of them given up at once.
task<void> send_all(mpmc::sender<numbered> to, std::size_t by) {
    for (int n = 0; n != each;) {
        if (n % 3 == 0) {
            co_await to.async_emplace(by, n);
            ++n;
        } else if (n % 3 == 1) {
            auto slots = co_await to.async_reserve_many(1);
            numbered value(by, n++);
            slots->send(std::move(value));
        } else {
            numbered value(by, n);
            bool const is_sent = to.try_send(std::move(value));
            if (is_sent) {
                ++n;
            } else {
                auto [ec, slot] =
                    co_await weir::timeout(0s, to.async_reserve())(asio::as_tuple(asio::deferred));
                if (slot) {
                    std::move(*slot).send(std::move(value));
                    ++n;
                }
            }
        }
    }
}

task<void> receive_all(mpmc::receiver<numbered> from, seen& s) {
    while (auto value = co_await from.async_receive()) {
        s(*value);
    }
}

/// Gives up most of its waits.
task<void> receive_impatiently(mpmc::receiver<numbered> from, seen& s) {
    std::vector<numbered> run;
    for (bool is_open = true; is_open;) {
        auto [ec, value] = co_await weir::timeout(0s, from.async_receive())(asio::as_tuple(asio::deferred));
        is_open = ec || value;
        if (value) {
            s(*value);
        }
        auto const another = from;
        auto const which =
            co_await weir::select(weir::on(from, [&s](numbered v) { s(v); }), weir::after(0s, [] {}));
        is_open = is_open && which != weir::none;
        from.try_receive_many(run, 3);
        for (auto const& v : run) {
            s(v);
        }
        run.clear();
    }
}

} // namespace

TEST_CASE("mpmc threads: tasks on a pool send and receive, with and without giving up") {
    std::size_t const capacity = GENERATE(1U, 2U, 16U);
    bool const is_impatient = GENERATE(false, true);
    {
        asio::thread_pool pool(4);
        auto [tx, rx] = mpmc::channel<numbered>(pool, capacity);
        all_seen all;
        weir::spawn(pool, is_impatient ? receive_impatiently(rx, all[0]) : receive_all(rx, all[0]),
                    asio::detached);
        weir::spawn(pool, receive_all(std::move(rx), all[1]), asio::detached);
        for (std::size_t by = 0; by != senders; ++by) {
            weir::spawn(pool, send_all(tx, by), asio::detached);
        }
        { auto const last = std::move(tx); }
        pool.join();
        check_all(all);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpmc threads: plain threads try, block and take in runs") {
    std::size_t const capacity = GENERATE(1U, 8U);
    {
        asio::thread_pool pool(1);
        auto [tx, rx] = mpmc::channel<numbered>(pool.get_executor(), capacity);
        all_seen all;
        std::vector<std::thread> threads;
        threads.emplace_back([from = rx, &s = all[0]]() mutable {
            while (auto const v = from.blocking_receive()) {
                s(*v);
            }
        });
        threads.emplace_back([from = std::move(rx), &s = all[1]]() mutable {
            std::vector<numbered> run;
            while (!from.is_closed() || !from.empty()) {
                if (from.try_receive_many(run, 4) == 0) {
                    std::this_thread::yield();
                }
                for (auto const& v : run) {
                    s(v);
                }
                run.clear();
            }
        });
        for (std::size_t by = 0; by != senders; ++by) {
            threads.emplace_back([to = tx, by]() mutable {
                for (int n = 0; n != each; ++n) {
                    numbered value(by, n);
                    if (n % 2 == 0 || !to.try_send(std::move(value))) {
                        (void)to.blocking_send(std::move(value));
                    }
                }
            });
        }
        { auto const last = std::move(tx); }
        for (auto& t : threads) {
            t.join();
        }
        check_all(all);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpmc threads: receivers come and go, and the last one ends the sends") {
    for (int round = 0; round != support::effort(200, 30); ++round) {
        asio::thread_pool pool(4);
        auto [tx, rx] = mpmc::channel<numbered>(pool, 2);
        auto const send = [](mpmc::sender<numbered> to) -> task<void> {
            for (bool is_open = true; is_open;) {
                auto [ec] = co_await to.async_emplace(std::size_t{0}, 0)(asio::as_tuple(asio::deferred));
                is_open = !ec;
            }
        };
        auto const receive = [](mpmc::receiver<numbered> from, int n) -> task<void> {
            for (; n != 0; --n) {
                auto const copy = from; // has nothing under way
                auto const value = co_await from.async_receive();
                (void)value;
            }
        };
        for (int n = 0; n != 2; ++n) {
            weir::spawn(pool, send(tx), asio::detached);
            weir::spawn(pool, receive(rx, round % 7 + n), asio::detached);
        }
        { auto const last = std::move(rx); }
        pool.join();
        CHECK(tx.is_closed());
        CHECK(tx.capacity() == 2);
    }
    CHECK(counted::alive() == 0);
}

} // namespace mpmc_threads_test
