// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/market_data_hub.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/stepped_hub.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace market_hub_subscriptions_test {

using namespace weir::market;
using support::outcome;
using support::sequences;
using support::stepped_hub;
using numbers = std::vector<std::uint64_t>;

TEST_CASE("hub subscribe: one name, a list, a pattern and all get what they name, in order") {
    stepped_hub h;
    h.run();
    auto one = h.subscribe("binance-spot:BTCUSDT");
    auto list = h.subscribe({"binance-spot:ETHUSDT", "binance-usdm:BTCUSDT"});
    auto pattern = h.subscribe("*:BTC*");
    auto all = h.subscribe("*");
    h.send(h.spot_btc);
    h.send(h.spot_eth);
    h.send(h.usdm_btc);
    h.send_and_step(h.spot_btc);
    CHECK(sequences(one) == numbers{1, 4});
    CHECK(sequences(list) == numbers{2, 3});
    CHECK(sequences(pattern) == numbers{1, 3, 4});
    CHECK(sequences(all) == numbers{1, 2, 3, 4});
}

TEST_CASE("hub subscribe: names that overlap deliver a tick once") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe({"binance-spot:BTCUSDT", "binance-spot:*", "*", "binance-spot:BTCUSDT"});
    h.send_and_step(h.spot_btc, 2);
    CHECK(sequences(sub) == numbers{1, 2});
    CHECK(h.statistics().routed == 2);
}

TEST_CASE("hub subscribe: a pattern takes in instruments that appear later, a name may come before its first "
          "tick") {
    stepped_hub h;
    h.run();
    auto pattern = h.subscribe("okx:*");
    auto name = h.subscribe("okx:BTC-USDT");
    auto const id = h.hub->symbols().intern("okx:BTC-USDT");
    h.send_and_step(id, 2);
    CHECK(sequences(pattern) == numbers{1, 2});
    CHECK(sequences(name) == numbers{1, 2});
}

TEST_CASE(
    "hub subscribe: what is neither a name nor a pattern is an unknown symbol, and nobody's subscription") {
    stepped_hub h;
    h.run();
    auto const what =
        GENERATE(std::vector<std::string>{"BTCUSDT"}, std::vector<std::string>{""},
                 std::vector<std::string>{"binance-spot:BTCUSDT", "nonsense"}, std::vector<std::string>{});
    outcome<subscription> made;
    h.client.async_subscribe(what, made.handler());
    h.step();
    CHECK(made.is_failure(weir::errc::unknown_symbol));
    CHECK_FALSE(made.value());
    CHECK(h.statistics().subscriptions == 0);
    CHECK(h.hub->symbols().size() == 3);
}

TEST_CASE(
    "hub subscribe: a bad capacity is refused by the client, and by the hub when the command is hand-made") {
    stepped_hub h;
    h.run();
    subscription_options const bad{.capacity = 0};
    CHECK_THROWS_AS(h.client.async_subscribe("*", bad), std::invalid_argument);

    auto [answer, from] =
        weir::oneshot::channel<reply<subscription>>(boost::asio::any_io_executor(h.loop->get_executor()));
    auto commands = h.client.commands();
    REQUIRE(commands.try_send(market_command(subscribe{{"*"}, bad, std::move(answer)})));
    h.step();
    auto const got = from.try_receive();
    REQUIRE(got);
    CHECK(got->error == boost::system::errc::invalid_argument);
    CHECK_FALSE(got->value);
    CHECK(h.statistics().subscriptions == 0); // and the hub goes on
}

TEST_CASE("hub subscribe: cancelled before it is answered, no subscription stays") {
    stepped_hub h;
    boost::asio::cancellation_signal cancel;
    outcome<subscription> made;
    h.client.async_subscribe("*", boost::asio::bind_cancellation_slot(cancel.slot(), made.handler()));
    h.step();
    cancel.emit(boost::asio::cancellation_type::terminal);
    h.step();
    CHECK(made.is_failure(boost::asio::error::operation_aborted));
    h.run(); // finds the command and makes a subscription that nobody takes
    CHECK(h.statistics().subscriptions == 0);
}

TEST_CASE("hub commands: in asio::awaitable, each is sent once, whether the hub answers at once or later") {
    stepped_hub h;
    bool const is_running = GENERATE(true, false);
    if (is_running)
        h.run();
    std::uint64_t subscribed = 0;
    std::uint64_t left = 1;
    auto const ask = [&]() -> boost::asio::awaitable<void> {
        auto const sub = co_await h.client.async_subscribe("*");
        subscribed = (co_await h.client.async_statistics(std::chrono::hours(1))).subscriptions;
        co_await h.client.async_unsubscribe("*");
        left = (co_await h.client.async_statistics(std::chrono::hours(1))).subscriptions;
        co_await h.client.async_shutdown();
    };
    boost::asio::co_spawn(*h.loop, ask(), boost::asio::detached);
    h.step();
    if (!is_running)
        h.run();
    CHECK(subscribed == 1);
    CHECK(left == 0);
    CHECK(h.has_ended);
    CHECK_FALSE(h.failure);
}

TEST_CASE("hub unsubscribe: ends every subscription of the symbol, what was queued is received first") {
    stepped_hub h;
    h.run();
    auto first = h.subscribe("binance-spot:BTCUSDT");
    auto second = h.subscribe("binance-spot:BTCUSDT");
    auto other = h.subscribe("binance-spot:ETHUSDT");
    h.send_and_step(h.spot_btc);
    CHECK_FALSE(h.unsubscribe("binance-spot:BTCUSDT"));
    h.send(h.spot_eth);
    h.send_and_step(h.spot_btc);
    CHECK(sequences(first) == numbers{1});
    CHECK(sequences(second) == numbers{1});
    CHECK(is_at_end(h, first));
    CHECK(is_at_end(h, second));
    CHECK(sequences(other) == numbers{2});
    CHECK_FALSE(is_at_end(h, other));
    auto const s = h.statistics();
    CHECK(s.subscriptions == 1);
    CHECK(s.delivered == 3);
    CHECK(s.routed == 3);
}

TEST_CASE("hub unsubscribe: takes the symbol out of lists and patterns, which go on") {
    stepped_hub h;
    h.run();
    auto list = h.subscribe({"binance-spot:BTCUSDT", "binance-spot:ETHUSDT"});
    auto all = h.subscribe("*");
    CHECK_FALSE(h.unsubscribe("binance-spot:BTCUSDT"));
    h.send(h.spot_btc);
    h.send_and_step(h.spot_eth);
    CHECK(sequences(list) == numbers{2});
    CHECK(sequences(all) == numbers{2});
    CHECK(h.statistics().subscriptions == 2);
    CHECK_FALSE(h.unsubscribe("binance-spot:ETHUSDT"));
    CHECK(is_at_end(h, list)); // that was its last name
    CHECK_FALSE(is_at_end(h, all));
}

TEST_CASE("hub unsubscribe: a pattern ends the subscriptions that were made with that pattern") {
    stepped_hub h;
    h.run();
    auto pattern = h.subscribe("binance-*");
    auto same_in_other_words = h.subscribe("binance-**");
    auto both = h.subscribe({"binance-*", "binance-spot:BTCUSDT"});
    CHECK_FALSE(h.unsubscribe("binance-*"));
    h.send(h.spot_eth);
    h.send_and_step(h.spot_btc);
    CHECK(is_at_end(h, pattern));
    CHECK(sequences(same_in_other_words) == numbers{1, 2});
    CHECK(sequences(both) == numbers{2});
}

TEST_CASE("hub unsubscribe: what nobody has subscribed to is an unknown symbol") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("binance-spot:BTCUSDT");
    CHECK(h.unsubscribe("binance-spot:ETHUSDT") == weir::errc::unknown_symbol);
    CHECK(h.unsubscribe("okx:BTC-USDT") == weir::errc::unknown_symbol);
    CHECK(h.unsubscribe("*") == weir::errc::unknown_symbol);
    CHECK_FALSE(h.unsubscribe("binance-spot:BTCUSDT"));
    CHECK(h.unsubscribe("binance-spot:BTCUSDT") == weir::errc::unknown_symbol);
}

TEST_CASE("hub snapshot: the last tick of each instrument comes first, marked, and outside the capacity") {
    stepped_hub h;
    h.run();
    h.send(h.spot_btc, 2);
    h.send_and_step(h.usdm_btc);
    subscription_options const options{.capacity = 1, .snapshot = true};
    auto sub = h.subscribe("*", options);
    CHECK(sub.size() == 0);
    h.send_and_step(h.spot_btc);

    std::vector<std::pair<std::uint64_t, bool>> got;
    while (auto const tick = sub.try_receive())
        got.emplace_back(tick->sequence, sub.is_snapshot());
    CHECK(got == std::vector<std::pair<std::uint64_t, bool>>{{2, true}, {3, true}, {4, false}});
    CHECK(sub.delivered() == 1);
    CHECK(sub.dropped() == 0);
}

TEST_CASE("hub snapshot: without it, or without a tick so far, nothing comes first") {
    stepped_hub h;
    h.run();
    subscription_options const options{.snapshot = true};
    auto early = h.subscribe("*", options);
    CHECK(sequences(early).empty());
    h.send_and_step(h.spot_btc);
    auto late = h.subscribe("*");
    CHECK(sequences(late).empty());
}

TEST_CASE("hub: a subscriber that goes or closes is removed, whether or not something waits for it") {
    stepped_hub h;
    h.run();
    std::optional<subscription> sub = h.subscribe("*");
    auto other = h.subscribe("*");
    bool const has_ticks = GENERATE(false, true);
    if (has_ticks)
        h.send_and_step(h.spot_btc, 3);
    CHECK(h.statistics().subscriptions == 2);
    bool const by_close = GENERATE(false, true);
    if (by_close)
        sub->close();
    else
        sub.reset();
    h.step();
    auto const s = h.statistics();
    CHECK(s.subscriptions == 1);
    CHECK(s.dropped == (has_ticks ? 3U : 0U));
    CHECK(s.queued == (has_ticks ? 3U : 0U));
    h.send_and_step(h.spot_btc);
    CHECK(h.statistics().routed == s.routed + 1);
    if (by_close)
        CHECK(is_at_end(h, *sub));
}

TEST_CASE("hub: a subscription destroyed under its receive completes it as aborted and is removed") {
    stepped_hub h;
    h.run();
    outcome<std::optional<market_tick>> got;
    {
        auto sub = h.subscribe("*");
        sub.async_receive(got.handler());
        h.step();
        REQUIRE(got.is_pending());
    }
    h.step();
    CHECK(got.is_failure(boost::asio::error::operation_aborted));
    CHECK(h.statistics().subscriptions == 0);
}

TEST_CASE("subscription: a second receive is busy, a cancelled one takes nothing") {
    stepped_hub h;
    h.run();
    auto sub = h.subscribe("*");
    boost::asio::cancellation_signal cancel;
    outcome<std::optional<market_tick>> first;
    outcome<std::optional<market_tick>> second;
    sub.async_receive(boost::asio::bind_cancellation_slot(cancel.slot(), first.handler()));
    sub.async_receive(second.handler());
    h.step();
    CHECK(second.is_failure(weir::errc::busy));
    h.send(h.spot_btc);
    cancel.emit(boost::asio::cancellation_type::total);
    h.step();
    CHECK(first.is_failure(boost::asio::error::operation_aborted));
    CHECK(sequences(sub) == numbers{1});
}

TEST_CASE("subscription: an empty one says so, and can be assigned to") {
    stepped_hub h;
    h.run();
    subscription sub;
    CHECK_FALSE(sub);
    sub = h.subscribe("*");
    CHECK(sub);
    subscription const moved = std::move(sub);
    CHECK(moved);
    sub = h.subscribe("binance-spot:BTCUSDT");
    CHECK(h.statistics().subscriptions == 2);
    sub = subscription();
    h.step();
    CHECK(h.statistics().subscriptions == 1);
}

} // namespace market_hub_subscriptions_test
