// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MUTEX_HPP
#define WEIR_MUTEX_HPP

// mutex: one at a time, where others wait without holding up a thread. For what has to stay together across a co_await,
// such as a request and its answer on one connection.
//
// When a sibling is the better choice: what is never held across a co_await, synchronized or a strand; a state that one
// task could own, an actor with an mpsc channel.
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
#include <weir/detail/semaphore_core.hpp>
#include <weir/operation.hpp>
#include <weir/semaphore.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <utility>

namespace weir {

/// A lock that is held. Move-only; unlocks when it is destroyed or assigned to. May be empty.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Threading = multi_threaded>
class basic_mutex_lock {
    using core = detail::semaphore_core<Threading>;

public:
    /// Holds nothing.
    basic_mutex_lock() noexcept = default;

    [[nodiscard]] bool owns_lock() const noexcept { return static_cast<bool>(permit_); }

    [[nodiscard]] explicit operator bool() const noexcept { return owns_lock(); }

    /// Unlocks now.
    void unlock() noexcept { permit_.release(); }

private:
    template <class, class>
    friend class basic_mutex;
    template <class, class, class>
    friend class detail::acquire_core;

    static basic_mutex_lock adopt(core& c, std::uint64_t n) noexcept {
        basic_mutex_lock lock;
        lock.permit_ = basic_semaphore_permit<Threading>::adopt(c, n);
        return lock;
    }

    basic_semaphore_permit<Threading> permit_;
};

using mutex_lock = basic_mutex_lock<>;

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_mutex : public detail::core_owner<Executor, detail::semaphore_core<Threading>> {
    using base = detail::core_owner<Executor, detail::semaphore_core<Threading>>;
    using core = detail::semaphore_core<Threading>;
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
    [[nodiscard]] lock_type try_lock() noexcept {
        return this->core_->try_acquire(1) == detail::attempt::done ? lock_type::adopt(*this->core_, 1)
                                                                    : lock_type();
    }

    /// Waits for the lock.
    /// Completes:     void(error_code, mutex_lock) - operation_aborted: cancelled, or the mutex was destroyed; the lock is
    ///                empty then.
    /// Cancellation:  all types; nothing is held, and the place in the queue is lost.
    /// Ordering:      first come, first served, in the order of the calls.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::acquire_core<lock_type, Executor, core>> Token = default_token>
    auto async_lock(Token&& token = Token{}) {
        return detail::initiate(
            detail::acquire_core<lock_type, Executor, core>(*this->core_, this->get_executor(), 1),
            std::forward<Token>(token));
    }
};

/// Over any executor, for any number of threads.
using mutex = basic_mutex<>;

} // namespace weir

#endif
