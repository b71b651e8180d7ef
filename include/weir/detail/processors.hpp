// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_PROCESSORS_HPP
#define WEIR_DETAIL_PROCESSORS_HPP

// Whether two threads can run at the same time. std::thread::hardware_concurrency() would tell how many the machine has,
// and not how many of them this process may use.

#if defined(__linux__)
#include <sched.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace weir::detail {

/// Whether the process has one processor only, as far as can be told.
inline bool has_one_processor() noexcept {
#if defined(__linux__)
    cpu_set_t usable;
    return ::sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) == 1;
#elif defined(__unix__) || defined(__APPLE__)
    return ::sysconf(_SC_NPROCESSORS_ONLN) == 1;
#else
    return false;
#endif
}

} // namespace weir::detail

#endif
