// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Every allocation of the executable, counted.

#ifndef WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP
#define WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP

#include <atomic>

namespace support {

/// Calls of operator new since the start, and the bytes that they asked for. Whoever allocates adds, and nothing else
/// hangs on it: relaxed.
extern std::atomic<long> allocations;
extern std::atomic<long> allocated_bytes;

/// The allocations that large or larger fail.
extern std::atomic<long> too_large;

} // namespace support

#endif // WEIR_TESTS_ALLOCATIONS_COUNTED_NEW_HPP
