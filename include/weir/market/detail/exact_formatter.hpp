// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_EXACT_FORMATTER_HPP
#define WEIR_MARKET_DETAIL_EXACT_FORMATTER_HPP

#if __has_include(<fmt/core.h>)

#include <fmt/format.h>

#include <string_view>

/// The {fmt} side of exact numbers. Where {fmt} is not installed this header is empty: weir does not need it.
namespace weir::market::detail {

/// A formatter for a number with `to_string()`: fill, alignment and width are those of {fmt}'s strings. A precision
/// would cut digits off, so it is a format error, at compile time where {fmt} checks there.
template <class Number>
struct exact_formatter : fmt::formatter<fmt::string_view> {
    template <class ParseContext>
    constexpr auto parse(ParseContext& context) {
        auto it = context.begin();
        auto const end = context.end();
        auto const is_align = [](char c) { return c == '<' || c == '>' || c == '^'; };
        if (it != end && it + 1 != end && is_align(it[1]))
            it += 2; // a fill character may be a point
        for (int depth = 0; it != end && (*it != '}' || depth != 0); ++it) {
            depth += (*it == '{') - (*it == '}');
            if (*it == '.')
                throw fmt::format_error("an exact number has no precision");
        }
        return fmt::formatter<fmt::string_view>::parse(context);
    }

    template <class FormatContext>
    auto format(Number const& number, FormatContext& context) const {
        auto const text = number.to_string();
        return fmt::formatter<fmt::string_view>::format(fmt::string_view(text.data(), text.size()), context);
    }
};

} // namespace weir::market::detail

#endif

#endif
