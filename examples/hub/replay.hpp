// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_EXAMPLES_HUB_REPLAY_HPP
#define WEIR_EXAMPLES_HUB_REPLAY_HPP

#include "options.hpp"
#include "share_of.hpp"

#include <weir/market.hpp>
#include <weir/weir.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A replay of recorded files through a market_data_hub: everybody who takes part in it, as one small coroutine each.
///
///   conductor   subscribes, lets the producers begin, waits for the end of all or the first error of one, and then
///               asks the hub to shut down
///   producers   one a file and share; each ends with its file, or when the hub takes no more
///   consumers   one a subscription; each ends when the hub closes its subscription
///   visitor     comes while the replay runs, stays for a few ticks, and leaves
///   observer    asks for statistics, at once and then every second
///
/// They share nothing but channels. Nobody is told to stop: all of them end because a channel of theirs closes.

namespace example {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace market = weir::market;

class replay {
public:
    /// Gives each role an executor: all the same loop, or a strand of a pool.
    using executor_source = std::function<asio::any_io_executor()>;

    replay(hub_arguments const& arguments, executor_source place)
        : arguments_(arguments),
          place_(std::move(place)),
          hub_(place_()),
          signals_(place_(), SIGINT, SIGTERM) {}

    /// To be called once, before the executors run.
    void start() {
        signals_.async_wait([stop = hub_.shutdown_sender()](weir::error_code ec, int) mutable {
            if (!ec)
                stop.send(market::shutdown_notice{});
        });
        weir::spawn(place_(), hub_.run(), [this](std::exception_ptr e) { hub_error_ = std::move(e); });
        launch("conductor", conduct());
    }

    // What there is to see when the executors have run out of work.

    [[nodiscard]] market::market_data_hub const& hub() const noexcept { return hub_; }

    [[nodiscard]] auto const& consumers() const noexcept { return consumers_; }

    /// What went wrong first; null if nothing did.
    [[nodiscard]] std::exception_ptr error() const noexcept { return error_ ? error_ : hub_error_; }

private:
    using result_sender = weir::mpsc::sender<std::exception_ptr>;

    /// Lets a role run that nobody waits for. If it fails, it says so and takes nobody along.
    void launch(char const* role, weir::task<> what) {
        weir::spawn(place_(), std::move(what), [role](std::exception_ptr e) {
            if (e)
                fmt::print(stderr, "{}: {}\n", role, message_of(e));
        });
    }

    static std::string message_of(std::exception_ptr const& error) try {
        std::rethrow_exception(error);

    } catch (std::exception const& e) {

        return e.what();
    }

    weir::task<> conduct() {
        auto client = hub_.client();
        try {
            co_await subscribe(client);
            co_await replay_files();
        } catch (...) {
            error_ = std::current_exception();
        }
        co_await shut_down(client);
        signals_.cancel();
    }

    /// Throws what the first producer that fails has thrown; the others then stop with the hub.
    weir::task<> replay_files() {
        auto const producers = arguments_.files.size() * arguments_.producers;
        auto [ended, results] = weir::mpsc::channel<std::exception_ptr>(place_(), producers);
        start_producers(std::move(ended));
        launch("visitor", visit(hub_.client()));
        launch("observer", observe(hub_.client(), hub_.shutdown_sender().subscribe()));
        while (auto result = co_await results.async_receive())
            if (*result)
                std::rethrow_exception(*result);
    }

    weir::task<> subscribe(market::hub_client& client) {
        for (std::string const& pattern : arguments_.patterns) {
            auto subscription = co_await client.async_subscribe(pattern, arguments_.subscriptions);
            consumers_.push_back(std::make_unique<market::market_data_consumer<>>(std::move(subscription)));
            launch("consumer", consumers_.back()->run());
        }
    }

    void start_producers(result_sender ended) {
        for (std::string const& file : arguments_.files) {
            auto const begin = start_of(file);
            for (std::size_t share = 0; share < arguments_.producers; ++share)
                weir::spawn(place_(), produce(file, share, begin), [ended](std::exception_ptr e) mutable {
                    (void)ended.try_send(
                        std::move(e)); // there is room for one each; with the last sender it closes
                });
        }
    }

    /// The file's first tick, now: all shares keep its pace. Throws bad_input.
    std::optional<market::replay_start> start_of(std::string const& file) {
        if (arguments_.speed.is_max())
            return std::nullopt;
        auto const first = market::recorded_file(file, hub_.symbols()).next();
        if (!first)
            return std::nullopt;
        return market::replay_start{first->receive_time, std::chrono::steady_clock::now()};
    }

    /// Throws bad_input.
    weir::task<> produce(std::string file, std::size_t share, std::optional<market::replay_start> begin) {
        share_of source(market::recorded_file(file, hub_.symbols()), share, arguments_.producers);
        market::market_data_producer producer(std::move(source), hub_.feed(), arguments_.speed, begin);
        auto const sent = co_await producer.run();
        fmt::print(stderr, "producer {} of {}: sent {} ticks\n", share + 1, file, sent);
    }

    /// Subscribes twice while ticks flow: to see which venue is there, and to all of that venue for a short stay.
    weir::task<> visit(market::hub_client client) {
        auto anything = co_await client.async_subscribe("*");
        auto const first = co_await anything.async_receive();
        anything.close(); // one way to leave: this subscription ends, and no other
        if (!first)
            co_return;

        std::string const name(hub_.symbols().name(first->instrument));
        std::string const pattern = name_for_visitor(name.substr(0, name.find(':')) + ":*");
        market::subscription_options const options{.capacity = 64, .snapshot = true};
        auto venue = co_await client.async_subscribe(pattern, options);
        fmt::print(stderr, "visitor: subscribed to {}\n", pattern);
        for (int seen = 0; seen < 5; ++seen) {
            auto const tick = co_await venue.async_receive();
            if (!tick)
                co_return;
            fmt::print(stderr, "visitor: {} at {}{}\n", hub_.symbols().name(tick->instrument), tick->price,
                       venue.is_snapshot() ? ", the last one before the visit" : "");
        }
        co_await client.async_unsubscribe(pattern); // the other: all subscriptions of that name end
        std::uint64_t rest = 0;
        while (co_await venue.async_receive())
            ++rest;
        fmt::print(stderr, "visitor: unsubscribed; {} more were on their way, {} were dropped\n", rest,
                   venue.dropped());
    }

    /// A pattern that nobody else has subscribed to, so that unsubscribing it ends nobody else's subscription.
    [[nodiscard]] std::string name_for_visitor(std::string pattern) const {
        auto const& taken = arguments_.patterns;
        while (std::find(taken.begin(), taken.end(), pattern) != taken.end())
            pattern += '*'; // matches the same
        return pattern;
    }

    static weir::task<> observe(market::hub_client client,
                                weir::broadcast::receiver<market::shutdown_notice> shutdown) {
        bool running = true;
        while (running) {
            co_await report_statistics(client);
            co_await weir::select(weir::on(shutdown, [&](market::shutdown_notice) { running = false; }),
                                  weir::after(1s, [] {}));
        }
    }

    static weir::task<> report_statistics(market::hub_client& client) try {
        auto const s = co_await client.async_statistics(500ms);
        fmt::print(stderr, "hub: {} ticks of {} instruments, {} delivered to {} subscriptions, {} dropped\n",
                   s.received, s.instruments.size(), s.delivered, s.subscriptions, s.dropped);

    } catch (boost::system::system_error const& e) {

        fmt::print(stderr, "hub: no statistics: {}\n",
                   e.code().message()); // timed out, or the hub has closed
    }

    /// Completes when the hub has delivered what it accepted; a signal may have shut it down before.
    static weir::task<> shut_down(market::hub_client& client) try {
        co_await client.async_shutdown();

    } catch (boost::system::system_error const& e) {

        if (e.code() != weir::errc::closed)
            throw;
    }

    hub_arguments const& arguments_;
    executor_source place_;
    market::market_data_hub hub_;
    asio::signal_set signals_;
    std::vector<std::unique_ptr<market::market_data_consumer<>>> consumers_; // the conductor's
    std::exception_ptr error_;                                               // the conductor's
    std::exception_ptr hub_error_;                                           // of hub_.run()
};

} // namespace example

#endif
