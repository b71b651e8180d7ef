// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_NATIVE_WAIT_HPP
#define WEIR_DETAIL_NATIVE_WAIT_HPP

// Awaiting a weir operation in weir::task: no suspension if it can finish at once, no allocation if it cannot.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/detail/waiter.hpp>

#include <coroutine>
#include <exception>
#include <optional>

namespace weir::detail {

/// Waits for a weir operation that could not complete at once: what of it stands in the awaiting frame.
template <operation_core Core>
class parked_wait final
    : waiter
    , leaf_wait {
public:
    parked_wait(task_root& root, Core& core, std::coroutine_handle<> waiting) noexcept
        : root_(root), core_(core), handle_(waiting) {
        if constexpr (requires { core_.retain_by_turn(); }) {
            core_.retain_by_turn();
        } else {
            core_.retain();
        }
        root_.wait_for(*this);
    }

    parked_wait(parked_wait const&) = delete;

    ~parked_wait() { leave(); }

    /// The last thing that the awaiting coroutine does before it is suspended.
    void park() {
        if (root_.is_spent() || core_.start_waiting(*this) == wait_result::look_again) {
            root_.queue().push_behind(*this);
        }
    }

    void rethrow() const { throw_if(thrown_); }

private:
    static constexpr bool is_woken_once = requires(Core & core) { core.end_woken(); };

    void run() override {
        if (is_cancelled_) {
            core_.fail(failure::aborted);
        } else if (!try_complete_caught(core_, thrown_)) {
            was_woken_ = false;
            if (core_.start_waiting(*this) == wait_result::look_again) {
                root_.queue().push_behind(*this);
            }
            return;
        } else if constexpr (is_woken_once) {
            if (was_woken_) {
                has_left_ = true;
                core_.end_woken();
            }
        }
        leave();
        root_.resume(handle_);
    }

    void leave() noexcept {
        if (!has_left_) {
            has_left_ = true;
            core_.stop_waiting(*this);
            root_.stop_waiting_for(*this);
        }
    }

    void wake(wake_batch& woken) noexcept override {
        if constexpr (is_woken_once) {
            was_woken_ = true;
        }
        root_.queue().push(*this, woken);
    }

    [[nodiscard]] asio::any_io_executor executor() const override { return root_.executor(); }

    void cancel(asio::cancellation_type type) override {
        if (core_.cancel(type)) {
            is_cancelled_ = true;
            core_.stop_waiting(*this);
            root_.queue().push(*this);
        }
    }

    task_root& root_;
    Core& core_;
    std::coroutine_handle<> handle_;
    std::exception_ptr thrown_; // by the value's move
    bool is_cancelled_ = false;
    bool was_woken_ = false; // since it was registered; set as waiter.hpp says
    bool has_left_ = false;
};

/// Waits for a weir operation: looks first, and makes what waiting needs only if it has to.
template <operation_core Core>
class native_wait {
public:
    native_wait(task_root& root, Core& core) noexcept : root_(root), core_(core) {}

    native_wait(native_wait&&) = delete;

    bool await_ready() {
        if (root_.must_abort() && core_.cancel(root_.cancelled())) {
            core_.fail(failure::aborted);
            return true;
        }
        return root_.spend() && core_.try_complete();
    }

    WEIR_NOINLINE void await_suspend(std::coroutine_handle<> waiting) {
        parked_.emplace(root_, core_, waiting).park();
    }

    decltype(auto) await_resume() {
        if (parked_) {
            parked_->rethrow();
        }
        return unwrap_core(core_);
    }

private:
    task_root& root_;
    Core& core_; // lives in the awaiting frame, as a temporary of the same expression
    std::optional<parked_wait<Core>> parked_;
};

} // namespace weir::detail

#endif
