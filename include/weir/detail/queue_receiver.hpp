// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_QUEUE_RECEIVER_HPP
#define WEIR_DETAIL_QUEUE_RECEIVER_HPP

// The receiver of the channels that are queues: mpsc::receiver and mpsc::unbounded_receiver are this class over their cores,
// mpmc::receiver over its place in the core, `Place`.
//
// What it asks of a place, besides what receives ask for (endpoint_operations.hpp):
//   handle                                     what the receiver holds, if it is copyable (place_handle.hpp)
//   channel()                                  the core, if the place is not the core itself
//   try_take(consume), try_take_many(consume, limit)
// and of the core
//   close() is_closed() size()                 and capacity() max_capacity(), if it is bounded
//   strong_count() weak_count()                channel_owners.hpp

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpsc_operations.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/operation.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace weir::detail {

template <class Core>
concept bounded_core = requires(Core const& c) {
    c.capacity();
    c.max_capacity();
};

/// The receiving end. The one of mpsc is move-only and does one operation at a time; of mpmc a copy is one receiver more of
/// the same channel, and any number of operations may wait. When the last one is destroyed, what is buffered is destroyed
/// and the channel closes. Moved from, it may only be destroyed or assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Place>
class queue_receiver {
    using place = Place<T, Threading>;
    using handle = typename receiver_handle<place>::type;
    using channel_type = typename handle::channel_type;
    using receive = receive_core<T, Executor, place>;
    using receive_many = receive_many_core<T, Executor, place>;
    using default_token = default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = queue_receiver<T, Other, Threading, Place>;
    };

    queue_receiver(queue_receiver const&) = default;
    queue_receiver(queue_receiver&&) noexcept = default;
    template <class Other>
        requires(std::copy_constructible<handle> && !std::same_as<Other, Executor> &&
                 std::convertible_to<Other const&, Executor>)

    queue_receiver(queue_receiver<T, Other, Threading, Place> const& other)
        : executor_(other.executor_), place_(other.place_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    queue_receiver(queue_receiver<T, Other, Threading, Place>&& other)
        : executor_(other.executor_), place_(std::move(other.place_)) {}

    queue_receiver& operator=(queue_receiver const&) = default;
    queue_receiver& operator=(queue_receiver&&) noexcept = default;
    ~queue_receiver() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by close(), or because nobody can send any more; there may still be values.
    [[nodiscard]] bool is_closed() const noexcept { return channel().is_closed(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// Values that were sent and not yet received.
    [[nodiscard]] std::size_t size() const noexcept { return channel().size(); }

    /// Free slots.
    [[nodiscard]] std::size_t capacity() const noexcept requires bounded_core<channel_type> {
        return channel().capacity();
    }

    [[nodiscard]] std::size_t max_capacity() const noexcept requires bounded_core<channel_type> {
        return channel().max_capacity();
    }

    /// Senders; of a bounded channel also permits and waiting sends.
    [[nodiscard]] std::size_t strong_count() const noexcept { return channel().strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return channel().weak_count(); }

    /// The same channel?
    [[nodiscard]] bool
    operator==(queue_receiver const& other) const noexcept requires std::copy_constructible<handle> {
        return &channel() == &other.channel();
    }

    /// Refuses new sends. What is buffered, and what permits hold, can still be received.
    void close() noexcept { channel().close(); }

    /// The next value, if there is one now that nobody waits for. Complexity: constant; in mpsc one atomic store.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        place_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for the next value on a plain thread; empty: closed and drained.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires can_block<Threading> {
        auto [ec, value] = block_on<Threading>(receive(*place_, get_executor()));
        throw_if(ec);
        return std::move(value);
    }

    /// Appends up to `limit` values that are there now. How many that were.
    std::size_t try_receive_many(std::vector<T>& out, std::size_t limit) {
        return receive_many::receive_into(*place_, out, limit);
    }

    /// Receives one value.
    /// Completes:     void(error_code, std::optional<T>) - a value; empty: closed and drained, and it stays so;
    ///                operation_aborted: cancelled, or this receiver was destroyed; in mpsc errc::busy.
    /// Cancellation:  all types; nothing was taken, the next receive gets the value. In mpmc the place among those who
    ///                wait is lost.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <token_for<receive> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return initiate_in_place<receive>(std::forward<Token>(token), *place_, get_executor());
    }

    /// Appends 1 to `limit` values as soon as one is there; does not wait for more. `out` must outlive the operation.
    /// Completes:     void(error_code, std::size_t) - how many; 0: closed and drained, or limit 0; errors as above.
    /// Complexity:    one atomic store, in mpmc one lock taken twice, for all of them.
    template <token_for<receive_many> Token = default_token>
    auto async_receive_many(std::vector<T>& out, std::size_t limit, Token&& token = Token{}) {
        return initiate_in_place<receive_many>(std::forward<Token>(token), *place_, get_executor(), out,
                                               limit);
    }

private:
    template <class, class, class, template <class, class> class>
    friend class queue_receiver;
    friend handle_maker;

    /// The one receiver, or one receiver more.
    queue_receiver(channel_type& channel, bound_executor<Executor> ex)
        : executor_(std::move(ex)), place_(channel) {}

    [[nodiscard]] channel_type& channel() const noexcept {
        if constexpr (std::same_as<channel_type, place>) {
            return *place_;
        } else {
            return place_->channel();
        }
    }

    bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    handle place_;
};

} // namespace weir::detail

#endif
