// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_FOREIGN_AWAITER_HPP
#define WEIR_DETAIL_FOREIGN_AWAITER_HPP

// Awaiting a weir operation in a coroutine of which weir knows nothing but its handle.
//
// It is resumed on the operation's executor, through a run queue made for the wait, never inside the call that woke
// it. The frame may be destroyed at any time at which it is suspended: the destructor takes the node out.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/run_queue_over.hpp>
#include <weir/detail/token_operation.hpp>
#include <weir/detail/wake_gate.hpp>

#include <coroutine>
#include <exception>
#include <utility>

namespace weir::detail {

/// Rule 7: after so many completions without a wait a coroutine lets others run.
inline constexpr unsigned budget = 128;

/// How often it is looked meanwhile whether what the coroutine has woken was held for too long (held_wakes.hpp).
inline constexpr unsigned budget_slice = 8;

/// What is left of the budget of the coroutines that weir did not make, a thread.
constinit inline thread_local unsigned foreign_budget = budget;

/// True if such a coroutine may complete without a wait once more.
[[nodiscard]] inline bool spend_foreign_budget() noexcept {
    if (foreign_budget == 0) {
        return false;
    }
    if (--foreign_budget % budget_slice == 0) {
        run_queue::post_overdue();
    }
    return true;
}

template <operation_core Core>
class foreign_awaiter final
    : waiter
    , run_node {
public:
    explicit foreign_awaiter(Core core) : core_(std::move(core)) {}

    foreign_awaiter(foreign_awaiter const&) = delete;

    ~foreign_awaiter() {
        if (queue_) {
            core_.stop_waiting(*this);
            queue_->remove(*this);
        }
    }

    bool await_ready() { return spend_foreign_budget() && core_.try_complete(); }

    WEIR_NOINLINE void await_suspend(std::coroutine_handle<> waiting) {
        bool const yields = foreign_budget == 0;
        foreign_budget = budget;
        core_.retain();
        handle_ = waiting;
        auto executor = tracked(core_.get_executor());
        queue_ = run_queue_over<decltype(executor)>::make(std::move(executor));
        if (yields) {
            queue_->push(*this);
        } else {
            wait_or_push();
        }
    }

    decltype(auto) await_resume() {
        throw_if(thrown_);
        return unwrap_core(core_);
    }

private:
    /// The last that a thread does with this object, unless it is the one that makes it ready.
    void wait_or_push() {
        gate_.open();
        auto const queue = queue_;
        auto const result = core_.start_waiting(*this);
        if (result == wait_result::parked && gate_.close()) {
            return;
        }
        gate_.stay_awake();
        queue->push(*this);
    }

    void run() override {
        if (try_complete_caught(core_, thrown_)) {
            core_.stop_waiting(*this);
            auto const keep = std::move(queue_);
            handle_.resume();
        } else {
            wait_or_push();
        }
    }

    void wake(wake_batch& woken) noexcept override {
        if (gate_.wake()) {
            queue_->push(*this, woken);
        }
    }

    [[nodiscard]] asio::any_io_executor executor() const override { return queue_->executor(); }

    Core core_;
    std::coroutine_handle<> handle_;
    intrusive_ptr<run_queue> queue_;
    wake_gate gate_;
    std::exception_ptr thrown_; // by the value's move, for the coroutine
};

} // namespace weir::detail

#endif
