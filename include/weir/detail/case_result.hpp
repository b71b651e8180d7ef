// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CASE_RESULT_HPP
#define WEIR_DETAIL_CASE_RESULT_HPP

// What the operation of a select's case has completed with, between the look that found it and the handler that gets it.
// Operations that have their result in two halves (operation_core.hpp) keep it so: no error code is made if there is none. A
// receive has it itself.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/error.hpp>

#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

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

/// How a result of several parts is taken apart.
template <class... Args>
struct result_parts {
    static error_code error(std::tuple<Args...> const&) noexcept { return {}; }

    static bool is_end(std::tuple<Args...> const&) noexcept { return false; }

    template <class F>
    static void call(F& f, std::tuple<Args...>& r) {
        std::apply([&f](auto&... v) { f(std::move(v)...); }, r);
    }
};

template <class... Args>
struct result_parts<error_code, Args...> {
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
struct result_parts<std::exception_ptr, Args...> {
    static error_code error(std::tuple<std::exception_ptr, Args...> const&) noexcept { return {}; }

    static bool is_end(std::tuple<std::exception_ptr, Args...> const&) noexcept { return false; }

    template <class F>
    static void call(F& f, std::tuple<std::exception_ptr, Args...>& r) {
        throw_if(std::get<0>(r));
        std::apply([&f](auto&, auto&... v) { f(std::move(v)...); }, r);
    }
};

template <class Core>
class case_result {
    template <class Tuple>
    struct parts_of;

    template <class... Args>
    struct parts_of<std::tuple<Args...>> {
        using type = result_parts<Args...>;
    };

    using parts = typename parts_of<result_of<Core>>::type;

public:
    void take_from(Core& core) { result_.emplace(core.take()); }

    void reset() noexcept { result_.reset(); }

    [[nodiscard]] bool has_failed(Core const&) const noexcept { return parts::error(*result_).failed(); }

    [[nodiscard]] error_code error(Core const&) const noexcept { return parts::error(*result_); }

    /// The channel has closed.
    [[nodiscard]] bool is_end(Core const&) const noexcept {
        auto const ec = parts::error(*result_);
        return ec ? ec == errc::closed : parts::is_end(*result_);
    }

    template <class F>
    void give_to(F& f, Core&) {
        parts::call(f, *result_);
    }

private:
    std::optional<result_of<Core>> result_;
};

template <class Core>
concept has_result_in_halves = requires(Core& core) {
    core.failed();
    core.value();
};

template <has_result_in_halves Core>
class case_result<Core> {
    using value_type = std::remove_cvref_t<decltype(std::declval<Core&>().value())>;
    static constexpr bool has_value = !std::is_void_v<value_type>;

    struct nothing {};

    using stored = std::conditional_t<has_value, value_type, nothing>;
    using unwrap_value = unwrapped<stored>;

public:
    void take_from(Core& core) {
        failure_ = core.failed();
        if constexpr (has_value) {
            value_.emplace(core.value());
        }
    }

    void reset() noexcept { value_.reset(); }

    [[nodiscard]] bool has_failed(Core const&) const noexcept { return failure_ != failure::none; }

    [[nodiscard]] error_code error(Core const&) const noexcept { return to_error(failure_); }

    [[nodiscard]] bool is_end(Core const&) const noexcept {
        if (failure_ != failure::none) {
            return failure_ == failure::closed;
        }
        if constexpr (has_value) {
            return unwrap_value::is_end(*value_);
        }
        return false;
    }

    template <class F>
    void give_to(F& f, Core&) {
        if constexpr (has_value) {
            f(unwrap_value::value(*value_));
        } else {
            f();
        }
    }

private:
    failure failure_ = failure::none;
    std::optional<stored> value_;
};

/// An operation that keeps its value until it is renewed or gone.
template <class Core>
concept keeps_its_value = has_result_in_halves<Core> && requires(Core& core) {
    core.received();
};

template <keeps_its_value Core>
class case_result<Core> {
public:
    void take_from(Core&) noexcept {}

    void reset() noexcept {}

    [[nodiscard]] bool has_failed(Core const& core) const noexcept { return core.failed() != failure::none; }

    [[nodiscard]] error_code error(Core const& core) const noexcept { return to_error(core.failed()); }

    [[nodiscard]] bool is_end(Core& core) const noexcept {
        return has_failed(core) ? core.failed() == failure::closed : !core.received();
    }

    template <class F>
    void give_to(F& f, Core& core) {
        f(std::move(*core.received()));
    }
};

} // namespace weir::detail

#endif
