// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_BROADCAST_HPP
#define WEIR_BROADCAST_HPP

// broadcast: every receiver sees every value. For events that all have to know, such as a shutdown.
//
// When a sibling is the better choice: each value to one receiver, mpsc.
//
// Capacity      rounded up to a power of two. send() never waits: when the ring is full it overwrites the oldest value,
//               and receivers that had not taken it learn how many they missed. async_send() waits for the slowest
//               receiver instead, so nothing is overwritten. Both may be used on one channel.
// Order         All receivers see the same order. Receivers never wait for each other.
// Coming, going A subscriber stands behind everything that was sent before; a copy of a receiver stands where the
//               original stands. A value is destroyed as soon as nobody needs it.
// Closing       When the last sender goes, receivers get what is there and then empty optionals.
// Cancellation  A cancelled receive has taken nothing; a cancelled async_send has sent nothing.
// Copies        Each receiver gets a copy; several may be made of one value at the same time, as of any const object.
//               If the copy throws, the exception comes out of the receive, the receiver keeps its place, and nobody
//               else notices.
// Threads       Copies of a sender, and distinct receivers, may be used on different threads at once. A receiver has
//               its own thread or strand: one operation at a time, a second gets errc::busy.
// Memory        The ring is allocated by the first send; values that are not trivially copyable in pooled blocks. An
//               idle channel of int has 232 bytes, with a capacity of 1024 in use 16616.
//
//   auto [tx, rx] = weir::broadcast::channel<stop>(ctx, 1);
//   auto another = tx.subscribe();
//   tx.send(stop{});
//   if (auto stopped = co_await rx.async_receive()) ...

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/broadcast_core.hpp>
#include <weir/detail/broadcast_operations.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace weir::broadcast {

template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class sender;
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class receiver;

/// Makes a channel with one sender and one receiver. An executor is used as it is, on an execution context the channel
/// gets a strand. Throws std::invalid_argument unless 1 <= capacity <= 2^27.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// A receiving end. Copyable: a copy is one receiver more, at the same place.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class receiver {
    using core = detail::broadcast_core<T, Threading>;
    using place = detail::broadcast_place<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = receiver<T, Other, Threading>;
    };

    /// Another receiver that stands where this one stands. Throws like subscribe().
    receiver(receiver const&) = default;
    receiver(receiver&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading> const& other) : executor_(other.executor_), place_(other.place_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading>&& other)
        : executor_(other.executor_), place_(std::move(other.place_)) {}

    receiver& operator=(receiver const&) = default;
    receiver& operator=(receiver&&) noexcept = default;
    ~receiver() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Values that this receiver can take now.
    [[nodiscard]] std::size_t size() const noexcept { return place_->size(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// All senders have gone; there may still be values.
    [[nodiscard]] bool is_closed() const noexcept { return place_->ring().is_without_senders(); }

    /// How many values were overwritten just before the one received last.
    [[nodiscard]] std::uint64_t missed() const noexcept { return place_->missed(); }

    /// How many values this receiver has missed in all.
    [[nodiscard]] std::uint64_t total_missed() const noexcept { return place_->total_missed(); }

    /// A receiver of the same channel that stands behind everything sent so far.
    [[nodiscard]] receiver resubscribe() const { return receiver(place_->ring(), executor_); }

    /// The next value, if there is one now. Throws what T's copy throws; the place is kept then.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        place_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for the next value on a plain thread; empty: closed and drained.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires detail::can_block<Threading> {
        auto [ec, value] =
            detail::block_on<Threading>(detail::receive_core<T, Executor, place>(*place_, get_executor()));
        detail::throw_if(ec);
        return std::move(value);
    }

    /// Receives the next value.
    /// Completes:     void(error_code, std::optional<T>) - a copy; empty: closed and drained, and it stays so;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; the place is kept.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::receive_core<T, Executor, place>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return detail::initiate_in_place<detail::receive_core<T, Executor, place>>(std::forward<Token>(token),
                                                                                   *place_, get_executor());
    }

private:
    template <class, class, class>
    friend class receiver;
    friend class sender<T, Executor, Threading>;
    friend detail::handle_maker;

    receiver(core& ring, detail::bound_executor<Executor> ex) : executor_(std::move(ex)), place_(ring) {}

    detail::bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    detail::place_handle<place> place_;
};

/// A sending end. Copyable: a copy is one sender more of the same channel. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class sender {
    using core = detail::broadcast_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;
    using receiver_type = receiver<T, Executor, Threading>;

    template <class Other>
    struct rebind_executor {
        using other = sender<T, Other, Threading>;
    };

    sender(sender const&) = default;
    sender(sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading> const& other) : executor_(other.executor_), core_(other.core_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading>&& other) : executor_(other.executor_), core_(std::move(other.core_)) {}

    sender& operator=(sender const&) = default;
    sender& operator=(sender&&) noexcept = default;
    ~sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    [[nodiscard]] std::size_t receiver_count() const noexcept { return core_->receiver_count(); }

    /// The capacity after rounding.
    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    /// The same channel?
    [[nodiscard]] bool operator==(sender const& other) const noexcept { return core_ == other.core_; }

    /// A receiver that stands behind everything sent so far. Throws std::length_error if there are 2^23 already.
    [[nodiscard]] receiver_type subscribe() const { return receiver_type(*core_, executor_); }

    /// Sends to all receivers, over the oldest value if the ring is full. Never waits.
    /// Returns how many receivers there were; with none the value is destroyed.
    /// Complexity: one short lock, and one wake-up for each receiver that waits.
    std::size_t send(T value) { return core_->send(std::move(value)); }

    /// Sends when the slowest receiver has room, so that nobody misses a value for it. First come, first served.
    /// Completes:     void(error_code) - errc::closed: there are no receivers; operation_aborted.
    /// Cancellation:  all types; nothing was sent.
    template <detail::token_for<detail::broadcast_send_core<T, Executor, core>> Token = default_token>
    auto async_send(T value, Token&& token = Token{}) {
        return detail::initiate(
            detail::broadcast_send_core<T, Executor, core>(*core_, get_executor(), std::move(value)),
            std::forward<Token>(token));
    }

    /// As async_send(T(args...)) with the token left out; see mpsc::sender::async_emplace.
    template <class... Args>
        requires std::constructible_from<T, Args...>

    auto async_emplace(Args&&... args) { return async_send(T(std::forward<Args>(args)...)); }

    /// Waits until there is no receiver.
    /// Completes:     void(error_code) - no error: there is none; operation_aborted.
    template <detail::token_for<detail::wait_closed_core<Executor, core>> Token = default_token>
    auto async_closed(Token&& token = Token{}) {
        return detail::initiate(detail::wait_closed_core<Executor, core>(*core_, get_executor()),
                                std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class sender;
    friend detail::handle_maker;

    /// Adopts one count of senders.
    sender(core& c, detail::bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    detail::bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    detail::counted_handle<core, detail::counts_sender> core_;
};

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::broadcast_core<T, Threading>(capacity);
    auto tx = detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex);
    auto rx = tx.subscribe();
    return {std::move(tx), std::move(rx)};
}

} // namespace weir::broadcast

#endif
