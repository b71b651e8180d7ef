// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CASES_HPP
#define WEIR_DETAIL_CASES_HPP

// The cases that select and selector choose among, as their users make them.

#include <weir/detail/config.hpp>
#include <weir/detail/select_case.hpp>
#include <weir/detail/timer_wait.hpp>
#include <weir/operation.hpp>

#include <chrono>
#include <utility>

namespace weir {

namespace detail {

template <class R>
concept receiving_handle = requires(R& r) {
    {r.async_receive(no_token{})};
};

} // namespace detail

/// A case that runs f(T) with the next value of a channel. The receiver must outlive the select; a selector goes on
/// receiving.
template <detail::receiving_handle Receiver, class F>
[[nodiscard]] auto on(Receiver& receiver, F f) {
    using source = detail::receive_source<Receiver>;
    return detail::channel_case<source, F>(source(receiver), std::move(f));
}

/// A case that runs f(results...) when the operation has completed. An operation that fails with errc::closed closes the
/// case; any other error is the select's. A selector does receives, of one value or many, again and again; any other
/// operation once.
template <class Core, class F>
[[nodiscard]] auto on(operation<Core> op, F f) {
    using source = detail::operation_source<operation<Core>>;
    return detail::channel_case<source, F>(source(std::move(op)), std::move(f));
}

/// A case that runs f() at a time of the steady clock; in a selector once.
template <class Duration, class F>
[[nodiscard]] auto at(std::chrono::time_point<std::chrono::steady_clock, Duration> when, F f) {
    return detail::timer_case<F>(std::chrono::ceil<std::chrono::steady_clock::duration>(when), std::move(f));
}

/// A case that runs f() when the duration has passed since this call. Zero or less: at once, if nothing else is ready
/// before it in order. In a selector: when a round has waited for so long.
template <class Rep, class Period, class F>
[[nodiscard]] auto after(std::chrono::duration<Rep, Period> d, F f) {
    return detail::timer_case<F>(detail::to_ticks(d), std::move(f));
}

/// A case that runs f() when no other can run at once: the select does not wait.
template <class F>
[[nodiscard]] auto otherwise(F f) {
    return detail::otherwise_case<F>(std::move(f));
}

} // namespace weir

#endif
