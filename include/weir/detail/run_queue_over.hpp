// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_OVER_HPP
#define WEIR_DETAIL_RUN_QUEUE_OVER_HPP

// Run queues over concrete executors: where they post, and which of them may follow one another.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/run_queue.hpp>

#include <boost/asio/any_io_executor.hpp>
#if BOOST_VERSION >= 108700
#include <boost/asio/config.hpp>
#endif
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace weir::detail {

/// Executors on which a task that waits for another on the same thread loses nothing by it: strands, and loops that were
/// promised one thread (a concurrency hint of 1). Elsewhere another thread could run it.
template <class Executor>
[[nodiscard]] bool runs_in_turn(Executor const&) {
    return false;
}

template <class Inner>
[[nodiscard]] bool runs_in_turn(asio::strand<Inner> const&) {
    return true;
}

template <class Allocator, std::uintptr_t Bits>
[[nodiscard]] bool runs_in_turn(asio::io_context::basic_executor_type<Allocator, Bits> const& ex) {
    auto& context = asio::query(ex, asio::execution::context);
#if BOOST_VERSION >= 108700
    return asio::config(context).get("scheduler", "concurrency_hint", 0) == 1;
#else
    return asio::use_service<asio::detail::scheduler>(context).concurrency_hint() == 1;
#endif
}

/// A run queue over one executor type.
template <class Executor>
class run_queue_over final : public run_queue {
public:
    explicit run_queue_over(Executor ex)
        : run_queue(&type_mark), ex_(std::move(ex)), runs_in_turn_(runs_in_turn(*ex_)) {
        context_registry::add(context_registry::of_executor(*ex_), *this);
    }

    /// Without the work that the queue counts as: who keeps it does not keep the context running. Where the queue's
    /// nodes run, or before any is ready.
    [[nodiscard]] asio::any_io_executor executor() const override {
        if (!erased_) {
            erased_.emplace(asio::prefer(*ex_, asio::execution::outstanding_work.untracked));
        }
        return *erased_;
    }

    [[nodiscard]] asio::execution_context& context() const noexcept override {
        return asio::query(*ex_, asio::execution::context);
    }

    [[nodiscard]] Executor const& concrete_executor() const noexcept { return *ex_; }

private:
    [[nodiscard]] bool executor_runs_this_thread() const noexcept override {
        if constexpr (requires { ex_->running_in_this_thread(); }) {
            return ex_->running_in_this_thread();
        } else {
            return false;
        }
    }

    [[nodiscard]] bool shares_executor_with(run_queue const& other) const noexcept override {
        return runs_in_turn_ && other.is_over(&type_mark) &&
               *static_cast<run_queue_over const&>(other).ex_ == *ex_;
    }

    void post_drain(drain d) override { asio::post(*ex_, std::move(d)); }

    void forget_executor() noexcept override {
        erased_.reset();
        ex_.reset();
    }

    void destroy() noexcept override { delete this; }

    inline static char const type_mark = 0;               // its address tells the type
    std::optional<Executor> ex_;                          // empty once the context has gone
    mutable std::optional<asio::any_io_executor> erased_; // made once: erasing a strand allocates
    bool const runs_in_turn_;
};

} // namespace weir::detail

#endif
