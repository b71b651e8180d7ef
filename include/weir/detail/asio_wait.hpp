// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ASIO_WAIT_HPP
#define WEIR_DETAIL_ASIO_WAIT_HPP

// Awaiting an operation of Asio, or of anybody who follows its model, in weir::task.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/task_root.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <coroutine>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Waits for an operation of Asio, or of anybody who follows its model.
template <class Op, class Signature>
class asio_wait;

template <class Op, class... Args>
class asio_wait<Op, void(Args...)> final : leaf_wait {
public:
    asio_wait(task_root& root, Op&& op) noexcept : root_(root), op_(std::forward<Op>(op)) {}

    asio_wait(asio_wait&&) = delete;

    ~asio_wait() {
        if (handle_) {
            root_.stop_waiting_for(*this);
        }
    }

    bool await_ready() const {
        if (root_.must_abort()) {
            throw_if(error_code(asio::error::operation_aborted));
        }
        return false;
    }

    WEIR_NOINLINE void await_suspend(std::coroutine_handle<> waiting) {
        handle_ = waiting;
        auto const number = root_.wait_for(*this);
        std::forward<Op>(op_)(handler(root_, number));
    }

    decltype(auto) await_resume() { return unwrap(std::move(*result_)); }

private:
    /// The completion handler. If it is destroyed without having been called, the task goes with it.
    class handler {
    public:
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;

        handler(task_root& root, unsigned long number)
            : root_(intrusive_ptr<task_root>::share(&root)),
              number_(number),
              executor_(root.executor()),
              slot_(root.cancellation_state().slot()) {}

        handler(handler&&) noexcept = default;
        handler& operator=(handler&&) = delete;

        ~handler() {
            if (root_ && root_->waits_for(number_) != nullptr) {
                root_->abandon_unless_running();
            }
        }

        [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

        template <class... Values>
        void operator()(Values&&... values) {
            auto const root = std::move(root_);
            if (auto* leaf = root->waits_for(number_)) {
                auto& wait = static_cast<asio_wait&>(*leaf);
                wait.result_.emplace(std::forward<Values>(values)...);
                slot_.clear();
                root->queue().run_or_push(wait);
            }
        }

    private:
        intrusive_ptr<task_root> root_;
        unsigned long number_;
        asio::any_io_executor executor_;
        asio::cancellation_slot slot_;
    };

    void run() override {
        root_.stop_waiting_for(*this);
        root_.resume(std::exchange(handle_, {}));
    }

    void cancel(asio::cancellation_type) override {} // reaches the operation through its slot

    task_root& root_;
    Op&& op_; // lives in the awaiting frame
    std::coroutine_handle<> handle_;
    std::optional<std::tuple<std::decay_t<Args>...>> result_;
};

/// The signature with which an operation can be called, found by asking it.
template <class Op>
using signature_of = asio::completion_signature_of_t<Op>;

} // namespace weir::detail

#endif
