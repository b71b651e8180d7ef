// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Queues that are no channels of an event loop: the limit of what the machine can do, and libraries for threads and
/// fibers, as far as they are there.

#ifndef WEIR_TESTS_BENCH_SUPPORT_QUEUE_PEERS_HPP
#define WEIR_TESTS_BENCH_SUPPORT_QUEUE_PEERS_HPP

#include "support/measure.hpp"

namespace bench {

/// Adds them to W1, W2, W3 and W3u.
void add_queue_peers(suite& all);

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_QUEUE_PEERS_HPP
