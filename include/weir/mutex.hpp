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
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/semaphore_core.hpp>
#include <weir/operation.hpp>
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

    basic_mutex_lock(basic_mutex_lock&&) noexcept = default;

    basic_mutex_lock& operator=(basic_mutex_lock&& other) noexcept {
        basic_mutex_lock taken(std::move(other));
        std::swap(core_, taken.core_);
        return *this;
    }

    ~basic_mutex_lock() { unlock(); }

    [[nodiscard]] bool owns_lock() const noexcept { return static_cast<bool>(core_); }

    [[nodiscard]] explicit operator bool() const noexcept { return owns_lock(); }

    /// Unlocks now.
    void unlock() noexcept {
        if (auto const c = std::exchange(core_, {})) {
            c->give_back(1);
        }
    }

private:
    template <class, class>
    friend class basic_mutex;
    template <class, class, class>
    friend class detail::acquire_core;

    static basic_mutex_lock adopt(core& c, std::uint64_t) noexcept {
        basic_mutex_lock lock;
        lock.core_ = detail::intrusive_ptr<core>::share(&c);
        return lock;
    }

    detail::intrusive_ptr<core> core_; // null: empty
};

using mutex_lock = basic_mutex_lock<>;

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_mutex {
    using core = detail::semaphore_core<Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using executor_type = Executor;
    using lock_type = basic_mutex_lock<Threading>;

    template <class Other>
    struct rebind_executor {
        using other = basic_mutex<Other, Threading>;
    };

    /// An executor is used as it is, on an execution context the mutex gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_mutex(ExecutorOrContext&& where)
        : executor_(Executor(detail::to_executor(std::forward<ExecutorOrContext>(where)))),
          core_(new core(1)) {}

    basic_mutex(basic_mutex const&) = delete;
    basic_mutex& operator=(basic_mutex const&) = delete;

    /// Who waits is aborted. A lock that is held may still be given back.
    ~basic_mutex() { core_->close(detail::failure::aborted); }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// The lock now, or an empty one: it is held, or somebody waits for it.
    [[nodiscard]] lock_type try_lock() noexcept {
        return core_->try_acquire(1) == detail::attempt::done ? lock_type::adopt(*core_, 1) : lock_type();
    }

    /// Waits for the lock.
    /// Completes:     void(error_code, mutex_lock) - operation_aborted: cancelled, or the mutex was destroyed; the lock is
    ///                empty then.
    /// Cancellation:  all types; nothing is held, and the place in the queue is lost.
    /// Ordering:      first come, first served, in the order of the calls.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::acquire_core<lock_type, Executor, core>> Token = default_token>
    auto async_lock(Token&& token = Token{}) {
        return detail::initiate(detail::acquire_core<lock_type, Executor, core>(*core_, get_executor(), 1),
                                std::forward<Token>(token));
    }

private:
    detail::bound_executor<Executor> executor_;
    detail::intrusive_ptr<core> core_;
};

/// Over any executor, for any number of threads.
using mutex = basic_mutex<>;

} // namespace weir

#endif
