// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/symbol_table.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace market_symbol_table_test {

using weir::market::instrument_id;
using weir::market::symbol_table;

namespace {

std::string message_of(symbol_table& symbols, std::string_view name) {
    try {
        symbols.intern(name);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no error";
}

std::string nth_name(std::size_t n) { return "venue-" + std::to_string(n % 7) + ":SYM" + std::to_string(n); }

static_assert(std::is_same_v<instrument_id, std::uint32_t>);
static_assert(!std::is_copy_constructible_v<symbol_table> && !std::is_move_constructible_v<symbol_table>);

} // namespace

TEST_CASE("symbol table: names get dense ids in the order of first sight") {
    symbol_table symbols;
    CHECK(symbols.size() == 0);
    CHECK(symbols.intern("binance-spot:BTCUSDT") == 0);
    CHECK(symbols.intern("binance-usdm:BTCUSDT") == 1);
    CHECK(symbols.intern("binance-spot:BTCUSDT") == 0);
    CHECK(symbols.intern("kraken:SC/EUR") == 2);
    CHECK(symbols.intern("dex:A:B") == 3); // the symbol may hold colons
    CHECK(symbols.size() == 4);
    CHECK(symbols.find("binance-usdm:BTCUSDT") == instrument_id{1});
    CHECK(symbols.name(1) == "binance-usdm:BTCUSDT");
}

TEST_CASE("symbol table: looking up does not add") {
    symbol_table symbols;
    CHECK_FALSE(symbols.find("okx:BTC-USDT").has_value());
    CHECK_FALSE(symbols.find("").has_value());
    CHECK(symbols.size() == 0);
    CHECK_THROWS_AS(symbols.name(0), std::out_of_range);
    symbols.intern("okx:BTC-USDT");
    CHECK_THROWS_AS(symbols.name(1), std::out_of_range);
    CHECK_THROWS_AS(symbols.name(0xffffffffU), std::out_of_range);
}

TEST_CASE("symbol table: a malformed name is refused with its reason, and adds nothing") {
    symbol_table symbols;
    CHECK(message_of(symbols, "") == "weir: the name of an instrument cannot be empty");
    CHECK(message_of(symbols, "BTCUSDT") == "weir: \"BTCUSDT\" has no colon between venue and symbol");
    CHECK(message_of(symbols, ":BTCUSDT") == "weir: \":BTCUSDT\" has no venue before the colon");
    CHECK(message_of(symbols, "okx:") == "weir: \"okx:\" has no symbol after the colon");
    CHECK(message_of(symbols, "okx:BTC USDT") ==
          "weir: \"okx:BTC USDT\" holds a space or a control character");
    CHECK(message_of(symbols, "okx:BTC\n") == "weir: \"okx:BTC\\x0a\" holds a space or a control character");
    CHECK(message_of(symbols, std::string_view("o\0x:B", 5)) ==
          "weir: \"o\\x00x:B\" holds a space or a control character");
    CHECK(message_of(symbols, "okx:\x7f") == "weir: \"okx:\\x7f\" holds a space or a control character");
    CHECK(symbols.size() == 0);
}

TEST_CASE("symbol table: a name may have 128 bytes and no more") {
    symbol_table symbols;
    auto const longest = "v:" + std::string(symbol_table::max_name_size - 2, 'x');
    CHECK(symbols.name(symbols.intern(longest)) == longest);
    CHECK(message_of(symbols, longest + 'x').ends_with("...\" is longer than 128 bytes"));
    CHECK(symbols.size() == 1);
}

TEST_CASE("symbol table: the text of a name stays where it is while the table grows") {
    symbol_table symbols;
    std::vector<char const*> where;
    for (std::size_t n = 0; n < 10'000; ++n) {
        REQUIRE(symbols.intern(nth_name(n)) == n);
        where.push_back(symbols.name(static_cast<instrument_id>(n)).data());
    }
    for (std::size_t n = 0; n < where.size(); ++n) {
        REQUIRE(symbols.name(static_cast<instrument_id>(n)).data() == where[n]);
        REQUIRE(symbols.name(static_cast<instrument_id>(n)) == nth_name(n));
        REQUIRE(symbols.find(nth_name(n)) == static_cast<instrument_id>(n));
    }
}

TEST_CASE("symbol table: threads that intern the same names agree on their ids") {
    constexpr std::size_t names = 2'000;
    constexpr std::size_t workers = 4;
    symbol_table symbols;
    std::vector<std::vector<instrument_id>> ids(workers, std::vector<instrument_id>(names));
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::thread reader([&] {
        while (!done.load(std::memory_order_relaxed)) { // only says that it may stop
            for (std::size_t id = 0, size = symbols.size(); id < size; ++id)
                if (symbols.find(symbols.name(static_cast<instrument_id>(id))) > id)
                    wrong.fetch_add(1, std::memory_order_relaxed); // read after the join
        }
    });
    std::vector<std::thread> threads;
    for (std::size_t worker = 0; worker < workers; ++worker)
        threads.emplace_back([&, worker] {
            for (std::size_t i = 0; i < names; ++i) {
                auto const n = (i * 7 + worker * 500) % names;
                ids[worker][n] = symbols.intern(nth_name(n));
            }
        });
    for (auto& thread : threads)
        thread.join();
    done.store(true, std::memory_order_relaxed); // only says that it may stop
    reader.join();
    CHECK(wrong.load(std::memory_order_relaxed) == 0);
    CHECK(symbols.size() == names);
    for (std::size_t n = 0; n < names; ++n) {
        REQUIRE(symbols.name(ids[0][n]) == nth_name(n));
        for (std::size_t worker = 1; worker < workers; ++worker)
            REQUIRE(ids[worker][n] == ids[0][n]);
    }
}

} // namespace market_symbol_table_test
