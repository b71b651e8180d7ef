// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECT_CORE_HPP
#define WEIR_DETAIL_SELECT_CORE_HPP

// A select is one operation made of many: it looks at its cases in turn, waits in all of them if none is ready, and
// only the one that wins has taken anything. Losing costs nothing because waiting never takes (operation_core.hpp).
//
// Where the looking starts moves on from select to select by the golden ratio of a circle: the starts are spread evenly
// over the cases, and stay so when several selects on one thread alternate, which counting up by one would not.

#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/select_case.hpp>

#include <boost/asio/system_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {

/// What select completes with when every channel case is closed or off.
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

namespace detail {

/// Where the next select on this thread starts among `n` cases.
[[nodiscard]] inline std::size_t next_start(std::size_t n) noexcept {
    thread_local std::uint64_t turn = 0;
    turn += 0x9E3779B97F4A7C15; // 2^64 / golden ratio
    return static_cast<std::size_t>(((turn >> 32) * n) >> 32);
}

/// The executor of the first channel case; the system's if there is none (the waiter's own is used then).
template <class... Cases>
struct select_executor {
    using type = asio::system_executor;

    static type get(Cases const&...) noexcept { return {}; }
};

template <class First, class... Rest>
struct select_executor<First, Rest...> : select_executor<Rest...> {
    static auto get(First const&, Rest const&... rest) { return select_executor<Rest...>::get(rest...); }
};
template <class First, class... Rest>
    requires(First::kind == case_kind::channel)

struct select_executor<First, Rest...> {
    using type = std::decay_t<decltype(std::declval<First const&>().core().get_executor())>;

    static type get(First const& first, Rest const&...) { return first.core().get_executor(); }
};

/// The cases of a select that are known when it is compiled.
template <class... Cases>
class fixed_cases {
public:
    using executor_type = typename select_executor<Cases...>::type;
    static constexpr bool has_channels = ((Cases::kind == case_kind::channel) || ...);

    explicit fixed_cases(Cases&&... cases) : cases_(std::move(cases)...) {}

    fixed_cases(fixed_cases&&) = default; // before they wait

    [[nodiscard]] executor_type get_executor() const {
        return std::apply([](auto const&... c) { return select_executor<Cases...>::get(c...); }, cases_);
    }

    [[nodiscard]] static constexpr std::size_t size() noexcept { return sizeof...(Cases); }

    /// f(case number i) -> bool.
    template <class F>
    bool visit(std::size_t i, F f) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return ((I == i && f(std::get<I>(cases_))) || ...);
        }
        (std::index_sequence_for<Cases...>());
    }

    template <class F>
    void for_each(F f) {
        std::apply([&f](auto&... c) { (f(c), ...); }, cases_);
    }

private:
    std::tuple<Cases...> cases_;
};

template <bool Biased, class Cases>
class select_core {
public:
    using signature = void(error_code, std::size_t);
    using executor_type = typename Cases::executor_type;
    static constexpr bool eager = false;

    /// The cases are made here from the arguments, which saves moving them once more.
    template <class... Args>
    explicit select_core(std::in_place_t, Args&&... args) : cases_(std::forward<Args>(args)...) {}

    select_core(select_core&&) = default; // before it waits

    [[nodiscard]] executor_type get_executor() const { return cases_.get_executor(); }

    bool try_complete() {
        std::size_t const n = cases_.size();
        std::size_t const start = Biased ? 0 : next_start(n);
        for (std::size_t k = 0; k != n; ++k) {
            std::size_t const i = start + k < n ? start + k : start + k - n;
            if (cases_.visit(i, [](auto& c) { return c.look() == look_result::ready; })) {
                winner_ = i;
                return true;
            }
        }
        if (auto const i = first_on(case_kind::otherwise); i != none) {
            winner_ = i;
            return true;
        }
        return !can_come(); // with winner_ == none
    }

    wait_result start_waiting(waiter& whole) {
        auto result = can_come() ? wait_result::parked : wait_result::look_again;
        for (std::size_t i = 0; i != cases_.size() && result == wait_result::parked; ++i) {
            cases_.visit(i, [&](auto& c) {
                if (c.is_on()) {
                    result = c.start_waiting(whole);
                }
                return true;
            });
        }
        if (result == wait_result::look_again) {
            stop_waiting(whole);
        }
        return result;
    }

    void stop_waiting(waiter&) noexcept {
        cases_.for_each([](auto& c) { c.stop_waiting(); });
    }

    void retain() noexcept {
        cases_.for_each([](auto& c) { c.retain(); });
    }

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(failure why) noexcept {
        error_ = to_error(why);
        winner_ = none;
    }

    /// Runs the winner's handler: on the executor where the select completes.
    std::tuple<error_code, std::size_t> take() {
        if (winner_ != none) {
            cases_.visit(winner_, [this](auto& c) {
                error_ = c.run();
                return true;
            });
        }
        return {error_, winner_};
    }

private:
    /// False if all that could end the wait is closed or off.
    [[nodiscard]] bool can_come() {
        return first_on(Cases::has_channels ? case_kind::channel : case_kind::timer) != none;
    }

    [[nodiscard]] std::size_t first_on(case_kind kind) {
        for (std::size_t i = 0; i != cases_.size(); ++i) {
            if (cases_.visit(i, [kind](auto& c) { return c.kind == kind && c.is_on(); })) {
                return i;
            }
        }
        return none;
    }

    Cases cases_;
    std::size_t winner_ = none;
    error_code error_;
};

} // namespace detail
} // namespace weir

#endif
