// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_PRICE_AGGREGATOR_HPP
#define WEIR_MARKET_PRICE_AGGREGATOR_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/trade_summary.hpp>
#include <weir/market/exact_decimal.hpp>
#include <weir/market/market_tick.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// Statistics of trades per instrument, exact, and the same however the trades were split and ordered.
///
/// Sums of doubles depend on the order of adding, and "the last price" on who came last. Both make the result of N
/// workers differ from that of one. Here sums are exact integers, and open and last are the prices of the smallest and
/// the largest trade by event time, then sequence, then price, then volume: a total order that lies in the trades and
/// not in their arrival. So any split of the trades over any number of aggregators, merged in any order, gives
/// statistics that compare equal, the doubles bit by bit.
///
/// Nothing is rounded but at the end, once: the VWAP half-even to nine places, mean and deviation to the nearest
/// double of their exact value (the deviation through the square root of the nearest double of the variance).
///
/// Memory is proportional to the largest instrument id, as ids are dense. `add_tick` of an instrument seen before
/// allocates nothing, save in the rare trade that outgrows 128-bit sums.
///
/// Thread safety: none of its own; one aggregator per worker and `merge`, or one behind `synchronized`. Distinct
/// aggregators are independent.
///
///     weir::market::price_aggregator aggregator;
///     while (auto tick = file.next())
///         aggregator.add_tick(*tick);
///     for (auto const& s : aggregator.statistics())
///         std::cout << symbols.name(s.instrument) << ' ' << s.vwap << '\n';
namespace weir::market {

/// What the trades of one instrument come to.
struct instrument_statistics {
    /// How many digits behind the point `vwap` is rounded to.
    static constexpr unsigned vwap_places = 9;

    /// Which instrument.
    instrument_id instrument = 0;
    /// How many trades.
    std::uint64_t count = 0;
    /// The price of the first trade by event time, then sequence.
    decimal open{};
    /// The highest price.
    decimal high{};
    /// The lowest price.
    decimal low{};
    /// The price of the last trade by event time, then sequence.
    decimal last{};
    /// The sum of the volumes, exact.
    exact_decimal volume{};
    /// The average price weighted by volume, rounded half-even to nine places; zero if the volume is.
    exact_decimal vwap{};
    /// The average price of a trade, not weighted.
    double mean = 0;
    /// The standard deviation of the price over all trades (of the population: divided by `count`), not weighted.
    double stddev = 0;
    /// The event time of the first trade; nanoseconds since the Unix epoch, UTC.
    std::int64_t first_time = 0;
    /// The event time of the last trade; nanoseconds since the Unix epoch, UTC.
    std::int64_t last_time = 0;

    /// Equal in every member.
    friend bool operator==(instrument_statistics const&, instrument_statistics const&) = default;
};

/// Adds up trades per instrument.
class price_aggregator {
public:
    /// Nothing added yet.
    price_aggregator() = default;

    /// Takes one trade into account. Any price and volume will do, negative prices too.
    /// Complexity: constant. Throws: std::bad_alloc for an instrument beyond those seen, with nothing changed.
    void add_tick(market_tick const& tick) {
        if (tick.instrument >= summaries_.size()) [[unlikely]]
            summaries_.resize(std::size_t{tick.instrument} + 1);
        summaries_[tick.instrument].add(tick);
    }

    /// Takes all trades into account that went into `other`, which may be this object.
    /// Complexity: linear in the largest instrument id of `other`.
    void merge(price_aggregator const& other);

    /// The statistics of one instrument, or nothing if it has not traded.
    [[nodiscard]] std::optional<instrument_statistics> statistics(instrument_id instrument) const;

    /// The statistics of every instrument that has traded, by ascending id.
    [[nodiscard]] std::vector<instrument_statistics> statistics() const;

private:
    static instrument_statistics evaluate(instrument_id instrument, detail::trade_summary const& summary);

    std::vector<detail::trade_summary> summaries_; // by instrument id; count 0 where an id has not traded
};

inline void price_aggregator::merge(price_aggregator const& other) {
    if (other.summaries_.size() > summaries_.size())
        summaries_.resize(other.summaries_.size());
    for (std::size_t id = 0; id < other.summaries_.size(); ++id)
        summaries_[id].merge(other.summaries_[id]);
}

inline std::optional<instrument_statistics> price_aggregator::statistics(instrument_id instrument) const {
    if (instrument >= summaries_.size() || summaries_[instrument].count == 0)
        return std::nullopt;
    return evaluate(instrument, summaries_[instrument]);
}

inline std::vector<instrument_statistics> price_aggregator::statistics() const {
    std::vector<instrument_statistics> all;
    for (std::size_t id = 0; id < summaries_.size(); ++id)
        if (auto one = statistics(static_cast<instrument_id>(id)))
            all.push_back(*std::move(one));
    return all;
}

inline instrument_statistics price_aggregator::evaluate(instrument_id instrument,
                                                        detail::trade_summary const& summary) {
    auto const sums = summary.sums.total();
    return {.instrument = instrument,
            .count = summary.count,
            .open = summary.first.price,
            .high = summary.high,
            .low = summary.low,
            .last = summary.last.price,
            .volume = exact_decimal::from_parts(sums.volume.value, sums.volume.scale),
            .vwap = detail::weighted_price(sums, instrument_statistics::vwap_places),
            .mean = detail::mean_price(sums, summary.count),
            .stddev = detail::price_deviation(sums, summary.count),
            .first_time = summary.first.event_time,
            .last_time = summary.last.event_time};
}

} // namespace weir::market

#endif
