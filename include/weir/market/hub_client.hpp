// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_HUB_CLIENT_HPP
#define WEIR_MARKET_HUB_CLIENT_HPP

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/timeout_core.hpp>
#include <weir/market/detail/request_core.hpp>
#include <weir/market/hub_statistics.hpp>
#include <weir/market/market_command.hpp>
#include <weir/market/subscription.hpp>
#include <weir/market/subscription_options.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/operation.hpp>

#include <chrono>
#include <concepts>
#include <string>
#include <utility>

/// The commands of a hub, for whoever holds this handle, on any thread.
///
/// Each is an operation that sends a request and waits for the answer: it completes when the hub has done what was
/// asked, waits while the hub's command queue is full, and fails with errc::closed once the hub has shut down or is gone.
///
///     auto sub = co_await client.async_subscribe("binance-spot:*");
///     auto now = co_await client.async_statistics(100ms);
namespace weir::market {

/// Copyable. Does not keep the hub running, nor alive.
/// Thread safety: distinct objects safe, shared objects unsafe.
class hub_client {
    template <class T>
    using request = detail::request_core<T>;
    using timed_statistics = weir::detail::timeout_core<request<hub_statistics>>;
    using no_token = weir::detail::no_token;

public:
    using executor_type = asio::any_io_executor;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return commands_.get_executor(); }

    /// The queue that the hub takes its commands from.
    [[nodiscard]] mpsc::sender<market_command> const& commands() const noexcept { return commands_; }

    /// Whether the hub takes no more commands.
    [[nodiscard]] bool is_closed() const noexcept { return commands_.is_closed(); }

    /// Subscribes to one symbol, several, or all that match a pattern; each tick comes once, however many names match.
    /// Completes:     void(error_code, subscription) - errc::unknown_symbol: a name is neither `venue:symbol` nor a
    ///                pattern, or the list is empty; errc::closed; operation_aborted; std::errc::not_enough_memory. On an
    ///                error it is empty.
    /// Cancellation:  all types; a subscription that was made meanwhile ends.
    /// Throws std::invalid_argument for a capacity of 0 or above 2^27.
    template <weir::detail::token_for<request<subscription>> Token = no_token>
    auto async_subscribe(symbol_selection what, Token&& token = Token{}) {
        return async_subscribe(std::move(what), subscription_options{}, std::forward<Token>(token));
    }

    template <weir::detail::token_for<request<subscription>> Token = no_token>
    auto async_subscribe(symbol_selection what, subscription_options options, Token&& token = Token{}) {
        (void)weir::detail::checked_capacity(options.capacity);
        return weir::detail::initiate(ask<subscription>([&](reply_sender<subscription> answer) {
                                          return subscribe{what.names(), options, std::move(answer)};
                                      }),
                                      std::forward<Token>(token));
    }

    /// Ends every subscription of a symbol, and takes the symbol out of those that have others too. A pattern ends the
    /// subscriptions that were made with that pattern.
    /// Completes:     void(error_code) - errc::unknown_symbol: nobody has subscribed to it; errc::closed;
    ///                operation_aborted.
    template <weir::detail::token_for<request<done>> Token = no_token>
    auto async_unsubscribe(std::string symbol, Token&& token = Token{}) {
        return weir::detail::initiate(ask<done>([&](reply_sender<done> answer) {
                                          return unsubscribe{std::move(symbol), std::move(answer)};
                                      }),
                                      std::forward<Token>(token));
    }

    /// What the hub has done so far.
    /// Completes:     void(error_code, hub_statistics) - errc::timed_out: no answer within `patience`; errc::closed;
    ///                operation_aborted.
    template <class Rep, class Period, weir::detail::token_for<timed_statistics> Token = no_token>
    auto async_statistics(std::chrono::duration<Rep, Period> patience, Token&& token = Token{}) {
        return weir::detail::initiate(
            timed_statistics(weir::detail::from_now(patience),
                             ask<hub_statistics>([](reply_sender<hub_statistics> answer) {
                                 return get_statistics{std::move(answer)};
                             })),
            std::forward<Token>(token));
    }

    /// Shuts the hub down: it refuses new ticks and commands, processes and delivers what was accepted, closes every
    /// subscription, and ends.
    /// Completes:     void(error_code), when all that is done - errc::closed: it was shut down before;
    ///                operation_aborted.
    /// Cancellation:  all types; once the command is in the hub's queue the hub shuts down all the same.
    template <weir::detail::token_for<request<done>> Token = no_token>
    auto async_shutdown(Token&& token = Token{}) {
        return weir::detail::initiate(
            ask<done>([](reply_sender<done> answer) { return shutdown{std::move(answer)}; }),
            std::forward<Token>(token));
    }

private:
    friend class market_data_hub;

    explicit hub_client(mpsc::sender<market_command> commands) noexcept : commands_(std::move(commands)) {}

    /// A request for a T, with the command that `make` makes of the place where the answer goes.
    template <class T, class Make>
    request<T> ask(Make make) {
        auto [answer, from] = oneshot::channel<reply<T>>(get_executor());
        return request<T>(commands_, make(std::move(answer)), std::move(from));
    }

    mpsc::sender<market_command> commands_;
};

} // namespace weir::market

#endif
