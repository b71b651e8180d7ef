// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BARRIER_CORE_HPP
#define WEIR_DETAIL_BARRIER_CORE_HPP

// Those who wait for each other, without executors. One mutex guards all.
//
// Who arrives stands in a list until there are enough; then all of the generation pass, and the list is empty for the next.
// Who is withdrawn before that (cancelled, destroyed, the loser of a select) has not arrived. Afterwards nothing can be
// taken back: others may have gone on already. So a wait that has passed is not cancelled any more.
//
// The last to arrive leads. If it is withdrawn before it was told, another of its generation that was not told yet leads
// instead: to be found, they stay linked to each other, in a circle that needs no memory and no name.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/late.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <mutex>
#include <tuple>
#include <utility>

namespace weir::detail {

/// Somebody's arrival. Guarded by the core's mutex.
struct barrier_request : list_hook<> {
    enum class place : unsigned char {
        outside,
        waiting, // in the list
        passed,  // in the circle of its generation
        refused  // the barrier has gone
    };

    waiter* who = nullptr;
    place at = place::outside;
    bool leads = false;
};

template <class Threading>
class barrier_core : public self_owned<barrier_core<Threading>, Threading::template atomic> {
    using mutex = typename Threading::mutex;
    using place = barrier_request::place;

public:
    explicit barrier_core(std::size_t n) noexcept : missing_(n), all_(n) {}

    barrier_core(barrier_core const&) = delete;

    /// `done`: the caller was the last to arrive, and leads. `not_now`: it has not arrived.
    attempt try_pass(bool& leads) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (is_gone_) {
            return attempt::closed;
        }
        if (missing_ != 1) {
            return attempt::not_now;
        }
        pass(woken);
        leads = true;
        return attempt::done;
    }

    wait_result arrive(barrier_request& r, waiter& w) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        r.who = &w;
        if (r.at == place::outside) {
            if (is_gone_) {
                r.at = place::refused;
            } else if (missing_ == 1) {
                r.leads = true;
                waiting_.push_back(r);
                pass(woken, &r);
            } else {
                r.at = place::waiting;
                waiting_.push_back(r);
                --missing_;
            }
        }
        return r.at == place::waiting ? wait_result::parked : wait_result::look_again;
    }

    /// What has come of an arrival. `done`: it has passed, and leads or not. `closed`: the barrier has gone.
    attempt claim(barrier_request& r, bool& leads) noexcept {
        std::lock_guard lock(mutex_);
        if (r.at != place::passed) {
            return r.at == place::refused ? attempt::closed : attempt::not_now;
        }
        leads = std::exchange(r.leads, false);
        leave(r);
        return attempt::done;
    }

    /// False: it has passed, and so it was not cancelled.
    bool cancel(barrier_request& r) noexcept {
        std::lock_guard lock(mutex_);
        if (r.at == place::passed) {
            return false;
        }
        leave(r);
        return true;
    }

    void withdraw(barrier_request& r) noexcept {
        std::lock_guard lock(mutex_);
        leave(r);
    }

    /// The barrier goes: who waits has nothing to wait for.
    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_gone_ = true;
        while (barrier_request* const r = waiting_.pop_front()) {
            r->at = place::refused;
            r->who->wake(woken);
        }
    }

private:
    // under the mutex

    /// All who wait pass. `last` asks for itself and is not woken.
    void pass(wake_batch& woken, barrier_request const* last = nullptr) noexcept {
        waiting_.for_each([&](barrier_request& r) {
            r.at = place::passed;
            if (&r != last) {
                r.who->wake(woken);
            }
        });
        waiting_.let_go();
        missing_ = all_;
    }

    void leave(barrier_request& r) noexcept {
        if (std::exchange(r.leads, false)) {
            if (auto* const other = intrusive_list<barrier_request>::another_in_circle(r)) {
                other->leads = true;
            }
        }
        if (r.is_linked()) {
            r.unlink();
        }
        missing_ += r.at == place::waiting ? 1 : 0;
        r.at = place::outside;
    }

    mutex mutex_;
    std::size_t missing_; // mutex_; from 1 to all_: a generation that is complete has passed
    std::size_t const all_;
    bool is_gone_ = false;                    // mutex_
    intrusive_list<barrier_request> waiting_; // mutex_
};

/// Arrives, and completes when all have.
template <class Executor, class Core>
class barrier_wait_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code, bool);
    static constexpr bool eager = false;

    barrier_wait_core(Core& core, Executor const& ex) noexcept
        : endpoint_operation<Executor>(ex), core_(core) {}

    barrier_wait_core(barrier_wait_core&& other) noexcept // before it waits
        : endpoint_operation<Executor>(other), core_(std::move(other.core_)) {}

    bool try_complete() noexcept {
        auto const a = request_ ? core_->claim(*request_, leads_) : core_->try_pass(leads_);
        has_passed_ = a == attempt::done;
        if (a == attempt::closed) {
            this->failure_ = failure::aborted;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) noexcept {
        if (!request_) {
            request_.emplace();
        }
        return core_->arrive(*request_, w);
    }

    void stop_waiting(waiter&) noexcept {
        if (request_) {
            core_->withdraw(*request_);
            request_.reset();
        }
    }

    void retain() noexcept { core_.retain(); }

    /// A wait that has passed ends by itself.
    bool cancel(asio::cancellation_type) noexcept { return !request_ || core_->cancel(*request_); }

    /// A timeout that asked it to end, and was too late, does not make a failure of it.
    void fail(failure why) noexcept {
        if (!has_passed_) {
            this->failure_ = why;
        }
    }

    [[nodiscard]] bool value() const noexcept { return leads_; }

    std::tuple<error_code, bool> take() noexcept { return {error_in_place(this->failure_), value()}; }

private:
    borrowed_core<Core> core_;
    late<barrier_request> request_; // since it has begun to wait
    bool leads_ = false;
    bool has_passed_ = false;
};

} // namespace weir::detail

#endif
