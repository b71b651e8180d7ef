// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SPAWN_CORE_HPP
#define WEIR_DETAIL_SPAWN_CORE_HPP

// The root of a task of a given type, and the operation that waits for its end.

#include <weir/detail/awaitable_results.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/run_queue_over.hpp>
#include <weir/detail/task_promise.hpp>
#include <weir/detail/task_root.hpp>
#include <weir/detail/token_operation.hpp>

#include <concepts>
#include <exception>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T>
struct spawn_signature {
    using type = void(std::exception_ptr, T);
};

template <>
struct spawn_signature<void> {
    using type = void(std::exception_ptr);
};

/// What a spawned task may yield: an exception is accompanied by a value that nobody has made.
template <class T>
concept spawnable = std::is_void_v<T> || std::default_initializable<T>;

/// What a task that returns nothing has returned.
struct no_value {};

/// A task under way, and its result when it has ended.
template <class T>
class spawned final : public task_root {
    using promise = task_promise<T>;
    using kept_value = std::conditional_t<std::is_void_v<T>, no_value, T>;

public:
    using result = typename signature_traits<typename spawn_signature<T>::type>::result;

    spawned(intrusive_ptr<run_queue> queue, task<T> what) noexcept
        : task_root(std::move(queue)), task_(std::move(what)) {}

    void start_once() noexcept {
        if (task_) {
            coroutine_ = task_.release();
            coroutine_.promise().set_root(*this);
            start(coroutine_);
        }
    }

    [[nodiscard]] bool has_ended() {
        std::lock_guard lock(mutex_);
        return has_ended_;
    }

    wait_result start_waiting(waiter& w) {
        std::lock_guard lock(mutex_);
        if (has_ended_) {
            return wait_result::look_again;
        }
        return waiters_.park(w);
    }

    void stop_waiting(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    /// A value that accompanies an exception is made from nothing.
    result take() {
        if constexpr (std::is_void_v<T>) {
            return {std::move(thrown_)};
        } else if (thrown_) {
            return {std::move(thrown_), T()};
        } else {
            return {std::exception_ptr(), std::move(*value_)};
        }
    }

    /// The same for who has a place for the value, which stays empty with an exception. What a move throws is returned too.
    [[nodiscard]] std::exception_ptr take_to(std::optional<kept_value>& place) noexcept {
        if (!thrown_) {
            try {
                place.emplace(std::move(*value_));
            } catch (...) {
                return std::current_exception();
            }
        }
        return std::move(thrown_);
    }

private:
    void take_result() noexcept override {
        promise& p = coroutine_.promise();
        thrown_ = p.exception();
        if constexpr (!std::is_void_v<T>) {
            if (!thrown_) {
                try {
                    value_.emplace(p.get());
                } catch (...) { // the move of the value
                    thrown_ = std::current_exception();
                }
            }
        }
    }

    void publish() noexcept override {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        has_ended_ = true;
        waiters_.wake_all(woken);
    }

    void publish_abandoned() noexcept override {
        thrown_ =
            std::make_exception_ptr(boost::system::system_error(error_code(asio::error::operation_aborted)));
        publish();
    }

    void destroy() noexcept override { delete this; }

    task<T> task_; // until it is started
    std::coroutine_handle<promise> coroutine_;
    std::mutex mutex_;
    waiter_list waiters_;    // mutex_
    bool has_ended_ = false; // mutex_
    // written before has_ended_ is set, read after
    std::exception_ptr thrown_;
    std::optional<kept_value> value_;
};

/// A task, which counts as work of the executor; not started.
template <class Executor, class T>
[[nodiscard]] intrusive_ptr<spawned<T>> make_spawned(Executor const& ex, task<T> what) {
    auto queue = run_queue_over<tracked_executor<Executor>>::share(tracked(ex));
    return intrusive_ptr<spawned<T>>(new spawned<T>(std::move(queue), std::move(what)));
}

/// Starts a task and waits for its end.
template <class Executor, class T>
class spawn_core {

public:
    using signature = typename spawn_signature<T>::type;
    using executor_type = Executor;
    static constexpr bool eager = false;

    spawn_core(Executor ex, task<T> what) : executor_(std::move(ex)), task_(std::move(what)) {}

    spawn_core(spawn_core&&) noexcept = default;
    spawn_core& operator=(spawn_core&&) = delete;

    ~spawn_core() {
        if (root_ && !taken_) {
            root_->request_cancel(asio::cancellation_type::terminal);
        }
    }

    /// Valid until the operation is started: from then on the task's queue has the executor.
    [[nodiscard]] executor_type get_executor() const noexcept { return *executor_; }

    void retain() noexcept {}

    bool try_complete() { return root_ && root_->has_ended(); }

    wait_result start_waiting(waiter& w) {
        if (!root_) {
            root_ = make_spawned(*executor_, std::move(task_));
            executor_.reset();
        }
        auto const root =
            root_; // w may complete, and take this operation with it, as soon as it is registered
        auto const result = root->start_waiting(w);
        root->start_once();
        return result;
    }

    void stop_waiting(waiter& w) noexcept {
        if (root_) {
            root_->stop_waiting(w);
        }
    }

    /// The task decides what becomes of it; the operation ends when the task has.
    bool cancel(asio::cancellation_type type) noexcept {
        if (root_) {
            root_->request_cancel(type);
        }
        return !root_;
    }

    void fail(failure why) { failed_ = std::make_exception_ptr(boost::system::system_error(to_error(why))); }

    result_of<spawn_core> take() {
        taken_ = true;
        if (failed_) {
            if constexpr (std::is_void_v<T>) {
                return {failed_};
            } else {
                return {failed_, T()};
            }
        }
        return root_->take();
    }

private:
    std::optional<Executor> executor_; // until the start: it may outlive its context afterwards
    task<T> task_;
    intrusive_ptr<spawned<T>> root_; // from the start on
    std::exception_ptr failed_;
    bool taken_ = false;
};

} // namespace weir::detail

#endif
