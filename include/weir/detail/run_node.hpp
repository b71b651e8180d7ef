// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_NODE_HPP
#define WEIR_DETAIL_RUN_NODE_HPP

// What a run queue (run_queue.hpp) knows of those who use it.

#include <weir/detail/atomic.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/ready_list.hpp>

namespace weir::detail {

/// Who has coroutines on a queue and wants to be told when its context goes.
class run_queue_client : public list_hook<struct client_tag> {
public:
    /// Makes the caller an owner, unless the last one is on its way to remove_client(). Under the queue's mutex.
    [[nodiscard]] virtual bool add_ref_unless_gone() noexcept = 0;

    /// Destroys what is parked, by who has become an owner, and lets go. Nothing of the context runs any more.
    virtual void abandon_kept() noexcept = 0;

protected:
    ~run_queue_client() = default;
};

/// Something to run on a queue.
class run_node : public basic_ready_node<atomic> {
public:
    virtual void run() = 0;

    /// Instead of run(), when the context has gone: for nodes that own themselves.
    virtual void discard() noexcept {}

protected:
    ~run_node() = default;
};

} // namespace weir::detail

#endif
