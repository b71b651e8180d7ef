// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_EXECUTOR_WORK_HPP
#define WEIR_DETAIL_EXECUTOR_WORK_HPP

// Outstanding work on the executors of an operation, and on which of them it can live.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Stands for work that is held elsewhere.
struct no_work {};

/// An executor that counts as outstanding work while it is held.
template <class Executor>
[[nodiscard]] auto tracked(Executor const& ex) {
    return asio::prefer(ex, asio::execution::outstanding_work.tracked);
}
template <class Executor>
using tracked_executor = std::decay_t<decltype(tracked(std::declval<Executor const&>()))>;

/// An executor that posts what it is given, as asio::post does it, and counts as no work: one that does is counted again, in
/// locked instructions, for each copy that posting makes. What is posted has an allocator and no executor of its own: a dozen
/// templates that asio::post instantiates to find that out are not needed.
template <class Executor>
[[nodiscard]] auto posting(Executor const& ex) {
    return asio::prefer(asio::require(asio::prefer(ex, asio::execution::outstanding_work.untracked),
                                      asio::execution::blocking.never),
                        asio::execution::relationship.fork);
}
template <class Executor>
using posting_executor = std::decay_t<decltype(posting(std::declval<Executor const&>()))>;

/// An executor with which functions are posted, and which counts as outstanding work; or, where `IsLoop` says that it is an
/// io_context's, leaves that to the registry of its context: see counted_loop().
template <class Executor, bool IsLoop = false>
class basic_posting_work {
    using poster = posting_executor<Executor>;
    using work = std::conditional_t<IsLoop, no_work, tracked_executor<poster>>;

public:
    explicit basic_posting_work(Executor const& ex) : poster_(posting(ex)), work_(work_of(poster_)) {}

    /// The function may run, and be the end of this object, at once.
    template <class Allocator, class Function>
    void post(Allocator const& allocator, Function&& f) const {
        auto const ex = poster_;
        asio::prefer(ex, asio::execution::allocator(allocator)).execute(std::forward<Function>(f));
    }

    [[nodiscard]] asio::execution_context& context() const noexcept {
        return asio::query(poster_, asio::execution::context);
    }

    /// What the registry has to count it as work of, if that is not done here: context_registry::add().
    [[nodiscard]] asio::io_context* counted_loop() const noexcept {
        if constexpr (IsLoop) {
            return &asio::query(poster_, asio::execution::context);
        } else {
            return nullptr;
        }
    }

    [[nodiscard]] asio::any_io_executor erased() const {
        return asio::any_io_executor(asio::prefer(poster_, asio::execution::outstanding_work.untracked));
    }

private:
    [[nodiscard]] static work work_of([[maybe_unused]] poster const& ex) {
        if constexpr (IsLoop) {
            return {};
        } else {
            return tracked(ex);
        }
    }

    poster poster_;
    work work_;
};

/// The same with an erased executor, which coroutines of Asio have. That of an io_context is mostly inside, and is taken out:
/// otherwise each property costs a call through a pointer and another erased executor. (A template, so that a file that
/// erases nothing does not compile it.)
template <class AnyExecutor, class LoopExecutor = asio::io_context::executor_type>
class erased_posting_work {
public:
    explicit erased_posting_work(AnyExecutor const& ex) {
        if (auto const* const loop = ex.template target<LoopExecutor>()) {
            loop_.emplace(*loop);
        } else {
            any_.emplace(ex);
        }
    }

    template <class Allocator, class Function>
    void post(Allocator const& allocator, Function&& f) const {
        if (loop_) {
            loop_->post(allocator, std::forward<Function>(f));
        } else {
            any_->post(allocator, std::forward<Function>(f));
        }
    }

    [[nodiscard]] asio::execution_context& context() const noexcept {
        return loop_ ? loop_->context() : any_->context();
    }

    [[nodiscard]] asio::io_context* counted_loop() const noexcept {
        return loop_ ? loop_->counted_loop() : nullptr;
    }

    [[nodiscard]] asio::any_io_executor erased() const { return loop_ ? loop_->erased() : any_->erased(); }

private:
    std::optional<basic_posting_work<LoopExecutor, true>> loop_; // the one or the other
    std::optional<basic_posting_work<AnyExecutor>> any_;
};

template <class Executor>
struct posting_work_over {
    using type = basic_posting_work<Executor>;
};

template <>
struct posting_work_over<asio::io_context::executor_type> {
    using type = basic_posting_work<asio::io_context::executor_type, true>;
};

template <>
struct posting_work_over<asio::any_io_executor> {
    using type = erased_posting_work<asio::any_io_executor>;
};

template <class Executor>
using posting_work = typename posting_work_over<Executor>::type;

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

} // namespace weir::detail

#endif
