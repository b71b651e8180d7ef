// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_RECORDED_FILE_HPP
#define WEIR_MARKET_RECORDED_FILE_HPP

#include <weir/market/detail/csv_row.hpp>
#include <weir/market/detail/line_reader.hpp>
#include <weir/market/detail/trade_columns.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/symbol_table.hpp>
#include <weir/market/tick_source.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// Recorded trades from a file of comma-separated values, checked row by row.
///
/// The first line names the columns. `ts_event ts_recv venue symbol trade_id side price size` must be there, once
/// each and in any order; others are ignored. Times are nanoseconds since 1970, prices and sizes plain decimals
/// above zero, kept to the last digit; the side is `B`, `S` or `N`. A `trade_id` that is a plain 64-bit number is
/// the tick's sequence, else the row's place in its file is (the first row is 1), so that ticks of one instrument and
/// one event time keep an order. Fields may be quoted as Boost.Tokenizer's `escaped_list_separator` has it.
///
/// A recording with an error in it is not a recording, so the reader guesses nothing: a row that is wrong in any way,
/// CR LF line ends, a byte order mark, and a last line without a line end (the file may have been cut in the middle
/// of a number) each end the reading with a `bad_input` that says where and what. Symbols are interned as rows are
/// read; a wrong row adds none.
///
/// The file is read in blocks of 64 KiB and never held as a whole; a line is at most that long.
///
/// Thread safety: none; one thread pulls a file. Several files may share a symbol table.
///
///     weir::market::recorded_file file("trades.csv", symbols);
///     while (auto tick = file.next())
///         aggregator.add_tick(*tick);
namespace weir::market {

/// A file that is not what it should be: `what()` is `FILE:LINE: what is wrong`.
class bad_input : public std::runtime_error {
public:
    /// Lines count from 1; a file that cannot be opened is wrong in line 1.
    bad_input(std::string file, std::uint64_t line, std::string const& what)
        : std::runtime_error(file + ':' + std::to_string(line) + ": " + what),
          file_(std::move(file)),
          line_(line) {}

    /// The path as it was given.
    [[nodiscard]] std::string const& file() const noexcept { return file_; }

    /// The line, counted from 1, the header included.
    [[nodiscard]] std::uint64_t line() const noexcept { return line_; }

private:
    std::string file_;
    std::uint64_t line_;
};

/// A source of ticks from a file.
class recorded_file {
public:
    /// Opens `path` and reads the header. `symbols` must outlive this object.
    /// Throws: bad_input.
    recorded_file(std::filesystem::path const& path, symbol_table& symbols);

    /// The tick of the next row, or nothing after the last.
    /// Throws: bad_input; every later call throws the same again, so that a caller who missed it cannot take the rest
    /// of the file for all of it.
    /// Complexity: linear in the row. Allocates: for a new symbol, or a row with quotes.
    [[nodiscard]] std::optional<market_tick> next();

    /// How many rows have been read as ticks.
    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

    /// The path as it was given.
    [[nodiscard]] std::string const& file() const noexcept { return file_; }

private:
    [[noreturn]] void fail(std::string const& what);
    bool read_row();
    void check_line(std::string_view line);

    std::string file_;
    symbol_table* symbols_;
    detail::line_reader lines_;
    detail::csv_row row_;
    std::uint64_t line_ = 1;                       // the line that is being read
    std::optional<detail::trade_columns> columns_; // set by the constructor, from the header
    std::uint64_t rows_ = 0;
    std::optional<bad_input> failure_; // what was thrown, to be thrown again
};

static_assert(tick_source<recorded_file>);

inline recorded_file::recorded_file(std::filesystem::path const& path, symbol_table& symbols)
    : file_(path.string()), symbols_(&symbols), lines_(file_) {
    if (!lines_.error().empty())
        fail("cannot be opened: " + lines_.error());
    if (!read_row())
        fail("the file is empty; a header line is needed");
    try {
        columns_.emplace(row_);
    } catch (detail::row_fault const& fault) {
        fail(fault.what());
    }
}

inline std::optional<market_tick> recorded_file::next() {
    if (failure_)
        throw *failure_;
    ++line_;
    if (!read_row()) {
        --line_; // so that it does not run away when a caller asks again
        return std::nullopt;
    }
    try {
        auto const tick = columns_->read(row_, rows_ + 1, *symbols_);
        ++rows_;
        return tick;
    } catch (detail::row_fault const& fault) {
        fail(fault.what());
    }
}

// Reads the line with the number line_ into row_; false at the end of the file.
inline bool recorded_file::read_row() {
    using outcome = detail::line_reader::outcome;
    switch (lines_.next()) {
    case outcome::end:
        return false;
    case outcome::unterminated:
        fail("the last line has no line end; the file may have been cut short");
    case outcome::too_long:
        fail("the line is longer than " + std::to_string(detail::line_reader::max_line_size) + " bytes");
    case outcome::failed:
        fail("cannot be read: " + lines_.error());
    case outcome::line:
        break;
    }
    check_line(lines_.line());
    if (auto const fault = row_.split(lines_.line()); !fault.empty())
        fail(std::string(fault));
    return true;
}

inline void recorded_file::check_line(std::string_view line) {
    if (line.empty())
        fail("the line is empty");
    if (line.find('\0') != std::string_view::npos)
        fail("the line holds a NUL byte; is this a text file?");
    if (line_ == 1 && line.starts_with("\xef\xbb\xbf"))
        fail("the file begins with a byte order mark; remove it");
    if (line.back() == '\r')
        fail("the line ends in CR LF; convert it to LF");
}

inline void recorded_file::fail(std::string const& what) {
    failure_.emplace(file_, line_, what);
    throw bad_input(*failure_);
}

} // namespace weir::market

#endif
