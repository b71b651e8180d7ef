// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MPMC_HPP
#define WEIR_MPMC_HPP

// mpmc: many senders, many receivers, a bounded queue between them, each value to exactly one receiver. For spreading work.
//
// When a sibling is the better choice: one receiver, mpsc (it has no lock); every value to everybody, broadcast.
//
// Capacity      A slot is taken by a value, by a permit, or by a granted send; senders that find none wait in FIFO
//               order, and a freed slot belongs to the longest waiting one at once.
// Order         A value belongs to the receive that waits longest, whichever receiver it is of. It is taken when that
//               receive completes; until then nobody else gets it, also while its executor is slow and others idle,
//               unless the receive is cancelled: then the next one does. Values are taken out in the order in which
//               they were sent; with several receivers at work nothing can be said about which is done with its value
//               first.
// Receivers     A copy is one receiver more of the same queue. Any number of receives may wait, also on one receiver.
// Closing       When the last sender goes, or after close(), receives get what is there and then empty optionals.
//               Permits and waiting sends keep the channel open. When the last receiver goes, every send fails and
//               what is buffered is destroyed. A receive whose own receiver is destroyed under it is aborted, whether
//               there are others or not; it has taken nothing.
// Cancellation  A cancelled receive has taken nothing; a cancelled send has delivered nothing.
// Threads       Copies of a sender or receiver may be used on different threads at once, one object on one thread at
//               a time.
// Visibility    Whatever a sender did before its send happens before the receiver has the value.
// Memory        Slots are allocated when they are needed for the first time, and then used again. An idle channel of
//               int has 360 bytes, whatever its capacity.
//
//   auto [tx, rx] = weir::mpmc::channel<job>(pool, 64);
//   for (int i = 0; i < 3; ++i)
//       weir::spawn(pool, work(rx), asio::detached); // while (auto j = co_await rx.async_receive()) ...
//   co_await tx.async_send(job{});

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/bounded_permits.hpp>
#include <weir/detail/bounded_sender.hpp>
#include <weir/detail/bounded_weak_sender.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpmc_core.hpp>
#include <weir/detail/mpmc_operations.hpp>
#include <weir/detail/queue_receiver.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <utility>

namespace weir::mpmc {

/// The sending end, as in mpsc: copyable, a copy is one sender more. Its members (async_send, try_send, async_reserve,
/// downgrade ...) are described in bounded_sender.hpp.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using sender = detail::bounded_sender<T, Executor, Threading, detail::mpmc_core>;

/// A sender that does not keep its channel open; upgrade() makes it one that does (bounded_weak_sender.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using weak_sender = detail::bounded_weak_sender<T, Executor, Threading, detail::mpmc_core>;

/// One reserved slot: std::move(p).send(value) neither waits nor fails (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permit = detail::bounded_permit<T, Executor, Threading, detail::mpmc_core>;

/// Several reserved slots: send(value) uses one of size() (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permits = detail::bounded_permits<T, Executor, Threading, detail::mpmc_core>;

/// The receiving end: copyable, a copy is one receiver more. Its members (async_receive, async_receive_many, try_receive,
/// close ...) are described in queue_receiver.hpp.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using receiver = detail::queue_receiver<T, Executor, Threading, detail::mpmc_place>;

/// Makes a channel with one sender and one receiver. An executor is used as it is, on an execution context the channel
/// gets a strand. Throws std::invalid_argument unless 1 <= capacity <= 2^27.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::mpmc_core<T, Threading>(capacity);
    auto tx = detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex);
    auto rx = detail::handle_maker::make<receiver<T, executor, Threading>>(*c, ex);
    return {std::move(tx), std::move(rx)};
}

} // namespace weir::mpmc

#endif
