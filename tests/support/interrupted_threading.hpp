// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A threading policy by which a test on one thread does something in the middle of what a core does.

#ifndef WEIR_TESTS_SUPPORT_INTERRUPTED_THREADING_HPP
#define WEIR_TESTS_SUPPORT_INTERRUPTED_THREADING_HPP

#include <weir/threading.hpp>

#include <functional>
#include <utility>

namespace support {

/// Runs what it is given when a lock is let go for the first time.
struct interrupted : weir::single_threaded {
    struct mutex : weir::detail::null_mutex {
        void unlock() noexcept {
            if (auto const what = std::exchange(on_unlock, nullptr)) {
                what();
            }
        }

        static inline std::function<void()> on_unlock;
    };
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_INTERRUPTED_THREADING_HPP
