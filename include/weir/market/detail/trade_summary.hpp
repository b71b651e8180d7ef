// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_TRADE_SUMMARY_HPP
#define WEIR_MARKET_DETAIL_TRADE_SUMMARY_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/ratio.hpp>
#include <weir/market/detail/trade_sums.hpp>
#include <weir/market/exact_decimal.hpp>
#include <weir/market/market_tick.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>

namespace weir::market::detail {

/// A trade's place among the trades of its instrument. The order is total over what distinguishes two trades here, so
/// that the first and the last of a set do not depend on the order in which the set was walked.
struct trade_place {
    std::int64_t event_time = 0;
    std::uint64_t sequence = 0;
    decimal price{};
    decimal volume{};

    friend auto operator<=>(trade_place const&, trade_place const&) = default;
};

/// All that is kept of the trades of one instrument; `add` and `merge` commute.
struct trade_summary {
    std::uint64_t count = 0;
    trade_place first{};
    trade_place last{};
    decimal high{};
    decimal low{};
    trade_sums sums{};

    void add(market_tick const& tick) {
        sums.add(tick.price, tick.volume);
        if (count++ == 0) [[unlikely]] {
            first = last = place_of(tick);
            high = low = tick.price;
            return;
        }
        if (tick.event_time > last.event_time) [[likely]] { // what mostly comes, without a look at the rest
            // member by member: a copy of all in one would be read before it is written
            last.event_time = tick.event_time;
            last.sequence = tick.sequence;
            last.price = tick.price;
            last.volume = tick.volume;
        } else {
            place(place_of(tick));
        }
        if (is_less(high, tick.price))
            high = tick.price;
        else if (is_less(tick.price, low))
            low = tick.price;
    }

    void merge(trade_summary const& other) {
        if (other.count == 0)
            return;
        sums.merge(other.sums);
        if (count == 0) {
            first = other.first;
            last = other.last;
            high = other.high;
            low = other.low;
        } else {
            first = std::min(first, other.first);
            last = std::max(last, other.last);
            high = std::max(high, other.high);
            low = std::min(low, other.low);
        }
        count += other.count;
    }

private:
    /// Prices of an instrument mostly have one scale.
    static bool is_less(decimal left, decimal right) noexcept {
        return left.scale() == right.scale() ? left.coefficient() < right.coefficient() : left < right;
    }

    static trade_place place_of(market_tick const& tick) noexcept {
        return {tick.event_time, tick.sequence, tick.price, tick.volume};
    }

    /// Of one that is not the first to come.
    void place(trade_place const& where) noexcept {
        if (where < first)
            first = where;
        else if (last < where)
            last = where;
    }
};

/// Price times volume over volume, half-even at `places` digits behind the point; zero if the volume is.
[[nodiscard]] inline exact_decimal weighted_price(trade_sums::totals const& sums, unsigned places) {
    if (sums.volume.value == 0)
        return {};
    auto numerator = sums.value.value * power_of_ten(sums.volume.scale + places);
    auto denominator = sums.volume.value * power_of_ten(sums.value.scale);
    if (denominator < 0) {
        numerator = -numerator;
        denominator = -denominator;
    }
    return exact_decimal::from_parts(divide_half_even(numerator, denominator), places);
}

/// The nearest double to the average price of `count` trades.
[[nodiscard]] inline double mean_price(trade_sums::totals const& sums, std::uint64_t count) {
    return nearest_double(sums.price.value, count * power_of_ten(sums.price.scale));
}

/// The square root of the nearest double to the variance, which is (n * sum(p^2) - sum(p)^2) / n^2, exactly.
[[nodiscard]] inline double price_deviation(trade_sums::totals const& sums, std::uint64_t count) {
    big_integer const n = count;
    auto const squares = n * sums.price_square.value * power_of_ten(2 * sums.price.scale);
    auto const square = sums.price.value * sums.price.value * power_of_ten(sums.price_square.scale);
    auto const unit = power_of_ten(2 * sums.price.scale + sums.price_square.scale);
    return std::sqrt(nearest_double(squares - square, n * n * unit));
}

} // namespace weir::market::detail

#endif
