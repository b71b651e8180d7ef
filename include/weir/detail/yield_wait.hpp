// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_YIELD_WAIT_HPP
#define WEIR_DETAIL_YIELD_WAIT_HPP

// A task that lets others run, though there is nothing that it waits for.

#include <weir/detail/config.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/detail/task_wait.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <coroutine>

namespace weir::detail {

/// Stands for yield_wait until it is known which task awaits it.
struct [[nodiscard("a task yields by awaiting it")]] yield_request{};

class yield_wait final : public task_wait {
public:
    explicit yield_wait(task_root& root) noexcept : task_wait(root) {}

    void await_suspend(std::coroutine_handle<> waiting) noexcept {
        handle_ = waiting;
        root_.wait_for(*this);
        root_.queue().push_behind(*this);
    }

    void await_resume() const noexcept {}

private:
    void run() override { resume(); }

    void cancel(asio::cancellation_type) override {} // it goes on soon
};

} // namespace weir::detail

#endif
