// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/subscription_options.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/stepped_hub.hpp"

#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace market_hub_overflow_test {

using namespace weir::market;
using support::outcome;
using support::sequences;
using support::stepped_hub;
using numbers = std::vector<std::uint64_t>;

namespace {

/// Sequence numbers, each with how many were missed just before it.
using account = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

account take_all(subscription& sub, int limit = 1000) {
    account all;
    for (; limit != 0; --limit) {
        auto const tick = sub.try_receive();
        if (!tick)
            break;
        all.emplace_back(tick->sequence, sub.missed());
    }
    return all;
}

/// At any time, what was routed is somewhere.
bool is_balanced(hub_statistics const& s) {
    return s.routed == s.delivered + s.dropped + s.queued + s.staged;
}

} // namespace

TEST_CASE("overflow drop_newest: what finds no room is dropped and told before the next that is received") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 2}; // drop_newest is the default
    auto sub = h.subscribe("*", options);
    h.send_and_step(h.spot_btc, 5);
    CHECK(sub.dropped() == 3);
    CHECK(take_all(sub, 1) == account{{1, 0}});
    h.send_and_step(h.spot_btc, 2); // 6 finds room, 7 does not
    CHECK(take_all(sub) == account{{2, 0}, {6, 3}});
    h.send_and_step(h.spot_btc);
    CHECK(take_all(sub) == account{{8, 1}});
    CHECK(sub.delivered() == 4);
    CHECK(sub.dropped() == 4);
    CHECK(is_balanced(h.statistics()));
}

TEST_CASE("overflow drop_oldest: the newest stay, and the first of them tells how many are gone") {
    stepped_hub h;
    h.run();
    std::size_t const capacity = GENERATE(1U, 2U, 3U); // 3: not a power of two
    subscription_options const options{.capacity = capacity, .overflow = overflow::drop_oldest};
    auto sub = h.subscribe("*", options);
    h.send_and_step(h.spot_btc, 8);
    CHECK(sub.size() == capacity);
    auto const got = take_all(sub);
    REQUIRE(got.size() == capacity);
    CHECK(got.front() == std::pair<std::uint64_t, std::uint64_t>{9 - capacity, 8 - capacity});
    CHECK(got.back().first == 8);
    CHECK(sub.dropped() == 8 - capacity);
    h.send_and_step(h.spot_btc);
    CHECK(take_all(sub) == account{{9, 0}});
    CHECK(is_balanced(h.statistics()));
}

TEST_CASE(
    "overflow conflate: the latest of each instrument waits in the place of the first, beyond the capacity") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::conflate};
    auto sub = h.subscribe("*", options);
    h.send(h.spot_btc, 3);       // 1 2 3
    h.send(h.spot_eth);          // 4
    h.send(h.usdm_btc, 2);       // 5 6
    h.send_and_step(h.spot_btc); // 7
    CHECK(take_all(sub, 1) == account{{7, 3}});
    h.send_and_step(h.spot_btc); // 8 is behind the others now
    CHECK(take_all(sub) == account{{4, 0}, {6, 1}, {8, 0}});
    CHECK(sub.dropped() == 4);
    CHECK(sub.delivered() == 4);
    CHECK(is_balanced(h.statistics()));
}

TEST_CASE("overflow backpressure: data waits for the subscriber, commands do not, and it resumes") {
    stepped_hub h(hub_options{.data_capacity = 4, .run_size = 2});
    h.run();
    subscription_options const options{.capacity = 2, .overflow = overflow::backpressure};
    auto slow = h.subscribe("binance-spot:BTCUSDT", options);
    auto fast = h.subscribe("*");
    int sent = 0;
    for (int round = 0; round < 10; ++round) {
        sent += h.send(h.spot_btc, 2);
        h.step();
    }
    CHECK(sent < 20);        // the producer is held up
    auto s = h.statistics(); // and a command is answered
    CHECK(s.staged > 0);
    CHECK(is_balanced(s));
    CHECK(h.send(h.usdm_btc) == 0); // for everybody

    numbers got;
    while (static_cast<int>(got.size()) < sent) {
        auto const some = sequences(slow);
        REQUIRE_FALSE(some.empty());
        got.insert(got.end(), some.begin(), some.end());
        h.step();
    }
    CHECK(std::is_sorted(got.begin(), got.end()));
    CHECK(slow.dropped() == 0);
    CHECK(h.send(h.usdm_btc) == 1);
    h.step();
    s = h.statistics();
    CHECK(s.staged == 0);
    CHECK(s.received == static_cast<std::uint64_t>(sent) + 1);
    CHECK(fast.size() == static_cast<std::size_t>(sent) + 1);
    CHECK(is_balanced(s));
}

TEST_CASE(
    "overflow backpressure: a subscriber that goes, or whose symbol is unsubscribed, lets the data go on") {
    stepped_hub h(hub_options{.data_capacity = 4, .run_size = 4});
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::backpressure};
    std::optional<subscription> slow = h.subscribe("binance-spot:BTCUSDT", options);
    auto other = h.subscribe("*");
    h.send_and_step(h.spot_btc, 4); // one queued, three staged
    h.send_and_step(h.spot_btc, 4); // not taken
    REQUIRE(h.statistics().received == 4);
    if (GENERATE(true, false))
        slow.reset();
    else
        CHECK_FALSE(h.unsubscribe("binance-spot:BTCUSDT"));
    h.step();
    auto const s = h.statistics();
    CHECK(s.received == 8);
    CHECK(s.staged == 0);
    CHECK(s.routed >= 8);
    CHECK(s.dropped >= 3); // those that were staged for it
    CHECK(is_balanced(s));
    CHECK(h.send(h.usdm_btc) == 1);
    h.step();
    CHECK(other.size() >= 5);
}

TEST_CASE("overflow disconnect: ends the subscription, what was queued is received and counted") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 2, .overflow = overflow::disconnect};
    auto sub = h.subscribe("*", options);
    h.send_and_step(h.spot_btc, 2);
    CHECK_FALSE(sub.is_disconnected());
    h.send_and_step(h.spot_btc, 3);
    CHECK(sub.is_disconnected());
    CHECK(h.statistics().subscriptions == 0);
    CHECK(sequences(sub) == numbers{1, 2});
    CHECK(is_at_end(h, sub));
    auto s = h.statistics();
    CHECK(s.delivered == 2);
    CHECK(s.queued == 0);
    CHECK(is_balanced(s));
    h.send_and_step(h.spot_btc);
    CHECK(h.statistics().routed == s.routed); // nothing more is meant for it
    { auto const gone = std::move(sub); }
    h.step();
    CHECK(h.statistics().delivered == 2);
}

TEST_CASE("overflow disconnect: a receive that is parked gets its ticks, so the queue is not full") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::disconnect};
    auto sub = h.subscribe("*", options);
    for (std::uint64_t n = 1; n <= 3; ++n) {
        outcome<std::optional<market_tick>> got;
        sub.async_receive(got.handler());
        h.step();
        h.send_and_step(h.spot_btc);
        REQUIRE(got.is_success());
        CHECK(got.value()->sequence == n);
    }
    CHECK_FALSE(sub.is_disconnected());
}

/// Sends n ticks of an instrument, as a producer that never has to wait for one.
weir::task<> flood(stepped_hub& h, weir::mpsc::sender<market_tick> feed, int n) {
    for (; n != 0; --n) {
        auto const tick = h.tick(h.spot_btc);
        co_await feed.async_send(tick);
    }
}

/// How many ticks there were each time that the subscriber had to wait for one.
weir::task<> measure_bursts(subscription& sub, std::vector<std::size_t>& bursts) {
    bool has_waited = true;
    while (auto const tick = co_await sub.async_receive()) {
        if (has_waited)
            bursts.push_back(sub.size() + 1);
        has_waited = sub.size() == 0;
    }
}

TEST_CASE(
    "overflow, many ticks: they are handed over together, but not where a subscriber would lose some by it") {
    bool const has_room = GENERATE(true, false); // for a run more, once it has one of 128
    stepped_hub h(hub_options{.data_capacity = 1024, .run_size = 256});
    h.run();
    auto sub = h.subscribe("*", {.capacity = has_room ? 1024U : 300U});
    std::vector<std::size_t> bursts;
    weir::spawn(*h.loop, measure_bursts(sub, bursts), boost::asio::detached);
    weir::spawn(*h.loop, flood(h, h.hub->feed(), 1024), boost::asio::detached);
    h.step();
    CHECK_FALSE(h.shut_down());
    CHECK(sub.delivered() == 1024);
    CHECK(sub.dropped() == 0);
    REQUIRE_FALSE(bursts.empty());
    CHECK((*std::max_element(bursts.begin(), bursts.end()) > 256) == has_room);
}

TEST_CASE("overflow, many ticks: what is held is handed over before a command, and when nothing follows") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    REQUIRE(h.send(h.spot_btc, 100) == 100);
    auto const s = h.statistics();
    CHECK(s.received == 100);
    CHECK(s.staged == 0);
    CHECK(s.queued == 100);
    h.send_and_step(h.spot_btc, 100);
    CHECK(sequences(sub).size() == 200);
}

TEST_CASE("overflow, many ticks: the hub or its loop goes while it holds some") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    REQUIRE(h.send(h.spot_btc, 100) == 100);
    while (h.hub->statistics().received == 0)
        REQUIRE(h.loop->poll_one() == 1);
    REQUIRE(h.hub->statistics().staged == 100);
    if (GENERATE(true, false)) {
        h.hub.reset();
        h.step();
        CHECK(h.has_ended);
        CHECK(h.failure);
    } else {
        h.loop.reset();
    }
    CHECK(sequences(sub).size() == 100);
}

} // namespace market_hub_overflow_test
