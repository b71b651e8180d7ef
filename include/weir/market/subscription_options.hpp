// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_SUBSCRIPTION_OPTIONS_HPP
#define WEIR_MARKET_SUBSCRIPTION_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a subscriber asks of the hub: which instruments, how much may wait for it, and what happens when more comes.
///
/// A slow subscriber costs only itself, unless it asks for `backpressure`. Every tick that it does not get is counted,
/// and the next one that it does get says how many are missing before it (subscription::missed()).
namespace weir::market {

/// What happens to a tick for which a subscriber's queue has no room.
enum class overflow : std::uint8_t {
    drop_newest, ///< the tick is dropped
    drop_oldest, ///< the oldest tick that waits is dropped for it
    conflate, ///< always: a tick replaces the one of the same instrument that still waits, in its place. The queue
              ///< holds at most one tick an instrument, and grows to hold as many as there are
    backpressure, ///< the hub takes no data, for anybody, until this subscriber has room; commands go on
    disconnect,   ///< the subscription ends
};

struct subscription_options {
    /// How many ticks may wait; at least 1.
    std::size_t capacity = 1024;
    /// What happens when that many wait.
    market::overflow overflow = market::overflow::drop_newest;
    /// Whether to begin with the last tick known of each instrument, marked as such and outside the capacity.
    bool snapshot = false;
};

/// Which instruments: the name of one (`"binance-spot:BTCUSDT"`), a pattern (`"binance-spot:*"`, `"*:BTC*"`), all
/// (`"*"`), or a list of these. A pattern also takes in instruments that appear later.
class symbol_selection {
public:
    symbol_selection(char const* name) : names_{name} {}

    symbol_selection(std::string_view name) : names_{std::string(name)} {}

    symbol_selection(std::string name) : names_{std::move(name)} {}

    symbol_selection(std::vector<std::string> names) : names_(std::move(names)) {}

    symbol_selection(std::initializer_list<std::string> names) : names_(names) {}

    [[nodiscard]] std::vector<std::string> const& names() const noexcept { return names_; }

private:
    std::vector<std::string> names_;
};

} // namespace weir::market

#endif
