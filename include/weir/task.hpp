// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TASK_HPP
#define WEIR_TASK_HPP

// Coroutines that do not go through the scheduler when they need not.
//
// weir::task<T> is a lazy coroutine: it runs when another task awaits it or when it is spawned, and inside one an
// operation of weir that can finish at once does so without suspending. (An asio::awaitable suspends for every
// operation; that is the difference, and 25 ns an operation.) Inside a task one may await other tasks, operations of
// weir, any operation of Asio that is given asio::deferred, asio::this_coro::executor and the cancellation state.
//
//   weir::task<int> sum(weir::mpsc::receiver<int>& rx) {
//       int total = 0;
//       while (auto value = co_await rx.async_receive()) total += *value;
//       co_return total;
//   }
//   weir::spawn(ctx, sum(rx), [](std::exception_ptr, int total) { ... });
//
// Fairness: after 128 completions without a wait a task lets others on its thread run, and by yield_now() whenever it wants.
//   What it wakes on another strand of its thread_pool starts when it waits, on the same thread or another; or sooner, if it
//   goes on for long. So a task must not keep its thread until one that it has woken has done something.
// Cancellation: spawn's. What the task waits for is cancelled, and every wait that begins later fails with
//   asio::error::operation_aborted, until asio::this_coro::reset_cancellation_state() or throw_if_cancelled(false).
//   All cancellation types reach the task, which may filter them as in asio::awaitable.
// Lifetime: a task that is destroyed, running or not, destroys what stands in its frame. When its execution context
//   is destroyed, so is every task spawned on it, wherever it waits.
//   So is a task when an operation of Asio that it waits for is destroyed without having completed, with the context of its
//   timer or socket say: at once, wherever that happens, or if the task is running, next in its turn.
// Thread safety: a task runs on one thread at a time, also on an executor with many threads.
// Allocates: a frame for each coroutine, from Asio's recycling memory; a spawn one block more, and one for
// the queue of the tasks of its strand or one-thread loop if it is the first there. Waiting for an
// operation of weir, or for a time, allocates nothing. Waiting for one of Asio neither, but for what Asio itself does:
// for a timer over any_io_executor on a strand of a pool it copies the erased executor into a block.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/detail/task_promise.hpp>
#include <weir/detail/yield_wait.hpp>
#include <weir/operation.hpp>

#include <coroutine>
#include <utility>

namespace weir {

/// A lazy coroutine that yields a `T`: a value, a reference or void. Move-only; await or spawn it once, as an rvalue.
template <class T = void>
class [[nodiscard("a task does nothing until it is awaited or spawned")]] task {
public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    task(task && other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    task& operator=(task&& other) noexcept {
        task(std::move(other)).swap(*this);
        return *this;
    }
    ~task() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

    void swap(task & other) noexcept { std::swap(coroutine_, other.coroutine_); }

    /// False after a move, an await or a spawn.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(coroutine_); }

private:
    friend promise_type;
    friend detail::task_promise_base;
    template <class>
    friend class detail::spawned;

    using handle = std::coroutine_handle<promise_type>;

    explicit task(handle coroutine) noexcept : coroutine_(coroutine) {}

    detail::task_awaiter<T> await_in(detail::task_root & root)&& noexcept {
        return detail::task_awaiter<T>(release(), root);
    }
    handle release() noexcept { return std::exchange(coroutine_, {}); }

    handle coroutine_;
};

/// co_await yield_now(): the task lets others run that are ready, and whatever else its executor has to do, and then goes
/// on. For loops that wait for nothing.
/// Cancellation:  a cancelled task gets asio::error::operation_aborted, as from every wait; one that is cancelled meanwhile
///                goes on.
/// Complexity:    constant, with at most one post to the executor for all who yield in one turn. Allocates nothing.
inline detail::yield_request yield_now() noexcept { return {}; }

/// Runs a task on an executor, or on a strand of its own on an execution context.
/// Completes:     void(std::exception_ptr) or void(std::exception_ptr, T), when the task has ended, with what it threw
///                or returned; a `T` that accompanies an exception is value-initialised. So `T` is void or has a
///                default constructor, as with asio::co_spawn; other tasks, those of references too, are awaited.
/// Cancellation:  every type is passed on to the task, which decides; the operation completes when the task has ended.
///                An operation that is destroyed while the task runs asks the task to end.
/// Ordering:      the task starts later, never inside the call that starts the operation.
/// With the token left out nothing runs until the result is awaited or called; asio::detached lets it run.
/// Allocates:     the task's root, and what the completion token needs; and a queue, unless tasks of the same strand, or of
///                the same loop with a concurrency hint of 1, have one already (it is looked for among the latest eight).
template <class ExecutorOrContext, class T, class Token = detail::no_token>
    requires detail::executor_or_context<ExecutorOrContext> && detail::spawnable<T> &&
        detail::token_for<Token, detail::spawn_core<detail::executor_of<ExecutorOrContext>, T>>

auto spawn(ExecutorOrContext&& where, task<T> what, Token&& token = {}) {
    return detail::initiate(
        detail::spawn_core(detail::to_executor(std::forward<ExecutorOrContext>(where)), std::move(what)),
        std::forward<Token>(token));
}

} // namespace weir

#endif
