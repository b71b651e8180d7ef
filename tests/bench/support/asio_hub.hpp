// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// The hub as one would write it with what Asio has: a channel for data, one for commands, one for the end, a channel for
/// each subscriber, maps by name, statistics in double.

#ifndef WEIR_TESTS_BENCH_SUPPORT_ASIO_HUB_HPP
#define WEIR_TESTS_BENCH_SUPPORT_ASIO_HUB_HPP

#include "support/measure.hpp"

namespace bench {

/// Adds it to W10: with a parallel_group over the three channels, as used; and with a coroutine for each of them that
/// tries before it waits, which selects nothing, and is as fast as it gets.
void add_asio_hub(suite& all);

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_ASIO_HUB_HPP
