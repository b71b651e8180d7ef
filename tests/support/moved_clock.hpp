// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A steady clock that stands still until the test moves it.
///
/// moved_clock.cpp defines std::chrono::steady_clock::now() for the executable that it is linked into; the one in
/// libstdc++ is then not used, neither by weir nor by Asio, whose code is all in headers. Such an executable must be
/// compiled with BOOST_ASIO_DISABLE_EPOLL: with epoll the kernel's timers tell Asio that time is up, and they go by the
/// kernel's clock; the select reactor compares with steady_clock::now() at every poll().
/// Never run() a loop that waits for time: it would wait for a time that does not come. advance() and poll().

#ifndef WEIR_TESTS_SUPPORT_MOVED_CLOCK_HPP
#define WEIR_TESTS_SUPPORT_MOVED_CLOCK_HPP

#include <boost/asio/detail/config.hpp>

#include <chrono>

#if defined(BOOST_ASIO_HAS_EPOLL)
#error "moved_clock needs BOOST_ASIO_DISABLE_EPOLL"
#endif

namespace support {

/// Moves the clock forward. Nothing runs by it; poll() sees it.
void advance(std::chrono::steady_clock::duration d) noexcept;

} // namespace support

#endif // WEIR_TESTS_SUPPORT_MOVED_CLOCK_HPP
