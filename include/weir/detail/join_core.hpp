// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_JOIN_CORE_HPP
#define WEIR_DETAIL_JOIN_CORE_HPP

// The operation that waits for the tasks of a group, and takes what they have returned.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/group_core.hpp>
#include <weir/detail/group_results.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/system/system_error.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Completes when no task is left.
template <class Executor, class T>
class join_core : public endpoint_operation<Executor> {
    using results = group_results<T>;

public:
    using signature = typename spawn_signature<typename results::type>::type;
    static constexpr bool eager = false;

    join_core(group_core<T>& group, Executor const& ex) noexcept
        : endpoint_operation<Executor>(ex), group_(group) {}

    join_core(join_core&&) noexcept = default; // before it waits

    bool try_complete() noexcept { return group_->try_join(thrown_, results_); }

    wait_result start_waiting(waiter& w) noexcept { return group_->park(w); }

    void stop_waiting(waiter& w) noexcept { group_->unpark(w); }

    void retain() noexcept { group_.retain(); }

    result_of<join_core> take() {
        if (this->failure_ != failure::none) {
            thrown_ = std::make_exception_ptr(boost::system::system_error(to_error(this->failure_)));
        }
        if constexpr (std::is_void_v<T>) {
            return {std::move(thrown_)};
        } else {
            auto values = take_values();
            return {std::move(thrown_), std::move(values)};
        }
    }

private:
    /// What a move throws comes out of the join, as what a task throws.
    typename results::type take_values() noexcept {
        try {
            return std::move(results_).values();
        } catch (...) {
            thrown_ = std::current_exception();
            return {};
        }
    }

    borrowed_core<group_core<T>> group_;
    std::exception_ptr thrown_;
    results results_; // in the order of the tasks
};

} // namespace weir::detail

#endif
