// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_SELECTOR_HPP
#define WEIR_SELECTOR_HPP

// selector: select for a loop. Its cases are made once; each next() waits for one of them and runs it.
//
// When a sibling is the better choice: cases that change from round to round, or a range of receivers, select.
//
// Cases         Those of select (select.hpp). Receives run again and again: on(receiver, f), and on(operation, f) with an
//               async_receive or async_receive_many. Any other operation and at() run once and are off from then on.
//               .when(predicate) is asked when a round begins, and switches its case off for that round.
//               .closed(f) runs once. otherwise(f) runs in each round that finds nothing.
// Time          after(duration, f) counts anew in each round that has to wait: it runs when nothing else has for so long.
//               A round that finds something ready does not look at the clock for it, and a timer that is armed stays
//               so: it is set to a later time only when it fires. Until then it is work of its context; it is let go of
//               when a round ends with weir::none or an error, and with the selector. So keep a selector where its loop is.
// Runs          A coroutine reads a run of ready values without going back to the scheduler, at most 128 until others have
//               their turn. With callbacks, where each next() is a trip through the executor, try_next() runs what is
//               ready at once.
// Fairness      Cases that are always ready take turns. One that had nothing is looked at again after at most eight rounds
//               if others had something, and always before a round waits. selector(biased, ...) takes the first in order
//               that is ready, each time.
// Closing       As select: weir::none when every channel case is closed, done, or off in this round.
// Cancellation  All types; no case ran, nothing was taken. The next round goes on from there.
// Lifetime      Receivers may go before the selector: then their cases fail with operation_aborted. When the selector goes
//               a waiting next() completes with operation_aborted. A handler must not destroy the selector that runs it.
// Throwing      What a handler or predicate throws comes out of the co_await in a task, with a token out of the executor.
//               The selector can be used on.
// Threads       One next() at a time, where its handlers may run: a second gets errc::busy. Not copyable, not movable.
// Memory        One block, when it is made, one for each timer, when it first has to wait. A round allocates nothing.
//
//   weir::selector loop{weir::on(commands, [&](command c) { handle(c); }),
//                       weir::on(ticks, [&](tick t) { process(t); }).when([&] { return is_running; }),
//                       weir::after(1s, [&] { heartbeat(); })};
//   while (co_await loop.next() != weir::none) {
//   }

#include <weir/detail/cases.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/select_case.hpp>
#include <weir/detail/select_core.hpp>
#include <weir/detail/selector_core.hpp>
#include <weir/operation.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace weir {

namespace detail {

template <class... Parts>
struct rounds_of;

template <select_case... Cases>
    requires(sizeof...(Cases) > 0)

struct rounds_of<Cases...> {
    using type = selector_rounds<false, Cases...>;

    static type* make(Cases&&... cases) { return new type(std::move(cases)...); }
};

template <select_case... Cases>
    requires(sizeof...(Cases) > 0)

struct rounds_of<biased_t, Cases...> {
    using type = selector_rounds<true, Cases...>;

    static type* make(biased_t&&, Cases&&... cases) { return new type(std::move(cases)...); }
};

} // namespace detail

/// Cases to be waited for in a loop. `Parts` are the cases, behind biased_t if that is given: leave them to be deduced.
/// Thread safety: a shared object is unsafe.
template <class... Parts>
    requires requires { typename detail::rounds_of<Parts...>::type; }

class selector {
    using rounds = typename detail::rounds_of<Parts...>::type;
    using next_core = detail::next_core<rounds>;

public:
    using executor_type = typename rounds::executor_type;

    /// selector(cases...) or selector(biased, cases...), with at most 64 cases.
    explicit selector(Parts... parts) : rounds_(detail::rounds_of<Parts...>::make(std::move(parts)...)) {}

    selector(selector const&) = delete;
    selector& operator=(selector const&) = delete;

    ~selector() { rounds_->abandon(); }

    /// That of the first channel case; the system's if there is none, and the one of who waits is used then.
    [[nodiscard]] executor_type const& get_executor() const noexcept { return rounds_->executor(); }

    /// Waits for one of the cases and runs it. The round begins with the first look, where the operation completes.
    /// Completes:     void(error_code, std::size_t) - the index of the case that ran, or weir::none; operation_aborted:
    ///                cancelled, or the selector was destroyed; errc::busy; or the error of an operation in a case, with
    ///                the index of that case.
    /// Cancellation:  all types.
    /// Complexity:    linear in the number of cases if it has to wait; else a look at those that had something lately.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    [[nodiscard]] operation<next_core> next() { return operation<next_core>(next_core(*rounds_)); }

    /// Runs one case that is ready now, but for otherwise(): the index, or none if nothing is, or if a next() waits.
    /// Counts against no budget: it is the caller's affair to let others run.
    /// Throws what the case throws, or a system_error if its operation has failed.
    std::optional<std::size_t> try_next() {
        next_core round(*rounds_);
        return round.try_at_once() ? std::optional(round.awaited()) : std::nullopt;
    }

private:
    detail::intrusive_ptr<rounds> rounds_; // shared with an operation that waits
};

} // namespace weir

#endif
