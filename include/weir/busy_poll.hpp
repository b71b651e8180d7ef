// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_BUSY_POLL_HPP
#define WEIR_BUSY_POLL_HPP

// Loops that look for work for a while before they sleep.
//
// To wake a thread that sleeps takes some microseconds: whoever sends to a task there spends a part of them in the system, and
// by the rest the value is late. Where that matters more than a processor does, a context is told to poll: when its tasks have
// nothing left to do, one of its threads stays awake for a while and looks for work. What another thread wakes meanwhile is
// found in about a microsecond, and whoever wakes it does not call the system.
//
//   asio::io_context loop(1);
//   weir::busy_poll(loop, std::chrono::microseconds(50));
//
// Choose a time within which the next value mostly comes; after it the loop sleeps, as always. It is for values that come one
// at a time and have to be answered soon: a stream that fills its channel is received in fewer and larger steps, and so
// faster, by a loop that sleeps. Threads that poll need a processor each, or they take it from those that they wait for; on
// a machine with one processor nothing polls.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/busy_poller_over.hpp>

#include <chrono>

namespace weir {

/// Lets an execution context, an asio::io_context or asio::thread_pool, poll for up to `longest` before it sleeps; zero, as
/// it is at first: not at all. At any time, also again: what runs on the context already obeys, too.
///
/// Tasks begin it. It lasts from when all tasks of a strand or loop have nothing left to do until a task of the context is
/// woken, or until the time is over. Handlers, timers and sockets have their turn in between.
/// What waits in asio::awaitable or by a completion handler neither begins it nor is looked for; but a thread that polls does
/// not have to be woken for it either.
/// Polling is work: io_context::run() and poll() return up to `longest` later, and run_one() may return for a look.
/// One thread polls, of however many run the context. An io_context with several threads wakes another for each look: there,
/// prefer an asio::thread_pool.
/// Thread safety: safe.
/// Complexity:    constant. While a thread polls it uses its processor fully; while tasks have something to do it costs nothing.
/// Allocates:     the first time for a context.
/// Throws:        std::invalid_argument if `longest` is negative.
template <class Context>
    requires detail::execution_context_like<Context>

void busy_poll(Context& context, std::chrono::nanoseconds longest) {
    detail::set_busy_poll(context, detail::worth_polling(longest));
}

} // namespace weir

#endif
