// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_EXACT_DECIMAL_HPP
#define WEIR_MARKET_EXACT_DECIMAL_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/exact_formatter.hpp>
#include <weir/market/detail/ratio.hpp>

#include <algorithm>
#include <compare>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

/// An exact decimal number of any length: what sums of prices and sizes come out as.
///
/// A `decimal` holds what one trade says in eight bytes; the sum of a day of trades may have more digits than fit
/// there. `exact_decimal` holds any of them, in normalised form, so it compares by value with itself and with
/// `decimal`. It is the type of results, computed once and printed: use `decimal` for what flows.
///
/// Its text is plain notation at any size: no exponent, no trailing zeros, nothing rounded. `to_double()` rounds once,
/// to the nearest.
///
/// Thread safety: a plain value. Allocates when the coefficient has more than 128 bits, and for text.
///
///     auto const volume = aggregator.statistics(id)->volume;
///     assert(volume == weir::market::decimal::parse("212.03315") && volume.to_string() == "212.03315");
namespace weir::market {

/// An exact decimal number of any length.
class exact_decimal {
public:
    /// The integer behind the digits; of any size.
    using integer = detail::big_integer;

    /// Zero.
    exact_decimal() = default;

    /// The same number.
    exact_decimal(decimal value) // NOLINT(google-explicit-constructor): lossless
        : coefficient_(value.coefficient()), scale_(value.scale()) {}

    /// The number `coefficient` divided by ten to the `scale`; the parts need not be normalised.
    [[nodiscard]] static exact_decimal from_parts(integer coefficient, unsigned scale) {
        exact_decimal result;
        result.coefficient_ = std::move(coefficient);
        result.scale_ = result.coefficient_ == 0 ? 0 : scale;
        while (result.scale_ > 0 && result.coefficient_ % 10 == 0) {
            result.coefficient_ /= 10;
            --result.scale_;
        }
        return result;
    }

    /// All digits as one integer, signed. The number is `coefficient()` over ten to the `scale()`.
    [[nodiscard]] integer const& coefficient() const noexcept { return coefficient_; }

    /// How many digits stand behind the point; the fewest that will do.
    [[nodiscard]] unsigned scale() const noexcept { return scale_; }

    /// The nearest double, ties to even.
    [[nodiscard]] double to_double() const {
        return detail::nearest_double(coefficient_, detail::power_of_ten(scale_));
    }

    /// The same number in eight bytes, or nothing if it does not fit.
    [[nodiscard]] std::optional<decimal> to_decimal() const { return decimal::try_parse(to_string()); }

    /// All digits in plain notation.
    [[nodiscard]] std::string to_string() const;

    /// Equal in value, with another one or with a `decimal`.
    friend bool operator==(exact_decimal const& left, exact_decimal const& right) {
        return left.scale_ == right.scale_ && left.coefficient_.compare(right.coefficient_) == 0;
    }

    /// Order by value, with another one or with a `decimal`.
    friend std::strong_ordering operator<=>(exact_decimal const& left, exact_decimal const& right) {
        auto const scale = std::max(left.scale_, right.scale_);
        return left.at_scale(scale).compare(right.at_scale(scale)) <=> 0;
    }

    /// Writes the text; width, fill and adjustment of the stream apply, its precision does not.
    friend std::ostream& operator<<(std::ostream& out, exact_decimal const& value) {
        return out << value.to_string();
    }

private:
    [[nodiscard]] integer at_scale(unsigned scale) const {
        return coefficient_ * detail::power_of_ten(scale - scale_);
    }

    integer coefficient_; // not a multiple of ten unless scale_ is 0
    unsigned scale_ = 0;  // 0 if the coefficient is
};

inline std::string exact_decimal::to_string() const {
    std::string digits = integer(abs(coefficient_)).str();
    if (digits.size() <= scale_)
        digits.insert(0, scale_ + 1 - digits.size(), '0');
    if (scale_ != 0)
        digits.insert(digits.size() - scale_, 1, '.');
    return coefficient_ < 0 ? '-' + digits : digits;
}

} // namespace weir::market

#if __has_include(<fmt/core.h>)
/// Formats with {fmt}: the text of `to_string()`, with fill, alignment and width as for a string.
/// A precision is refused: output is lossless.
template <>
struct fmt::formatter<weir::market::exact_decimal>
    : weir::market::detail::exact_formatter<weir::market::exact_decimal> {};
#endif

#endif
