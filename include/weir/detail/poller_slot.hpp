// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_POLLER_SLOT_HPP
#define WEIR_DETAIL_POLLER_SLOT_HPP

// Where an execution context has its poller (busy_poller.hpp), if it has one: made when it is asked for the first time.

#include <weir/detail/atomic.hpp>
#include <weir/detail/busy_poller.hpp>

#include <atomic>
#include <chrono>
#include <mutex>

namespace weir::detail {

/// Thread safety: safe.
class poller_slot {
public:
    poller_slot() noexcept = default;
    poller_slot(poller_slot const&) = delete;

    ~poller_slot() { delete get(); }

    /// None until it was set.
    [[nodiscard]] busy_poller* get() const noexcept { return poller_.load(std::memory_order_acquire); } // [K]

    /// Sets for how long the poller looks, which make() makes if there is none. Does nothing in a context that goes.
    template <class Make>
    void set(Make make, std::chrono::nanoseconds longest) {
        std::lock_guard lock(mutex_);
        if (!is_closed_) {
            if (get() == nullptr) {
                poller_.store(make(), std::memory_order_release); // [K]
            }
            get()->look_for(longest);
        }
    }

    /// The context goes.
    void close() noexcept {
        {
            std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        if (busy_poller* const poller = get()) {
            poller->close();
        }
    }

private:
    std::mutex mutex_;
    bool is_closed_ = false; // mutex_
    // [K] none, and then the poller for ever: written once, under mutex_, with release; who reads it acquires what was made.
    atomic<busy_poller*> poller_{nullptr};
};

} // namespace weir::detail

#endif
