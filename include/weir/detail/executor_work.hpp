// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_EXECUTOR_WORK_HPP
#define WEIR_DETAIL_EXECUTOR_WORK_HPP

// Outstanding work on the executors of an operation, and on which of them it can live.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>

#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// An executor that counts as outstanding work while it is held.
template <class Executor>
[[nodiscard]] auto tracked(Executor const& ex) {
    return asio::prefer(ex, asio::execution::outstanding_work.tracked);
}
template <class Executor>
using tracked_executor = std::decay_t<decltype(tracked(std::declval<Executor const&>()))>;

/// asio::post of a function that has an allocator and no executor of its own, without the dozen templates that it
/// instantiates for each function to find that out.
template <class Executor, class Allocator, class Function>
void post_to(Executor const& ex, Allocator const& allocator, Function&& f) {
    asio::prefer(asio::require(ex, asio::execution::blocking.never), asio::execution::relationship.fork,
                 asio::execution::allocator(allocator))
        .execute(std::forward<Function>(f));
}

/// The work that an operation holds on its I/O executor, for operations whose handler runs elsewhere: should that
/// executor's context go first, the work is let go of, and the operation stays where its handler lives.
template <class Executor>
class io_work final : context_hook {
public:
    io_work() noexcept = default;

    ~io_work() { (void)take(); }

    void hold(Executor const& ex) {
        work_.emplace(tracked(ex));
        context_registry::add(context_registry::of_executor(ex), *this);
    }

    /// The work; none if there was none, or if its context has gone.
    std::optional<tracked_executor<Executor>> take() noexcept {
        std::optional<tracked_executor<Executor>> work;
        if (registry() || work_) {
            context_registry::remove(*this, [&] { work.swap(work_); });
        }
        return work;
    }

private:
    void on_context_shutdown(std::unique_lock<std::mutex>&) noexcept override { work_.reset(); }

    std::optional<tracked_executor<Executor>> work_; // the registry's lock, once it is held
};

/// Whether one executor is the other, perhaps erased. False where it cannot be told.
template <class Executor, class Other>
[[nodiscard]] bool is_same_executor(Executor const& ex, Other const& other) noexcept {
    if constexpr (std::is_same_v<Executor, Other>) {
        return ex == other;
    } else if constexpr (requires { other.template target<Executor>(); }) {
        auto const* const inside = other.template target<Executor>();
        return inside != nullptr && *inside == ex;
    } else {
        return false;
    }
}

/// True for executors that can be told to run something later, and that know their context. Asio's
/// any_completion_executor can do neither.
template <class Executor>
inline constexpr bool can_host = asio::can_require_v<Executor const&, asio::execution::blocking_t::never_t>&&
    asio::can_query_v<Executor const&, asio::execution::context_t>;

/// Stands for work that is held elsewhere.
struct no_work {
    template <class Executor>
    explicit no_work(Executor const&) noexcept {}
};

} // namespace weir::detail

#endif
