// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_CANCELLATION_HPP
#define WEIR_CANCELLATION_HPP

// cancellation: a tree of sources. Whoever cancels one cancels all that was made below it; tokens are for those who are to
// notice. For ending what belongs together: a server, below it its connections, below each its requests.
//
// When a sibling is the better choice: one operation, Asio's cancellation_slot or timeout; a reason has to come with it,
// broadcast.
//
// Sources       A copy is the same source. child() is one below; cancelling it does not touch what is above or beside it.
// Tokens        Can look, wait, and make children, but cannot cancel what they look at.
// Lifetime      A source that goes does not cancel. Below one that nobody holds any more things are cancelled from above.
// Once          A source stays cancelled; what is made below it is cancelled from the start.
// Cancellation  A wait that is itself cancelled says operation_aborted, and means nothing for the source.
// Threads       All members may be called on several threads at once, on copies; is_cancelled() is one load.
// Visibility    Whatever was done before cancel() happens before what goes on because of it.
// Memory        One block a source, none a token. Waiting in a task allocates nothing.
//
//   weir::cancellation_source server(ctx);
//   auto connection = server.child();
//   co_await weir::select(weir::on(connection.async_cancelled(), [&] { running = false; }), weir::on(requests, handle));

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/cancellation_node.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <utility>

namespace weir {

template <class Executor, class Threading>
class basic_cancellation_source;

/// Looks at a source. Copyable. Moved from, it may only be destroyed or assigned to.
/// Thread safety: distinct objects safe, shared objects safe but for assignment.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_cancellation_token {
    using node = detail::cancellation_node<Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = basic_cancellation_token<Other, Threading>;
    };

    /// The same token, whose operations complete on another executor that this one's converts to.
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    basic_cancellation_token(basic_cancellation_token<Other, Threading> const& other)
        : executor_(other.executor_), node_(other.node_) {}

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Complexity: one load.
    [[nodiscard]] bool is_cancelled() const noexcept { return node_->is_closed(); }

    /// A source below: cancelled with this, or alone.
    [[nodiscard]] basic_cancellation_source<Executor, Threading> child() const;

    /// Waits until it is cancelled.
    /// Completes:     void(error_code) - no error: it is cancelled; operation_aborted: this wait was.
    /// Cancellation:  all types.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::wait_closed_core<Executor, node>> Token = default_token>
    auto async_cancelled(Token&& token = Token{}) const {
        return detail::initiate(detail::wait_closed_core<Executor, node>(*node_, get_executor()),
                                std::forward<Token>(token));
    }

    /// The same source?
    [[nodiscard]] bool operator==(basic_cancellation_token const& other) const noexcept {
        return node_.get() == other.node_.get();
    }

private:
    template <class, class>
    friend class basic_cancellation_token;
    template <class, class>
    friend class basic_cancellation_source;

    basic_cancellation_token(detail::bound_executor<Executor> ex, node* adopted) noexcept
        : executor_(std::move(ex)), node_(adopted) {}

    detail::bound_executor<Executor> executor_;
    detail::intrusive_ptr<node> node_;
};

/// Can cancel, and do all that its tokens can. Copyable: a copy is the same source. Moved from, it may only be destroyed
/// or assigned to.
/// Thread safety: distinct objects safe, shared objects safe but for assignment.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_cancellation_source : public basic_cancellation_token<Executor, Threading> {
    using token_base = basic_cancellation_token<Executor, Threading>;
    using node = detail::cancellation_node<Threading>;

public:
    using token_type = token_base;

    template <class Other>
    struct rebind_executor {
        using other = basic_cancellation_source<Other, Threading>;
    };

    /// The root of a tree. An executor is used as it is, on an execution context it gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_cancellation_source(ExecutorOrContext&& where)
        : token_base(detail::bound_executor<Executor>(
                         Executor(detail::to_executor(std::forward<ExecutorOrContext>(where)))),
                     new node) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    basic_cancellation_source(basic_cancellation_source<Other, Threading> const& other) : token_base(other) {}

    /// For those who are to notice and not to cancel.
    [[nodiscard]] token_type token() const { return *this; }

    /// Cancels this and all below. Those who wait go on through their executors, never inside this call. Again: nothing.
    /// Complexity: linear in what is below and in those who wait.
    void cancel() noexcept { this->node_->cancel(); }

private:
    friend token_base;
    using token_base::token_base;
};

template <class Executor, class Threading>
auto basic_cancellation_token<Executor, Threading>::child() const
    -> basic_cancellation_source<Executor, Threading> {
    return {executor_, new node(*node_)};
}

/// Over any executor, for any number of threads.
using cancellation_source = basic_cancellation_source<>;
using cancellation_token = basic_cancellation_token<>;

} // namespace weir

#endif
