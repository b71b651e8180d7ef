// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_STAND_BACK_HPP
#define WEIR_DETAIL_STAND_BACK_HPP

// Waiting for a moment where another thread works on the same words. Who looks again at once takes them away from it, and
// both get less done than one; who stands back lets it do a good part of its work in peace.

namespace weir::detail {

/// Tells the processor so many times that the thread has nothing to do: for 10 to 150 cycles each time.
inline void stand_back(unsigned pauses) noexcept {
    for (; pauses != 0; --pauses) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ __volatile__("isb" ::: "memory"); // "yield" takes no time there
#endif
    }
}

} // namespace weir::detail

#endif
