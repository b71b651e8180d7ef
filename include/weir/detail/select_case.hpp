// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECT_CASE_HPP
#define WEIR_DETAIL_SELECT_CASE_HPP

// The cases of a select. Each looks when it is asked, waits when nothing is there, and runs its handler if it wins.
// A select has one round; in a selector the cases stay, and are told where a round begins and how it has ended.

#include <weir/detail/case_result.hpp>
#include <weir/detail/case_switch.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/relay.hpp>
#include <weir/detail/timer_wait.hpp>
#include <weir/error.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// What a look at a case finds.
enum class look_result : unsigned char {
    ready,   ///< it can run
    nothing, ///< not yet
    off      ///< it never will in this round: switched off, or its channel has closed
};

/// What a round was for one of its cases.
enum class round_end : unsigned char {
    ran,  ///< it has run
    lost, ///< another has
    over  ///< none has, and there may be no next round
};

enum class case_kind : unsigned char { channel, timer, otherwise };

struct no_handler {};

/// An operation that can be done again and again: the receives, of one value or many.
template <class Core>
concept repeatable_core = requires(Core& c) {
    { c.renew() }
    noexcept;
};

/// A receive, or any other operation of weir.
template <operation_core Core, class Handler, class ClosedHandler = no_handler, class Guard = no_guard>
class channel_case : public switchable_case<channel_case<Core, Handler, ClosedHandler, Guard>, Guard> {
    using switchable = switchable_case<channel_case, Guard>;
    using switchable::switch_;
    static constexpr bool tells_closed = !std::same_as<ClosedHandler, no_handler>;

public:
    static constexpr case_kind kind = case_kind::channel;

    channel_case(Core core, Handler handler, ClosedHandler closed = {}, case_switch<Guard> on = {})
        : switchable(std::move(on)),
          core_(std::move(core)),
          handler_(std::move(handler)),
          closed_(std::move(closed)) {}

    channel_case(channel_case&& other) // before it waits
        : channel_case(std::move(*other.core_), std::move(other.handler_), std::move(other.closed_),
                       std::move(other.switch_)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return channel_case<Core, Handler, ClosedHandler, F>(std::move(*core_), std::move(handler_),
                                                             std::move(closed_), std::move(on));
    }

    /// Runs `f()` once when the channel has closed; that counts as this case having run.
    template <class F>
    [[nodiscard]] auto closed(F f) && {
        return channel_case<Core, Handler, F, Guard>(std::move(*core_), std::move(handler_), std::move(f),
                                                     std::move(switch_));
    }

    [[nodiscard]] Core const& core() const noexcept { return *core_; }

    void retain() noexcept { core_->retain(); }

    look_result look() {
        if (!this->is_on()) {
            return look_result::off;
        }
        if (!core_->try_complete()) {
            return look_result::nothing;
        }
        result_.take_from(*core_);
        has_ended_ = result_.is_end();
        if (has_ended_) {
            switch_.end();
            return must_tell() ? look_result::ready : look_result::off;
        }
        return look_result::ready;
    }

    wait_result start_waiting(waiter& whole) { return core_->start_waiting(relay_.to(whole)); }

    void stop_waiting() noexcept {
        if (core_) {
            core_->stop_waiting(relay_);
        }
    }

    /// Runs the handler of the case that has won, or tells the error with which its operation failed.
    void run(error_code& error) {
        if (has_ended_) {
            if constexpr (tells_closed) {
                closed_();
            }
        } else if (result_.has_failed()) {
            error = result_.error();
        } else {
            result_.give_to(handler_);
        }
    }

    /// A receive that has run is a receive again; of another operation nothing is left.
    void end_round(round_end how) noexcept {
        if (how != round_end::ran) {
            return;
        }
        result_.reset();
        if constexpr (repeatable_core<Core>) {
            core_->renew();
        } else {
            switch_.end();
            stop_waiting();
            core_.reset();
        }
    }

private:
    bool must_tell() noexcept {
        if constexpr (tells_closed && requires { core_->tell_closed_once(); }) {
            return core_->tell_closed_once();
        } else {
            return tells_closed;
        }
    }

    std::optional<Core> core_; // none once it has been done, if it cannot be done again
    Handler handler_;
    [[no_unique_address]] ClosedHandler closed_;
    bool has_ended_ = false; // the channel has closed
    case_result<Core> result_;
    relay relay_;
};

/// A point in time. Or a duration, from when the case was made; in a selector, in each round that has to wait.
template <class Handler, class Guard = no_guard>
class timer_case : public switchable_case<timer_case<Handler, Guard>, Guard> {
    using switchable = switchable_case<timer_case, Guard>;
    using switchable::switch_;

public:
    static constexpr case_kind kind = case_kind::timer;

    timer_case(steady_time when, Handler handler)
        : timer_case(timer_wait(when), {}, std::move(handler), {}) {}

    timer_case(steady_duration period, Handler handler)
        : timer_case(timer_wait(from_now(period)), period, std::move(handler), {}) {}

    timer_case(timer_wait timer, std::optional<steady_duration> period, Handler handler,
               case_switch<Guard> on)
        : switchable(std::move(on)),
          timer_(std::move(timer)),
          handler_(std::move(handler)),
          period_(period) {}

    timer_case(timer_case&& other) // before it waits
        : timer_case(std::move(other.timer_), other.period_, std::move(other.handler_),
                     std::move(other.switch_)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return timer_case<Handler, F>(std::move(timer_), period_, std::move(handler_), std::move(on));
    }

    void retain() noexcept {}

    look_result look() {
        if (!this->is_on()) {
            return look_result::off;
        }
        return is_counting_ && timer_.is_due() ? look_result::ready : look_result::nothing;
    }

    wait_result start_waiting(waiter& whole) {
        if (!is_counting_) {
            is_counting_ = true;
            timer_.restart(from_now(*period_));
            if (*period_ == steady_duration::zero()) {
                return wait_result::look_again;
            }
        }
        return timer_.start_waiting(relay_.to(whole));
    }

    void stop_waiting() noexcept { timer_.stop_waiting(); }

    void run(error_code&) { handler_(); }

    /// A point in time comes once. A duration is counted anew, and not before somebody has to wait: a round that finds
    /// something has not touched the clock.
    void end_round(round_end how) noexcept {
        if (period_) {
            is_counting_ = false;
        } else if (how == round_end::ran) {
            switch_.end();
        }
        if (how == round_end::over) {
            timer_.disarm();
        }
    }

private:
    timer_wait timer_;
    Handler handler_;
    std::optional<steady_duration> period_; // none: a point in time
    bool is_counting_ = true;               // the timer is set for this round
    relay relay_;
};

/// What runs when nothing else can.
template <class Handler, class Guard = no_guard>
class otherwise_case : public switchable_case<otherwise_case<Handler, Guard>, Guard> {
    using switchable = switchable_case<otherwise_case, Guard>;

public:
    static constexpr case_kind kind = case_kind::otherwise;

    explicit otherwise_case(Handler handler, case_switch<Guard> on = {})
        : switchable(std::move(on)), handler_(std::move(handler)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return otherwise_case<Handler, F>(std::move(handler_), std::move(on));
    }

    void retain() noexcept {}

    look_result look() const noexcept { return look_result::nothing; } // never before the others

    wait_result start_waiting(waiter&) const noexcept { return wait_result::look_again; }

    void stop_waiting() const noexcept {}

    void run(error_code&) { handler_(); }

    void end_round(round_end) noexcept {}

private:
    Handler handler_;
};

template <class T>
concept select_case = requires(T& c, error_code& ec) {
    { T::kind } -> std::convertible_to<case_kind>;
    { c.look() } -> std::same_as<look_result>;
    c.run(ec);
};

} // namespace weir::detail

#endif
