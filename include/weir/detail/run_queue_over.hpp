// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_OVER_HPP
#define WEIR_DETAIL_RUN_QUEUE_OVER_HPP

// Run queues over concrete executors: where they post, and which of them may follow one another.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/run_queue.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace weir::detail {

/// Executors on which one task that waits for another on the same thread loses nothing by it: strands, and loops,
/// which most often have one thread. Not pools, where another thread could run it.
template <class Executor>
inline constexpr bool runs_in_turn = false;
template <class Inner>
inline constexpr bool runs_in_turn<asio::strand<Inner>> = true;
template <class Allocator, std::uintptr_t Bits>
inline constexpr bool runs_in_turn<asio::io_context::basic_executor_type<Allocator, Bits>> = true;

/// A run queue over one executor type.
template <class Executor>
class run_queue_over final : public run_queue {
public:
    explicit run_queue_over(Executor ex) : run_queue(&type_mark), ex_(std::move(ex)) {
        context_registry::add(context_registry::of_executor(*ex_), *this);
    }

    /// Without the work that the queue counts as: who keeps it does not keep the context running.
    [[nodiscard]] asio::any_io_executor executor() const override {
        return asio::any_io_executor(asio::prefer(*ex_, asio::execution::outstanding_work.untracked));
    }

    [[nodiscard]] Executor const& concrete_executor() const noexcept { return *ex_; }

private:
    [[nodiscard]] bool shares_executor_with(run_queue const& other) const noexcept override {
        if constexpr (runs_in_turn<Executor>) {
            return other.is_over(&type_mark) && *static_cast<run_queue_over const&>(other).ex_ == *ex_;
        } else {
            return false;
        }
    }

    void post_drain(drain d) override { asio::post(*ex_, std::move(d)); }

    void forget_executor() noexcept override { ex_.reset(); }

    void destroy() noexcept override { delete this; }

    inline static char const type_mark = 0; // its address tells the type
    std::optional<Executor> ex_;            // empty once the context has gone
};

} // namespace weir::detail

#endif
