// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TIMEOUT_HPP
#define WEIR_TIMEOUT_HPP

// timeout: an operation that is given so much time.
//
// The result is the operation's own; when time runs out first it is errc::timed_out, and the operation was cancelled
// without loss: a receive has taken nothing, a send has delivered nothing. If value and clock come in the same turn,
// the value wins. A spawned task is asked to end, and the timeout completes when it has.
//
//   try {
//       auto value = co_await weir::timeout(100ms, rx.async_receive());
//   } catch (boost::system::system_error const& e) { ... e.code() == weir::errc::timed_out ... }

#include <weir/detail/config.hpp>
#include <weir/detail/timeout_core.hpp>
#include <weir/operation.hpp>

#include <chrono>
#include <utility>

namespace weir {

/// Gives an operation a duration, counted from this call; zero or less: it completes at once or not at all.
/// Completes:     as the operation, or with errc::timed_out in place of its error.
/// Cancellation:  the operation's.
/// Allocates:     nothing unless it has to wait; then a timer, from recycled memory.
template <class Rep, class Period, class Core>
[[nodiscard]] auto timeout(std::chrono::duration<Rep, Period> d, operation<Core> op) {
    using core = detail::timeout_core<Core>;
    return operation<core>(core(detail::from_now(d), std::move(op).core()));
}

} // namespace weir

#endif
