// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SLOT_REQUEST_HPP
#define WEIR_DETAIL_SLOT_REQUEST_HPP

// How a sender waits for room in a bounded channel: it queues a request, and the core grants slots to the queue's front.

#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/waiter.hpp>

#include <cstdint>

namespace weir::detail {

/// Somebody's wish for slots, in the queue of a channel. Guarded by the channel's mutex.
struct slot_request : list_hook<> {
    /// What `sends` is not to be overtaken by a later send.
    explicit slot_request(std::uint32_t n, bool sends = false) noexcept : wanted(n), is_send(sends) {}

    /// Nothing more will happen to it.
    [[nodiscard]] bool is_settled() const noexcept { return refused || granted == wanted; }

    waiter* who = nullptr;
    std::uint32_t const wanted;
    bool const is_send;
    std::uint32_t granted = 0;
    bool refused = false; // the channel was closed
};

} // namespace weir::detail

#endif
