// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DECIMAL_HPP
#define WEIR_MARKET_DECIMAL_HPP

#include <weir/market/detail/decimal_text.hpp>
#include <weir/market/detail/exact_formatter.hpp>
#include <weir/market/detail/int128.hpp>

#include <charconv>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

/// A price or a size as the venue wrote it: an exact decimal number in eight bytes.
///
/// A double cannot hold 0.1, so prices in doubles compare unequal when they are equal and their sums depend on the
/// order of adding. A fixed number of places is too coarse for one instrument and too small for another: trades at
/// 0.0000001117 and at 5871849 stand in one recording. `decimal` keeps 57 bits of coefficient, which hold every
/// number of 17 significant digits, and up to 63 digits behind the point.
///
/// There is one representation per value (no trailing zeros behind the point, no negative zero), so equality is one
/// comparison of two words, and `1.50` and `1.5` are the same number. Nothing is ever rounded on the way in or out:
/// what does not fit is an error, and the text that comes out reads back to the same value. The one conversion that
/// rounds is `to_double()`, and it says so.
///
/// There is no arithmetic here on purpose: results would not fit. `price_aggregator` adds up exactly and answers
/// with the wider `exact_decimal`.
///
/// Thread safety: a plain value. Allocates nothing, except for `to_string()` and the texts of errors.
///
///     auto const price = weir::market::decimal::parse("61837.63");
///     assert(price < 61838 && price.to_string() == "61837.63");
namespace weir::market {

/// The integers that a decimal can be made of: not `bool`, and not characters, since '5' is not 5.
template <class T>
concept decimal_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// An exact decimal number: a 57-bit coefficient and a sign, over ten to the power of at most 63.
class decimal {
public:
    /// Zero.
    constexpr decimal() noexcept = default;

    /// The integer `value`, exactly.
    /// Throws: std::invalid_argument if it is beyond `max()` or `lowest()`.
    template <decimal_integer Integer>
    constexpr decimal(Integer value) // NOLINT(google-explicit-constructor): exact, or an error
        : decimal(from_integer(value)) {}

    /// The number `coefficient` divided by ten to the `scale`, exactly; the parts need not be normalised.
    /// Throws: std::invalid_argument if, without trailing zeros behind the point, it does not fit.
    [[nodiscard]] static constexpr decimal from_parts(std::int64_t coefficient, unsigned scale) {
        while (scale > 0 && coefficient % 10 == 0) {
            if (coefficient == 0)
                return decimal();
            coefficient /= 10;
            --scale;
        }
        if (coefficient > max_coefficient || coefficient < -max_coefficient || scale > max_scale)
            throw std::invalid_argument("weir: the number does not fit a decimal");
        return decimal(detail::decimal_parts{coefficient, scale});
    }

    /// The number that `text` spells: `[-] digits [. digits]`, all of the text.
    /// Throws: std::invalid_argument on anything else, and on more digits than fit; it never rounds.
    /// Complexity: linear.
    [[nodiscard]] static constexpr decimal parse(std::string_view text) {
        detail::decimal_parts parts;
        auto const fault = detail::read_decimal(text, parts);
        if (fault != detail::decimal_fault::none)
            throw std::invalid_argument(detail::describe(fault, text));
        return decimal(parts);
    }

    /// As `parse`, with an empty optional in place of the error.
    [[nodiscard]] static constexpr std::optional<decimal> try_parse(std::string_view text) noexcept {
        detail::decimal_parts parts;
        if (detail::read_decimal(text, parts) != detail::decimal_fault::none)
            return std::nullopt;
        return decimal(parts);
    }

    /// The largest number that fits, 2^57 - 1.
    [[nodiscard]] static constexpr decimal max() noexcept {
        return decimal(detail::decimal_parts{max_coefficient, 0});
    }

    /// The smallest number that fits, the negative of `max()`.
    [[nodiscard]] static constexpr decimal lowest() noexcept {
        return decimal(detail::decimal_parts{-max_coefficient, 0});
    }

    /// The largest `coefficient()`; the smallest is its negative.
    static constexpr std::int64_t max_coefficient = detail::max_decimal_coefficient;
    /// The largest `scale()`.
    static constexpr unsigned max_scale = detail::max_decimal_scale;

    /// All digits of the number as one integer, signed. The number is `coefficient()` over ten to the `scale()`.
    [[nodiscard]] constexpr std::int64_t coefficient() const noexcept { return bits_ >> scale_bits; }

    /// How many digits stand behind the point; the fewest that will do.
    [[nodiscard]] constexpr unsigned scale() const noexcept {
        return static_cast<unsigned>(bits_ & std::int64_t{max_scale});
    }

    /// The nearest double, ties to even. Two decimals may share one.
    [[nodiscard]] double to_double() const noexcept;

    /// The shortest text that `parse` reads back as this value: no exponent, no trailing zeros.
    [[nodiscard]] std::string to_string() const { return std::string(text().view()); }

    /// Equal in value; since there is one representation per value, equal in bits too.
    friend constexpr bool operator==(decimal, decimal) noexcept = default;

    /// Order by value, exact at any two scales.
    friend constexpr std::strong_ordering operator<=>(decimal left, decimal right) noexcept {
        if (left.scale() == right.scale())
            return left.coefficient() <=> right.coefficient();
        return left.scale() < right.scale() ? compare_scaled(left, right) : 0 <=> compare_scaled(right, left);
    }

    /// Writes the text; width, fill and adjustment of the stream apply, its precision does not.
    friend std::ostream& operator<<(std::ostream& out, decimal value) {
        auto const text = value.text();
        return out << text.view();
    }

private:
    static constexpr unsigned scale_bits = 6;

    constexpr explicit decimal(detail::decimal_parts parts) noexcept
        : bits_(parts.coefficient * (std::int64_t{1} << scale_bits) + std::int64_t{parts.scale}) {}

    template <class Integer>
    static constexpr decimal from_integer(Integer value) {
        if (std::cmp_greater(value, max_coefficient) || std::cmp_less(value, -max_coefficient))
            throw std::invalid_argument("weir: the integer does not fit a decimal");
        return decimal(detail::decimal_parts{static_cast<std::int64_t>(value), 0});
    }

    // Compares where `coarse` has the smaller scale. Past 18 digits of difference a coarse value other than zero
    // outweighs any fine one (10^19 > 2^57), so 128 bits are always enough.
    static constexpr std::strong_ordering compare_scaled(decimal coarse, decimal fine) noexcept {
        auto const digits = fine.scale() - coarse.scale();
        if (digits > detail::max_power_of_ten && coarse.coefficient() != 0)
            return coarse.coefficient() <=> 0;
        auto const power = detail::powers_of_ten[digits > detail::max_power_of_ten ? 0 : digits];
        auto const left = static_cast<detail::int128>(coarse.coefficient()) * power;
        auto const right = static_cast<detail::int128>(fine.coefficient());
        return left < right   ? std::strong_ordering::less
               : left > right ? std::strong_ordering::greater
                              : std::strong_ordering::equal;
    }

    constexpr detail::decimal_text text() const noexcept {
        return detail::decimal_text({coefficient(), scale()});
    }

    std::int64_t bits_ = 0; // coefficient times 64, plus the scale; normalised by whoever builds it
};

inline double decimal::to_double() const noexcept {
    // Up to 2^53, and to 10^18, both sides are exact doubles, and one division rounds correctly.
    constexpr std::int64_t exact = std::int64_t{1} << 53U;
    if (coefficient() <= exact && coefficient() >= -exact && scale() <= detail::max_power_of_ten)
        return static_cast<double>(coefficient()) / static_cast<double>(detail::powers_of_ten[scale()]);
    auto const digits = text();
    double value = 0;
    std::from_chars(digits.view().data(), digits.view().data() + digits.view().size(), value,
                    std::chars_format::fixed);
    return value;
}

static_assert(sizeof(decimal) == 8);
static_assert(std::is_trivially_copyable_v<decimal> && std::is_standard_layout_v<decimal>);

} // namespace weir::market

/// Hashes by value.
template <>
struct std::hash<weir::market::decimal> {
    [[nodiscard]] std::size_t operator()(weir::market::decimal value) const noexcept {
        return std::hash<std::int64_t>{}(value.coefficient() * 64 + std::int64_t{value.scale()});
    }
};

#if __has_include(<fmt/core.h>)
/// Formats with {fmt}: the text of `to_string()`, with fill, alignment and width as for a string.
/// A precision is refused: output is lossless.
template <>
struct fmt::formatter<weir::market::decimal>
    : weir::market::detail::exact_formatter<weir::market::decimal> {};
#endif

#endif
