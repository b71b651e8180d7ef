// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W10parts: what a tick of W10 is made of, each part alone, in the same proportions: four subscribers, 64 symbols, and
// runs of 256 ticks, which wake each of the 256 subscribers once. Their sum is what the hub cannot go below.

#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/market.hpp>
#include <weir/mpsc.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace bench;
namespace market = weir::market;

constexpr std::size_t symbols = 64;
constexpr std::size_t subscribers = 4; // of each symbol
constexpr std::size_t capacity = 1024;

std::vector<market::market_tick> some_ticks() {
    std::vector<market::market_tick> ticks;
    for (std::size_t i = 0; i != 4096; ++i)
        ticks.push_back(
            {.instrument = static_cast<market::instrument_id>(i % symbols),
             .event_time = static_cast<std::int64_t>(i),
             .receive_time = static_cast<std::int64_t>(i),
             .price = market::decimal::from_parts(6'183'763 + static_cast<std::int64_t>(i % 256), 2),
             .volume = market::decimal::from_parts(2 + static_cast<std::int64_t>(i % 16), 2),
             .sequence = i});
    return ticks;
}

/// Exact statistics of each instrument.
work aggregate(counter n) {
    auto const ticks = some_ticks();
    market::price_aggregator prices;
    stopwatch const watch;
    for (counter i = 0; i != n; ++i)
        prices.add_tick(ticks[i % ticks.size()]);
    double const seconds = watch.seconds();
    counter seen = 0;
    for (auto const& one : prices.statistics())
        seen += one.count;
    verify(seen == n, "not all were counted");
    return {n, seconds};
}

/// From the instrument to its subscribers, and a copy into the ring of each.
work index_and_copy(counter n) {
    struct ring {
        std::vector<market::market_tick> slots = std::vector<market::market_tick>(capacity);
        std::size_t next = 0;
    };

    auto const ticks = some_ticks();
    std::vector<ring> rings(symbols * subscribers);
    std::vector<std::vector<ring*>> routes(symbols);
    for (std::size_t r = 0; r != rings.size(); ++r)
        routes[r / subscribers].push_back(&rings[r]);
    stopwatch const watch;
    for (counter i = 0; i != n; ++i) {
        auto const& tick = ticks[i % ticks.size()];
        for (ring* const to : routes[tick.instrument])
            to->slots[to->next++ % capacity] = tick;
    }
    double const seconds = watch.seconds();
    counter copied = 0;
    for (ring const& one : rings)
        copied += one.next;
    verify(copied == n * subscribers, "not all were copied");
    return {n, seconds};
}

template <class Receiver>
weir::task<> count_values(Receiver rx, counter& result) {
    counter mine = 0;
    while (auto const value = co_await rx.async_receive())
        ++mine;
    result = mine;
}

template <class Sender, class Executor>
weir::task<> wake_all(std::vector<Sender> all, Executor executor, counter each) {
    co_await yield<weir::task<>>(executor); // all wait
    for (counter i = 0; i != each; ++i) {
        for (Sender& tx : all)
            verify(tx.try_send(i), "no room");
        co_await yield<weir::task<>>(executor);
    }
}

/// A task that waits gets something and waits again: once a tick.
work wake(counter n) {
    one_thread where;
    using ends = decltype(weir::mpsc::channel<counter>(where.place(), 1));
    std::vector<ends::first_type> senders;
    std::array<counter, symbols * subscribers> received{};
    for (counter& one : received) {
        auto [tx, rx] = weir::mpsc::channel<counter>(where.place(), 4);
        senders.push_back(std::move(tx));
        start(where.place(), count_values(std::move(rx), one));
    }
    counter const each = n / received.size() + 1;
    start(where.place(), wake_all(std::move(senders), where.executor(), each));
    stopwatch const watch;
    where.run();
    double const seconds = watch.seconds();
    for (counter one : received)
        verify(one == each, "somebody was not woken");
    return {each * received.size(), seconds};
}

} // namespace

int main(int argc, char** argv) {
    suite all;
    all.add("W10parts", "aggregate", "raw", cost(aggregate));
    all.add("W10parts", "index and copy", "raw", cost(index_and_copy));
    all.add("W10parts", "wake", "weir", cost(wake));
    return all.run(argc, argv);
}
