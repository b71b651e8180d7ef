// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Asio's own channels, the two ways in which they are used: every operation awaited, as its examples do, with executors
/// of any type; or first tried, and awaited only if that fails, with executors of a known type, which is as fast as they
/// go.

#ifndef WEIR_TESTS_BENCH_SUPPORT_ASIO_CHANNEL_HPP
#define WEIR_TESTS_BENCH_SUPPORT_ASIO_CHANNEL_HPP

#include "support/measure.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace bench {

namespace asio = boost::asio;
using boost::system::error_code;

/// As in Asio's examples.
template <class>
struct as_used {
    static constexpr bool tries_first = false;
    static constexpr auto name = "";
    using executor_type = asio::any_io_executor;
};

template <class Executor>
struct try_first {
    static constexpr bool tries_first = true;
    static constexpr auto name = " try-first";
    using executor_type = Executor;
};

template <class T, class Executor>
using asio_channel = asio::experimental::channel<Executor, void(error_code, T)>;

template <class T, class Executor>
using asio_concurrent_channel = asio::experimental::concurrent_channel<Executor, void(error_code, T)>;

template <class Use>
using asio_coroutine = asio::awaitable<void, typename Use::executor_type>;

template <class Use>
inline constexpr asio::use_awaitable_t<typename Use::executor_type> await{};

/// Sends a value; false: it has to be awaited. For an expression that is used in a hot loop, where a coroutine of its own
/// would be what is measured.
template <class Use, class Channel, class T>
bool has_sent(Channel& channel, T const& value) {
    if constexpr (Use::tries_first)
        return channel.try_send(error_code(), value);
    else
        return false;
}

/// Receives a value into f; false: it has to be awaited.
template <class Use, class Channel, class F>
bool has_received(Channel& channel, F f) {
    if constexpr (Use::tries_first)
        return channel.try_receive([&f](error_code, auto value) { f(std::move(value)); });
    else
        return false;
}

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_ASIO_CHANNEL_HPP
