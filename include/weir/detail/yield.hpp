// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_YIELD_HPP
#define WEIR_DETAIL_YIELD_HPP

// Lets another thread run. The same as std::this_thread::yield(), for which <thread> would bring stop tokens, semaphores
// and clocks into every file that includes a channel.

#if defined(__unix__) || defined(__APPLE__)
#include <sched.h>
#else
#include <thread>
#endif

namespace weir::detail {

inline void yield_thread() noexcept {
#if defined(__unix__) || defined(__APPLE__)
    ::sched_yield();
#else
    std::this_thread::yield();
#endif
}

} // namespace weir::detail

#endif
