// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A hub on a loop that the test steps, with three instruments, and short names for what tests do with it.

#ifndef WEIR_TESTS_SUPPORT_STEPPED_HUB_HPP
#define WEIR_TESTS_SUPPORT_STEPPED_HUB_HPP

#include <weir/market.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace support {

namespace market = weir::market;

/// Built, polled, and destroyed hub first, then loop. Every part may be destroyed before.
class stepped_hub {
public:
    explicit stepped_hub(market::hub_options options = {})
        : loop(std::make_unique<boost::asio::io_context>()),
          hub(std::make_unique<market::market_data_hub>(loop->get_executor(), options)),
          client(hub->client()),
          spot_btc(hub->symbols().intern("binance-spot:BTCUSDT")),
          spot_eth(hub->symbols().intern("binance-spot:ETHUSDT")),
          usdm_btc(hub->symbols().intern("binance-usdm:BTCUSDT")),
          feed_(hub->feed()) {}

    /// Spawns the hub's loop and lets it go as far as it can.
    stepped_hub& run() {
        weir::spawn(*loop, hub->run(), [this](std::exception_ptr e) {
            has_ended = true;
            failure = e;
        });
        step();
        return *this;
    }

    void step() { poll(*loop); }

    /// A tick of an instrument, the next in sequence.
    market::market_tick tick(market::instrument_id id) {
        ++sequence_;
        return {.instrument = id,
                .event_time = static_cast<std::int64_t>(sequence_),
                .receive_time = static_cast<std::int64_t>(sequence_),
                .price = market::decimal(100),
                .volume = market::decimal(1),
                .sequence = sequence_};
    }

    /// Sends so many ticks of an instrument without stepping. How many were accepted.
    int send(market::instrument_id id, int n = 1) {
        int accepted = 0;
        for (; n != 0; --n)
            accepted += feed_.try_send(tick(id)) ? 1 : 0;
        return accepted;
    }

    /// The same, and lets the hub see them.
    void send_and_step(market::instrument_id id, int n = 1) {
        REQUIRE(send(id, n) == n);
        step();
    }

    market::subscription subscribe(market::symbol_selection what, market::subscription_options options = {}) {
        outcome<market::subscription> made;
        client.async_subscribe(std::move(what), options, made.handler());
        step();
        REQUIRE(made.is_success());
        return std::move(made.value());
    }

    /// How an unsubscribe ends.
    weir::error_code unsubscribe(std::string symbol) {
        outcome<> done;
        client.async_unsubscribe(std::move(symbol), done.handler());
        step();
        REQUIRE(done.calls() == 1);
        return done.error();
    }

    market::hub_statistics statistics() {
        outcome<market::hub_statistics> answer;
        client.async_statistics(std::chrono::seconds(100), answer.handler());
        step();
        REQUIRE(answer.is_success());
        return std::move(answer.value());
    }

    /// How a shutdown ends.
    weir::error_code shut_down() {
        outcome<> done;
        client.async_shutdown(done.handler());
        step();
        REQUIRE(done.calls() == 1);
        return done.error();
    }

    std::unique_ptr<boost::asio::io_context> loop;
    std::unique_ptr<market::market_data_hub> hub;
    market::hub_client client;
    market::instrument_id spot_btc;
    market::instrument_id spot_eth;
    market::instrument_id usdm_btc;
    bool has_ended = false;
    std::exception_ptr failure;

private:
    weir::mpsc::sender<market::market_tick> feed_;
    std::uint64_t sequence_ = 0;
};

/// The sequence numbers of what waits for a subscriber.
inline std::vector<std::uint64_t> sequences(market::subscription& sub) {
    std::vector<std::uint64_t> all;
    while (auto const tick = sub.try_receive())
        all.push_back(tick->sequence);
    return all;
}

/// Whether the stream has ended: nothing waits, and a receive completes empty.
inline bool is_at_end(stepped_hub& h, market::subscription& sub) {
    outcome<std::optional<market::market_tick>> got;
    sub.async_receive(got.handler());
    h.step();
    return got.is_success() && !got.value();
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_STEPPED_HUB_HPP
