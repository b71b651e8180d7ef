// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_INT128_HPP
#define WEIR_MARKET_DETAIL_INT128_HPP

#include <array>
#include <cstddef>
#include <cstdint>

/// The compiler's 128-bit integer, and the powers of ten that fit 64 bits.
///
/// Prices and sizes have 57-bit coefficients. Everything that is done with two of them (comparing at a common
/// scale, a product, a sum of products) fits 126 bits and a sign, so one machine type carries the fast paths of the
/// market part; what might leave it is checked with the compiler's overflow built-ins and goes to Boost's
/// `cpp_int`.
namespace weir::market::detail {

__extension__ typedef __int128 int128;           // `__extension__` keeps -Wpedantic quiet: not an ISO type
__extension__ typedef unsigned __int128 uint128; // as above

/// The largest exponent in `powers_of_ten`: ten to the nineteenth has more than 63 bits.
inline constexpr unsigned max_power_of_ten = 18;

/// `powers_of_ten[n]` is ten to the n-th, for n up to `max_power_of_ten`.
inline constexpr auto powers_of_ten = [] {
    std::array<std::int64_t, max_power_of_ten + 1> table{};
    std::int64_t power = 1;
    for (std::size_t n = 0; n < table.size(); ++n) {
        table[n] = power;
        power *= n + 1 < table.size() ? 10 : 1;
    }
    return table;
}();

} // namespace weir::market::detail

#endif
