// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Channels for the tests of select to look at.

#ifndef WEIR_TESTS_SUPPORT_SELECT_CHANNELS_HPP
#define WEIR_TESTS_SUPPORT_SELECT_CHANNELS_HPP

#include "support/catch.hpp"

#include <weir/mpsc.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace support {

using loop_ends = std::pair<weir::mpsc::sender<int, boost::asio::io_context::executor_type>,
                            weir::mpsc::receiver<int, boost::asio::io_context::executor_type>>;

/// Two channels whose ends can be destroyed one at a time.
struct two_channels {
    explicit two_channels(boost::asio::io_context& ctx, std::size_t capacity = 4)
        : two_channels(weir::mpsc::channel<int>(ctx.get_executor(), capacity),
                       weir::mpsc::channel<int>(ctx.get_executor(), capacity)) {}

    two_channels(loop_ends first, loop_ends second)
        : tx_a(std::move(first.first)),
          tx_b(std::move(second.first)),
          a(std::move(first.second)),
          b(std::move(second.second)) {}

    std::optional<loop_ends::first_type> tx_a;
    std::optional<loop_ends::first_type> tx_b;
    loop_ends::second_type a;
    loop_ends::second_type b;
};

/// One channel with a value in its only slot, one without.
struct full_and_idle {
    explicit full_and_idle(boost::asio::io_context& ctx)
        : full(weir::mpsc::channel<int>(ctx.get_executor(), 1)),
          idle(weir::mpsc::channel<int>(ctx.get_executor(), 1)) {
        CHECK(full.first.try_send(1));
    }

    loop_ends full;
    loop_ends idle;
};

/// A handler that does nothing.
inline constexpr auto nothing = [](auto&&...) {};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_SELECT_CHANNELS_HPP
