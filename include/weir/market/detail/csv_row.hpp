// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_CSV_ROW_HPP
#define WEIR_MARKET_DETAIL_CSV_ROW_HPP

#include <boost/token_functions.hpp>
#include <boost/tokenizer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::market::detail {

/// One line of comma-separated values, split into its fields.
///
/// The rule is that of Boost.Tokenizer's `escaped_list_separator`: fields are separated by commas; one in double
/// quotes may hold commas; a backslash makes `\"`, `\\` and `\n` of what follows. Where the tokenizer would make
/// something up (a quote that stays open, text beside a quoted field, the doubled quote of other dialects) the row is
/// refused. A line without quotes and backslashes needs none of it and is split in place.
class csv_row {
public:
    /// Splits `line`, and returns what is wrong with it, or an empty text. The fields are views into `line` or into
    /// this object, until the next call.
    [[nodiscard]] std::string_view split(std::string_view line) {
        fields_.clear();
        if (line.find_first_of("\"\\") == std::string_view::npos) {
            split_plain(line);
            return {};
        }
        if (auto const fault = fault_in_quotes(line); !fault.empty())
            return fault;
        return split_quoted(line);
    }

    /// How many fields the last line had.
    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }

    /// One field of the last line.
    [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept { return fields_[index]; }

private:
    void split_plain(std::string_view line) {
        for (auto comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
            fields_.push_back(line.substr(0, comma));
            line.remove_prefix(comma + 1);
        }
        fields_.push_back(line);
    }

    static std::string_view fault_in_quotes(std::string_view line) noexcept {
        bool quoted = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '\\') {
                ++i;
            } else if (line[i] == '"') {
                auto const border =
                    quoted ? i + 1 == line.size() || line[i + 1] == ',' : i == 0 || line[i - 1] == ',';
                if (!border)
                    return "a double quote stands inside a field (write it as \\\")";
                quoted = !quoted;
            }
        }
        return quoted ? std::string_view("a field that begins with a double quote does not end with one")
                      : std::string_view();
    }

    std::string_view split_quoted(std::string_view line) {
        using separator = boost::escaped_list_separator<char>;
        try {
            boost::tokenizer<separator, std::string_view::const_iterator, std::string> const tokens(line);
            texts_.assign(tokens.begin(), tokens.end());
        } catch (boost::escaped_list_error const&) {
            return "a backslash is not followed by a double quote, a backslash or an n";
        }
        fields_.assign(texts_.begin(), texts_.end());
        return {};
    }

    std::vector<std::string_view> fields_; // of the last line; into it, or into texts_
    std::vector<std::string> texts_; // unescaped fields of the last line that had a quote or a backslash
};

} // namespace weir::market::detail

#endif
