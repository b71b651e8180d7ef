// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/symbol_pattern.hpp>

#include "support/catch.hpp"

#include <random>
#include <string>
#include <string_view>

namespace market_symbol_pattern_test {

using weir::market::glob_match;
using weir::market::is_pattern;

namespace {

// The definition, spelt out: slow, and right by inspection.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
    if (pattern.empty())
        return text.empty();
    if (pattern.front() == '*')
        return matches_by_definition(pattern.substr(1), text) ||
               (!text.empty() && matches_by_definition(pattern, text.substr(1)));
    return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
           matches_by_definition(pattern.substr(1), text.substr(1));
}

std::string random_text(std::mt19937& random, std::string_view alphabet, unsigned longest) {
    std::string text(random() % (longest + 1), ' ');
    for (char& c : text)
        c = alphabet[random() % alphabet.size()];
    return text;
}

static_assert(glob_match("*", "a:b") && !glob_match("a", "b"));

} // namespace

TEST_CASE("glob_match: the patterns of subscriptions") {
    CHECK(glob_match("binance-spot:*", "binance-spot:BTCUSDT"));
    CHECK_FALSE(glob_match("binance-spot:*", "binance-usdm:BTCUSDT"));
    CHECK(glob_match("*:BTC*", "binance-usdm:BTCUSDT"));
    CHECK_FALSE(glob_match("*:BTC*", "okx:WBTC-USDT"));
    CHECK(glob_match("*BTC*", "okx:WBTC-USDT"));
    CHECK(glob_match("*", "okx:BTC"));
    CHECK(glob_match("*", ""));
    CHECK(glob_match("", ""));
    CHECK_FALSE(glob_match("", "a"));
    CHECK_FALSE(glob_match("?", ""));
    CHECK(glob_match("okx:BTC-????", "okx:BTC-USDT"));
    CHECK_FALSE(glob_match("okx:btc-usdt", "okx:BTC-USDT"));
    CHECK_FALSE(glob_match("binance-spot:BTCUSDT", "binance-spot:BTCUSDT2"));
}

TEST_CASE("glob_match: agrees with the definition on random patterns") {
    std::mt19937 random(11);
    int matches = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto const pattern = random_text(random, "ab*?*", 8);
        auto const text = random_text(random, "ab", 10);
        CAPTURE(pattern, text);
        auto const expected = matches_by_definition(pattern, text);
        matches += expected ? 1 : 0;
        REQUIRE(glob_match(pattern, text) == expected);
    }
    CHECK(matches > 5'000);
}

TEST_CASE("glob_match: a hostile pattern ends soon") {
    std::string pattern;
    for (int i = 0; i < 2'000; ++i)
        pattern += "a*";
    CHECK_FALSE(glob_match(pattern + 'b', std::string(20'000, 'a'))); // exponential for a naive matcher
}

TEST_CASE("is_pattern: only stars and question marks make one") {
    CHECK(is_pattern("*"));
    CHECK(is_pattern("okx:B?C"));
    CHECK_FALSE(is_pattern("okx:[B]"));
    CHECK_FALSE(is_pattern(""));
}

} // namespace market_symbol_pattern_test
