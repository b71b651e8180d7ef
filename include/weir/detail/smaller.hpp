// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SMALLER_HPP
#define WEIR_DETAIL_SMALLER_HPP

// std::min and std::max for numbers: nothing else is needed of <algorithm>, which has all algorithms on ranges in it and
// would be the largest header that a channel includes.

#include <concepts>

namespace weir::detail {

template <std::integral T>
[[nodiscard]] constexpr T smaller(T a, T b) noexcept {
    return b < a ? b : a;
}

template <std::integral T>
[[nodiscard]] constexpr T larger(T a, T b) noexcept {
    return a < b ? b : a;
}

} // namespace weir::detail

#endif
