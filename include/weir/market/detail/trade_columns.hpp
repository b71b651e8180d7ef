// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_TRADE_COLUMNS_HPP
#define WEIR_MARKET_DETAIL_TRADE_COLUMNS_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/csv_row.hpp>
#include <weir/market/detail/decimal_text.hpp>
#include <weir/market/detail/quoted.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/symbol_table.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

/// From the fields of a row to a tick: which column is which, and what each may hold.
///
/// A wrong row is a `row_fault`, a text without file and line; the reader above adds those.
namespace weir::market::detail {

/// What is wrong with a row or a header.
struct row_fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The columns that a trade needs, in the order of `trade_column_names`.
enum class trade_column : std::uint8_t { ts_event, ts_recv, venue, symbol, trade_id, side, price, size };

inline constexpr std::array<std::string_view, 8> trade_column_names{"ts_event", "ts_recv", "venue", "symbol",
                                                                    "trade_id", "side",    "price", "size"};

/// Reads all of `text` as a number without sign; false if it is anything else or too large.
template <std::integral Number>
[[nodiscard]] bool read_unsigned(std::string_view text, Number& number) noexcept {
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end && text.front() != '-';
}

/// Where each needed column stands, and the reading of rows by it.
class trade_columns {
public:
    /// Takes the places from the header. Throws: row_fault.
    explicit trade_columns(csv_row const& header) : width_(header.size()) {
        for (std::size_t column = 0; column < trade_column_names.size(); ++column) {
            auto const name = trade_column_names[column];
            std::size_t found = 0;
            for (std::size_t field = 0; field < width_; ++field)
                if (header[field] == name) {
                    places_[column] = field;
                    ++found;
                }
            if (found == 0)
                throw row_fault("the header has no column " + std::string(name));
            if (found > 1)
                throw row_fault("the header has the column " + std::string(name) + " more than once");
        }
    }

    /// The tick of a row, its name interned in `symbols` once everything else is known to be right; `place` is the
    /// row's number in its file. Throws: row_fault, std::bad_alloc.
    [[nodiscard]] market_tick read(csv_row const& row, std::uint64_t place, symbol_table& symbols) {
        if (row.size() != width_)
            throw row_fault("the row has " + count_of_fields(row.size()) + ", the header " +
                            std::to_string(width_));
        market_tick tick{.event_time = time(row, trade_column::ts_event),
                         .receive_time = time(row, trade_column::ts_recv),
                         .price = positive(row, trade_column::price),
                         .volume = positive(row, trade_column::size),
                         .sequence = place,
                         .side = side(row)};
        std::uint64_t trade_id = 0;
        if (read_unsigned(field(row, trade_column::trade_id), trade_id))
            tick.sequence = trade_id;
        tick.instrument = instrument(row, symbols);
        return tick;
    }

private:
    static std::string count_of_fields(std::size_t count) {
        return std::to_string(count) + (count == 1 ? " field" : " fields");
    }

    [[nodiscard]] std::string_view field(csv_row const& row, trade_column column) const noexcept {
        return row[places_[static_cast<std::size_t>(column)]];
    }

    [[noreturn]] static void refuse(trade_column column, std::string const& what) {
        throw row_fault("column " + std::string(trade_column_names[static_cast<std::size_t>(column)]) + ": " +
                        what);
    }

    [[nodiscard]] std::int64_t time(csv_row const& row, trade_column column) const {
        auto const text = field(row, column);
        std::int64_t nanoseconds = 0;
        if (!read_unsigned(text, nanoseconds))
            refuse(column, quoted(text) + " is not a time in whole nanoseconds since 1970 that fits 63 bits");
        return nanoseconds;
    }

    [[nodiscard]] decimal positive(csv_row const& row, trade_column column) const {
        auto const text = field(row, column);
        decimal_parts parts;
        if (auto const fault = read_decimal(text, parts); fault != decimal_fault::none)
            refuse(column, describe(fault, text));
        if (parts.coefficient <= 0)
            refuse(column, quoted(text) + " is not greater than zero");
        return decimal::from_parts(parts.coefficient, parts.scale);
    }

    [[nodiscard]] aggressor_side side(csv_row const& row) const {
        auto const text = field(row, trade_column::side);
        if (text == "B")
            return aggressor_side::buy;
        if (text == "S")
            return aggressor_side::sell;
        if (text != "N")
            refuse(trade_column::side, quoted(text) + " is none of B (bought), S (sold) and N (not known)");
        return aggressor_side::unknown;
    }

    [[nodiscard]] instrument_id instrument(csv_row const& row, symbol_table& symbols) {
        auto const venue = field(row, trade_column::venue);
        if (venue.find(':') != std::string_view::npos)
            refuse(trade_column::venue, quoted(venue) + " holds a colon, which ends a venue");
        name_.assign(venue).append(1, ':').append(field(row, trade_column::symbol));
        if (auto const known = symbols.find(name_))
            return *known;
        if (auto const fault = symbol_table::fault_in(name_); !fault.empty())
            throw row_fault("columns venue and symbol: " + fault);
        return symbols.intern(name_);
    }

    std::size_t width_;                                           // how many fields a row has
    std::array<std::size_t, trade_column_names.size()> places_{}; // by trade_column: which field it is
    std::string name_; // "venue:symbol" of a row; kept for its memory
};

} // namespace weir::market::detail

#endif
