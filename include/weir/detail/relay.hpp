// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RELAY_HPP
#define WEIR_DETAIL_RELAY_HPP

// The waiter of one part of an operation that waits in several places: it wakes the whole.

#include <weir/detail/waiter.hpp>

namespace weir::detail {

class relay final : public waiter {
public:
    relay() noexcept = default;

    relay(relay&&) noexcept {} // an operation moves only before it waits

    ~relay() = default;

    /// Written once, before the first registration: whoever wakes reads it under a core's lock.
    waiter& to(waiter& whole) noexcept {
        if (whole_ != &whole) {
            whole_ = &whole;
        }
        return *this;
    }

    void wake(wake_batch& woken) noexcept override { whole_->wake(woken); }

    [[nodiscard]] asio::any_io_executor executor() const override { return whole_->executor(); }

private:
    waiter* whole_ = nullptr;
};

} // namespace weir::detail

#endif
