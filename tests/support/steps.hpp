// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_TESTS_SUPPORT_STEPS_HPP
#define WEIR_TESTS_SUPPORT_STEPS_HPP

#include <boost/asio/io_context.hpp>

namespace support {

/// Runs `n` functions of a loop, one by one. False: there were not so many.
inline bool has_steps(boost::asio::io_context& ctx, int n) {
    while (n != 0 && ctx.poll_one() != 0) {
        --n;
    }
    return n == 0;
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_STEPS_HPP
