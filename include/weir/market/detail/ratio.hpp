// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_RATIO_HPP
#define WEIR_MARKET_DETAIL_RATIO_HPP

#include <boost/multiprecision/cpp_int.hpp>

#include <cmath>
#include <cstdint>

/// Ratios of integers of any size, rounded once, at the very end.
///
/// Statistics are quotients of exact sums. As long as only the last step rounds, and rounds correctly, the result is
/// a function of the sums alone: not of the order in which they were added, and not of the machine.
namespace weir::market::detail {

/// An integer of any size; without expression templates, so that `auto` is safe.
using big_integer =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;

/// Ten to the `exponent`.
[[nodiscard]] inline big_integer power_of_ten(unsigned exponent) {
    return boost::multiprecision::pow(big_integer(10), exponent);
}

/// `numerator / denominator` rounded to an integer, ties to even. Requires: the denominator is positive.
[[nodiscard]] inline big_integer divide_half_even(big_integer const& numerator,
                                                  big_integer const& denominator) {
    big_integer quotient;
    big_integer rest;
    boost::multiprecision::divide_qr(big_integer(abs(numerator)), denominator, quotient, rest);
    auto const twice = (rest * 2).compare(denominator);
    if (twice > 0 || (twice == 0 && bit_test(quotient, 0)))
        ++quotient;
    return numerator < 0 ? big_integer(-quotient) : quotient;
}

/// The double nearest to `numerator / denominator`, ties to even. Requires: the denominator is positive.
[[nodiscard]] inline double nearest_double(big_integer const& numerator, big_integer const& denominator) {
    if (numerator == 0)
        return 0;
    big_integer top = abs(numerator);
    big_integer bottom = denominator;
    // Scale so that the quotient has 62 or 63 bits: nine more than a double keeps, so that the last bit can say
    // whether anything was left over without being one that counts.
    auto const shift = static_cast<int>(msb(bottom)) - static_cast<int>(msb(top)) + 62;
    if (shift > 0)
        top <<= static_cast<unsigned>(shift);
    else
        bottom <<= static_cast<unsigned>(-shift);
    big_integer quotient;
    big_integer rest;
    boost::multiprecision::divide_qr(top, bottom, quotient, rest);
    auto bits = static_cast<std::uint64_t>(quotient);
    bits |= rest != 0 ? 1U : 0U;
    auto const value = std::ldexp(static_cast<double>(bits), -shift);
    return numerator < 0 ? -value : value;
}

} // namespace weir::market::detail

#endif
