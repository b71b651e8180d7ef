// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_EXAMPLES_HUB_REPORT_HPP
#define WEIR_EXAMPLES_HUB_REPORT_HPP

#include "instrument_table.hpp"
#include "options.hpp"
#include "replay.hpp"

#include <weir/market.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

/// What the example hub prints on stdout: tables for people, or JSON for programs.

namespace example {

/// One object, a member for each instrument; numbers that need not fit a double are strings.
inline std::string as_json(replay const& r) {
    auto const& symbols = r.hub().symbols();
    auto all = nlohmann::ordered_json::object();
    for (auto const& s : sorted_by_name(r.hub().statistics().instruments, symbols)) {
        auto& one = all[std::string(symbols.name(s.instrument))];
        one["count"] = s.count;
        one["open"] = s.open.to_string();
        one["high"] = s.high.to_string();
        one["low"] = s.low.to_string();
        one["last"] = s.last.to_string();
        one["volume"] = s.volume.to_string();
        one["vwap"] = s.vwap.to_string();
    }
    // A name that is not UTF-8 cannot be written as JSON as it is.
    return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

/// A table of the instruments and one of the subscriptions.
inline std::string as_tables(replay const& r, std::vector<std::string> const& patterns) {
    auto const& symbols = r.hub().symbols();
    auto const instruments = sorted_by_name(r.hub().statistics().instruments, symbols);
    std::size_t width = width_of_names(instruments, symbols, "subscription");
    for (auto const& pattern : patterns)
        width = std::max(width, pattern.size());

    std::string text = instrument_table(instruments, symbols, width);
    auto to = std::back_inserter(text);
    fmt::format_to(to, "\n{:<{}} {:>12} {:>12}\n", "subscription", width, "delivered", "dropped");
    for (std::size_t i = 0; i < r.consumers().size(); ++i) {
        auto const& subscription = r.consumers()[i]->source();
        fmt::format_to(to, "{:<{}} {:>12} {:>12}\n", patterns[i], width, subscription.delivered(),
                       subscription.dropped());
    }
    return text;
}

/// Writes all of `text` to stdout. Throws std::system_error if that fails, as it does on a full disk.
inline void write_to_stdout(std::string const& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot write to stdout");
}

} // namespace example

#endif
