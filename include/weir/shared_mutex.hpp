// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_SHARED_MUTEX_HPP
#define WEIR_SHARED_MUTEX_HPP

// shared_mutex: many readers or one writer, where others wait without holding up a thread. For what many look at across a
// co_await and few change, such as a table of connections.
//
// When a sibling is the better choice: readers that could have a copy, watch; what is never held across a co_await,
// synchronized; as many writers as readers, mutex.
//
// Order         First come, first served. A writer who waits keeps later readers out, so readers do not starve it; when a
//               writer goes, all readers up to the next writer come in together.
// Guards        The lock is an object that unlocks when it is destroyed, on whatever thread, also after the mutex has gone.
//               A writer's lock can be turned into a reader's without letting another writer in between.
// Cancellation  A cancelled lock holds nothing; if it was its turn already, the next one's comes. A writer who gives up
//               lets the readers in who waited behind it.
// Destroying    Who still waits is aborted.
// Re-entrance   None: who holds a lock and waits for another waits for ever; a reader too, if a writer waits in between.
// Threads       All members may be called on several threads at once.
// Visibility    What a writer did happens before all who come later go on, what a reader did before later writers do.
// Memory        One block for the mutex. Waiting in a task allocates nothing.
// Source        A semaphore of which a reader takes one permit and a writer all of them, as tokio's RwLock.
//
//   weir::shared_mutex m(ctx);
//   auto lock = co_await m.async_lock_shared(); // with other readers, until the end of the scope

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/detail/permit_lock.hpp>
#include <weir/detail/semaphore_core.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <limits>
#include <utility>

namespace weir {

/// A reader's lock that is held. Move-only; unlocks when it is destroyed or assigned to. May be empty.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Threading = multi_threaded>
class basic_read_lock : public detail::permit_lock<basic_read_lock<Threading>, Threading> {
public:
    /// Holds nothing.
    basic_read_lock() noexcept = default;
};

/// A writer's lock that is held. Move-only; unlocks when it is destroyed or assigned to. May be empty.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Threading = multi_threaded>
class basic_write_lock : public detail::permit_lock<basic_write_lock<Threading>, Threading> {
public:
    /// Holds nothing.
    basic_write_lock() noexcept = default;

    /// Goes on as a reader, and lets in who waits to read, up to the first writer; no writer comes in between. This lock is
    /// empty afterwards; of an empty lock comes an empty one.
    [[nodiscard]] basic_read_lock<Threading> downgrade() && noexcept {
        return this->template keep_one<basic_read_lock<Threading>>();
    }
};

using read_lock = basic_read_lock<>;
using write_lock = basic_write_lock<>;

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_shared_mutex : public detail::core_owner<Executor, detail::semaphore_core<Threading>> {
    using base = detail::core_owner<Executor, detail::semaphore_core<Threading>>;
    using core = detail::semaphore_core<Threading>;
    using acquire = detail::acquire_core<basic_write_lock<Threading>, Executor, core>;
    using acquire_shared = detail::acquire_core<basic_read_lock<Threading>, Executor, core>;
    using default_token = detail::default_token_t<Executor>;

    static constexpr std::uint64_t all =
        std::numeric_limits<std::uint64_t>::max(); // more than readers can be

public:
    using typename base::executor_type;
    using lock_type = basic_write_lock<Threading>;
    using shared_lock_type = basic_read_lock<Threading>;

    template <class Other>
    struct rebind_executor {
        using other = basic_shared_mutex<Other, Threading>;
    };

    /// An executor is used as it is, on an execution context the mutex gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    explicit basic_shared_mutex(ExecutorOrContext&& where)
        : base(std::forward<ExecutorOrContext>(where), all) {}

    /// Who waits is aborted. A lock that is held may still be given back.
    ~basic_shared_mutex() { this->core_->close(detail::failure::aborted); }

    /// A writer's lock now, or an empty one: somebody holds a lock, or waits for one.
    [[nodiscard]] lock_type try_lock() noexcept { return acquire::try_now(*this->core_, all); }

    /// A reader's lock now, or an empty one: a writer holds one, or somebody waits for one.
    [[nodiscard]] shared_lock_type try_lock_shared() noexcept {
        return acquire_shared::try_now(*this->core_, 1);
    }

    /// Waits until nobody else has a lock.
    /// Completes:     void(error_code, write_lock) - operation_aborted: cancelled, or the mutex was destroyed; the lock is
    ///                empty then.
    /// Cancellation:  all types; nothing is held, and the place in the queue is lost.
    /// Ordering:      first come, first served, in the order of the calls, readers and writers alike.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<acquire> Token = default_token>
    auto async_lock(Token&& token = Token{}) {
        return detail::initiate(acquire(*this->core_, this->get_executor(), all), std::forward<Token>(token));
    }

    /// Waits until there is no writer, and none who came before.
    /// Completes:     void(error_code, read_lock); all else as async_lock().
    template <detail::token_for<acquire_shared> Token = default_token>
    auto async_lock_shared(Token&& token = Token{}) {
        return detail::initiate(acquire_shared(*this->core_, this->get_executor(), 1),
                                std::forward<Token>(token));
    }
};

/// Over any executor, for any number of threads.
using shared_mutex = basic_shared_mutex<>;

} // namespace weir

#endif
