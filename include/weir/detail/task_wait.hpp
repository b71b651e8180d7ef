// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_WAIT_HPP
#define WEIR_DETAIL_TASK_WAIT_HPP

// What the waits of a task that always suspend have in common: for operations of Asio, and to let others run.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/task_root.hpp>

#include <boost/asio/error.hpp>

#include <coroutine>
#include <utility>

namespace weir::detail {

class task_wait : public leaf_wait {
public:
    task_wait(task_wait&&) = delete;

    /// A cancelled task does not begin to wait.
    bool await_ready() const {
        if (root_.must_abort()) {
            throw_if(error_code(asio::error::operation_aborted));
        }
        return false;
    }

protected:
    explicit task_wait(task_root& root) noexcept : root_(root) {}

    ~task_wait() {
        if (handle_) {
            root_.stop_waiting_for(*this);
        }
    }

    /// The wait is over. May be the end of this object.
    void resume() { root_.resume(std::exchange(handle_, {})); }

    task_root& root_;
    std::coroutine_handle<> handle_; // of the coroutine that waits
};

} // namespace weir::detail

#endif
