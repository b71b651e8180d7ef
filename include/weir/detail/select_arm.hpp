// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECT_ARM_HPP
#define WEIR_DETAIL_SELECT_ARM_HPP

// An arm is what a select or selector makes of a case (select_case.hpp). It looks when it is asked, waits when nothing is
// there, and runs its handler if it wins. A select has one round; in a selector the arms stay, and are told where a round
// begins and how it has ended.

#include <weir/detail/case_result.hpp>
#include <weir/detail/case_switch.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/relay.hpp>
#include <weir/detail/timer_wait.hpp>
#include <weir/error.hpp>
#include <weir/operation.hpp>

#include <concepts>
#include <optional>
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

/// The operation of an arm, which is made where it stays.
template <class Core>
class held_core {
public:
    template <class Source>
    explicit held_core(Source&& source)
        : core_(std::in_place, std::forward<Source>(source).operation().core()) {}

    held_core(held_core&&) = default; // before it waits

    [[nodiscard]] explicit operator bool() const noexcept { return core_.has_value(); }

    Core& operator*() noexcept { return *core_; }

    Core const& operator*() const noexcept { return *core_; }

    Core* operator->() noexcept { return &*core_; }

    void reset() noexcept { core_.reset(); }

private:
    std::optional<Core> core_; // none once it has been done
};

template <repeatable_core Core>
class held_core<Core> {
public:
    template <class Source>
    explicit held_core(Source&& source) : operation_(std::forward<Source>(source).operation()) {}

    held_core(held_core&&) = default; // before it waits

    [[nodiscard]] explicit operator bool() const noexcept { return true; }

    Core& operator*() noexcept { return operation_.core(); }

    Core const& operator*() const noexcept { return operation_.core(); }

    Core* operator->() noexcept { return &operation_.core(); }

private:
    operation<Core> operation_;
};

/// A receive, or any other operation of weir.
template <operation_core Core, class Handler, class ClosedHandler = no_handler, class Guard = no_guard>
class channel_arm : public switched_arm<Guard> {
    using switched = switched_arm<Guard>;
    using switched::switch_;
    static constexpr bool tells_closed = !std::same_as<ClosedHandler, no_handler>;

public:
    static constexpr case_kind kind = case_kind::channel;

    /// `source.operation()` is the operation.
    template <class Source>
    channel_arm(Source&& source, Handler&& handler, ClosedHandler&& closed = {}, case_switch<Guard>&& on = {})
        : switched(std::move(on)),
          core_(std::forward<Source>(source)),
          handler_(std::move(handler)),
          closed_(std::move(closed)) {}

    channel_arm(channel_arm&& other) // before it waits
        : switched(std::move(other.switch_)),
          core_(std::move(other.core_)),
          handler_(std::move(other.handler_)),
          closed_(std::move(other.closed_)) {}

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
        has_ended_ = result_.is_end(*core_);
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

    /// Runs the handler of the case that has won. False: its operation has failed, with error().
    [[nodiscard]] bool run() {
        if (has_ended_) {
            if constexpr (tells_closed) {
                closed_();
            }
        } else if (result_.has_failed(*core_)) {
            return false;
        } else {
            result_.give_to(handler_, *core_);
        }
        return true;
    }

    [[nodiscard]] error_code error() const noexcept { return result_.error(*core_); }

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

    held_core<Core> core_;
    [[no_unique_address]] Handler handler_;
    [[no_unique_address]] ClosedHandler closed_;
    [[no_unique_address]] case_result<Core> result_;
    bool has_ended_ = false; // the channel has closed
    relay relay_;
};

/// A point in time. Or a duration, from when the case was made; in a selector, in each round that has to wait.
template <class Handler, class Guard = no_guard>
class timer_arm : public switched_arm<Guard> {
    using switched = switched_arm<Guard>;
    using switched::switch_;

public:
    static constexpr case_kind kind = case_kind::timer;

    timer_arm(timer_wait&& timer, std::optional<steady_duration> period, Handler&& handler,
              case_switch<Guard>&& on)
        : switched(std::move(on)), timer_(std::move(timer)), handler_(std::move(handler)), period_(period) {}

    timer_arm(timer_arm&& other) // before it waits
        : timer_arm(std::move(other.timer_), other.period_, std::move(other.handler_),
                    std::move(other.switch_)) {}

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

    [[nodiscard]] bool run() {
        handler_();
        return true;
    }

    [[nodiscard]] error_code error() const noexcept { return {}; }

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
class otherwise_arm : public switched_arm<Guard> {
public:
    static constexpr case_kind kind = case_kind::otherwise;

    otherwise_arm(Handler&& handler, case_switch<Guard>&& on)
        : switched_arm<Guard>(std::move(on)), handler_(std::move(handler)) {}

    void retain() noexcept {}

    look_result look() const noexcept { return look_result::nothing; } // never before the others

    wait_result start_waiting(waiter&) const noexcept { return wait_result::look_again; }

    void stop_waiting() const noexcept {}

    [[nodiscard]] bool run() {
        handler_();
        return true;
    }

    [[nodiscard]] error_code error() const noexcept { return {}; }

    void end_round(round_end) noexcept {}

private:
    Handler handler_;
};

} // namespace weir::detail

#endif
