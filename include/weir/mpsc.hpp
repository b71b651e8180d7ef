// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MPSC_HPP
#define WEIR_MPSC_HPP

// mpsc: many senders, one receiver, a bounded queue between them. The work-horse: commands and data to an actor.
//
// When a sibling is the better choice: one value once, oneshot; the same value to everybody, broadcast.
//
// Capacity      A slot is taken by a value, by a permit, or by a granted send; senders that find none wait in FIFO
//               order, and a freed slot belongs to the longest waiting one at once.
// Order         The values of one sender arrive in the order in which its sends completed.
// Closing       When the last sender goes, or after close(), the receiver gets what is there and then empty optionals.
//               Permits and waiting sends keep the channel open. When the receiver goes, every send fails.
// Cancellation  A cancelled receive has taken nothing; a cancelled send has delivered nothing.
// Threads       Copies of a sender may be used on different threads at once, one object on one thread at a time. The
//               receiver has its own thread or strand: one operation at a time, a second gets errc::busy.
// Visibility    Whatever a sender did before its send happens before the receiver has the value.
// Memory        The ring is allocated with the channel: capacity, rounded up to a power of two, times a slot.
//
//   auto [tx, rx] = weir::mpsc::channel<int>(ctx, 16);
//   weir::spawn(ctx, produce(std::move(tx)), asio::detached);
//   while (auto value = co_await rx.async_receive()) use(*value);

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/bounded_permits.hpp>
#include <weir/detail/bounded_sender.hpp>
#include <weir/detail/bounded_weak_sender.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/mpsc_operations.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace weir::mpsc {

/// The sending end: copyable, a copy is one sender more. Its members (async_send, try_send, async_reserve, downgrade ...)
/// are described in bounded_sender.hpp.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using sender = detail::bounded_sender<T, Executor, Threading, detail::mpsc_core>;

/// A sender that does not keep its channel open; upgrade() makes it one that does (bounded_weak_sender.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using weak_sender = detail::bounded_weak_sender<T, Executor, Threading, detail::mpsc_core>;

/// One reserved slot: std::move(p).send(value) neither waits nor fails (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permit = detail::bounded_permit<T, Executor, Threading, detail::mpsc_core>;

/// Several reserved slots: send(value) uses one of size() (bounded_permits.hpp).
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
using permits = detail::bounded_permits<T, Executor, Threading, detail::mpsc_core>;

template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class receiver;

/// Makes a bounded channel. An executor is used as it is, on an execution context the channel gets a strand.
/// Throws std::invalid_argument unless 1 <= capacity <= 2^27.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// The receiving end. Move-only; one operation at a time. Destroying it destroys what is buffered and closes.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class receiver {
    using core = detail::mpsc_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = receiver<T, Other, Threading>;
    };

    receiver(receiver&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading>&& other)
        : core_(std::move(other.core_)), executor_(other.executor_) {}

    receiver& operator=(receiver&& other) noexcept {
        receiver taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(executor_, taken.executor_);
        return *this;
    }

    ~receiver() {
        if (core_) {
            core_->abandon_receiver();
        }
    }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by close() or because nobody can send any more; there may still be values.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return core_->max_capacity(); }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

    /// Refuses new sends. What is buffered, and what permits hold, can still be received.
    void close() noexcept { core_->close(); }

    /// The next value, if there is one now. Complexity: one atomic store.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        core_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for the next value on a plain thread; empty: closed and drained.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires detail::can_block<Threading> {
        auto [ec, value] =
            detail::block_on<Threading>(detail::receive_core<T, Executor, core>(*core_, get_executor()));
        detail::throw_if(ec);
        return std::move(value);
    }

    /// Appends up to `limit` values that are there now. How many that were.
    std::size_t try_receive_many(std::vector<T>& out, std::size_t limit) {
        return detail::receive_many_core<T, Executor, core>::receive_into(*core_, out, limit);
    }

    /// Receives one value.
    /// Completes:     void(error_code, std::optional<T>) - a value; empty: closed and drained, and it stays so;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; nothing was taken, the next receive gets the value.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::receive_core<T, Executor, core>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return detail::initiate(detail::receive_core<T, Executor, core>(*core_, get_executor()),
                                std::forward<Token>(token));
    }

    /// Appends 1 to `limit` values as soon as one is there; does not wait for more. `out` must outlive the operation.
    /// Completes:     void(error_code, std::size_t) - how many; 0: closed and drained, or limit 0; errors as above.
    /// Complexity:    one atomic store for all of them.
    template <detail::token_for<detail::receive_many_core<T, Executor, core>> Token = default_token>
    auto async_receive_many(std::vector<T>& out, std::size_t limit, Token&& token = Token{}) {
        return detail::initiate(
            detail::receive_many_core<T, Executor, core>(*core_, get_executor(), out, limit),
            std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class receiver;
    friend detail::handle_maker;

    receiver(core& c, detail::bound_executor<Executor> ex) noexcept : core_(&c), executor_(std::move(ex)) {}

    detail::intrusive_ptr<core> core_; // null when moved from
    detail::bound_executor<Executor> executor_;
};

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    using core = detail::mpsc_core<T, Threading>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    core* c = new core(capacity);
    return {detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex),
            detail::handle_maker::make<receiver<T, executor, Threading>>(*c, ex)};
}

} // namespace weir::mpsc

#endif
