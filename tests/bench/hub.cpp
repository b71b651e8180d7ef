// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W10: a market data hub with 64 symbols and 4 subscribers each, flooded by one producer; time runs until the last
// subscriber has had its last tick. W10lat: 100,000 ticks a second, and how long each takes to a subscriber. And how the
// cost of a tick grows with the number of symbols, and the cost of a delivery with the number of subscribers.

#include "support/asio_hub.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/market.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace market = weir::market;

struct shape {
    std::size_t symbols = 64;
    std::size_t subscribers = 4; // of each symbol
    std::size_t capacity = 1024; // of each subscriber
    market::overflow overflow = market::overflow::drop_newest;
};

/// What a subscriber has had.
struct receipt {
    counter count = 0;
    counter dropped = 0;
    std::vector<std::uint32_t> latencies;
};

enum class measures { throughput, latency };

template <measures Measures>
weir::task<> read(market::subscription subscription, receipt& result) {
    receipt mine;
    if constexpr (Measures == measures::latency)
        mine.latencies.reserve(1 << 14);
    while (auto const tick = co_await subscription.async_receive()) {
        ++mine.count;
        if constexpr (Measures == measures::latency)
            mine.latencies.push_back(
                static_cast<std::uint32_t>(nanoseconds() - static_cast<counter>(tick->receive_time)));
    }
    mine.dropped = subscription.dropped();
    result = std::move(mine);
}

/// A hub with its subscribers on a loop or a pool, and a producer that begins when all have subscribed.
template <class Place>
class rig {
public:
    explicit rig(shape s, poll_time longest = sleeps)
        : where_(longest),
          shape_(s),
          hub_(where_.place(), {.data_capacity = 1024}),
          receipts_(s.symbols * s.subscribers) {
        for (std::size_t i = 0; i != prices_.size(); ++i)
            prices_[i] = market::decimal::from_parts(6'183'763 + static_cast<std::int64_t>(i), 2);
        for (std::size_t i = 0; i != volumes_.size(); ++i)
            volumes_[i] = market::decimal::from_parts(2 + static_cast<std::int64_t>(i), 2);
    }

    /// Runs until the hub has shut down; `produce(feed)` is the producer, and shuts it down.
    template <measures Measures, class Produce>
    void run(Produce produce) {
        start(where_.place(), hub_.run());
        start(where_.place(), subscribe_all<Measures>(std::move(produce)));
        where_.run();
        seconds_ = watch_.seconds();
    }

    /// For the producer: what it sends.
    [[nodiscard]] market::market_tick tick(counter n, counter now) const {
        return {.instrument = first_ + static_cast<market::instrument_id>(n % shape_.symbols),
                .event_time = static_cast<std::int64_t>(n),
                .receive_time = static_cast<std::int64_t>(now),
                .price = prices_[n % prices_.size()],
                .volume = volumes_[n % volumes_.size()],
                .sequence = n};
    }

    [[nodiscard]] auto executor() { return where_.executor(); }

    [[nodiscard]] market::hub_client client() const { return hub_.client(); }

    [[nodiscard]] double seconds() const { return seconds_; }

    [[nodiscard]] std::vector<receipt> const& receipts() const { return receipts_; }

    /// Every subscriber of n ticks has had its part, or knows what it has lost; returns how many were lost.
    [[nodiscard]] counter verify_all(counter n) const {
        verify(hub_.statistics().received == n, "the hub has not had all ticks");
        counter lost = 0;
        for (std::size_t r = 0; r != receipts_.size(); ++r) {
            counter const symbol = r / shape_.subscribers;
            counter const sent = n / shape_.symbols + (symbol < n % shape_.symbols ? 1 : 0);
            verify(receipts_[r].count + receipts_[r].dropped == sent,
                   "a subscriber has not had what was sent");
            lost += receipts_[r].dropped;
        }
        return lost;
    }

private:
    template <measures Measures, class Produce>
    weir::task<> subscribe_all(Produce produce) {
        auto client = hub_.client();
        market::subscription_options const options{.capacity = shape_.capacity, .overflow = shape_.overflow};
        for (std::size_t s = 0; s != shape_.symbols; ++s) {
            std::string const name = "venue:SYM" + std::to_string(s);
            auto const id = hub_.symbols().intern(name);
            if (s == 0)
                first_ = id;
            for (std::size_t n = 0; n != shape_.subscribers; ++n) {
                market::symbol_selection what(name);
                auto subscription = co_await client.async_subscribe(std::move(what), options);
                start(where_.place(),
                      read<Measures>(std::move(subscription), receipts_[s * shape_.subscribers + n]));
            }
        }
        watch_ = stopwatch();
        co_await produce(*this, hub_.feed());
    }

    Place where_;
    shape shape_;
    market::market_data_hub hub_;
    market::instrument_id first_ = 0;
    std::array<market::decimal, 256> prices_;
    std::array<market::decimal, 16> volumes_;
    std::vector<receipt> receipts_;
    stopwatch watch_;
    double seconds_ = 0;
};

template <class Rig>
weir::task<> flood(Rig& rig, weir::mpsc::sender<market::market_tick> feed, counter n) {
    for (counter i = 0; i != n; ++i) {
        auto const tick = rig.tick(i, i);
        co_await feed.async_send(tick);
    }
    auto client = rig.client();
    co_await client.async_shutdown();
}

template <class Place>
work throughput(counter n, shape s) {
    rig<Place> r(s);
    r.template run<measures::throughput>(
        [n](auto& self, auto feed) { return flood(self, std::move(feed), n); });
    counter const lost = r.verify_all(n);
    auto const deliveries = static_cast<double>(n * s.subscribers);
    double const delivered = deliveries - static_cast<double>(lost);
    return {n,
            r.seconds(),
            {{"", "deliveries/s", delivered / r.seconds()},
             {"", "dropped ratio", static_cast<double>(lost) / deliveries}}};
}

// ---- latency

constexpr counter pause = 10'000; // nanoseconds between two ticks

/// On the loop itself, which so never sleeps.
template <class Rig>
weir::task<> pace(Rig& rig, weir::mpsc::sender<market::market_tick> feed, counter n) {
    auto const executor = rig.executor();
    counter const begin = nanoseconds();
    for (counter i = 0; i != n; ++i) {
        while (nanoseconds() < begin + i * pause)
            co_await yield<weir::task<>>(executor);
        auto const tick = rig.tick(i, nanoseconds());
        co_await feed.async_send(tick);
    }
    auto client = rig.client();
    co_await client.async_shutdown();
}

/// On a thread that is not of the loop, which sleeps between two ticks.
template <class Rig>
weir::task<> pace_from_outside(Rig& rig, weir::mpsc::sender<market::market_tick> feed, counter n,
                               std::thread& outside) {
    auto [tell, told] = weir::mpsc::channel<counter>(rig.executor(), 1);
    outside = std::thread([&rig, n, to = std::move(feed), end = std::move(tell)]() mutable {
        counter const begin = nanoseconds();
        for (counter i = 0; i != n; ++i) {
            while (nanoseconds() < begin + i * pause) {
            }
            verify(to.blocking_send(rig.tick(i, nanoseconds())), "the hub has closed");
        }
        verify(end.blocking_send(n), "nobody waits for the end");
    });
    auto from = std::move(told);
    auto const ended = co_await from.async_receive();
    verify(ended.has_value(), "the thread has not ended");
    auto client = rig.client();
    co_await client.async_shutdown();
}

template <class Place, bool FromOutside>
std::vector<std::uint32_t> latencies(effort e, poll_time longest) {
    auto const n = std::max<counter>(static_cast<counter>(e.seconds * 1e9) / pause, 64);
    rig<Place> r({}, longest);
    std::thread outside;
    if constexpr (FromOutside)
        r.template run<measures::latency>([n, &outside](auto& self, auto feed) {
            return pace_from_outside(self, std::move(feed), n, outside);
        });
    else
        r.template run<measures::latency>(
            [n](auto& self, auto feed) { return pace(self, std::move(feed), n); });
    if (outside.joinable())
        outside.join();
    (void)r.verify_all(n);
    std::vector<std::uint32_t> all;
    for (receipt const& one : r.receipts())
        all.insert(all.end(), one.latencies.begin(), one.latencies.end());
    return all;
}

// ---- what is measured

void add_growth(suite& all) {
    constexpr auto lossless = market::overflow::backpressure;
    for (std::size_t symbols : {1U, 10U, 100U, 1000U, 10'000U, 100'000U})
        all.add_growth("symbols", symbols, "weir", cost(at_least(20 * symbols, [symbols](counter n) {
                           return throughput<one_thread>(n, {symbols, 1, 64, lossless});
                       })));
    for (std::size_t subscribers : {1U, 10U, 100U, 1000U, 10'000U})
        all.add_growth(
            "subscribers", subscribers, "weir", cost(at_least(200 * subscribers, [subscribers](counter n) {
                work done = throughput<one_thread>(n / subscribers + 1, {1, subscribers, 64, lossless});
                done.operations *= subscribers;
                return done;
            })));
}

} // namespace

int main(int argc, char** argv) {
    suite all;
    all.add("W10", "1t", "weir", rate("ticks/s", [](counter n) { return throughput<one_thread>(n, {}); }));
    all.add("W10", "2t-pool", "weir",
            rate("ticks/s", [](counter n) { return throughput<pool_of_two>(n, {}); }));
    auto const add_latency = [&](std::string const& param, std::string const& peer, auto run,
                                 poll_time longest) {
        all.add("W10lat", param, peer, latency([run, longest](effort e) { return run(e, longest); }));
    };
    add_latency("1t in-loop yield-paced", "weir", latencies<one_thread, false>, sleeps);
    add_latency("1t ext-thread spin-paced", "weir", latencies<one_thread, true>, sleeps);
    add_latency("1t ext-thread spin-paced", "weir busy_poll", latencies<one_thread, true>, polls);
    add_latency("2t-pool ext-thread spin-paced", "weir", latencies<pool_of_two, true>, sleeps);
    add_latency("2t-pool ext-thread spin-paced", "weir busy_poll", latencies<pool_of_two, true>, polls);
    add_asio_hub(all);
    add_growth(all);
    return all.run(argc, argv);
}
