// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_SEMAPHORE_HPP
#define WEIR_SEMAPHORE_HPP

// semaphore: a number of permits; who wants some and finds too few waits, without holding up a thread. To limit how many
// do something at the same time: requests in flight, open files, workers.
//
// When a sibling is the better choice: one at a time, mutex; room in a queue, the permits of a channel.
//
// Order         First come, first served. The front waits until there are as many as it wants, and nobody passes it, so a
//               large request is not starved by small ones.
// Guards        A permit object gives back what it holds when it is destroyed, also after the semaphore has gone.
// Closing       After close() acquiring fails with errc::closed; what is out stays out.
// Cancellation  A cancelled acquire holds nothing; permits that it was granted meanwhile go to the next.
// Destroying    Who still waits is aborted.
// Threads       All members may be called on several threads at once.
// Visibility    Whatever was done before a permit was given back happens before who gets it goes on.
// Memory        One block for the semaphore. Waiting in a task allocates nothing.
//
//   weir::semaphore connections(ctx, 8);
//   auto permit = co_await connections.async_acquire(); // given back at the end of the scope

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/semaphore_core.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <utility>

namespace weir {

namespace detail {
template <class Lock, class Threading>
class permit_lock;
} // namespace detail

/// Permits that were acquired. Move-only; gives back what it holds when it is destroyed or assigned to. May be empty.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Threading = multi_threaded>
class basic_semaphore_permit {
    using core = detail::semaphore_core<Threading>;

public:
    /// Holds nothing.
    basic_semaphore_permit() noexcept = default;

    basic_semaphore_permit(basic_semaphore_permit&& other) noexcept
        : core_(std::move(other.core_)), n_(std::exchange(other.n_, 0)) {}

    basic_semaphore_permit& operator=(basic_semaphore_permit&& other) noexcept {
        basic_semaphore_permit taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(n_, taken.n_);
        return *this;
    }

    ~basic_semaphore_permit() { release(); }

    /// How many it holds.
    [[nodiscard]] std::uint64_t size() const noexcept { return n_; }

    /// Whether it was acquired, also if for no permits at all, and has not been given back.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(core_); }

    /// Gives back now what it holds.
    void release() noexcept {
        if (auto const c = std::exchange(core_, {})) {
            c->give_back(std::exchange(n_, 0));
        }
    }

    /// Lets go without giving back: the semaphore has so many fewer from now on.
    void forget() noexcept {
        if (auto const c = std::exchange(core_, {})) {
            c->forget(std::exchange(n_, 0));
        }
    }

private:
    template <class, class>
    friend class detail::permit_lock;
    template <class, class, class>
    friend class detail::acquire_core;

    static basic_semaphore_permit adopt(core& c, std::uint64_t n) noexcept {
        basic_semaphore_permit p;
        p.core_ = detail::intrusive_ptr<core>::share(&c);
        p.n_ = n;
        return p;
    }

    /// One permit of those that this one holds, for a guard of its own; of none, none.
    basic_semaphore_permit split_one() noexcept {
        if (n_ == 0) {
            return {};
        }
        --n_;
        return adopt(*core_, 1);
    }

    detail::intrusive_ptr<core> core_; // null: empty
    std::uint64_t n_ = 0;
};

using semaphore_permit = basic_semaphore_permit<>;

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_semaphore : public detail::core_owner<Executor, detail::semaphore_core<Threading>> {
    using base = detail::core_owner<Executor, detail::semaphore_core<Threading>>;
    using core = detail::semaphore_core<Threading>;
    using acquire = detail::acquire_core<basic_semaphore_permit<Threading>, Executor, core>;
    using default_token = detail::default_token_t<Executor>;

public:
    using typename base::executor_type;
    using permit_type = basic_semaphore_permit<Threading>;

    template <class Other>
    struct rebind_executor {
        using other = basic_semaphore<Other, Threading>;
    };

    /// An executor is used as it is, on an execution context the semaphore gets a strand.
    template <detail::executor_or_context ExecutorOrContext>
    basic_semaphore(ExecutorOrContext&& where, std::uint64_t permits)
        : base(std::forward<ExecutorOrContext>(where), permits) {}

    /// Who waits is aborted. Permits that are out may still be given back.
    ~basic_semaphore() { this->core_->close(detail::failure::aborted); }

    /// How many permits nobody holds.
    [[nodiscard]] std::uint64_t available() const noexcept { return this->core_->available(); }

    [[nodiscard]] bool is_closed() const noexcept {
        return this->core_->why_closed() != detail::failure::none;
    }

    /// Makes `n` permits more. Throws std::invalid_argument if there would be more than 64 bits can count.
    void add_permits(std::uint64_t n) { this->core_->add(n); }

    /// Acquiring fails from now on, also for who waits.
    void close() noexcept { this->core_->close(detail::failure::closed); }

    /// `n` permits now, or an empty guard: too few, somebody waits for them, or closed.
    [[nodiscard]] permit_type try_acquire(std::uint64_t n = 1) noexcept {
        return acquire::try_now(*this->core_, n);
    }

    /// Waits for a permit.
    /// Completes:     void(error_code, semaphore_permit) - errc::closed; operation_aborted: cancelled, or the semaphore
    ///                was destroyed. The guard is empty then.
    /// Cancellation:  all types; nothing is held, and the place in the queue is lost.
    /// Ordering:      first come, first served, in the order of the calls.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<acquire> Token = default_token>
    auto async_acquire(Token&& token = Token{}) {
        return async_acquire(1, std::forward<Token>(token));
    }

    /// Waits for `n` permits at once; those who come later wait behind it. More than there are may be added meanwhile,
    /// so a request for too many is not an error: it waits. For none it completes at once.
    template <detail::token_for<acquire> Token = default_token>
    auto async_acquire(std::uint64_t n, Token&& token = Token{}) {
        return detail::initiate(acquire(*this->core_, this->get_executor(), n), std::forward<Token>(token));
    }
};

/// Over any executor, for any number of threads.
using semaphore = basic_semaphore<>;

} // namespace weir

#endif
