// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_AWAITABLE_WAIT_HPP
#define WEIR_DETAIL_AWAITABLE_WAIT_HPP

// Awaiting a weir operation in asio::awaitable: no suspension if it can finish at once.
//
// Asio suspends the coroutine for every operation and starts the operation afterwards, which costs a trip through the
// scheduler even if all is there. It has no seam for this but the type that it makes to await an operation, which is
// specialised here for ours. Only two things are taken from it: that this type has the operation's type as an argument,
// and is made from the operation and the frame. An operation that has to wait is awaited by Asio's own. Where Asio makes
// the type from more, for handler tracking, nothing is specialised and everything works as for other operations.

#include <weir/detail/config.hpp>
#include <weir/detail/foreign_awaiter.hpp>
#include <weir/detail/operation_core.hpp>

#include <boost/asio/detail/config.hpp>

#include <coroutine>
#include <optional>
#include <utility>

#if defined(BOOST_ASIO_HAS_CO_AWAIT) && !defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING)

namespace weir {

template <detail::operation_core Core>
class operation;

namespace detail {

/// An operation that Asio shall suspend for.
template <class Operation>
struct suspending_operation {
    Operation* op;

    template <class Token>
    auto operator()(Token&& token) && {
        return std::move(*op).start(std::forward<Token>(token));
    }
};

} // namespace detail
} // namespace weir

namespace boost::asio::detail {

template <typename Executor>
class awaitable_frame_base;

template <typename Signature, typename Op, typename Executor>
class awaitable_async_op;

template <typename Signature, typename Core, typename Executor>
class awaitable_async_op<Signature, weir::operation<Core>, Executor> {
    using suspending = weir::detail::suspending_operation<weir::operation<Core>>;
    using asio_wait = awaitable_async_op<Signature, suspending, Executor>;

public:
    awaitable_async_op(weir::operation<Core>&& op, awaitable_frame_base<Executor>* frame)
        : op_(op), frame_(frame), suspending_{&op} {}

    awaitable_async_op(awaitable_async_op&&) = delete;

    bool await_ready() { return weir::detail::spend_foreign_budget() && op_.core().try_complete(); }

    void await_suspend(std::coroutine_handle<> waiting) {
        weir::detail::foreign_budget = weir::detail::budget;
        wait_.emplace(std::move(suspending_), frame_).await_suspend(waiting);
    }

    auto await_resume() {
        using result = decltype(wait_->await_resume());
        if (wait_) {
            return wait_->await_resume();
        }
        return static_cast<result>(weir::detail::unwrap_core(op_.core()));
    }

private:
    weir::operation<Core>& op_; // lives in the awaiting frame
    awaitable_frame_base<Executor>* frame_;
    suspending suspending_;
    std::optional<asio_wait> wait_;
};

} // namespace boost::asio::detail

#endif
#endif
