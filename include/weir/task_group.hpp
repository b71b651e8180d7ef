// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TASK_GROUP_HPP
#define WEIR_TASK_GROUP_HPP

// task_group: tasks that belong together. Spawn as many as you like, join waits for all; the first that throws ends the
// others, and its exception comes out of the join.
//
// task_group_of<T>: the same for tasks that return a T; its join yields a vector of them, in the order of the spawns.
//
// When a sibling is the better choice: one task whose result you await, spawn; nobody waits for it, spawn with
// asio::detached.
//
// Failing       The first exception cancels the group. What the others throw while they end is dropped.
// Cancelling    Asks every task that runs to end (terminal), and drops those that have not begun. It does not wait: join
//               does. A task that ends with operation_aborted because it was asked has not failed.
// Limit         At most so many tasks run at once; the others wait for their turn, first come first served.
// Results       Kept until a join takes them, all at once and for itself alone. After an exception there are none; after
//               cancel() those of the tasks that had returned all the same.
// Destroying    Cancels. The tasks end by themselves afterwards, so join first if they refer to what goes.
// Threads       All members may be called on several threads at once.
// Placement     Tasks run on the group's executor. On a strand or a single-threaded loop that is one at a time; given the
//               executor of a pool they run side by side, each for itself serialised.
// Memory        One block for the group; three a task besides its frame, one more if it has a result.
//
//   weir::task_group group(pool.get_executor());
//   for (auto& url : urls)
//       group.spawn(fetch(url));
//   co_await group.async_join();
//
//   weir::task_group_of<page> group(ex, 4);
//   ...
//   std::vector<page> const pages = co_await group.async_join(); // in the order of the urls

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/detail/group_core.hpp>
#include <weir/detail/group_results.hpp>
#include <weir/detail/join_core.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/operation.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <utility>

namespace weir {

/// Of tasks that return a `T`: nothing, or what can be moved. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, detail::group_result T = void>
class basic_task_group : public detail::core_owner<Executor, detail::group_core<T>> {
    using base = detail::core_owner<Executor, detail::group_core<T>>;
    using join_core = detail::join_core<Executor, T>;
    using default_token = detail::default_token_t<Executor>;

public:
    using typename base::executor_type;

    /// No limit to how many tasks run at once.
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    template <class Other>
    struct rebind_executor {
        using other = basic_task_group<Other, T>;
    };

    /// An executor is used as it is, on an execution context the group gets a strand.
    /// Throws std::invalid_argument if no task could ever run.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_task_group(ExecutorOrContext&& where, std::size_t limit = unlimited)
        : base(std::forward<ExecutorOrContext>(where), checked(limit)) {}

    /// As cancel().
    ~basic_task_group() { this->core_->cancel(); }

    /// Starts a task, later and never inside this call; when its turn comes if there is a limit. False: the group was
    /// cancelled, or a task has failed, and this one was destroyed without having run.
    bool spawn(task<T> what) {
        return this->core_->add(detail::make_spawned(this->get_executor(), std::move(what)));
    }

    /// Asks all tasks to end.
    void cancel() noexcept { this->core_->cancel(); }

    /// By cancel() or by an exception.
    [[nodiscard]] bool is_cancelled() const noexcept { return this->core_->is_cancelled(); }

    /// Tasks that run or wait for their turn.
    [[nodiscard]] std::size_t size() const noexcept { return this->core_->size(); }

    /// Waits until there is no task left, also of those that are spawned meanwhile.
    /// Completes:     void(std::exception_ptr) - what a task threw first, or nothing; operation_aborted as an exception:
    ///                this wait was cancelled. With results void(std::exception_ptr, std::vector<T>): those that no join
    ///                has taken yet, in the order of the spawns; with an exception none.
    /// Cancellation:  all types; of the wait, the tasks go on.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<join_core> Token = default_token>
    auto async_join(Token&& token = Token{}) {
        return detail::initiate(join_core(*this->core_, this->get_executor()), std::forward<Token>(token));
    }

private:
    static std::size_t checked(std::size_t limit) {
        if (limit == 0) {
            throw std::invalid_argument("weir: a task group with a limit of nothing");
        }
        return limit;
    }
};

/// Over any executor.
using task_group = basic_task_group<>;

/// Of tasks that return a `T`.
template <class T, class Executor = asio::any_io_executor>
using task_group_of = basic_task_group<Executor, T>;

} // namespace weir

#endif
