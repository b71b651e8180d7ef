// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SEMAPHORE_CORE_HPP
#define WEIR_DETAIL_SEMAPHORE_CORE_HPP

// Permits, and those who wait for some, without executors: what semaphore, mutex and shared_mutex are made of. One mutex
// guards all.
//
// Who waits has a request in a queue. The front is granted as soon as there are as many permits as it wants; nobody comes
// before it, so a large request is not starved by small ones. A granted request that is withdrawn (cancelled, destroyed,
// the loser of a select) gives its permits back, and so to the next. While somebody waits, there are fewer permits than the
// front wants: every path that adds permits or takes the front out looks again.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/late.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <cstdint>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace weir::detail {

/// Somebody's wish for permits, in the queue of a semaphore. Guarded by its mutex.
struct permit_request : list_hook<> {
    explicit permit_request(std::uint64_t n) noexcept : wanted(n) {}

    [[nodiscard]] bool is_settled() const noexcept { return granted || refused; }

    waiter* who = nullptr;
    std::uint64_t const wanted;
    bool granted = false;
    bool refused = false; // the semaphore was closed, or has gone
};

template <class Threading>
class semaphore_core : public self_owned<semaphore_core<Threading>, Threading::template atomic> {
    using mutex = typename Threading::mutex;

public:
    explicit semaphore_core(std::uint64_t permits) noexcept : free_(permits), all_(permits) {}

    semaphore_core(semaphore_core const&) = delete;

    attempt try_acquire(std::uint64_t n) noexcept {
        std::lock_guard lock(mutex_);
        if (why_closed_ != failure::none) {
            return attempt::closed;
        }
        if (n != 0 && (!waiting_.empty() || n > free_)) {
            return attempt::not_now;
        }
        free_ -= n;
        return attempt::done;
    }

    wait_result request(permit_request& r, waiter& w) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        r.who = &w;
        if (!r.is_linked() && !r.is_settled()) {
            if (why_closed_ != failure::none) {
                r.refused = true;
            } else {
                waiting_.push_back(r);
                grant(woken, &r);
            }
        }
        return r.is_settled() ? wait_result::look_again : wait_result::parked;
    }

    /// `done`: the permits are the caller's now.
    attempt claim(permit_request& r) noexcept {
        std::lock_guard lock(mutex_);
        if (std::exchange(r.granted, false)) {
            return attempt::done;
        }
        return r.refused ? attempt::closed : attempt::not_now;
    }

    void withdraw(permit_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (r.is_linked()) {
            r.unlink();
        }
        if (std::exchange(r.granted, false)) {
            free_ += r.wanted;
        }
        r.refused = false;
        grant(woken);
    }

    /// Permits come back.
    void give_back(std::uint64_t n) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        free_ += n;
        grant(woken);
    }

    /// There are so many more.
    void add(std::uint64_t n) {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (n > std::numeric_limits<std::uint64_t>::max() - all_) {
            throw std::invalid_argument("weir: more permits than a semaphore can count");
        }
        all_ += n;
        free_ += n;
        grant(woken);
    }

    /// Permits that are out do not come back.
    void forget(std::uint64_t n) noexcept {
        std::lock_guard lock(mutex_);
        all_ -= n;
    }

    /// Refuses all who wait and who come. `why`: closed, or aborted when the semaphore goes.
    void close(failure why) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        why_closed_ = why_closed_ == failure::none || why == failure::aborted ? why : why_closed_;
        while (permit_request* const r = waiting_.pop_front()) {
            r->refused = true;
            r->who->wake(woken);
        }
    }

    [[nodiscard]] failure why_closed() const noexcept {
        std::lock_guard lock(mutex_);
        return why_closed_;
    }

    [[nodiscard]] std::uint64_t available() const noexcept {
        std::lock_guard lock(mutex_);
        return free_;
    }

private:
    /// Under the mutex. `quiet` asks for itself: not woken.
    void grant(wake_batch& woken, permit_request const* quiet = nullptr) noexcept {
        while (!waiting_.empty() && waiting_.front().wanted <= free_) {
            permit_request& r = *waiting_.pop_front();
            free_ -= r.wanted;
            r.granted = true;
            if (&r != quiet) {
                r.who->wake(woken);
            }
        }
    }

    mutable mutex mutex_;
    std::uint64_t free_;                     // mutex_
    std::uint64_t all_;                      // mutex_; free and out
    failure why_closed_ = failure::none;     // mutex_; none: open
    intrusive_list<permit_request> waiting_; // mutex_
};

/// Completes with a guard made from `n` permits.
template <class Guard, class Executor, class Core>
class acquire_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code, Guard);
    static constexpr bool eager = false;

    acquire_core(Core& core, Executor const& ex, std::uint64_t n) noexcept
        : endpoint_operation<Executor>(ex), core_(core), n_(n) {}

    acquire_core(acquire_core&& other) noexcept // before it waits
        : endpoint_operation<Executor>(other), core_(std::move(other.core_)), n_(other.n_) {}

    /// What the operation would complete with if it had not to wait, or an empty guard.
    [[nodiscard]] static Guard try_now(Core& core, std::uint64_t n) noexcept {
        return core.try_acquire(n) == attempt::done ? Guard::adopt(core, n) : Guard();
    }

    bool try_complete() noexcept {
        auto const a = request_ ? core_->claim(*request_) : core_->try_acquire(n_);
        if (a == attempt::done) {
            guard_ = Guard::adopt(*core_, n_);
        } else if (a == attempt::closed) {
            this->failure_ = core_->why_closed();
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) noexcept {
        if (!request_) {
            request_.emplace(n_);
        }
        return core_->request(*request_, w);
    }

    void stop_waiting(waiter&) noexcept {
        if (request_) {
            core_->withdraw(*request_);
            request_.reset();
        }
    }

    void retain() noexcept { core_.retain(); }

    Guard value() noexcept { return std::move(guard_); }

    std::tuple<error_code, Guard> take() noexcept { return {error_in_place(this->failure_), value()}; }

private:
    borrowed_core<Core> core_;
    std::uint64_t n_;
    late<permit_request> request_; // while it waits
    Guard guard_;
};

} // namespace weir::detail

#endif
