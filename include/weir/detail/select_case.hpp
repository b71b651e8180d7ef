// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECT_CASE_HPP
#define WEIR_DETAIL_SELECT_CASE_HPP

// The cases of a select. Each looks when it is asked, waits when nothing is there, and runs its handler if it wins.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/relay.hpp>
#include <weir/detail/timer_wait.hpp>
#include <weir/error.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// What a look at a case finds.
enum class look_result : unsigned char {
    ready,   ///< it can run
    nothing, ///< not yet
    off      ///< it never will in this select: switched off, or its channel has closed
};

enum class case_kind : unsigned char { channel, timer, otherwise };

struct no_handler {};

template <class T>
struct unwrapped {
    static T&& value(T& v) noexcept { return std::move(v); }

    static bool is_end(T const&) noexcept { return false; }
};

template <class T>
struct unwrapped<std::optional<T>> {
    static T&& value(std::optional<T>& v) noexcept { return std::move(*v); }

    static bool is_end(std::optional<T> const& v) noexcept { return !v; }
};

/// How a case takes its operation's result apart.
template <class... Args>
struct case_result {
    static error_code error(std::tuple<Args...> const&) noexcept { return {}; }

    static bool is_end(std::tuple<Args...> const&) noexcept { return false; }

    template <class F>
    static void call(F& f, std::tuple<Args...>& r) {
        std::apply([&f](auto&... v) { f(std::move(v)...); }, r);
    }
};

template <class... Args>
struct case_result<error_code, Args...> {
    static error_code error(std::tuple<error_code, Args...> const& r) noexcept { return std::get<0>(r); }

    static bool is_end(std::tuple<error_code, Args...> const& r) noexcept {
        return std::apply(
            [](auto&, auto&... v) { return (unwrapped<std::decay_t<decltype(v)>>::is_end(v) || ...); }, r);
    }

    template <class F>
    static void call(F& f, std::tuple<error_code, Args...>& r) {
        std::apply([&f](auto&, auto&... v) { f(unwrapped<std::decay_t<decltype(v)>>::value(v)...); }, r);
    }
};

template <class... Args>
struct case_result<std::exception_ptr, Args...> {
    static error_code error(std::tuple<std::exception_ptr, Args...> const&) noexcept { return {}; }

    static bool is_end(std::tuple<std::exception_ptr, Args...> const&) noexcept { return false; }

    template <class F>
    static void call(F& f, std::tuple<std::exception_ptr, Args...>& r) {
        throw_if(std::get<0>(r));
        std::apply([&f](auto&, auto&... v) { f(std::move(v)...); }, r);
    }
};

template <class Tuple>
struct case_result_of;

template <class... Args>
struct case_result_of<std::tuple<Args...>> {
    using type = case_result<Args...>;
};

/// A receive, or any other operation of weir.
template <operation_core Core, class Handler, class ClosedHandler = no_handler>
class channel_case {
    using parts = typename case_result_of<result_of<Core>>::type;
    static constexpr bool tells_closed = !std::is_same_v<ClosedHandler, no_handler>;

public:
    static constexpr case_kind kind = case_kind::channel;

    channel_case(Core core, Handler handler, ClosedHandler closed = {}, bool on = true)
        : core_(std::move(core)), handler_(std::move(handler)), closed_(std::move(closed)), on_(on) {}

    channel_case(channel_case&& other) // before it waits
        : channel_case(std::move(other.core_), std::move(other.handler_), std::move(other.closed_),
                       other.on_) {}

    /// Switches the case off if `condition` is false.
    [[nodiscard]] channel_case&& when(bool condition) && noexcept {
        on_ = condition;
        return std::move(*this);
    }

    /// Runs `f()` once when the channel has closed; that counts as this case having run.
    template <class F>
    [[nodiscard]] auto closed(F f) && {
        return channel_case<Core, Handler, F>(std::move(core_), std::move(handler_), std::move(f), on_);
    }

    [[nodiscard]] bool is_on() const noexcept { return on_; }

    [[nodiscard]] Core const& core() const noexcept { return core_; }

    void retain() noexcept { core_.retain(); }

    look_result look() {
        if (!on_) {
            return look_result::off;
        }
        if (!core_.try_complete()) {
            return look_result::nothing;
        }
        result_.emplace(core_.take());
        auto const ec = parts::error(*result_);
        has_ended_ = ec ? ec == errc::closed : parts::is_end(*result_);
        if (has_ended_) {
            on_ = false;
            return must_tell() ? look_result::ready : look_result::off;
        }
        return look_result::ready;
    }

    wait_result start_waiting(waiter& whole) { return core_.start_waiting(relay_.to(whole)); }

    void stop_waiting() noexcept { core_.stop_waiting(relay_); }

    /// Runs the handler of the case that has won, or gives the error with which its operation failed.
    error_code run() {
        if (has_ended_) {
            if constexpr (tells_closed) {
                closed_();
            }
            return {};
        }
        if (auto const ec = parts::error(*result_)) {
            return ec;
        }
        parts::call(handler_, *result_);
        return {};
    }

private:
    bool must_tell() noexcept {
        if constexpr (tells_closed && requires { core_.tell_closed_once(); }) {
            return core_.tell_closed_once();
        } else {
            return tells_closed;
        }
    }

    Core core_;
    Handler handler_;
    ClosedHandler closed_;
    bool on_;
    bool has_ended_ = false;
    std::optional<result_of<Core>> result_;
    relay relay_;
};

/// A point in time.
template <class Handler>
class timer_case {
public:
    static constexpr case_kind kind = case_kind::timer;

    timer_case(steady_time when, Handler handler) : timer_(when), handler_(std::move(handler)) {}

    timer_case(timer_case&& other) // before it waits
        : timer_(std::move(other.timer_)), handler_(std::move(other.handler_)), on_(other.on_) {}

    /// Switches the case off if `condition` is false.
    [[nodiscard]] timer_case&& when(bool condition) && noexcept {
        on_ = condition;
        return std::move(*this);
    }

    [[nodiscard]] bool is_on() const noexcept { return on_; }

    void retain() noexcept {}

    look_result look() {
        return !on_ ? look_result::off : timer_.is_due() ? look_result::ready : look_result::nothing;
    }

    wait_result start_waiting(waiter& whole) { return timer_.start_waiting(relay_.to(whole)); }

    void stop_waiting() noexcept { timer_.stop_waiting(); }

    error_code run() {
        handler_();
        return {};
    }

private:
    timer_wait timer_;
    Handler handler_;
    bool on_ = true;
    relay relay_;
};

/// What runs when nothing else can.
template <class Handler>
class otherwise_case {
public:
    static constexpr case_kind kind = case_kind::otherwise;

    explicit otherwise_case(Handler handler) : handler_(std::move(handler)) {}

    /// Switches the case off if `condition` is false.
    [[nodiscard]] otherwise_case&& when(bool condition) && noexcept {
        on_ = condition;
        return std::move(*this);
    }

    [[nodiscard]] bool is_on() const noexcept { return on_; }

    void retain() noexcept {}

    look_result look() const noexcept { return look_result::nothing; } // never before the others

    wait_result start_waiting(waiter&) const noexcept { return wait_result::look_again; }

    void stop_waiting() const noexcept {}

    error_code run() {
        handler_();
        return {};
    }

private:
    Handler handler_;
    bool on_ = true;
};

template <class T>
concept select_case = requires(T& c) {
    { T::kind } -> std::convertible_to<case_kind>;
    { c.look() } -> std::same_as<look_result>;
    { c.run() } -> std::same_as<error_code>;
};

} // namespace weir::detail

#endif
