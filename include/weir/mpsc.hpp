// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MPSC_HPP
#define WEIR_MPSC_HPP

// mpsc: many senders, one receiver, a queue between them, bounded or not. The work-horse: commands and data to an actor.
//
// When a sibling is the better choice: one value once, oneshot; the same value to everybody, broadcast. Unbounded only
// where a sender cannot wait and what it sends is limited by something else: nothing holds it back, memory grows.
//
// Capacity      A slot is taken by a value, by a permit, or by a granted send; senders that find none wait in FIFO
//               order, and a freed slot belongs to the longest waiting one at once. Unbounded: a send never waits.
// Order         The values of one sender arrive in the order in which its sends were started, also if they overlap, unless
//               these complete on several threads at once.
// Closing       When the last sender goes, or after close(), the receiver gets what is there and then empty optionals.
//               Permits and waiting sends keep the channel open. When the receiver goes, every send fails.
// Cancellation  A cancelled receive has taken nothing; a cancelled send has delivered nothing.
// Threads       Copies of a sender may be used on different threads at once, one object on one thread at a time. The
//               receiver has its own thread or strand: one operation at a time, a second gets errc::busy.
// Visibility    Whatever a sender did before its send happens before the receiver has the value.
// Memory        The ring is allocated by the first send: capacity, rounded up to a power of two, times a slot. Unbounded:
//               blocks of slots come as values do and go when they have been received; two blocks are kept. An idle
//               channel of int has 448 bytes, with a capacity of 1024 in use 8640; unbounded 448, in use 1472. A sender
//               has 24, other handles 16, a receive that a task waits for 160.
//
//   auto [tx, rx] = weir::mpsc::channel<int>(ctx, 16);
//   weir::spawn(ctx, produce(std::move(tx)), asio::detached);
//   while (auto value = co_await rx.async_receive()) use(*value);

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/bounded_permits.hpp>
#include <weir/detail/bounded_sender.hpp>
#include <weir/detail/bounded_weak_sender.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/queue_receiver.hpp>
#include <weir/detail/unbounded_core.hpp>
#include <weir/detail/unbounded_sender.hpp>
#include <weir/detail/weak_sender.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <utility>

namespace weir::mpsc {

/// The sending end: copyable, a copy is one sender more. Its members (async_send, try_send, async_reserve, downgrade ...)
/// are described in bounded_sender.hpp.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using sender = detail::bounded_sender<T, Executor, Threading, detail::mpsc_core>;

/// A sender that does not keep its channel open; upgrade() makes it one that does (weak_sender.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using weak_sender = detail::bounded_weak_sender<T, Executor, Threading, detail::mpsc_core>;

/// One reserved slot: std::move(p).send(value) neither waits nor fails (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permit = detail::bounded_permit<T, Executor, Threading, detail::mpsc_core>;

/// Several reserved slots: send(value) uses one of size() (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permits = detail::bounded_permits<T, Executor, Threading, detail::mpsc_core>;

/// The receiving end: move-only, one operation at a time. Its members (async_receive, try_receive_many, close ...) are
/// described in queue_receiver.hpp.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using receiver = detail::queue_receiver<T, Executor, Threading, detail::mpsc_core>;

/// The sending end without a bound: send(value) and emplace(args...) never wait, and are false when the channel is closed
/// (unbounded_sender.hpp). It has async_closed, downgrade and the counts of `sender`, but no capacity and no permits.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using unbounded_sender = detail::unbounded_sender<T, Executor, Threading>;

/// A sender that does not keep its unbounded channel open (weak_sender.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using weak_unbounded_sender = detail::weak_sender_of<unbounded_sender<T, Executor, Threading>>;

/// The receiving end without a bound: as `receiver`, but for capacity() and max_capacity() (queue_receiver.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using unbounded_receiver = detail::queue_receiver<T, Executor, Threading, detail::unbounded_core>;

/// Makes a bounded channel. An executor is used as it is, on an execution context the channel gets a strand.
/// Throws std::invalid_argument unless 1 <= capacity <= 2^27.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// Makes a channel without a bound, on an executor or a context as above.
///
///   auto [tx, rx] = weir::mpsc::unbounded_channel<int>(ctx);
///   tx.send(1);
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto unbounded_channel(ExecutorOrContext&& where)
    -> std::pair<unbounded_sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 unbounded_receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::mpsc_core<T, Threading>(capacity);
    return {detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex),
            detail::handle_maker::make<receiver<T, executor, Threading>>(*c, ex)};
}

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto unbounded_channel(ExecutorOrContext&& where)
    -> std::pair<unbounded_sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 unbounded_receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::unbounded_core<T, Threading>;
    return {detail::handle_maker::make<unbounded_sender<T, executor, Threading>>(*c, ex),
            detail::handle_maker::make<unbounded_receiver<T, executor, Threading>>(*c, ex)};
}

} // namespace weir::mpsc

#endif
