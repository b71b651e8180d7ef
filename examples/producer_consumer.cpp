// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Three producers, one consumer, and an end that nobody has to announce.
//
// Each producer has a sender of its own and lets go of it when it has sent its last value. When the last of the three
// has gone the channel is closed, and the consumer, once it has received what was still waiting, sees an empty optional:
// its loop ends. The channel is bounded, so producers that are too fast wait for room.
//
//     producer_consumer [--count N] [--capacity N]
//
// prints what arrived from each producer, and whether it arrived in the order in which it was sent.

#include <weir/weir.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <utility>

namespace {

constexpr std::size_t producers = 3;

struct message {
    std::size_t producer;
    std::uint64_t value;
};

struct tally {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t last = 0;
    bool in_order = true;
};

/// Sends 1, 2, ... count. The sender goes with the coroutine.
weir::task<> produce(std::size_t producer, std::uint64_t count, weir::mpsc::sender<message> tx) {
    for (std::uint64_t value = 1; value <= count; ++value) {
        message const next{producer, value};
        co_await tx.async_send(next);
    }
}

/// Receives until the channel is closed and drained.
weir::task<std::array<tally, producers>> consume(weir::mpsc::receiver<message> rx) {
    std::array<tally, producers> tallies;
    while (auto m = co_await rx.async_receive()) {
        auto& t = tallies.at(m->producer);
        ++t.count;
        t.sum += m->value;
        t.in_order = t.in_order && m->value == t.last + 1;
        t.last = m->value;
    }
    co_return tallies;
}

std::array<tally, producers> run(std::uint64_t count, std::size_t capacity) {
    boost::asio::thread_pool pool(2);
    auto [tx, rx] = weir::mpsc::channel<message>(pool, capacity);
    for (std::size_t producer = 0; producer < producers; ++producer)
        weir::spawn(pool, produce(producer, count, tx), boost::asio::detached);
    { auto const last_of_ours = std::move(tx); } // or the channel would stay open for it
    auto tallies = weir::spawn(pool, consume(std::move(rx)), boost::asio::use_future);
    pool.join();
    return tallies.get();
}

} // namespace

int main(int argc, char** argv) try {
    std::uint64_t count = 1000;
    std::size_t capacity = 16;
    CLI::App app("Three producers send numbers to one consumer through a bounded channel.");
    app.add_option("--count", count, "How many values each producer sends")->capture_default_str();
    app.add_option("--capacity", capacity, "How many values may wait in the channel")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    bool in_order = true;
    std::size_t number = 0;
    for (auto const& t : run(count, capacity)) {
        fmt::print("producer {}: {} values, sum {}, {}\n", ++number, t.count, t.sum,
                   t.in_order ? "in order" : "OUT OF ORDER");
        in_order = in_order && t.in_order;
    }
    return in_order ? 0 : 1;

} catch (std::exception const& e) {

    fmt::print(stderr, "producer_consumer: {}\n", e.what());
    return 1;
}
