// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// How much a test may do: sanitizers and builds that are not optimised take ten times as long.

#ifndef WEIR_TESTS_SUPPORT_EFFORT_HPP
#define WEIR_TESTS_SUPPORT_EFFORT_HPP

namespace support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
inline constexpr bool is_slow_build = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_slow_build = true;
#else
inline constexpr bool is_slow_build = false;
#endif
#else
inline constexpr bool is_slow_build = false;
#endif

/// The first in an optimised build, the second in others.
template <class T>
constexpr T effort(T optimised, T slow) noexcept {
    return is_slow_build ? slow : optimised;
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_EFFORT_HPP
