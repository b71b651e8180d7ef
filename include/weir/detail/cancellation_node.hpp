// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CANCELLATION_NODE_HPP
#define WEIR_DETAIL_CANCELLATION_NODE_HPP

// A tree of things that can be cancelled, without executors. Whoever cancels a node cancels all below it.
//
// A node keeps its parent alive, so the root outlives all; the root's mutex guards the whole tree: who is below whom, and
// who waits. A node that nobody holds any more takes itself out of its parent's list under that mutex, so one that stands in
// a list can be reached.
//
//   [X] cancelled. Stored once (release) under the mutex, before those who wait are woken; read anywhere (acquire): what
//       was done before the cancellation happens before whatever goes on because of it. Set in a parent it is set in all
//       that are in its list, within the same lock; one that is made below it later starts with it.

#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <mutex>

namespace weir::detail {

template <class Threading>
class cancellation_node : public list_hook<> {
    using mutex = typename Threading::mutex;

public:
    /// A root.
    cancellation_node() noexcept : root_(this) {}

    /// Below `parent`; cancelled if that is.
    explicit cancellation_node(cancellation_node& parent) noexcept
        : root_(parent.root_), parent_(intrusive_ptr<cancellation_node>::share(&parent)) {
        std::lock_guard lock(root_->mutex_);
        if (parent.is_closed()) {
            cancelled_.store(true, std::memory_order_relaxed); // [X] nobody else has seen this node yet
        } else {
            parent.children_.push_back(*this);
        }
    }

    cancellation_node(cancellation_node const&) = delete;

    /// Cancels this and all below. A second time nothing happens. Linear in the nodes and in those who wait.
    void cancel() noexcept {
        wake_batch woken;
        std::lock_guard lock(root_->mutex_);
        if (is_closed()) {
            return;
        }
        mark(woken);
        intrusive_list<cancellation_node> below;
        below.append(children_);
        while (cancellation_node* const n = below.pop_front()) {
            n->mark(woken);
            below.append(n->children_);
        }
        if (is_linked()) {
            unlink(); // there is nothing more that its parent could do for it
        }
    }

    // what wait_closed_core asks for (endpoint_operations.hpp): to wait for the cancellation is to wait for an end

    [[nodiscard]] bool is_closed() const noexcept {
        return cancelled_.load(std::memory_order_acquire);
    } // [X]

    wait_result wait_closed(waiter& w) noexcept {
        std::lock_guard lock(root_->mutex_);
        return is_closed() ? wait_result::look_again : waiting_.park(w);
    }

    void stop_waiting_closed(waiter& w) noexcept {
        std::lock_guard lock(root_->mutex_);
        waiter_list::leave(w);
    }

    void add_ref() noexcept { owners_.add(); }

    /// A node that goes may be the last one to hold its parent, and so on: a loop, for the line may be long.
    void release() noexcept {
        cancellation_node* n = this;
        while (n != nullptr && n->owners_.drop()) {
            cancellation_node* const parent = n->leave();
            delete n;
            n = parent;
        }
    }

private:
    ~cancellation_node() = default;

    /// Under the mutex.
    void mark(wake_batch& woken) noexcept {
        cancelled_.store(true, std::memory_order_release); // [X]
        waiting_.wake_all(woken);
    }

    /// Gives up the parent, for the caller to release.
    cancellation_node* leave() noexcept {
        std::lock_guard lock(root_->mutex_);
        if (is_linked()) {
            unlink();
        }
        return parent_.release();
    }

    cancellation_node* const root_;
    intrusive_ptr<cancellation_node> parent_; // null: this is the root
    reference_count<Threading::template atomic> owners_;
    typename Threading::template atomic<bool> cancelled_{false}; // [X] whoever cancels, once
    waiter_list waiting_;                                        // root_->mutex_
    intrusive_list<cancellation_node> children_;                 // root_->mutex_
    mutex mutex_;                                                // the root's is used
};

} // namespace weir::detail

#endif
