// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_RANDOM_WALK_HPP
#define WEIR_MARKET_RANDOM_WALK_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/int128.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/tick_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

/// Made-up trades: each instrument's price walks up and down in whole price steps.
///
/// The same options give the same ticks on every machine and with every standard library, since nothing is used but
/// the raw output of `std::mt19937_64`, which the standard fixes, and integers. The distributions of the standard
/// library would differ from one to the next.
///
/// Each tick is of an instrument chosen at random, `interval` after the one before. Its price moves by up to
/// `volatility` steps, all equally likely, but never below one step or beyond the largest price that a `decimal` can
/// hold, so it is always above zero. Its volume is 1 to `max_lots` lots, and the aggressor a coin toss. Event and
/// receive time are equal. The sequence counts the ticks of this walk from 1.
///
/// Thread safety: none; one thread pulls a walk. Allocates: only when it is made.
///
///     weir::market::random_walk walk({.instruments = {symbols.intern("sim:A")}, .seed = 1, .count = 1000});
///     while (auto tick = walk.next())
///         process(*tick);
namespace weir::market {

/// What a `random_walk` makes.
struct random_walk_options {
    /// The value of `count` for a walk that never ends.
    static constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

    /// The instruments that trade; at least one.
    std::vector<instrument_id> instruments{};
    /// Where the random numbers start.
    std::uint64_t seed = 0;
    /// How many ticks to make, over all instruments.
    std::uint64_t count = endless;
    /// Where every price starts; a positive multiple of `tick_size`.
    decimal start_price = 100;
    /// The price step; positive.
    decimal tick_size = decimal::from_parts(1, 2);
    /// The farthest that a price moves at once, in steps; 0 keeps prices where they are.
    std::uint32_t volatility = 5;
    /// The volume step; positive.
    decimal lot_size = decimal::from_parts(1, 3);
    /// The largest volume of a trade, in lots; at least 1.
    std::uint32_t max_lots = 1000;
    /// From one tick to the next; nanoseconds, not negative.
    std::int64_t interval = 1'000'000;
    /// The time of the first tick; nanoseconds since the Unix epoch, UTC.
    std::int64_t start_time = 0;
};

/// A source of made-up ticks.
class random_walk {
public:
    using options = random_walk_options;

    /// A walk at its start.
    /// Throws: std::invalid_argument for options that break what they say above, or whose lots do not fit a decimal.
    explicit random_walk(options walk);

    /// The next tick, or nothing after `count` of them or when the time would pass the end of its range.
    [[nodiscard]] std::optional<market_tick> next();

private:
    static void require(bool holds, char const* what) {
        if (!holds)
            throw std::invalid_argument(what);
    }

    // A number below `bound`, which is not 0: the high half of a product, so that no division is needed.
    std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<detail::uint128>(random_()) * bound) >> 64U);
    }

    std::int64_t moved(std::int64_t steps);

    options options_;
    std::mt19937_64 random_;
    std::int64_t max_steps_ = 1;      // the largest price in steps that fits a decimal
    std::vector<std::int64_t> steps_; // by place in options_.instruments: its price in steps
    std::int64_t time_ = 0;           // of the next tick
    std::uint64_t made_ = 0;          // ticks so far
    bool out_of_time_ = false;        // the time of the next tick does not fit
};

static_assert(tick_source<random_walk>);

inline random_walk::random_walk(options walk) : options_(std::move(walk)), random_(options_.seed) {
    require(!options_.instruments.empty(), "weir: a random walk needs an instrument");
    require(options_.tick_size > 0, "weir: the tick size of a random walk must be positive");
    require(options_.lot_size > 0, "weir: the lot size of a random walk must be positive");
    require(options_.max_lots > 0, "weir: a trade of a random walk has at least one lot");
    require(options_.interval >= 0, "weir: the interval of a random walk cannot be negative");
    require(options_.max_lots <= decimal::max_coefficient / options_.lot_size.coefficient(),
            "weir: the largest volume of a random walk does not fit a decimal");
    auto const step = options_.tick_size.coefficient();
    auto const places = options_.tick_size.scale();
    auto const start = options_.start_price;
    require(start > 0, "weir: the start price of a random walk must be positive");
    max_steps_ = decimal::max_coefficient / step;
    require(start.scale() <= places, "weir: the start price is not a multiple of the tick size");
    auto const up = places - start.scale();
    require(up <= detail::max_power_of_ten, "weir: the start price has too many digits at this tick size");
    auto const units = static_cast<detail::int128>(start.coefficient()) * detail::powers_of_ten[up];
    require(units % step == 0, "weir: the start price is not a multiple of the tick size");
    require(units / step <= max_steps_, "weir: the start price has too many digits at this tick size");
    steps_.assign(options_.instruments.size(), static_cast<std::int64_t>(units / step));
    time_ = options_.start_time;
}

inline std::int64_t random_walk::moved(std::int64_t steps) {
    auto const reach = std::int64_t{options_.volatility};
    auto const move = static_cast<std::int64_t>(below(2 * static_cast<std::uint64_t>(reach) + 1)) - reach;
    return std::clamp(steps + move, std::int64_t{1}, max_steps_);
}

inline std::optional<market_tick> random_walk::next() {
    if (out_of_time_ || (options_.count != options::endless && made_ == options_.count))
        return std::nullopt;
    auto const place = static_cast<std::size_t>(below(options_.instruments.size()));
    steps_[place] = moved(steps_[place]);
    auto const lots = static_cast<std::int64_t>(below(options_.max_lots)) + 1;
    auto const buys = below(2) == 1;
    market_tick const tick{
        .instrument = options_.instruments[place],
        .event_time = time_,
        .receive_time = time_,
        .price =
            decimal::from_parts(steps_[place] * options_.tick_size.coefficient(), options_.tick_size.scale()),
        .volume = decimal::from_parts(lots * options_.lot_size.coefficient(), options_.lot_size.scale()),
        .sequence = ++made_,
        .side = buys ? aggressor_side::buy : aggressor_side::sell};
    out_of_time_ = __builtin_add_overflow(time_, options_.interval, &time_);
    return tick;
}

} // namespace weir::market

#endif
