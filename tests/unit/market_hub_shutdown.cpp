// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/market_data_hub.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/stepped_hub.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace market_hub_shutdown_test {

using namespace std::chrono_literals;
using namespace weir::market;
using support::outcome;
using support::sequences;
using support::stepped_hub;
using numbers = std::vector<std::uint64_t>;

namespace {

/// Waits for everything that a client can wait for.
struct all_commands {
    outcome<subscription> subscribed;
    outcome<> unsubscribed;
    outcome<hub_statistics> counted;
    outcome<> shut_down;

    void ask(hub_client& client) {
        client.async_subscribe("*", subscribed.handler());
        client.async_unsubscribe("*", unsubscribed.handler());
        client.async_statistics(100s, counted.handler());
        client.async_shutdown(shut_down.handler());
    }

    [[nodiscard]] bool are_pending() const {
        return subscribed.is_pending() && unsubscribed.is_pending() && counted.is_pending() &&
               shut_down.is_pending();
    }

    [[nodiscard]] bool are_closed() const {
        return subscribed.is_failure(weir::errc::closed) && unsubscribed.is_failure(weir::errc::closed) &&
               counted.is_failure(weir::errc::closed) && shut_down.is_failure(weir::errc::closed);
    }
};

} // namespace

TEST_CASE("hub statistics: answer in time, with counts of everything") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("binance-spot:BTCUSDT");
    h.send(h.spot_btc, 2);
    h.send_and_step(h.spot_eth);
    (void)sub.try_receive();
    auto const s = h.statistics();
    CHECK(s.received == 3);
    CHECK(s.routed == 2);
    CHECK(s.delivered == 1);
    CHECK(s.queued == 1);
    CHECK(s.subscriptions == 1);
    REQUIRE(s.instruments.size() == 2);
    CHECK(s.instruments[0].instrument == h.spot_btc);
    CHECK(s.instruments[0].count == 2);
}

TEST_CASE("hub statistics: time out when the hub does not run, and the hub is none the worse for it") {
    stepped_hub h;
    outcome<hub_statistics> answer;
    h.client.async_statistics(0ms, answer.handler());
    h.step();
    CHECK(answer.is_failure(weir::errc::timed_out));
    h.run();
    CHECK(h.statistics().received == 0);
}

TEST_CASE("hub: commands that come before it runs are answered when it does, in their order") {
    stepped_hub h;
    outcome<subscription> subscribed;
    outcome<> unsubscribed;
    h.client.async_subscribe("*", subscribed.handler());
    h.client.async_unsubscribe("*", unsubscribed.handler());
    h.step();
    CHECK(subscribed.is_pending());
    h.run();
    CHECK(subscribed.is_success());
    CHECK(unsubscribed.is_success());
    CHECK(is_at_end(h, subscribed.value()));
}

TEST_CASE("hub: ticks that cannot be are rejected and counted, and reach nobody") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    auto feed = h.hub->feed();
    auto bad = h.tick(h.spot_btc);
    SECTION("no such instrument") { bad.instrument = 3; }
    SECTION("an instrument far beyond the table") { bad.instrument = 0xffffffff; }
    SECTION("price zero") { bad.price = decimal(); }
    SECTION("negative price") { bad.price = decimal(-1); }
    SECTION("volume zero") { bad.volume = decimal(); }
    SECTION("negative volume") { bad.volume = decimal(-1); }
    REQUIRE(feed.try_send(bad));
    h.send_and_step(h.spot_btc);
    CHECK(sequences(sub) == numbers{2});
    auto const s = h.statistics();
    CHECK(s.received == 2);
    CHECK(s.rejected == 1);
    REQUIRE(s.instruments.size() == 1);
    CHECK(s.instruments[0].count == 1);
}

TEST_CASE("hub shutdown: ticks that were accepted are delivered, then the streams end and so does run") {
    stepped_hub h(hub_options{.run_size = 2}); // so the drain takes more than one run
    h.run();
    auto sub = h.subscribe("*");
    h.send(h.spot_btc, 20); // accepted, and not yet seen by the hub
    bool const by_command = GENERATE(true, false);
    if (by_command) {
        CHECK_FALSE(h.shut_down());
    } else {
        h.hub->shutdown_sender().send(shutdown_notice{});
        h.step();
    }
    CHECK(h.has_ended);
    CHECK_FALSE(h.failure);
    CHECK(h.send(h.spot_btc) == 0);
    numbers expected(20);
    std::iota(expected.begin(), expected.end(), 1);
    CHECK(sequences(sub) == expected);
    CHECK(is_at_end(h, sub));
    auto const s = h.hub->statistics();
    CHECK(s.received == 20);
    CHECK(s.delivered == 20);
    CHECK(s.left_behind == 0);
    CHECK(s.subscriptions == 0);
}

TEST_CASE("hub shutdown: waits for a subscriber with backpressure to take what was accepted") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::backpressure};
    auto sub = h.subscribe("*", options);
    h.send(h.spot_btc, 3);
    outcome<> shut_down;
    h.client.async_shutdown(shut_down.handler());
    h.step();
    CHECK(shut_down.is_pending());
    numbers got;
    for (int i = 0; i < 3; ++i) {
        for (auto const n : sequences(sub))
            got.push_back(n);
        h.step();
    }
    CHECK(shut_down.is_success());
    CHECK(got == numbers{1, 2, 3});
    CHECK(is_at_end(h, sub));
    CHECK(h.has_ended);
}

TEST_CASE("hub shutdown: does not wait for ever, and says what it left behind") {
    stepped_hub h(hub_options{.run_size = 2, .drain_timeout = 0ns});
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::backpressure};
    auto sub = h.subscribe("*", options);
    h.send_and_step(h.spot_btc, 5); // one queued, one staged, three not taken
    CHECK_FALSE(h.shut_down());
    CHECK(h.has_ended);
    auto const s = h.hub->statistics();
    CHECK(s.received + s.left_behind == 5);
    CHECK(s.left_behind == 3);
    CHECK(s.routed == s.delivered + s.dropped + s.queued + s.staged);
    CHECK(sequences(sub) == numbers{1});
    CHECK(is_at_end(h, sub));
}

TEST_CASE("hub shutdown: waits for permits, which are accepted sends") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    auto feed = h.hub->feed();
    auto permit = feed.try_reserve();
    REQUIRE(permit);
    outcome<> shut_down;
    h.client.async_shutdown(shut_down.handler());
    h.step();
    CHECK(shut_down.is_pending());
    std::move(*permit).send(h.tick(h.spot_btc));
    permit.reset();
    h.step();
    CHECK(shut_down.is_success());
    CHECK(sequences(sub) == numbers{1});
}

TEST_CASE("hub shutdown: every client call afterwards is closed, and a waiting producer is told") {
    stepped_hub h(hub_options{.data_capacity = 1});
    h.run();
    auto sub = h.subscribe("*");
    auto feed = h.hub->feed();
    outcome<> closed;
    feed.async_closed(closed.handler());
    CHECK_FALSE(h.shut_down());
    all_commands late;
    late.ask(h.client);
    outcome<> sent;
    feed.async_send(h.tick(h.spot_btc), sent.handler());
    h.step();
    CHECK(late.are_closed());
    CHECK(h.client.is_closed());
    CHECK(sent.is_failure(weir::errc::closed));
    CHECK(closed.is_success());
}

TEST_CASE("hub shutdown: two at once both succeed, and what came behind them is closed") {
    stepped_hub h;
    h.run();
    outcome<> first;
    outcome<> second;
    outcome<hub_statistics> behind;
    h.client.async_shutdown(first.handler());
    h.client.async_shutdown(second.handler());
    h.client.async_statistics(100s, behind.handler());
    h.step();
    CHECK(first.is_success());
    CHECK(second.is_success());
    CHECK(behind.is_failure(weir::errc::closed));
}

TEST_CASE("hub shutdown: whoever subscribed to the broadcast learns of it, also when it came by command") {
    stepped_hub h;
    h.run();
    auto notices = h.hub->shutdown_sender().subscribe();
    CHECK_FALSE(notices.try_receive());
    CHECK_FALSE(h.shut_down());
    CHECK(notices.try_receive());
}

TEST_CASE("hub lifetime: one that never ran answers everybody with closed when it goes") {
    stepped_hub h(hub_options{.command_capacity = 2}); // so some commands wait for room
    all_commands waiting;
    waiting.ask(h.client);
    auto feed = h.hub->feed();
    h.step();
    CHECK(waiting.are_pending());
    h.hub.reset();
    h.step();
    CHECK(waiting.are_closed());
    CHECK(feed.is_closed());
}

TEST_CASE("hub lifetime: run is for once") {
    stepped_hub h;
    h.run();
    CHECK_THROWS_AS(h.hub->run(), std::logic_error);
    CHECK(h.statistics().received == 0); // the first goes on
}

TEST_CASE("hub lifetime: destroyed while run is parked, clients and subscribers see the end and run fails") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    h.send_and_step(h.spot_btc);
    auto feed = h.hub->feed();
    h.hub.reset();
    h.step();
    CHECK(h.has_ended);
    CHECK(h.failure);
    CHECK(sequences(sub) == numbers{1});
    CHECK(is_at_end(h, sub));
    CHECK(feed.is_closed());
    CHECK(h.client.is_closed());
}

TEST_CASE("hub lifetime: the context goes while everybody is parked, nobody is run and handles stay safe") {
    stepped_hub h(hub_options{.data_capacity = 1});
    bool const is_running = GENERATE(true, false);
    bool const hub_goes_first = GENERATE(true, false);
    std::optional<subscription> sub;
    if (is_running) {
        h.run();
        subscription_options const options{.capacity = 1, .overflow = overflow::backpressure};
        sub = h.subscribe("*", options);
        h.send_and_step(h.spot_btc, 1);
        h.send_and_step(h.spot_btc, 1); // staged: data is blocked
    }
    auto feed = h.hub->feed();
    (void)feed.try_send(h.tick(h.spot_btc));
    outcome<> sent;
    outcome<hub_statistics> asked;
    feed.async_send(h.tick(h.spot_btc), sent.handler());
    h.step();
    CHECK(sent.is_pending());
    h.client.async_statistics(100s, asked.handler());
    if (hub_goes_first)
        h.hub.reset();
    h.loop.reset();
    CHECK(sent.is_pending()); // destroyed, not completed
    CHECK(asked.is_pending());
    if (sub)
        CHECK(sub->try_receive());
}

TEST_CASE("hub lifetime: a subscription may outlive hub and context") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    h.send_and_step(h.spot_btc, 2);
    h.hub.reset();
    h.loop.reset();
    CHECK(sequences(sub) == numbers{1, 2});
    CHECK(sub.delivered() == 2);
    sub.close();
}

TEST_CASE("hub: options that make no sense are refused") {
    boost::asio::io_context loop;
    CHECK_THROWS_AS(market_data_hub(loop, hub_options{.data_capacity = 0}), std::invalid_argument);
    CHECK_THROWS_AS(market_data_hub(loop, hub_options{.command_capacity = 0}), std::invalid_argument);
    CHECK_THROWS_AS(market_data_hub(loop, hub_options{.run_size = 0}), std::invalid_argument);
}

TEST_CASE("hub shutdown: when the loop is cancelled while it drains, who asked for the shutdown is told") {
    stepped_hub h;
    boost::asio::cancellation_signal cancel;
    bool has_ended = false;
    weir::spawn(*h.loop, h.hub->run(),
                boost::asio::bind_cancellation_slot(
                    cancel.slot(), [&has_ended](std::exception_ptr e) { has_ended = e != nullptr; }));
    auto sub = h.subscribe("*", {.capacity = 1, .overflow = overflow::backpressure});
    h.send_and_step(h.spot_btc, 3);
    outcome<> done;
    h.client.async_shutdown(done.handler());
    h.step();
    CHECK(done.is_pending()); // there is no room for the others
    cancel.emit(boost::asio::cancellation_type::terminal);
    h.step();
    CHECK(has_ended);
    CHECK(done.is_failure(weir::errc::closed));
    CHECK(sequences(sub) == numbers{1});
    CHECK(is_at_end(h, sub));
}

TEST_CASE("hub client: a command that waits in another context than the hub's outlives that") {
    boost::asio::io_context here;
    auto there = std::make_unique<boost::asio::io_context>();
    auto hub = std::make_unique<market_data_hub>(*there); // on a strand
    bool is_closed = false;
    auto const ask = [](hub_client client, bool& closed) -> weir::task<> {
        try {
            co_await client.async_statistics(1h);
        } catch (boost::system::system_error const& e) {
            closed = e.code() == weir::errc::closed;
        }
    };
    weir::spawn(here.get_executor(), ask(hub->client(), is_closed), boost::asio::detached);
    support::poll(here);
    there.reset();
    hub.reset();
    support::poll(here);
    CHECK(is_closed);
}

} // namespace market_hub_shutdown_test
