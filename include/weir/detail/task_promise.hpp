// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_PROMISE_HPP
#define WEIR_DETAIL_TASK_PROMISE_HPP

// The promise of weir::task: what may be awaited inside, and how each wait parks.
//
//   weir::task            runs at once as part of the chain
//   a weir operation      native_wait: looks first; parks in the frame, no allocation
//   an Asio operation     asio_wait: called with a handler that resumes the chain
//   yield_now()           yield_wait: behind what else is ready
//   asio::this_coro::*    the executor and the cancellation state of the root

#include <weir/detail/asio_wait.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/native_wait.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/recycled.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/detail/yield_wait.hpp>
#include <weir/operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {
template <class T>
class task;
} // namespace weir

namespace weir::detail {

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

    yield_wait await_transform(yield_request) const noexcept { return yield_wait(*root_); }

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

/// What a task's coroutine leaves behind: nothing yet, an exception, or a value. A std::variant would take much longer to
/// compile, and once more for each type that tasks return.
template <class T>
class task_result {
    using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;
    enum class kind : unsigned char { nothing, exception, value };

public:
    task_result() noexcept {}

    task_result(task_result const&) = delete;
    task_result& operator=(task_result const&) = delete;

    ~task_result() { clear(); }

    template <class U = T>
        requires std::is_constructible_v<T, U>

    void return_value(U&& value) {
        if constexpr (std::is_reference_v<T>) {
            std::construct_at(std::addressof(value_), std::addressof(static_cast<T>(value)));
        } else {
            std::construct_at(std::addressof(value_), std::forward<U>(value));
        }
        kind_ = kind::value;
    }

    /// There may be a value already: what is destroyed after co_return may throw.
    void unhandled_exception() noexcept {
        clear();
        std::construct_at(&exception_, std::current_exception());
        kind_ = kind::exception;
    }

    [[nodiscard]] std::exception_ptr exception() const noexcept {
        return kind_ == kind::exception ? exception_ : std::exception_ptr();
    }

    /// Only where the task has ended.
    T get() {
        throw_if(exception());
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*value_);
        } else {
            return std::move(value_);
        }
    }

private:
    void clear() noexcept {
        if (kind_ == kind::value) {
            std::destroy_at(std::addressof(value_));
        } else if (kind_ == kind::exception) {
            std::destroy_at(&exception_);
        }
        kind_ = kind::nothing;
    }

    union {
        std::exception_ptr exception_;
        stored value_;
    };

    kind kind_ = kind::nothing;
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
