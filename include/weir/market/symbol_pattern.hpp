// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_SYMBOL_PATTERN_HPP
#define WEIR_MARKET_SYMBOL_PATTERN_HPP

#include <cstddef>
#include <string_view>

/// Patterns over names of instruments: `"binance-spot:*"`, `"*:BTC*"`, `"*"`.
///
/// `*` stands for any run of bytes, the empty one too, and `?` for exactly one byte; every other byte stands for
/// itself, upper and lower case are different, and nothing can be escaped. The colon between venue and symbol is a
/// byte like any other, so `"*BTC*"` looks in both parts. The whole name must match.
///
/// These are free functions on text so that a client, a hub and a test can use one rule. They neither allocate nor
/// throw nor recurse: only the last star is ever reconsidered, since an earlier one can gain nothing that the last
/// could not, so a hostile pattern costs at most pattern size times name size steps.
///
///     assert(weir::market::glob_match("*:BTC*", "binance-spot:BTCUSDT"));
namespace weir::market {

/// Whether `text` has a `*` or a `?`, and so names more than one instrument.
[[nodiscard]] constexpr bool is_pattern(std::string_view text) noexcept {
    return text.find_first_of("*?") != std::string_view::npos;
}

/// Whether the whole of `text` matches `pattern`.
/// Complexity: linear for patterns of one star; at most `pattern.size() * text.size()`. Allocates nothing.
[[nodiscard]] constexpr bool glob_match(std::string_view pattern, std::string_view text) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t after_star = std::string_view::npos; // where the pattern goes on behind the last star
    std::size_t resume = 0;                          // where that star's run ends for now
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (after_star != std::string_view::npos) {
            p = after_star;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace weir::market

#endif
