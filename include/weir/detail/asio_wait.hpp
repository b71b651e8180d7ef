// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ASIO_WAIT_HPP
#define WEIR_DETAIL_ASIO_WAIT_HPP

// Awaiting an operation of Asio, or of anybody who follows its model, in weir::task.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/task_executor.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/detail/task_wait.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>

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
class asio_wait<Op, void(Args...)> final : public task_wait {
public:
    asio_wait(task_root& root, Op&& op) noexcept : task_wait(root), op_(std::forward<Op>(op)) {}

    WEIR_NOINLINE void await_suspend(std::coroutine_handle<> waiting) {
        handle_ = waiting;
        auto const number = root_.wait_outside_for(*this);
        std::forward<Op>(op_)(handler(root_, number));
    }

    decltype(auto) await_resume() { return unwrap(std::move(*result_)); }

private:
    /// What comes with the completion, on its way to the task.
    struct completion {
        task_root* root; // owned by whoever carries it
        unsigned long number;
        std::tuple<std::decay_t<Args>...> values;

        void operator()() {
            if (auto* leaf = root->waits_for(number)) {
                std::apply([leaf](auto&... v) { static_cast<asio_wait&>(*leaf).complete(std::move(v)...); },
                           values);
            }
        }
    };

    /// The completion handler. If it is destroyed without having been called, the task goes with it.
    class handler {
    public:
        using executor_type = task_executor;
        using allocator_type = task_root::lender;
        using cancellation_slot_type = asio::cancellation_slot;

        handler(task_root& root, unsigned long number)
            : root_(intrusive_ptr<task_root>::share(&root)),
              number_(number),
              slot_(root.cancellation_state().slot()),
              memory_(root.lent_memory()) {}

        handler(handler&&) noexcept = default;
        handler& operator=(handler&&) = delete;

        ~handler() {
            if (root_) {
                root_->drop_wait(number_);
            }
        }

        [[nodiscard]] executor_type get_executor() const noexcept { return task_executor(root_); }

        [[nodiscard]] allocator_type get_allocator() const noexcept { return memory_; }

        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

        template <class... Values>
        void operator()(Values&&... values) {
            // If a value throws when it is moved, the task goes as if the handler had not been called.
            completion done{root_.get(), number_,
                            std::tuple<std::decay_t<Args>...>(std::forward<Values>(values)...)};
            auto const root = std::move(root_);
            if (task_executor::is_between_runs(*root)) {
                done();
            } else { // called by who does not care for the executor, or before the task has begun to wait
                task_executor(root).execute(std::move(done));
            }
        }

    private:
        intrusive_ptr<task_root> root_;
        unsigned long number_;
        asio::cancellation_slot slot_;
        task_root::lender memory_;
    };

    /// Where the task runs.
    template <class... Values>
    void complete(Values&&... values) {
        result_.emplace(std::forward<Values>(values)...);
        root_.cancellation_state().slot().clear();
        root_.stop_waiting_for(*this);
        resume();
    }

    void run() override {} // never pushed: it completes by its handler

    void cancel(asio::cancellation_type) override {} // reaches the operation through its slot

    [[nodiscard]] bool listens_to_slot() const noexcept override { return true; }

    Op&& op_; // lives in the awaiting frame
    std::optional<std::tuple<std::decay_t<Args>...>> result_;
};

/// The signature with which an operation can be called, found by asking it.
template <class Op>
using signature_of = asio::completion_signature_of_t<Op>;

} // namespace weir::detail

#endif
