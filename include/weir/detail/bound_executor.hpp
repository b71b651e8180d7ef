// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BOUND_EXECUTOR_HPP
#define WEIR_DETAIL_BOUND_EXECUTOR_HPP

// The executor inside a handle, safe to destroy after its context.
//
// Destroying a strand reaches into its context, so a handle that held one by value could not outlive the context.
// Such executors live in a shared cell that the context empties when it goes; executors that are plain pointers to
// their context are held directly and cost nothing.

#include <weir/detail/context_registry.hpp>

#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// What a factory accepts: an executor, used as it is, or an execution context, which gets a strand.
template <class T>
concept execution_context_like = std::derived_from<std::remove_cvref_t<T>, asio::execution_context>;

template <class T>
concept executor_like =
    !execution_context_like<T> && asio::execution::is_executor<std::remove_cvref_t<T>>::value;

template <class T>
concept executor_or_context = executor_like<T> || execution_context_like<T>;

/// Rule 2 of the contract, in one place.
template <executor_or_context T>
[[nodiscard]] auto to_executor(T&& from) {
    if constexpr (execution_context_like<T>) {
        return asio::make_strand(from.get_executor());
    } else {
        return std::remove_cvref_t<T>(std::forward<T>(from));
    }
}

template <class T>
using executor_of = decltype(to_executor(std::declval<T>()));

/// True for executors whose destructor does not reach their context.
template <class Executor>
inline constexpr bool outlives_context =
    std::same_as<Executor, asio::io_context::executor_type> ||
    std::same_as<Executor, asio::thread_pool::executor_type> || std::same_as<Executor, asio::system_executor>;

/// A shared executor that its context empties. After that it is the moved-from value: destructible, not usable.
template <class Executor>
class executor_cell final : context_hook {
public:
    explicit executor_cell(Executor ex) : ex_(std::move(ex)) {
        context_registry::add(context_registry::of_executor(ex_), *this);
    }

    Executor const& get() const noexcept { return ex_; }

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            context_registry::remove(*this, [this] { Executor gone(std::move(ex_)); });
            delete this;
        }
    }

private:
    void on_context_shutdown(std::unique_lock<std::mutex>&) noexcept override {
        Executor gone(std::move(ex_));
    }

    Executor ex_;
    reference_count<> owners_;
};

template <class Executor>
class bound_executor {
public:
    explicit bound_executor(Executor ex) : cell_(new executor_cell<Executor>(std::move(ex))) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bound_executor(bound_executor<Other> const& other) : bound_executor(Executor(other.get())) {}

    [[nodiscard]] Executor const& get() const noexcept { return cell_->get(); }

private:
    intrusive_ptr<executor_cell<Executor>> cell_;
};

template <class Executor>
    requires outlives_context<Executor>

class bound_executor<Executor> {
public:
    explicit bound_executor(Executor ex) noexcept : ex_(std::move(ex)) {}

    [[nodiscard]] Executor const& get() const noexcept { return ex_; }

private:
    Executor ex_;
};

} // namespace weir::detail

#endif
