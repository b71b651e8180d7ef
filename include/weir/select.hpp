// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_SELECT_HPP
#define WEIR_SELECT_HPP

// select: waits for whatever comes first, and runs exactly one case.
//
// Cases         on(receiver, f)      the next value of a channel: f(T)
//               on(operation, f)     any operation of weir (a reserve, a timeout ...): f(results)
//               after(duration, f), at(time_point, f)
//               otherwise(f)         do not wait: runs when nothing else can
//               .when(bool) or .when(predicate) switches a case off; .closed(f) runs f() once, when its channel has closed.
// Loops         selector (selector.hpp) has its cases made once, and its timer is not armed anew each time.
// Ranges        select(receivers, f(index, T)) has a case for each receiver of a container or view.
// Guarantees    Only the case that runs takes a value or has any effect; the others lose nothing, on any number of
//               threads. Handlers run on the caller's executor, one a select.
// Fairness      Where looking starts moves on from call to call, so no case starves. select(biased, ...) takes the first
//               that is ready.
// Closing       A closed channel's case is off. When every channel case is closed or off, the result is weir::none;
//               timers do not hold a select alone (unless it has nothing but timers).
// Cancellation  All types; no case ran, nothing was taken.
// Cost          A select that finds something ready looks, and does not register anywhere. Nothing is allocated; a timer
//               uses a block that is kept, and that only when the select has to wait.
// Lifetime      Receivers must outlive the select. In a co_await expression let handlers capture by reference: g++ 12
//               destroys captured values there twice (README, "When not to use it").
// Throwing      What a handler throws comes out of the co_await in a task; with a completion token out of the executor.
//
//   while (co_await weir::select(weir::on(commands, [&](command c) { handle(c); }),
//                                weir::on(ticks, [&](tick t) { process(t); })) != weir::none) {
//   }

#include <weir/detail/cases.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/range_cases.hpp>
#include <weir/detail/select_case.hpp>
#include <weir/detail/select_core.hpp>
#include <weir/operation.hpp>
#include <weir/selector.hpp>

#include <iterator>
#include <type_traits>
#include <utility>

namespace weir {

namespace detail {

/// A range that may be gone through again, whose receivers stay where they are: a container that has a name, or a view.
template <class R>
concept range_of_receivers = requires(R&& receivers) {
    // Of an rvalue begin() gives nothing unless what it leads to outlives the range.
    { std::ranges::begin(std::forward<R>(receivers)) } -> std::forward_iterator;
    std::ranges::end(std::forward<R>(receivers));
    requires receiving_handle<std::remove_reference_t<decltype(*std::ranges::begin(receivers))>>;
};

template <bool Biased, class Range, class F>
[[nodiscard]] auto select_range(Range& receivers, F&& f) {
    using receiver = std::remove_reference_t<decltype(*std::ranges::begin(receivers))>;
    using core = select_core<Biased, range_cases<receiver, std::decay_t<F>>>;
    return operation<core>(std::in_place, receivers, std::forward<F>(f));
}

} // namespace detail

/// Waits for one of the cases and runs it. A lazy operation: await it, or call it with a completion token.
/// Completes:     void(error_code, std::size_t) - the index of the case that ran, or weir::none; operation_aborted;
///                or the error of an operation in a case, with the index of that case.
/// Complexity:    linear in the number of cases.
template <detail::select_case... Cases>
    requires(sizeof...(Cases) > 0)

[[nodiscard]] auto select(Cases... cases) {
    using core = detail::select_core<false, detail::fixed_cases<Cases...>>;
    return operation<core>(std::in_place, std::move(cases)...);
}

/// The same, taking the first case in order that is ready.
template <detail::select_case... Cases>
    requires(sizeof...(Cases) > 0)

[[nodiscard]] auto select(biased_t, Cases... cases) {
    using core = detail::select_core<true, detail::fixed_cases<Cases...>>;
    return operation<core>(std::in_place, std::move(cases)...);
}

/// Waits for the first value of any of the receivers, and runs f(index, T) with it. For as many as there are when it is
/// called; range and receivers must outlive the select. With none, or when all have closed, it completes with weir::none.
/// Completes:     as above; the index is that of the receiver.
/// Complexity:    linear in the number of receivers.
/// Allocates:     two blocks, for all cases together.
template <detail::range_of_receivers Range, class F>
[[nodiscard]] auto select(Range&& receivers, F f) {
    return detail::select_range<false>(receivers, std::move(f));
}

/// The same, taking the first receiver in order that has a value.
template <detail::range_of_receivers Range, class F>
[[nodiscard]] auto select(biased_t, Range&& receivers, F f) {
    return detail::select_range<true>(receivers, std::move(f));
}

} // namespace weir

#endif
