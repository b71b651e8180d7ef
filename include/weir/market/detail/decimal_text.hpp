// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_DECIMAL_TEXT_HPP
#define WEIR_MARKET_DETAIL_DECIMAL_TEXT_HPP

#include <weir/market/detail/quoted.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Decimal numbers as text, in both directions.
///
/// The grammar is `[-] digits [. digits]` and nothing else: no plus sign, no exponent, no blank, and a digit on both
/// sides of the point, so that a number cut short (`12.`) is never taken for a whole one. Reading walks the text
/// once and never rounds: digits that do not fit are a fault. Trailing zeros behind the point are stepped over
/// before the digits are read, which is what makes the result normalised, and what lets `1.000000000000000000000000`
/// be read although it has 25 digits.
namespace weir::market::detail {

/// Why a text is not a decimal.
enum class decimal_fault : std::uint8_t { none, empty, malformed, too_precise };

/// A coefficient and the number of its digits that stand behind the point.
struct decimal_parts {
    std::int64_t coefficient = 0;
    unsigned scale = 0;
};

/// The largest coefficient: 57 bits, so every number of 17 digits and some of 18.
inline constexpr std::int64_t max_decimal_coefficient = (std::int64_t{1} << 57U) - 1;
/// The largest number of digits behind the point: 6 bits.
inline constexpr unsigned max_decimal_scale = 63;

/// Appends the digits from `first` to `value`; returns where they end. A value beyond the largest coefficient sticks
/// at one more than that.
constexpr char const* read_digits(char const* first, char const* last, std::uint64_t& value) noexcept {
    constexpr auto limit = static_cast<std::uint64_t>(max_decimal_coefficient);
    for (; first != last; ++first) {
        auto const digit = static_cast<unsigned>(static_cast<unsigned char>(*first)) - unsigned{'0'};
        if (digit > 9)
            break;
        value = value * 10 + digit;
        if (value > limit)
            value = limit + 1;
    }
    return first;
}

/// Reads the whole of `text` as a normalised decimal.
/// On failure `parts` is unchanged. Complexity: linear. Allocates nothing.
[[nodiscard]] constexpr decimal_fault read_decimal(std::string_view text, decimal_parts& parts) noexcept {
    if (text.empty())
        return decimal_fault::empty;
    char const* first = text.data();
    char const* last = first + text.size();
    bool const negative = *first == '-';
    first += negative ? 1 : 0;

    std::uint64_t value = 0;
    char const* const point = read_digits(first, last, value);
    if (point == first)
        return decimal_fault::malformed;
    std::ptrdiff_t scale = 0;
    if (point != last) {
        char const* const fraction = point + 1;
        if (*point != '.' || fraction == last)
            return decimal_fault::malformed;
        while (last != fraction && last[-1] == '0')
            --last;
        if (read_digits(fraction, last, value) != last)
            return decimal_fault::malformed;
        scale = last - fraction;
    }
    if (value > static_cast<std::uint64_t>(max_decimal_coefficient) ||
        scale > std::ptrdiff_t{max_decimal_scale})
        return decimal_fault::too_precise;
    auto const coefficient = static_cast<std::int64_t>(value);
    parts = {negative ? -coefficient : coefficient, static_cast<unsigned>(scale)};
    return decimal_fault::none;
}

/// What to tell the user about `text`, which is not a decimal.
[[nodiscard]] inline std::string describe(decimal_fault fault, std::string_view text) {
    switch (fault) {
    case decimal_fault::empty:
        return "a decimal number cannot be empty";
    case decimal_fault::too_precise:
        return quoted(text) + " has more digits than a decimal holds exactly";
    case decimal_fault::malformed:
    case decimal_fault::none:
        break;
    }
    return quoted(text) + " is not a plain decimal number";
}

/// The shortest exact text of a decimal, in a buffer of its own.
class decimal_text {
public:
    constexpr explicit decimal_text(decimal_parts parts) noexcept {
        auto const negative = parts.coefficient < 0;
        auto rest = static_cast<std::uint64_t>(negative ? -parts.coefficient : parts.coefficient);
        for (unsigned written = 0; rest != 0 || written <= parts.scale; ++written) {
            if (written != 0 && written == parts.scale)
                buffer_[--begin_] = '.';
            buffer_[--begin_] = static_cast<char>('0' + rest % 10);
            rest /= 10;
        }
        if (negative)
            buffer_[--begin_] = '-';
    }

    /// The text; it lives as long as this object.
    [[nodiscard]] constexpr std::string_view view() const noexcept {
        return {buffer_.data() + begin_, buffer_.size() - begin_};
    }

private:
    std::array<char, max_decimal_scale + 4>
        buffer_{};                       // sign, "0.", 63 digits and one to spare; filled from the end
    std::size_t begin_ = buffer_.size(); // where the text starts
};

} // namespace weir::market::detail

#endif
