// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_NOTIFY_CORE_HPP
#define WEIR_DETAIL_NOTIFY_CORE_HPP

// Those who wait to be notified, and the one notification that may be stored, without executors. One mutex guards all.
//
// Who waits has a request in a queue. notify_one marks the front, notify_all marks all that are in the queue; nothing is
// stored while somebody waits. A request that was marked by notify_one and is withdrawn (cancelled, destroyed, the loser of
// a select) passes its notification on, as if it were sent now; one of notify_all was for those who waited then, and ends.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/late.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <mutex>
#include <tuple>
#include <utility>

namespace weir::detail {

/// Somebody's place in the queue. Guarded by the core's mutex.
struct notify_request : list_hook<> {
    enum class mark : unsigned char { none, one, all, gone };

    waiter* who = nullptr;
    mark by = mark::none;
};

template <class Threading>
class notify_core : public self_owned<notify_core<Threading>, Threading::template atomic> {
    using mutex = typename Threading::mutex;
    using mark = notify_request::mark;

public:
    notify_core() = default;
    notify_core(notify_core const&) = delete;

    void notify_one() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        notify_one(woken);
    }

    void notify_all() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        mark_all(mark::all, woken);
    }

    /// The object goes: who waits has nothing to wait for.
    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_gone_ = true;
        mark_all(mark::gone, woken);
    }

    /// Takes the stored notification.
    bool try_take() noexcept {
        std::lock_guard lock(mutex_);
        return std::exchange(is_stored_, false);
    }

    wait_result park(notify_request& r, waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        r.who = &w;
        if (!r.is_linked() && r.by == mark::none) {
            if (is_gone_) {
                r.by = mark::gone;
            } else if (std::exchange(is_stored_, false)) {
                r.by = mark::one;
            } else {
                waiting_.push_back(r);
            }
        }
        return r.by == mark::none ? wait_result::parked : wait_result::look_again;
    }

    /// What has come for a request that was parked. `closed`: the object has gone.
    attempt claim(notify_request& r) noexcept {
        std::lock_guard lock(mutex_);
        if (r.by == mark::gone) {
            return attempt::closed;
        }
        return std::exchange(r.by, mark::none) != mark::none ? attempt::done : attempt::not_now;
    }

    void withdraw(notify_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (r.is_linked()) {
            r.unlink();
        }
        if (std::exchange(r.by, mark::none) == mark::one) {
            notify_one(woken);
        }
    }

private:
    // under the mutex

    void notify_one(wake_batch& woken) noexcept {
        if (notify_request* const r = waiting_.pop_front()) {
            r->by = mark::one;
            r->who->wake(woken);
        } else {
            is_stored_ = true;
        }
    }

    void mark_all(mark by, wake_batch& woken) noexcept {
        while (notify_request* const r = waiting_.pop_front()) {
            r->by = by;
            r->who->wake(woken);
        }
    }

    mutex mutex_;
    bool is_stored_ = false;                 // mutex_
    bool is_gone_ = false;                   // mutex_
    intrusive_list<notify_request> waiting_; // mutex_
};

/// Completes when it is notified.
template <class Executor, class Core>
class notified_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code);
    static constexpr bool eager = false;

    notified_core(Core& core, Executor const& ex) noexcept : endpoint_operation<Executor>(ex), core_(core) {}

    notified_core(notified_core&& other) noexcept // before it waits
        : endpoint_operation<Executor>(other), core_(std::move(other.core_)) {}

    bool try_complete() noexcept {
        if (!request_) {
            return core_->try_take();
        }
        auto const a = core_->claim(*request_);
        if (a == attempt::closed) {
            this->failure_ = failure::aborted;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) noexcept {
        if (!request_) {
            request_.emplace();
        }
        return core_->park(*request_, w);
    }

    void stop_waiting(waiter&) noexcept {
        if (request_) {
            core_->withdraw(*request_);
            request_.reset();
        }
    }

    void retain() noexcept { core_.retain(); }

    void value() const noexcept {}

    std::tuple<error_code> take() noexcept { return {error_in_place(this->failure_)}; }

private:
    borrowed_core<Core> core_;
    late<notify_request> request_; // since it has begun to wait
};

} // namespace weir::detail

#endif
