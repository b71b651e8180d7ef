// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MUTEX_HPP
#define WEIR_MUTEX_HPP

// mutex: one at a time, where others wait without holding up a thread. For what has to stay together across a co_await,
// such as a request and its answer on one connection.
//
// When a sibling is the better choice: what is never held across a co_await, synchronized or a strand; what many look at
// and few change, shared_mutex; a state that one task could own, an actor with an mpsc channel.
//
// Order         First come, first served: the lock is handed over, nobody overtakes.
// Guards        The lock is an object that unlocks when it is destroyed, on whatever thread, also after the mutex has gone.
// Cancellation  A cancelled lock holds nothing; if it was its turn already, the next one's comes.
// Destroying    Who still waits is aborted.
// Re-entrance   None: who holds the lock and waits for it waits for ever.
// Threads       All members may be called on several threads at once.
// Visibility    Whatever was done under the lock happens before who gets it next goes on.
// Memory        One block for the mutex. Waiting in a task allocates nothing.
//
//   weir::mutex m(ctx);
//   auto lock = co_await m.async_lock(); // until the end of the scope

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/detail/permit_lock.hpp>
#include <weir/detail/semaphore_core.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace weir {

/// A lock that is held. Move-only; unlocks when it is destroyed or assigned to. May be empty.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Threading = multi_threaded>
class basic_mutex_lock : public detail::permit_lock<basic_mutex_lock<Threading>, Threading> {
public:
    /// Holds nothing.
    basic_mutex_lock() noexcept = default;
};

using mutex_lock = basic_mutex_lock<>;

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_mutex : public detail::core_owner<Executor, detail::semaphore_core<Threading>> {
    using base = detail::core_owner<Executor, detail::semaphore_core<Threading>>;
    using core = detail::semaphore_core<Threading>;
    using acquire = detail::acquire_core<basic_mutex_lock<Threading>, Executor, core>;
    using default_token = detail::default_token_t<Executor>;

public:
    using typename base::executor_type;
    using lock_type = basic_mutex_lock<Threading>;

    template <class Other>
    struct rebind_executor {
        using other = basic_mutex<Other, Threading>;
    };

    /// An executor is used as it is, on an execution context the mutex gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_mutex(ExecutorOrContext&& where) : base(std::forward<ExecutorOrContext>(where), 1U) {}

    /// Who waits is aborted. A lock that is held may still be given back.
    ~basic_mutex() { this->core_->close(detail::failure::aborted); }

    /// The lock now, or an empty one: it is held, or somebody waits for it.
    [[nodiscard]] lock_type try_lock() noexcept { return acquire::try_now(*this->core_, 1); }

    /// Waits for the lock.
    /// Completes:     void(error_code, mutex_lock) - operation_aborted: cancelled, or the mutex was destroyed; the lock is
    ///                empty then.
    /// Cancellation:  all types; nothing is held, and the place in the queue is lost.
    /// Ordering:      first come, first served, in the order of the calls.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<acquire> Token = default_token>
    auto async_lock(Token&& token = Token{}) {
        return detail::initiate(acquire(*this->core_, this->get_executor(), 1), std::forward<Token>(token));
    }
};

/// Over any executor, for any number of threads.
using mutex = basic_mutex<>;

} // namespace weir

#endif
