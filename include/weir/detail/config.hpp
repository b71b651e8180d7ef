// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CONFIG_HPP
#define WEIR_DETAIL_CONFIG_HPP

// The names that every header of weir shares, and the few compiler differences that it has to know.

#include <boost/system/error_code.hpp>
#include <boost/version.hpp>

#include <cstddef>

#if BOOST_VERSION < 108100
#error "weir needs Boost 1.81 or newer"
#endif

// A function that publishes a coroutine handle to other threads must not be inlined into the coroutine: older
// clangs keep parts of the frame in registers across it (llvm issues 56301, 65018).
#if defined(__GNUC__) || defined(__clang__)
#define WEIR_NOINLINE __attribute__((noinline))
#else
#define WEIR_NOINLINE
#endif

namespace boost::asio {}

namespace weir {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

namespace detail {

/// Words that different threads write are kept this far apart. A constant and not
/// std::hardware_destructive_interference_size, whose value follows compiler flags and would break the ABI.
inline constexpr std::size_t cache_line = 64;

} // namespace detail
} // namespace weir

#endif
