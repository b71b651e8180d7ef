// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_PROMISE_HPP
#define WEIR_DETAIL_TASK_PROMISE_HPP

// The promise of weir::task: what may be awaited inside, and how each wait parks.
//
//   weir::task            runs at once as part of the chain
//   a weir operation      native_wait: looks first; parks in the frame, no allocation
//   an Asio operation     asio_wait: called with a handler that resumes the chain
//   asio::this_coro::*    the executor and the cancellation state of the root

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/recycled.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {
template <class T>
class task;
} // namespace weir

namespace weir::detail {

/// Waits for a weir operation that could not complete at once: what of it stands in the awaiting frame.
template <operation_core Core>
class parked_wait final
    : waiter
    , leaf_wait {
public:
    parked_wait(task_root& root, Core& core, std::coroutine_handle<> waiting) noexcept
        : root_(root), core_(core), handle_(waiting) {
        core_.retain();
        root_.wait_for(*this);
    }

    parked_wait(parked_wait const&) = delete;

    ~parked_wait() { leave(); }

    /// The last thing that the awaiting coroutine does before it is suspended.
    void park() {
        if (root_.is_spent() || core_.start_waiting(*this) == wait_result::look_again) {
            root_.queue().push(*this);
        }
    }

    void rethrow() const { throw_if(thrown_); }

private:
    void run() override {
        if (is_cancelled_) {
            core_.fail(failure::aborted);
        } else if (!try_complete_caught(core_, thrown_)) {
            if (core_.start_waiting(*this) == wait_result::look_again) {
                root_.queue().push(*this);
            }
            return;
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

    void wake(wake_batch& woken) noexcept override { root_.queue().push(*this, woken); }

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
        return unwrap(core_.take());
    }

private:
    task_root& root_;
    Core& core_; // lives in the awaiting frame, as a temporary of the same expression
    std::optional<parked_wait<Core>> parked_;
};

/// What completion handlers leave behind, by signature.
template <class Signature>
struct stored_result;

template <class... Args>
struct stored_result<void(Args...)> {
    using type = std::tuple<std::decay_t<Args>...>;
};

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

class task_promise_base : public recycled {
public:
    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct at_end {
        bool await_ready() const noexcept { return false; }

        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> h) const noexcept {
            task_promise_base& p = h.promise();
            if (p.continuation_) {
                p.root_->go_on_with(p.continuation_);
            } else {
                p.root_->finish_after_this();
            }
        }

        void await_resume() const noexcept {}
    };

    at_end final_suspend() const noexcept { return {}; }

    void set_root(task_root& root) noexcept { root_ = &root; }

    // --- what may be awaited ---

    template <class T>
    auto await_transform(task<T>&& child) const noexcept {
        return std::move(child).await_in(*root_);
    }

    template <operation_core Core>
    native_wait<Core> await_transform(operation<Core>&& op) const noexcept {
        return native_wait<Core>(*root_, op.core());
    }

    template <class Op>

    requires asio::is_async_operation<Op>::value auto
    await_transform(Op&& op) const noexcept { // `auto`: the type exists only where the constraint holds
        return asio_wait<Op, signature_of<Op>>(*root_, std::forward<Op>(op));
    }

    template <class T>
    struct ready {
        T value;

        bool await_ready() const noexcept { return true; }

        void await_suspend(std::coroutine_handle<>) const noexcept {}

        T await_resume() { return std::move(value); }
    };

    struct done {
        bool await_ready() const noexcept { return true; }

        void await_suspend(std::coroutine_handle<>) const noexcept {}

        void await_resume() const noexcept {}
    };

    ready<asio::any_io_executor> await_transform(asio::this_coro::executor_t) const {
        return {root_->executor()};
    }

    ready<asio::cancellation_state> await_transform(asio::this_coro::cancellation_state_t) const {
        return {root_->cancellation_state()};
    }

    done await_transform(asio::this_coro::reset_cancellation_state_0_t) const {
        root_->reset_cancellation_state(asio::enable_terminal_cancellation());
        return {};
    }

    template <class Filter>
    done await_transform(asio::this_coro::reset_cancellation_state_1_t<Filter> reset) const {
        root_->reset_cancellation_state(std::move(reset.filter));
        return {};
    }

    template <class InFilter, class OutFilter>
    done await_transform(asio::this_coro::reset_cancellation_state_2_t<InFilter, OutFilter> reset) const {
        root_->reset_cancellation_state(std::move(reset.in_filter), std::move(reset.out_filter));
        return {};
    }

    ready<bool> await_transform(asio::this_coro::throw_if_cancelled_0_t) const noexcept {
        return {root_->throws_if_cancelled()};
    }

    done await_transform(asio::this_coro::throw_if_cancelled_1_t set) const noexcept {
        root_->throws_if_cancelled(set.value);
        return {};
    }

protected:
    template <class>
    friend class task_awaiter;

    task_root* root_ = nullptr;
    std::coroutine_handle<> continuation_; // the awaiting coroutine; none for the outermost
};

/// What a task's coroutine leaves behind: nothing yet, an exception, or a value.
template <class T>
class task_result {
    using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;

public:
    template <class U>
        requires std::is_constructible_v<T, U>

    void return_value(U&& value) {
        if constexpr (std::is_reference_v<T>) {
            result_.template emplace<2>(std::addressof(static_cast<T>(value)));
        } else {
            result_.template emplace<2>(std::forward<U>(value));
        }
    }

    void unhandled_exception() noexcept { result_.template emplace<1>(std::current_exception()); }

    [[nodiscard]] std::exception_ptr exception() const noexcept {
        auto const* e = std::get_if<1>(&result_);
        return e != nullptr ? *e : std::exception_ptr();
    }

    T get() {
        throw_if(exception());
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*std::get<2>(result_));
        } else {
            return std::move(std::get<2>(result_));
        }
    }

private:
    std::variant<std::monostate, std::exception_ptr, stored> result_;
};

template <>
class task_result<void> {
public:
    void return_void() noexcept {}

    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    [[nodiscard]] std::exception_ptr exception() const noexcept { return exception_; }

    void get() const { throw_if(exception_); }

private:
    std::exception_ptr exception_;
};

template <class T>
class task_promise final
    : public task_promise_base
    , public task_result<T> {
public:
    task<T> get_return_object() noexcept {
        return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
    }
};

/// Runs a task as part of the awaiting one's chain. Owns its frame.
template <class T>
class task_awaiter {
    using handle = std::coroutine_handle<task_promise<T>>;

public:
    task_awaiter(handle child, task_root& root) noexcept : child_(child) { child_.promise().set_root(root); }

    task_awaiter(task_awaiter&&) = delete;

    ~task_awaiter() { child_.destroy(); }

    bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
        task_promise_base& child = child_.promise();
        child.continuation_ = awaiting;
        child.root_->go_on_with(child_);
    }

    T await_resume() { return child_.promise().get(); }

private:
    handle child_;
};

} // namespace weir::detail

#endif
