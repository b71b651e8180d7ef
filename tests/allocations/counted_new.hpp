// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Every allocation of the executable, counted.

#ifndef WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP
#define WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP

#include <atomic>

namespace support {

/// Calls of operator new since the start. Whoever allocates adds, and nothing else hangs on it: relaxed.
extern std::atomic<long> allocations;

} // namespace support

#endif // WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP
