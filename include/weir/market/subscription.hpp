// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_SUBSCRIPTION_HPP
#define WEIR_MARKET_SUBSCRIPTION_HPP

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/market/detail/subscription_queue.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/operation.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

/// The ticks that a subscriber asked for, in the order in which the hub took them.
///
/// The stream ends, with empty optionals, when the hub shuts down, when the symbol is unsubscribed, after close(), or
/// when overflow::disconnect ended it; what was queued by then is received first. Ticks that were lost are counted
/// twice over: in dropped(), and in missed() of the next tick that is received.
///
///     auto sub = co_await client.async_subscribe("binance-spot:BTCUSDT");
///     while (auto tick = co_await sub.async_receive())
///         use(*tick);
namespace weir::market {

/// A subscriber's end. Move-only; destroying it ends this subscription alone. One receive at a time, a second gets
/// errc::busy. An empty one (default-constructed, moved from, or of a failed subscribe) may only be asked whether it is,
/// assigned to and destroyed.
/// Thread safety: distinct objects safe, shared objects unsafe; but the counts may be read from anywhere.
class subscription {
    using queue = detail::subscription_queue;
    using core = weir::detail::receive_core<market_tick, asio::any_io_executor, queue>;

public:
    using value_type = market_tick;
    using executor_type = asio::any_io_executor;

    subscription() noexcept = default;
    subscription(subscription&&) noexcept = default;

    subscription& operator=(subscription&& other) noexcept {
        subscription taken(std::move(other));
        std::swap(queue_, taken.queue_);
        std::swap(executor_, taken.executor_);
        return *this;
    }

    ~subscription() {
        if (queue_)
            weir::detail::abandon_receiver(queue_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(queue_); }

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_->get(); }

    /// How many ticks have been received, snapshots not counted.
    [[nodiscard]] std::uint64_t delivered() const noexcept { return queue_->counts().delivered; }

    /// How many ticks were lost for want of room, or replaced by conflation.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return queue_->counts().dropped; }

    /// How many ticks wait to be received, snapshots not counted.
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(queue_->counts().queued);
    }

    /// How many ticks were lost just before the one received last; by conflation, how many that one has replaced.
    [[nodiscard]] std::uint64_t missed() const noexcept { return queue_->last().missed; }

    /// Whether the tick received last was a snapshot: the last one known when the subscription began.
    [[nodiscard]] bool is_snapshot() const noexcept { return queue_->last().snapshot; }

    /// Whether overflow::disconnect has ended the subscription.
    [[nodiscard]] bool is_disconnected() const noexcept { return queue_->is_disconnected(); }

    /// The next tick, if one waits.
    [[nodiscard]] std::optional<market_tick> try_receive() {
        std::optional<market_tick> tick;
        queue_->try_take([&tick](market_tick&& t) { tick = t; });
        return tick;
    }

    /// Receives the next tick.
    /// Completes:     void(error_code, std::optional<market_tick>) - a tick; empty: the stream has ended, and it stays
    ///                so; errc::busy; operation_aborted: cancelled, or the subscription was destroyed.
    /// Cancellation:  all types; nothing was taken.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <weir::detail::token_for<core> Token = weir::detail::no_token>
    auto async_receive(Token&& token = Token{}) {
        return weir::detail::initiate(core(*queue_, executor_->get()), std::forward<Token>(token));
    }

    /// Ends this subscription, and drops what waits. The counts can still be read.
    void close() noexcept { queue_->end(); }

private:
    friend class market_data_hub;

    subscription(weir::detail::intrusive_ptr<queue> q, asio::any_io_executor ex)
        : queue_(std::move(q)), executor_(std::in_place, std::move(ex)) {}

    weir::detail::intrusive_ptr<queue> queue_; // null when empty
    std::optional<weir::detail::bound_executor<executor_type>> executor_;
};

} // namespace weir::market

#endif
