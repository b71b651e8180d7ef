// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_TICK_SOURCE_HPP
#define WEIR_MARKET_TICK_SOURCE_HPP

#include <weir/market/market_tick.hpp>

#include <concepts>
#include <optional>

/// What a producer reads from: anything that gives one tick after another.
///
/// `random_walk` makes ticks up, `recorded_file` reads them from a recording; a feed handler or a test writes its own
/// with a single member function. A source is pulled by one thread. It says "no more" with an empty optional, and then
/// goes on saying so; what goes wrong it throws.
///
///     struct one_tick {
///         std::optional<weir::market::market_tick> tick;
///         std::optional<weir::market::market_tick> next() { return std::exchange(tick, std::nullopt); }
///     };
///     static_assert(weir::market::tick_source<one_tick>);
namespace weir::market {

/// A type whose `next()` gives the next tick, or an empty optional after the last.
template <class T>
concept tick_source = requires(T& source) {
    { source.next() } -> std::same_as<std::optional<market_tick>>;
};

} // namespace weir::market

#endif
