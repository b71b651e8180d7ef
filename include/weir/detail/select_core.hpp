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
#include <weir/detail/select_arm.hpp>

#include <boost/asio/system_executor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {

/// What select completes with when every channel case is closed or off.
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Says that a select or selector shall take the first case that is ready.
struct biased_t {};

inline constexpr biased_t biased{};

namespace detail {

/// Where the next select on this thread starts among `n` cases.
[[nodiscard]] inline std::size_t next_start(std::size_t n) noexcept {
    thread_local std::uint64_t turn = 0;
    turn += 0x9E3779B97F4A7C15; // 2^64 / golden ratio
    return static_cast<std::size_t>(((turn >> 32) * n) >> 32);
}

/// The executor of the first channel case; the system's if there is none (the waiter's own is used then).
template <class... Arms>
struct select_executor {
    using type = asio::system_executor;

    static type get(Arms const&...) noexcept { return {}; }
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
    using executor_type = typename select_executor<typename Cases::arm...>::type;
    static constexpr bool has_channels = ((Cases::arm::kind == case_kind::channel) || ...);

    explicit fixed_cases(Cases&&... cases) : arms_(std::move(cases)...) {}

    fixed_cases(fixed_cases&&) = default; // before they wait

    [[nodiscard]] executor_type get_executor() const {
        return std::apply([](auto const&... a) { return select_executor<typename Cases::arm...>::get(a...); },
                          arms_);
    }

    [[nodiscard]] static constexpr std::size_t size() noexcept { return sizeof...(Cases); }

    /// f(case) for number `i`.
    template <class F>
    void visit(std::size_t i, F f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            static_cast<void>(((I == i && (f(std::get<I>(arms_)), true)) || ...));
        }
        (std::index_sequence_for<Cases...>());
    }

    /// The first case, in turn from number `start` on, for which f(case, number) is true; or none.
    template <class F>
    std::size_t find(std::size_t start, F f) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            std::size_t found = none;
            auto const is_it = [&](auto& c, std::size_t i) {
                found = f(c, i) ? i : none;
                return found != none;
            };
            static_cast<void>(((I >= start && is_it(std::get<I>(arms_), I)) || ...) ||
                              ((I < start && is_it(std::get<I>(arms_), I)) || ...));
            return found;
        }
        (std::index_sequence_for<Cases...>());
    }

    template <class F>
    void for_each(F f) {
        std::apply([&f](auto&... a) { (f(a), ...); }, arms_);
    }

private:
    std::tuple<typename Cases::arm...> arms_;
};

/// One time through the cases: looks until one is ready, waits in all of them, runs the one that was found.
template <class Cases>
class select_round {
public:
    template <class... Args>
    explicit select_round(std::in_place_t, Args&&... args) : cases_(std::forward<Args>(args)...) {}

    void begin() {
        cases_.for_each([](auto& c) { c.begin_round(); });
    }

    [[nodiscard]] Cases& cases() noexcept { return cases_; }

    [[nodiscard]] Cases const& cases() const noexcept { return cases_; }

    /// The number of the case that runs, or none.
    [[nodiscard]] std::size_t winner() const noexcept { return winner_; }

    /// Looks at the cases in turn from `start` on, at those for which looks_at(number) says so. True: one is ready.
    template <class F>
    bool look(std::size_t start, F looks_at) {
        winner_ = cases_.find(start, [&looks_at](auto& c, std::size_t i) {
            return looks_at(i) && c.look() == look_result::ready;
        });
        return winner_ != none;
    }

    /// After a look that has found nothing. False: there is something to wait for.
    bool is_over() {
        winner_ = first_on(case_kind::otherwise);
        return winner_ != none || !can_come();
    }

    /// If one has something to look at, those before it stay where they are: what may have come to them is not given back.
    wait_result start_waiting(waiter& whole) {
        auto result = can_come() ? wait_result::parked : wait_result::look_again;
        cases_.for_each([&](auto& c) {
            if (result == wait_result::parked && c.is_on()) {
                result = c.start_waiting(whole);
            }
        });
        return result;
    }

    void stop_waiting() noexcept {
        cases_.for_each([](auto& c) { c.stop_waiting(); });
    }

    void retain() noexcept {
        cases_.for_each([](auto& c) { c.retain(); });
    }

    /// No case runs.
    void give_up() noexcept { winner_ = none; }

    /// Runs the winner's handler, on the executor where the select completes. False: its operation has failed.
    [[nodiscard]] bool run() {
        bool has_run = true;
        if (winner_ != none) {
            visit_winner([&has_run](auto& c) { has_run = c.run(); });
        }
        return has_run;
    }

    /// That of the winner's operation.
    [[nodiscard]] WEIR_NOINLINE error_code error() {
        error_code error;
        visit_winner([&error](auto& c) { error = c.error(); });
        return error;
    }

    template <class F>
    void visit_winner(F f) {
        cases_.visit(winner_, f);
    }

private:
    /// False if all that could end the wait is closed or off.
    [[nodiscard]] bool can_come() {
        return first_on(Cases::has_channels ? case_kind::channel : case_kind::timer) != none;
    }

    [[nodiscard]] std::size_t first_on(case_kind kind) {
        return cases_.find(0, [kind](auto& c, std::size_t) { return c.kind == kind && c.is_on(); });
    }

    Cases cases_;
    std::size_t winner_ = none;
};

template <bool Biased, class Cases>
class select_core {
public:
    using signature = void(error_code, std::size_t);
    using executor_type = typename Cases::executor_type;
    static constexpr bool eager = false;

    /// What `Cases` is made from, which is not moved any more.
    template <class... Args>
        requires std::constructible_from<Cases, Args...>

    explicit select_core(Args&&... args) : round_(std::in_place, std::forward<Args>(args)...) {
        round_.begin();
    }

    select_core(select_core&&) = default; // before it waits

    [[nodiscard]] executor_type get_executor() const { return round_.cases().get_executor(); }

    bool try_complete() {
        std::size_t const start = Biased ? 0 : next_start(round_.cases().size());
        return round_.look(start, [](std::size_t) { return true; }) || round_.is_over();
    }

    wait_result start_waiting(waiter& whole) { return round_.start_waiting(whole); }

    void stop_waiting(waiter&) noexcept { round_.stop_waiting(); }

    void retain() noexcept { round_.retain(); }

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(failure why) noexcept {
        failure_ = why;
        round_.give_up();
    }

    std::tuple<error_code, std::size_t> take() {
        if (!round_.run()) {
            return {round_.error(), round_.winner()};
        }
        return {error_in_place(failure_), round_.winner()};
    }

    std::size_t awaited() {
        throw_if(failure_);
        if (!round_.run()) {
            throw_if(round_.error());
        }
        return round_.winner();
    }

private:
    select_round<Cases> round_;
    failure failure_ = failure::none;
};

} // namespace detail
} // namespace weir

#endif
