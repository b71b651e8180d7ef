// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_QUOTED_HPP
#define WEIR_MARKET_DETAIL_QUOTED_HPP

#include <cstddef>
#include <string>
#include <string_view>

/// Foreign text in error messages.
///
/// What an error message quotes came from a file or a peer: it may hold line ends, terminal escapes or megabytes.
/// `quoted` makes it one short printable line, so that a message stays one line and says where the text ends.
namespace weir::market::detail {

/// How many bytes of the text are shown before it is cut.
inline constexpr std::size_t max_quoted_size = 48;

/// Returns `text` in double quotes: quotes and backslashes escaped, bytes that are not printable ASCII as `\xNN`,
/// and cut with `...` after `max_quoted_size` bytes.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (char const c : text.substr(0, max_quoted_size)) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        }
    }
    out += text.size() > max_quoted_size ? "...\"" : "\"";
    return out;
}

} // namespace weir::market::detail

#endif
