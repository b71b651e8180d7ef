// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_OVER_HPP
#define WEIR_DETAIL_RUN_QUEUE_OVER_HPP

// Run queues over concrete executors: where they post, and which tasks share one.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/executor_work.hpp>
#include <weir/detail/run_queue.hpp>

#include <boost/asio/any_io_executor.hpp>
#if BOOST_VERSION >= 108700
#include <boost/asio/config.hpp>
#endif
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Executors on which tasks lose nothing by running one after the other: strands, and loops that were promised one thread
/// (a concurrency hint of 1). Elsewhere another thread could run one of them.
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

/// Executors all of whose threads stay until there is no more work. Asio puts a continuation where only its thread sees it
/// until the function that it continues has returned, and then tells nobody: if that thread leaves, after io_context::run_one()
/// say, the others sleep on.
template <class Executor>
[[nodiscard]] bool keeps_its_threads(Executor const&) {
    return false;
}

template <class Allocator, unsigned Bits>
[[nodiscard]] bool keeps_its_threads(asio::thread_pool::basic_executor_type<Allocator, Bits> const&) {
    return true;
}

template <class Allocator, unsigned Bits>
[[nodiscard]] bool
keeps_its_threads(asio::strand<asio::thread_pool::basic_executor_type<Allocator, Bits>> const&) {
    return true;
}

/// (A template, so that a file that erases nothing does not compile it.)
template <std::same_as<asio::any_io_executor> Erased>
[[nodiscard]] bool keeps_its_threads(Erased const& ex) {
    using plain = asio::thread_pool::executor_type;
    using tracked = std::decay_t<decltype(asio::prefer(std::declval<plain>(),
                                                       asio::execution::outstanding_work.tracked))>;
    return ex.template target<asio::strand<plain>>() != nullptr ||
           ex.template target<asio::strand<tracked>>() != nullptr || ex.template target<plain>() != nullptr ||
           ex.template target<tracked>() != nullptr;
}

/// A run queue over one executor type.
template <class Executor>
class run_queue_over final : public run_queue {
public:
    /// A queue of one's own.
    [[nodiscard]] static intrusive_ptr<run_queue> make(Executor ex) {
        auto registry = context_registry::of_executor(ex);
        intrusive_ptr<run_queue> queue(new run_queue_over(std::move(ex), false));
        context_registry::add(std::move(registry), *queue);
        return queue;
    }

    /// The queue of the tasks of this executor: one that there is, or a new one. A strand that had its last task before
    /// those of eight others gets a second queue: what is woken there goes through the executor. An erased executor is not
    /// looked into; but it may be that of the task that asks, this_coro::executor.
    [[nodiscard]] static intrusive_ptr<run_queue> share(Executor ex) {
        if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
            auto queue = shared_here(asio::prefer(ex, asio::execution::outstanding_work.untracked));
            return queue ? std::move(queue) : make(std::move(ex));
        }
        if (!runs_in_turn(ex)) {
            return make(std::move(ex));
        }
        intrusive_ptr<run_queue> queue;
        context_registry::find_or_add(
            context_registry::of_executor(ex),
            [&](context_hook& hook) {
                auto& other = static_cast<run_queue&>(hook);
                bool const found = other.is_over(&type_mark) &&
                                   *static_cast<run_queue_over&>(other).ex_ == ex &&
                                   other.add_ref_unless_gone();
                if (found) {
                    queue = intrusive_ptr<run_queue>(&other);
                }
                return found;
            },
            [&]() -> context_hook& {
                queue = intrusive_ptr<run_queue>(new run_queue_over(std::move(ex), true));
                return *queue;
            });
        return queue;
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
    run_queue_over(Executor ex, bool is_shared)
        : run_queue(&type_mark, is_shared, keeps_its_threads(ex)),
          ex_(std::move(ex)),
          poster_(posting(*ex_)) {}

    [[nodiscard]] bool executor_runs_this_thread() const noexcept override {
        if constexpr (requires { ex_->running_in_this_thread(); }) {
            return ex_->running_in_this_thread();
        } else {
            return false;
        }
    }

    void post_drain(drain d, posted_as how) override {
        auto const ex = asio::prefer(*poster_, asio::execution::allocator(d.get_allocator()));
        if (how == posted_as::continuation) {
            asio::prefer(ex, asio::execution::relationship.continuation).execute(std::move(d));
        } else {
            ex.execute(std::move(d));
        }
    }

    void forget_executor() noexcept override {
        erased_.reset();
        poster_.reset();
        ex_.reset();
    }

    void destroy() noexcept override { delete this; }

    inline static char const type_mark = 0;               // its address tells the type
    std::optional<Executor> ex_;                          // the queue's work; empty once the context has gone
    std::optional<posting_executor<Executor>> poster_;    // likewise
    mutable std::optional<asio::any_io_executor> erased_; // made once: erasing a strand allocates
};

} // namespace weir::detail

#endif
