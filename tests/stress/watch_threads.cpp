// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/watch.hpp>

#include "support/catch.hpp"

#include <weir/task.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <thread>
#include <utility>
#include <vector>

// Values flow over a pool of two while receivers come and go: none is torn, none is older than the one before, and the
// last reaches everybody.

namespace watch_threads_test {

namespace asio = boost::asio;
namespace watch = weir::watch;

namespace {

/// All words are the same number, as long as nobody tears it.
template <std::size_t Words>
struct checked {
    explicit checked(std::uint64_t n) { words.fill(n); }

    [[nodiscard]] bool is_whole() const {
        for (auto const w : words) {
            if (w != words[0]) {
                return false;
            }
        }
        return true;
    }

    std::array<std::uint64_t, Words> words;
};

constexpr std::uint64_t last = 20000;

template <class T>
weir::task<bool> follow(watch::receiver<T> rx) {
    std::uint64_t before = 0;
    bool good = true;
    while (auto const value = co_await rx.async_receive()) {
        good = good && value->is_whole() && value->words[0] > before;
        before = value->words[0];
        if (before % 16 == 1) { // another takes its place
            rx = watch::receiver<T>(rx);
        }
    }
    co_return good&& before == last;
}

template <class T>
weir::task<bool> wait_for_last(watch::receiver<T> rx) {
    auto const is_last = [](T const& v) { return v.words[0] == last; };
    auto const value = co_await rx.async_wait_for(is_last);
    co_return value && value->is_whole();
}

template <class T>
weir::task<bool> come_and_go(watch::sender<T> tx) {
    bool good = true;
    for (int n = 0; n != 2000; ++n) {
        auto rx = tx.subscribe();
        rx.mark_changed();
        auto const value = co_await rx.async_receive();
        good = good && value && value->is_whole();
    }
    co_return good;
}

/// Sends in two ways, numbers that only grow.
template <class T>
void send_all(watch::sender<T> tx) {
    for (std::uint64_t n = 0; n != last; ++n) {
        if (n % 3 == 0) {
            tx.send(T(n + 1));
        } else {
            tx.send_modify([n](T& value) { value.words.fill(n + 1); });
        }
    }
}

} // namespace

TEMPLATE_TEST_CASE("watch stress: receivers come and go while values flow, all see whole values and the last",
                   "", checked<4>, checked<64>) {
    asio::thread_pool pool(2);
    std::vector<std::future<bool>> all;
    {
        auto ends = watch::channel<TestType>(pool, TestType(0));
        for (int n = 0; n != 4; ++n) {
            watch::receiver<TestType> const rx = ends.second;
            all.push_back(weir::spawn(pool, follow(rx), asio::use_future));
            all.push_back(weir::spawn(pool, wait_for_last(rx), asio::use_future));
        }
        watch::sender<TestType> const tx = ends.first;
        all.push_back(weir::spawn(pool, come_and_go(tx), asio::use_future));
        send_all(tx);
    }
    for (auto& f : all) {
        CHECK(f.get());
    }
    pool.join();
}

TEST_CASE("watch stress: edits of several threads are all there") {
    asio::thread_pool pool(1);
    auto ends = watch::channel<checked<64>>(pool, checked<64>(0));
    std::atomic<bool> stop{false};
    std::thread reader([&stop, rx = ends.second] { // holds the value now and then: edits work on copies then
        while (!stop.load(std::memory_order_relaxed)) {
            (void)rx.get();
        }
    });
    std::vector<std::thread> writers;
    for (int t = 0; t != 3; ++t) {
        writers.emplace_back([tx = ends.first]() mutable {
            for (int n = 0; n != 2000; ++n) {
                tx.send_modify([](checked<64>& value) {
                    for (auto& w : value.words) {
                        ++w;
                    }
                });
            }
        });
    }
    for (auto& w : writers) {
        w.join();
    }
    stop.store(true, std::memory_order_relaxed);
    reader.join();
    CHECK(ends.first.get().is_whole());
    CHECK(ends.first.get().words[0] == 6000);
    pool.join();
}

TEST_CASE("watch stress: the end is seen by whoever parks while the last two senders go") {
    asio::thread_pool pool(2);
    for (int n = 0; n != 200; ++n) {
        auto ends = watch::channel<int>(pool, 0);
        std::thread first([tx = ends.first] {});
        std::thread second([tx = std::move(ends.first)] {});
        CHECK_FALSE(ends.second.async_receive(asio::use_future).get());
        first.join();
        second.join();
        CHECK(ends.second.is_closed());
    }
    pool.join();
}

} // namespace watch_threads_test
