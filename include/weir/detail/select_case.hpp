// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECT_CASE_HPP
#define WEIR_DETAIL_SELECT_CASE_HPP

// The cases of a select as their user makes them and hands them over: what to wait for and what to run. A case is moved a
// few times on its way, so it holds no more than it has to say; a select makes an arm of it where that stays
// (select_arm.hpp).

#include <weir/detail/case_switch.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/select_arm.hpp>
#include <weir/detail/timer_wait.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// The next value of a handle that receives.
template <class Receiver>
class receive_source {
public:
    explicit receive_source(Receiver& receiver) noexcept : receiver_(&receiver) {}

    [[nodiscard]] auto operation() const { return receiver_->async_receive(no_token{}); }

private:
    Receiver* receiver_;
};

/// An operation that the user has made.
template <class Operation>
class operation_source {
public:
    explicit operation_source(Operation&& op) : op_(std::move(op)) {}

    [[nodiscard]] Operation&& operation() && noexcept { return std::move(op_); }

private:
    Operation op_;
};

template <class Source>
using core_of_source = typename std::decay_t<decltype(std::declval<Source>().operation())>::core_type;

/// A receive, or any other operation of weir.
template <class Source, class Handler, class ClosedHandler = no_handler, class Guard = no_guard>
class channel_case : public switchable_case<channel_case<Source, Handler, ClosedHandler, Guard>, Guard> {
    using switchable = switchable_case<channel_case, Guard>;
    using switchable::switch_;

public:
    using arm = channel_arm<core_of_source<Source>, Handler, ClosedHandler, Guard>;

    channel_case(Source source, Handler handler, ClosedHandler closed = {}, case_switch<Guard> on = {})
        : switchable(std::move(on)),
          source_(std::move(source)),
          handler_(std::move(handler)),
          closed_(std::move(closed)) {}

    /// Member by member, as the operations (endpoint_operations.hpp): a case that is trivial is copied as a whole.
    channel_case(channel_case&& other)
        : channel_case(std::move(other.source_), std::move(other.handler_), std::move(other.closed_),
                       std::move(other.switch_)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return channel_case<Source, Handler, ClosedHandler, F>(std::move(source_), std::move(handler_),
                                                               std::move(closed_), std::move(on));
    }

    /// Runs `f()` once when the channel has closed; that counts as this case having run.
    template <class F>
    [[nodiscard]] auto closed(F f) && {
        return channel_case<Source, Handler, F, Guard>(std::move(source_), std::move(handler_), std::move(f),
                                                       std::move(switch_));
    }

    operator arm() && {
        return arm(std::move(source_), std::move(handler_), std::move(closed_), std::move(switch_));
    }

private:
    Source source_;
    Handler handler_;
    [[no_unique_address]] ClosedHandler closed_;
};

/// A point in time. Or a duration, from when the case was made.
template <class Handler, class Guard = no_guard>
class timer_case : public switchable_case<timer_case<Handler, Guard>, Guard> {
    using switchable = switchable_case<timer_case, Guard>;
    using switchable::switch_;

public:
    using arm = timer_arm<Handler, Guard>;

    timer_case(steady_time when, Handler handler) : timer_case(when, {}, std::move(handler), {}) {}

    timer_case(steady_duration period, Handler handler)
        : timer_case(from_now(period), period, std::move(handler), {}) {}

    timer_case(steady_time when, std::optional<steady_duration> period, Handler handler,
               case_switch<Guard> on)
        : switchable(std::move(on)), when_(when), period_(period), handler_(std::move(handler)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return timer_case<Handler, F>(when_, period_, std::move(handler_), std::move(on));
    }

    operator arm() && { return arm(timer_wait(when_), period_, std::move(handler_), std::move(switch_)); }

private:
    steady_time when_;
    std::optional<steady_duration> period_; // none: a point in time
    Handler handler_;
};

/// What runs when nothing else can.
template <class Handler, class Guard = no_guard>
class otherwise_case : public switchable_case<otherwise_case<Handler, Guard>, Guard> {
    using switchable = switchable_case<otherwise_case, Guard>;
    using switchable::switch_;

public:
    using arm = otherwise_arm<Handler, Guard>;

    explicit otherwise_case(Handler handler, case_switch<Guard> on = {})
        : switchable(std::move(on)), handler_(std::move(handler)) {}

    template <class F>
    [[nodiscard]] auto guarded(case_switch<F> on) && {
        return otherwise_case<Handler, F>(std::move(handler_), std::move(on));
    }

    operator arm() && { return arm(std::move(handler_), std::move(switch_)); }

private:
    Handler handler_;
};

template <class T>
concept select_case = requires(T c) {
    typename T::arm;
    static_cast<typename T::arm>(std::move(c));
};

} // namespace weir::detail

#endif
