// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/values.hpp"

#include <weir/select.hpp>
#include <weir/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

// Several threads on one channel: what was sent is received, once, and each sender's values in its order. Small
// capacities, so that senders and receiver wait all the time. ThreadSanitizer runs these too.

namespace mpsc_threads_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using weir::task;

namespace {

constexpr int senders = 4;
constexpr int each = 2500;

/// A value with its sender's number.
struct numbered {
    numbered(int by, int n) : sender(by), number(n) {}

    int sender;
    int number;
    counted alive{0};
};

/// What a receiver has seen; used on one strand, looked at when that is done.
struct seen {
    std::array<int, senders> next{};
    bool in_order = true;

    void operator()(numbered const& v) {
        auto& expected = next[static_cast<std::size_t>(v.sender)];
        in_order = in_order && v.number == expected;
        expected = v.number + 1;
    }

    void check_all() const {
        CHECK(in_order);
        for (int n : next) {
            CHECK(n == each);
        }
    }
};

task<void> send_all(mpsc::sender<numbered> to, int by) {
    for (int n = 0; n != each; ++n) {
        co_await to.async_emplace(by, n);
    }
}

task<void> send_in_permits(mpsc::sender<numbered> to, int by, std::size_t most) {
    for (int n = 0; n != each;) {
        auto slots = co_await to.async_reserve_many(1 + static_cast<std::size_t>(n) % most);
        bool const give_one_back = slots->size() > 1 && n % 3 == 0;
        while (slots->size() > (give_one_back ? 1U : 0U) && n != each) {
            slots->send(numbered(by, n++));
        }
    }
}

void send_from_thread(mpsc::sender<numbered> to, int by) {
    for (int n = 0; n != each; ++n) {
        numbered value(by, n);
        while (!to.try_send(std::move(value))) {
            std::this_thread::yield();
        }
    }
}

template <class Receiver>
task<void> receive_all(Receiver from, seen& s) {
    while (auto value = co_await from.async_receive()) {
        s(*value);
    }
}

template <class Receiver>
task<void> receive_runs(Receiver from, seen& s) {
    std::vector<numbered> run;
    while (co_await from.async_receive_many(run, 7) != 0) {
        for (auto const& v : run) {
            s(v);
        }
        run.clear();
    }
}

} // namespace

TEST_CASE("mpsc threads: tasks on a pool send and receive") {
    std::size_t const capacity = GENERATE(1U, 2U, 3U, 64U);
    bool const in_runs = GENERATE(false, true);
    {
        asio::thread_pool pool(3);
        auto [tx, rx] = mpsc::channel<numbered>(pool, capacity);
        seen s;
        weir::spawn(pool, in_runs ? receive_runs(std::move(rx), s) : receive_all(std::move(rx), s),
                    asio::detached);
        for (int by = 0; by != senders; ++by) {
            weir::spawn(pool, send_all(tx, by), asio::detached);
        }
        { auto const last = std::move(tx); }
        pool.join();
        s.check_all();
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc threads: plain threads try, a task receives") {
    std::size_t const capacity = GENERATE(1U, 3U);
    asio::thread_pool pool(1);
    auto [tx, rx] = mpsc::channel<numbered>(pool.get_executor(), capacity);
    seen s;
    weir::spawn(pool.get_executor(), receive_all(std::move(rx), s), asio::detached);
    std::vector<std::thread> threads;
    for (int by = 0; by != senders; ++by) {
        threads.emplace_back(send_from_thread, tx, by);
    }
    { auto const last = std::move(tx); }
    for (auto& t : threads) {
        t.join();
    }
    pool.join();
    s.check_all();
}

TEST_CASE("mpsc threads: permits, reserved in numbers") {
    std::size_t const capacity = GENERATE(2U, 5U);
    asio::thread_pool pool(3);
    auto [tx, rx] = mpsc::channel<numbered>(pool, capacity);
    seen s;
    weir::spawn(pool, receive_all(std::move(rx), s), asio::detached);
    for (int by = 0; by != senders; ++by) {
        weir::spawn(pool, send_in_permits(tx, by, capacity), asio::detached);
    }
    { auto const last = std::move(tx); }
    pool.join();
    s.check_all();
}

TEST_CASE("mpsc threads: receives that are cancelled all the time lose nothing") {
    asio::thread_pool pool(2);
    asio::io_context ctx;
    auto [tx, rx] = mpsc::channel<numbered>(ctx.get_executor(), 2);
    for (int by = 0; by != senders; ++by) {
        weir::spawn(pool, send_all(tx, by), asio::detached);
    }
    { auto const last = std::move(tx); }
    seen s;
    bool open = true;
    asio::cancellation_signal signal;
    for (unsigned n = 0; open; ++n) {
        bool ended = false;
        rx.async_receive(asio::bind_cancellation_slot(
            signal.slot(), [&](weir::error_code ec, std::optional<numbered> value) {
                ended = true;
                open = ec || value;
                if (value) {
                    s(*value);
                }
            }));
        if (n % 3 != 0) {
            signal.emit(asio::cancellation_type::terminal);
        }
        ctx.restart();
        while (!ended) {
            ctx.run_one();
        }
    }
    pool.join();
    s.check_all();
}

TEST_CASE("mpsc threads: a select that two threads wake") {
    asio::thread_pool pool(3);
    auto [a_tx, a_rx] = mpsc::channel<numbered>(pool, 1);
    auto [b_tx, b_rx] = mpsc::channel<numbered>(pool, 2);
    seen s;
    auto const both = [](mpsc::receiver<numbered> a, mpsc::receiver<numbered> b, seen& all) -> task<void> {
        auto const note = [&all](numbered const& v) { all(v); };
        while (co_await weir::select(weir::on(a, note), weir::on(b, note)) != weir::none) {
        }
    };
    weir::spawn(pool, both(std::move(a_rx), std::move(b_rx), s), asio::detached);
    weir::spawn(pool, send_all(a_tx, 0), asio::detached);
    weir::spawn(pool, send_all(std::move(a_tx), 1), asio::detached);
    weir::spawn(pool, send_all(b_tx, 2), asio::detached);
    weir::spawn(pool, send_all(std::move(b_tx), 3), asio::detached);
    pool.join();
    s.check_all();
}

TEST_CASE("mpsc threads: a receiver that goes while others send, a task that is cancelled while it runs") {
    for (int round = 0; round != 40; ++round) {
        asio::thread_pool pool(2);
        asio::io_context handlers;
        asio::cancellation_signal signal;
        auto [tx, rx] = mpsc::channel<numbered>(pool, 2);
        seen s;
        std::atomic<int> ended{0};
        weir::spawn(pool, receive_all(std::move(rx), s),
                    asio::bind_cancellation_slot(
                        signal.slot(),
                        asio::bind_executor(handlers.get_executor(), [&](std::exception_ptr) { ++ended; })));
        for (int by = 0; by != 2; ++by) {
            weir::spawn(pool, send_all(tx, by), [&](std::exception_ptr) { ++ended; });
        }
        for (int n = 0; n != round % 20; ++n) {
            std::this_thread::yield();
        }
        signal.emit(asio::cancellation_type::terminal); // from a thread on which nothing of it runs
        signal.emit(asio::cancellation_type::terminal);
        handlers.run(); // first: until it has run, the operation is work of the pool
        pool.join();
        CHECK(s.in_order);
        REQUIRE(ended == 3);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc threads: the unbounded channel, threads send and a task receives") {
    bool const in_runs = GENERATE(false, true);
    {
        asio::thread_pool pool(1);
        auto [tx, rx] = mpsc::unbounded_channel<numbered>(pool.get_executor());
        seen s;
        weir::spawn(pool.get_executor(),
                    in_runs ? receive_runs(std::move(rx), s) : receive_all(std::move(rx), s), asio::detached);
        std::vector<std::thread> threads;
        for (int by = 0; by != senders; ++by) {
            threads.emplace_back(
                [by](auto to) {
                    for (int n = 0; n != each; ++n) {
                        to.emplace(by, n);
                    }
                },
                tx);
        }
        { auto const last = std::move(tx); }
        for (auto& t : threads) {
            t.join();
        }
        pool.join();
        s.check_all();
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc threads: the unbounded channel ends after the last value, whenever the last sender goes") {
    constexpr auto block = weir::detail::slots_per_block<counted, weir::multi_threaded>;
    constexpr std::array<std::size_t, 6> counts{0, 1, 2, block - 1, block, block + 1};
    bool all_there = true;
    bool none_counted = true;
    for (std::size_t round = 0; round != 1200; ++round) {
        asio::io_context ctx;
        auto [tx, rx] = mpsc::unbounded_channel<counted>(ctx.get_executor());
        auto const n = counts[round % counts.size()];
        std::thread sender(
            [n](auto to) {
                for (std::size_t i = 0; i != n; ++i) {
                    to.emplace(static_cast<int>(i));
                }
            },
            std::move(tx));
        std::size_t received = 0;
        while (auto const value = rx.blocking_receive()) {
            all_there = all_there && value->value() == static_cast<int>(received);
            ++received;
        }
        none_counted = none_counted && rx.empty() && rx.is_closed();
        all_there = all_there && received == n;
        sender.join();
    }
    CHECK(all_there);
    CHECK(none_counted);
    CHECK(counted::alive() == 0);
}

TEST_CASE("mpsc threads: the receiver of an unbounded channel goes while threads send, and nothing is left") {
    for (int round = 0; round != 100; ++round) {
        asio::io_context ctx;
        {
            auto [tx, rx] = mpsc::unbounded_channel<counted>(ctx.get_executor());
            std::vector<std::thread> threads;
            for (int by = 0; by != 2; ++by) {
                threads.emplace_back(
                    [](auto to) {
                        while (to.emplace(1)) {
                        }
                    },
                    tx);
            }
            for (int n = 0; n != round; ++n) {
                (void)rx.blocking_receive();
            }
            { auto const gone = std::move(rx); }
            for (auto& t : threads) {
                t.join();
            }
        }
        REQUIRE(counted::alive() == 0);
    }
}

} // namespace mpsc_threads_test
