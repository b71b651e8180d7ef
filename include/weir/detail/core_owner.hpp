// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CORE_OWNER_HPP
#define WEIR_DETAIL_CORE_OWNER_HPP

// What the objects that are not channels are made of: a core on the heap, because guards and operations outlive the object,
// and the executor on which their operations complete.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/ref_counted.hpp>

#include <utility>

namespace weir::detail {

/// The base of semaphore, mutex, shared_mutex, notify, barrier and task_group. Not movable: who shares one holds a reference.
template <class Executor, class Core>
class core_owner {
public:
    using executor_type = Executor;

    core_owner(core_owner const&) = delete;
    core_owner& operator=(core_owner const&) = delete;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

protected:
    /// An executor is used as it is, on an execution context the object gets a strand.
    template <class ExecutorOrContext, class... Args>
    explicit core_owner(ExecutorOrContext&& where, Args&&... args)
        : executor_(Executor(to_executor(std::forward<ExecutorOrContext>(where)))),
          core_(new Core(std::forward<Args>(args)...)) {}

    ~core_owner() = default;

    bound_executor<Executor> const executor_;
    intrusive_ptr<Core> const core_;
};

} // namespace weir::detail

#endif
