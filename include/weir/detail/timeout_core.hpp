// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TIMEOUT_CORE_HPP
#define WEIR_DETAIL_TIMEOUT_CORE_HPP

// An operation and a timer: whichever is first. The operation is looked at before the clock.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/relay.hpp>
#include <weir/detail/timer_wait.hpp>

#include <utility>

namespace weir::detail {

template <operation_core Inner>
class timeout_core {
public:
    using signature = typename Inner::signature;
    using executor_type = typename Inner::executor_type;
    static constexpr bool eager = Inner::eager;

    timeout_core(steady_time when, Inner inner) : timer_(when), inner_(std::move(inner)) {}

    [[nodiscard]] executor_type get_executor() const { return inner_.get_executor(); }

    void retain() noexcept { inner_.retain(); }

    bool try_complete() {
        if (inner_.try_complete()) {
            if (expired_) {
                inner_.fail(failure::timed_out);
            }
            return true;
        }
        if (!expired_ && timer_.is_due()) {
            expired_ = true;
            if (inner_.cancel(asio::cancellation_type::terminal)) {
                inner_.stop_waiting(for_inner_);
                inner_.fail(failure::timed_out);
                return true;
            }
        }
        return false;
    }

    wait_result start_waiting(waiter& whole) {
        if (!expired_ && timer_.is_due()) { // no task is started for no time
            return wait_result::
                look_again; // what has come meanwhile to an operation that waits is found then
        }
        auto const result = inner_.start_waiting(for_inner_.to(whole));
        if (result == wait_result::parked && !expired_) {
            return timer_.start_waiting(for_timer_.to(whole));
        }
        return result;
    }

    void stop_waiting(waiter&) noexcept {
        inner_.stop_waiting(for_inner_);
        timer_.stop_waiting();
    }

    bool cancel(asio::cancellation_type type) { return inner_.cancel(type); }

    void fail(failure why) { inner_.fail(why); }

    [[nodiscard]] failure failed() const noexcept requires requires(Inner const& i) { i.failed(); }

    { return inner_.failed(); }

    decltype(auto) value() requires requires(Inner& i) { i.value(); }

    { return inner_.value(); }

    result_of<Inner> take() { return inner_.take(); }

    /// For select: true once in the life of the channel.
    [[nodiscard]] bool tell_closed_once() noexcept requires requires(Inner& i) { i.tell_closed_once(); }

    { return inner_.tell_closed_once(); }

private:
    timer_wait timer_;
    Inner inner_;
    bool expired_ = false;
    relay for_inner_;
    relay for_timer_;
};

} // namespace weir::detail

#endif
