// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/recorded_file.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace market_recorded_file_test {

using weir::market::aggressor_side;
using weir::market::bad_input;
using weir::market::decimal;
using weir::market::market_tick;
using weir::market::recorded_file;
using weir::market::symbol_table;

namespace {

namespace fs = std::filesystem;

std::string const header = "ts_recv,ts_event,venue,symbol,trade_id,side,price,size\n";
std::string const row = "5,4,okx,BTC-USDT,77,B,61837.63,0.02\n";

/// A file with a given content, in a directory of its own, gone at the end.
class temporary_file {
public:
    explicit temporary_file(std::string_view content) {
        std::random_device random;
        directory_ =
            fs::temp_directory_path() / ("weir-" + std::to_string(random()) + std::to_string(random()));
        fs::create_directory(directory_);
        std::ofstream(path(), std::ios::binary) << content;
    }

    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;

    ~temporary_file() {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }

    [[nodiscard]] fs::path path() const { return directory_ / "trades.csv"; }

    [[nodiscard]] fs::path directory() const { return directory_; }

private:
    fs::path directory_;
};

std::vector<market_tick> ticks_of(std::string_view content, symbol_table& symbols) {
    temporary_file const file(content);
    recorded_file source(file.path(), symbols);
    std::vector<market_tick> ticks;
    while (auto const tick = source.next())
        ticks.push_back(*tick);
    REQUIRE(source.rows() == ticks.size());
    return ticks;
}

// What is wrong with a file of this content, after its name: "LINE: what".
std::string fault_in(std::string_view content) {
    temporary_file const file(content);
    symbol_table symbols;
    try {
        recorded_file source(file.path(), symbols);
        while (source.next()) {
        }
    } catch (bad_input const& error) {
        std::string const what = error.what();
        auto const prefix = file.path().string() + ':';
        REQUIRE(what.starts_with(prefix));
        REQUIRE(error.file() == file.path().string());
        auto const rest = what.substr(prefix.size());
        REQUIRE(rest.starts_with(std::to_string(error.line()) + ": "));
        return rest;
    }
    return "nothing";
}

// What is wrong with a row that stands in line 3, behind a good one.
std::string fault_in_row(std::string_view text) { return fault_in(header + row + std::string(text) + '\n'); }

} // namespace

TEST_CASE("recorded file: a row becomes a tick") {
    symbol_table symbols;
    auto const ticks = ticks_of(header + row, symbols);
    REQUIRE(ticks.size() == 1);
    CHECK(symbols.name(ticks[0].instrument) == "okx:BTC-USDT");
    CHECK(ticks[0] == market_tick{.instrument = ticks[0].instrument,
                                  .event_time = 4,
                                  .receive_time = 5,
                                  .price = decimal::parse("61837.63"),
                                  .volume = decimal::parse("0.02"),
                                  .sequence = 77,
                                  .side = aggressor_side::buy});
}

TEST_CASE("recorded file: columns may stand in any order, beside others") {
    symbol_table symbols;
    auto const ticks = ticks_of("note,size,price,side,trade_id,symbol,venue,ts_event,ts_recv,note\n"
                                "x,0.02,61837.63,S,77,BTC-USDT,okx,4,5,\n"
                                ",1,2,N,78,BTC-USDT,okx,6,7,y\n",
                                symbols);
    REQUIRE(ticks.size() == 2);
    CHECK(ticks[0].event_time == 4);
    CHECK(ticks[0].receive_time == 5);
    CHECK(ticks[0].side == aggressor_side::sell);
    CHECK(ticks[0].price == decimal::parse("61837.63"));
    CHECK(ticks[1].side == aggressor_side::unknown);
    CHECK(ticks[1].instrument == ticks[0].instrument);
}

TEST_CASE("recorded file: a header alone has no ticks") {
    symbol_table symbols;
    CHECK(ticks_of(header, symbols).empty());
    CHECK(symbols.size() == 0);
}

TEST_CASE("recorded file: the end stays the end") {
    temporary_file const file(header + row);
    symbol_table symbols;
    recorded_file source(file.path(), symbols);
    CHECK(source.next().has_value());
    CHECK_FALSE(source.next().has_value());
    CHECK_FALSE(source.next().has_value());
    CHECK(source.rows() == 1);
}

TEST_CASE("recorded file: a trade id that is no number gives way to the place of the row") {
    symbol_table symbols;
    auto const ticks = ticks_of(header + "5,4,v,s,b862869b-24da,B,1,1\n"
                                         "5,4,v,s,18446744073709551615,B,1,1\n"
                                         "5,4,v,s,18446744073709551616,B,1,1\n"
                                         "5,4,v,s,,B,1,1\n"
                                         "5,4,v,s,-1,B,1,1\n"
                                         "5,4,v,s,+1,B,1,1\n"
                                         "5,4,v,s,007,B,1,1\n",
                                symbols);
    std::vector<std::uint64_t> sequences;
    for (auto const& tick : ticks)
        sequences.push_back(tick.sequence);
    CHECK(sequences == std::vector<std::uint64_t>{1, 18446744073709551615U, 3, 4, 5, 6, 7});
}

TEST_CASE("recorded file: fields may be quoted and escaped") {
    symbol_table symbols;
    auto const ticks = ticks_of("\"ts_recv\",ts_event,venue,symbol,trade_id,side,price,size,note\n"
                                "\"5\",4,\"okx\",\"A,B\",77,\"B\",\"1.5\",2,\"a \\\"b\\\", \\\\ \\n\"\n"
                                "5,4,okx,A\\\\B,77,B,1.5,2,\n",
                                symbols);
    REQUIRE(ticks.size() == 2);
    CHECK(symbols.name(ticks[0].instrument) == "okx:A,B");
    CHECK(ticks[0].price == decimal::parse("1.5"));
    CHECK(symbols.name(ticks[1].instrument) == "okx:A\\B");
}

TEST_CASE("recorded file: lines that cross the border of a block stay whole") {
    std::string content = header;
    for (int i = 1; i <= 20'000; ++i)
        content += "5," + std::to_string(i) + ",v,s" + std::to_string(i % 7) + ",x," + "B," +
                   std::to_string(i) + ",1\n";
    REQUIRE(content.size() > 4 * weir::market::detail::line_reader::max_line_size);
    symbol_table symbols;
    auto const ticks = ticks_of(content, symbols);
    REQUIRE(ticks.size() == 20'000);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        REQUIRE(ticks[i].event_time == static_cast<std::int64_t>(i + 1));
        REQUIRE(ticks[i].price == decimal(i + 1));
        REQUIRE(ticks[i].sequence == i + 1);
    }
    CHECK(symbols.size() == 7);
}

TEST_CASE("recorded file: a file that cannot be read says why") {
    symbol_table symbols;
    temporary_file const file("");
    auto const missing = (file.directory() / "missing.csv").string();
    CHECK_THROWS_WITH(recorded_file(missing, symbols),
                      missing + ":1: cannot be opened: No such file or directory");
    auto const directory = file.directory().string();
    CHECK_THROWS_WITH(recorded_file(directory, symbols), directory + ":1: cannot be read: Is a directory");
    CHECK_THROWS_WITH(recorded_file(file.path(), symbols),
                      file.path().string() + ":1: the file is empty; a header line is needed");
}

TEST_CASE("recorded file: a header must have every needed column once") {
    CHECK(fault_in("ts_recv,ts_event,venue,symbol,trade_id,side,price\n") ==
          "1: the header has no column size");
    CHECK(fault_in("ts_recv,ts_event,venue,symbol,trade_id,side,price,Size\n") ==
          "1: the header has no column size");
    CHECK(fault_in("price," + header) == "1: the header has the column price more than once");
    CHECK(fault_in("\n") == "1: the line is empty");
    CHECK(fault_in("\xef\xbb\xbf" + header + row) == "1: the file begins with a byte order mark; remove it");
    CHECK(fault_in(header.substr(0, header.size() - 1)) ==
          "1: the last line has no line end; the file may have been cut short");
}

TEST_CASE("recorded file: a wrong row is named with its line and what is wrong") {
    auto const [text, fault] = GENERATE(table<std::string, std::string>({
        {"5,4,v,s,1,B,1", "the row has 7 fields, the header 8"},
        {"5,4,v,s,1,B,1,1,", "the row has 9 fields, the header 8"},
        {"x", "the row has 1 field, the header 8"},
        {"", "the line is empty"},
        {"5,4,v,s,1,B,1,1\r", "the line ends in CR LF; convert it to LF"},
        {"\r", "the line ends in CR LF; convert it to LF"},
        {"5,4,v,s,1,B,12a,1", "column price: \"12a\" is not a plain decimal number"},
        {"5,4,v,s,1,B,,1", "column price: a decimal number cannot be empty"},
        {"5,4,v,s,1,B, 1,1", "column price: \" 1\" is not a plain decimal number"},
        {"5,4,v,s,1,B,nan,1", "column price: \"nan\" is not a plain decimal number"},
        {"5,4,v,s,1,B,1e5,1", "column price: \"1e5\" is not a plain decimal number"},
        {"5,4,v,s,1,B,0.0,1", "column price: \"0.0\" is not greater than zero"},
        {"5,4,v,s,1,B,-1,1", "column price: \"-1\" is not greater than zero"},
        {"5,4,v,s,1,B,123456789012345678901,1",
         "column price: \"123456789012345678901\" has more digits than a decimal holds exactly"},
        {"5,4,v,s,1,B,1,0", "column size: \"0\" is not greater than zero"},
        {"5,4,v,s,1,B,1,-0.5", "column size: \"-0.5\" is not greater than zero"},
        {"5,4,v,s,1,B,1,\x1b[31m", "column size: \"\\x1b[31m\" is not a plain decimal number"},
        {"5,4,v,s,1,b,1,1", "column side: \"b\" is none of B (bought), S (sold) and N (not known)"},
        {"5,4,v,s,1,,1,1", "column side: \"\" is none of B (bought), S (sold) and N (not known)"},
        {"5,,v,s,1,B,1,1",
         "column ts_event: \"\" is not a time in whole nanoseconds since 1970 that fits 63 bits"},
        {"5,-4,v,s,1,B,1,1",
         "column ts_event: \"-4\" is not a time in whole nanoseconds since 1970 that fits 63 bits"},
        {"9223372036854775808,4,v,s,1,B,1,1", "column ts_recv: \"9223372036854775808\" is not a time in "
                                              "whole nanoseconds since 1970 that fits 63 bits"},
        {"5.0,4,v,s,1,B,1,1",
         "column ts_recv: \"5.0\" is not a time in whole nanoseconds since 1970 that fits 63 bits"},
        {"5,4,,s,1,B,1,1", "columns venue and symbol: \":s\" has no venue before the colon"},
        {"5,4,v,,1,B,1,1", "columns venue and symbol: \"v:\" has no symbol after the colon"},
        {"5,4,v,s t,1,B,1,1", "columns venue and symbol: \"v:s t\" holds a space or a control character"},
        {"5,4,a:b,s,1,B,1,1", "column venue: \"a:b\" holds a colon, which ends a venue"},
        {"5,4,v,\"s,1,B,1,1", "a field that begins with a double quote does not end with one"},
        {"5,4,v,s\"t,1,B,1,1", "a double quote stands inside a field (write it as \\\")"},
        {"5,4,v,\"s\"\"t\",1,B,1,1", "a double quote stands inside a field (write it as \\\")"},
        {"5,4,v,s\\t,1,B,1,1", "a backslash is not followed by a double quote, a backslash or an n"},
        {"5,4,v,s,1,B,1,1\\", "a backslash is not followed by a double quote, a backslash or an n"},
    }));
    CAPTURE(text);
    CHECK(fault_in_row(text) == "3: " + fault);
}

TEST_CASE("recorded file: names up to 128 bytes are read, longer ones refused") {
    CHECK(fault_in_row("5,4,v," + std::string(126, 's') + ",1,B,1,1") == "nothing");
    CHECK(fault_in_row("5,4,v," + std::string(127, 's') + ",1,B,1,1") ==
          "3: columns venue and symbol: \"v:" + std::string(46, 's') + "...\" is longer than 128 bytes");
}

TEST_CASE("recorded file: the last line must have its line end") {
    CHECK(fault_in(header + row + row.substr(0, row.size() - 1)) ==
          "3: the last line has no line end; the file may have been cut short");
    CHECK(fault_in(header + row + "\n") == "3: the line is empty");
}

TEST_CASE("recorded file: NUL bytes are refused") {
    CHECK(fault_in(header + std::string("5,4,v,s\0,1,B,1,1\n", 17)) ==
          "2: the line holds a NUL byte; is this a text file?");
}

TEST_CASE("recorded file: a line without end is refused before it fills the memory") {
    CHECK(fault_in(header + std::string(weir::market::detail::line_reader::max_line_size, 'x')) ==
          "2: the line is longer than 65536 bytes");
    auto const prefix = std::string("5,4,v,s,1,B,1,1,");
    auto const longest =
        prefix + std::string(weir::market::detail::line_reader::max_line_size - prefix.size() - 1, 'x');
    CHECK(fault_in(header + longest + '\n') == "2: the row has 9 fields, the header 8");
}

TEST_CASE("recorded file: after an error every call throws it again, and a wrong row adds no symbol") {
    temporary_file const file(header + row + "5,4,new,symbol,1,B,0,1\n" + row);
    symbol_table symbols;
    recorded_file source(file.path(), symbols);
    CHECK(source.next().has_value());
    auto const message = file.path().string() + ":3: column price: \"0\" is not greater than zero";
    CHECK_THROWS_WITH(source.next(), message);
    CHECK_THROWS_WITH(source.next(), message);
    CHECK(source.rows() == 1);
    CHECK(symbols.size() == 1);
}

TEST_CASE("recorded file: a source may be moved between rows") {
    temporary_file const file(header + row + row);
    symbol_table symbols;
    recorded_file first(file.path(), symbols);
    CHECK(first.next().has_value());
    auto second = std::move(first);
    CHECK(second.next().has_value());
    CHECK_FALSE(second.next().has_value());
    CHECK(second.rows() == 2);
}

TEST_CASE("recorded file: the recording of many venues reads whole") {
    symbol_table symbols;
    recorded_file source(fs::path(WEIR_TEST_DATA_DIR) / "multivenue_trades.csv", symbols);
    auto const upbit = symbols.intern("upbit:KRW-LAMB");
    std::map<decimal, int> dappt;
    std::optional<std::int64_t> before;
    int steps_back = 0;
    while (auto const tick = source.next()) {
        if (symbols.name(tick->instrument) == "kucoin:DAPPT-BTC")
            ++dappt[tick->price];
        if (tick->instrument == upbit) {
            steps_back += before && tick->event_time < *before ? 1 : 0;
            before = tick->event_time;
        }
    }
    CHECK(source.rows() == 1'127);
    CHECK(symbols.size() == 59);
    CHECK(steps_back == 6);
    CHECK(dappt.contains(decimal::parse("0.0000001117")));
}

} // namespace market_recorded_file_test
