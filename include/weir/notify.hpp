// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_NOTIFY_HPP
#define WEIR_NOTIFY_HPP

// notify: "something has changed, come and look", without a value. A condition variable for coroutines, that stores one
// notification and so loses none.
//
// When a sibling is the better choice: a value comes with it, a channel; the newest state counts, watch.
//
// notify_one    One who waits, the longest, goes on. If nobody waits one notification is stored, and the next who comes
//               does not wait; a second is not stored beside it.
// notify_all    All who wait at this moment go on, and nobody else: nothing is stored, and who comes later waits.
// Cancellation  A cancelled wait has consumed nothing: what notify_one had meant for it goes to the next, or is stored.
// Destroying    Who still waits is aborted.
// Threads       All members may be called on several threads at once.
// Visibility    Whatever was done before the notification happens before who was notified goes on.
// Memory        One block. Waiting in a task allocates nothing.
//
//   while (queue.empty())
//       co_await changed.async_notified();
//   // and the other side:  queue.push(x); changed.notify_one();

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/detail/notify_core.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace weir {

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_notify : public detail::core_owner<Executor, detail::notify_core<Threading>> {
    using base = detail::core_owner<Executor, detail::notify_core<Threading>>;
    using core = detail::notify_core<Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using typename base::executor_type;

    template <class Other>
    struct rebind_executor {
        using other = basic_notify<Other, Threading>;
    };

    /// An executor is used as it is, on an execution context it gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_notify(ExecutorOrContext&& where) : base(std::forward<ExecutorOrContext>(where)) {}

    /// Who waits is aborted.
    ~basic_notify() { this->core_->close(); }

    /// Lets the longest waiting one go on, or the next who comes. Complexity: constant.
    void notify_one() noexcept { this->core_->notify_one(); }

    /// Lets all who wait now go on. Complexity: linear in their number.
    void notify_all() noexcept { this->core_->notify_all(); }

    /// Waits for a notification, or takes the one that is stored.
    /// Completes:     void(error_code) - operation_aborted: cancelled, or the object was destroyed.
    /// Cancellation:  all types; nothing is consumed.
    /// Ordering:      who waits longest is notified first.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::notified_core<Executor, core>> Token = default_token>
    auto async_notified(Token&& token = Token{}) {
        return detail::initiate(detail::notified_core<Executor, core>(*this->core_, this->get_executor()),
                                std::forward<Token>(token));
    }
};

/// Over any executor, for any number of threads.
using notify = basic_notify<>;

} // namespace weir

#endif
