// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_MARKET_COMMAND_HPP
#define WEIR_MARKET_MARKET_COMMAND_HPP

#include <weir/error.hpp>
#include <weir/market/hub_statistics.hpp>
#include <weir/market/subscription.hpp>
#include <weir/market/subscription_options.hpp>
#include <weir/oneshot.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What clients send to a hub: a variant of four requests, each of which carries the oneshot for its answer.
///
/// hub_client makes them and waits for the answers; who wants to send one itself needs hub_client::commands(). A hub
/// that ends without answering drops the oneshot, which the other end sees as an empty optional.
namespace weir::market {

/// An answer: an error, or else a value.
template <class T>
struct reply {
    using value_type = T;

    reply() = default;

    reply(error_code e) : error(e) {}

    reply(errc e) : error(make_error_code(e)) {}

    reply(T v) : value(std::move(v)) {}

    error_code error{};
    T value{};
};

/// The answer to a request that asks for nothing back.
struct done {};

/// Where an answer goes.
template <class T>
using reply_sender = oneshot::sender<reply<T>>;

struct subscribe {
    std::vector<std::string> symbols;
    subscription_options options;
    reply_sender<subscription>
        answer; ///< errc::unknown_symbol: one of the names is not `venue:symbol` nor a pattern
};

struct unsubscribe {
    std::string symbol;        ///< a name, or a pattern as it was subscribed
    reply_sender<done> answer; ///< errc::unknown_symbol: nobody has subscribed to it
};

struct get_statistics {
    reply_sender<hub_statistics> answer;
};

struct shutdown {
    reply_sender<done> answer; ///< when all is drained and closed
};

using market_command = std::variant<subscribe, unsubscribe, get_statistics, shutdown>;

} // namespace weir::market

#endif
