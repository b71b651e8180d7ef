// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_EXAMPLES_HUB_INSTRUMENT_TABLE_HPP
#define WEIR_EXAMPLES_HUB_INSTRUMENT_TABLE_HPP

#include <weir/market.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

/// The statistics of instruments for people to read.

namespace example {

/// By name: ids follow from which producer came first.
inline std::vector<weir::market::instrument_statistics>
sorted_by_name(std::vector<weir::market::instrument_statistics> all,
               weir::market::symbol_table const& symbols) {
    std::sort(all.begin(), all.end(), [&symbols](auto const& left, auto const& right) {
        return symbols.name(left.instrument) < symbols.name(right.instrument);
    });
    return all;
}

/// The length of the longest name, at least that of `heading`.
inline std::size_t width_of_names(std::vector<weir::market::instrument_statistics> const& all,
                                  weir::market::symbol_table const& symbols, std::string_view heading) {
    std::size_t width = heading.size();
    for (auto const& s : all)
        width = std::max(width, symbols.name(s.instrument).size());
    return width;
}

/// A row for each instrument, names in a column of `width` characters.
inline std::string instrument_table(std::vector<weir::market::instrument_statistics> const& all,
                                    weir::market::symbol_table const& symbols, std::size_t width) {
    std::string text;
    auto to = std::back_inserter(text);
    fmt::format_to(to, "{:<{}} {:>8} {:>12} {:>12} {:>12} {:>12} {:>14} {:>17}\n", "instrument", width,
                   "count", "open", "high", "low", "last", "volume", "vwap");
    for (auto const& s : all)
        fmt::format_to(to, "{:<{}} {:>8} {:>12} {:>12} {:>12} {:>12} {:>14} {:>17}\n",
                       symbols.name(s.instrument), width, s.count, s.open, s.high, s.low, s.last, s.volume,
                       s.vwap);
    return text;
}

} // namespace example

#endif
