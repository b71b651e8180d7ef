// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_SUBSCRIPTION_QUEUE_HPP
#define WEIR_MARKET_DETAIL_SUBSCRIPTION_QUEUE_HPP

#include <weir/detail/atomic.hpp>
#include <weir/detail/channel_owners.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/short_mutex.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/market/detail/conflation.hpp>
#include <weir/market/detail/delivery_counts.hpp>
#include <weir/market/detail/hub_signal.hpp>
#include <weir/market/detail/tick_ring.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/subscription_options.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

/// What stands between the hub and one subscriber: a ring of ticks with the subscriber's own rule for when it is full.
///
/// Where a tick that waits stays as it is until it is received (drop_newest, disconnect), the hub writes ticks into the ring
/// as they come, publishes those of a run at once, and the subscriber takes them without a lock (tick_ring.hpp). By the other
/// rules the hub changes what waits, or is told of room: it offers a whole run under the mutex, and the subscriber takes
/// each tick under it. The mutex is also where a subscriber waits: it looks once more and parks under it; the hub publishes,
/// and looks for who has parked, under it. Ticks are trivially copyable, so no foreign code runs under it.
///
/// Each entry carries how many ticks were lost just before it, which is how a loss is told in the stream itself, whatever
/// the rule was.
///
/// For the subscriber's operations this is a receiving core (weir/detail/endpoint_operations.hpp).
namespace weir::market::detail {

class subscription_queue : public hub_signal::leaver {
    using wait_result = weir::detail::wait_result;
    using waiter = weir::detail::waiter;
    using attempt = weir::detail::attempt;
    using wake_batch = weir::detail::wake_batch;
    using ring = basic_tick_ring<market_tick, weir::detail::atomic>;

public:
    static constexpr bool wake_unparks = true; // waiter.hpp

    /// What the subscriber learns of the tick that it received last.
    struct last_received {
        std::uint64_t missed = 0;
        bool snapshot = false;
    };

    subscription_queue(weir::detail::intrusive_ptr<hub_signal> hub, subscription_options const& options)
        : options_(options),
          ring_(weir::detail::checked_capacity(options.capacity)),
          hub_(std::move(hub)),
          takes_alone_(is_direct()) {}

    // --- the hub's side ------------------------------------------------------------------------------------------

    /// Whether the hub uses write() and publish(), and not offer().
    [[nodiscard]] bool is_direct() const noexcept {
        return options_.overflow == overflow::drop_newest || options_.overflow == overflow::disconnect;
    }

    /// Takes one tick, by the rule. True: the first that is to be published.
    [[nodiscard]] bool write(market_tick const& tick) {
        if (ring_.is_closed() || !ring_.write(tick)) [[unlikely]]
            return refuse();
        return !std::exchange(is_to_publish_, true);
    }

    /// How many ticks were written since publish().
    [[nodiscard]] std::size_t unpublished() const noexcept { return ring_.unpublished(); }

    /// How many may be written before the ring is full, at least.
    [[nodiscard]] std::size_t room() const noexcept { return ring_.room(); }

    /// Hands over what was written.
    void publish() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_to_publish_ = false;
        ring_.publish();
        wake_receiver(woken);
    }

    /// Takes a run of ticks, in order, by the rule; how many of them. Fewer than all: there is no room (backpressure).
    std::size_t offer(std::span<market_tick const> run) {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        std::size_t n = 0;
        while (n < run.size() && put(run[n]))
            ++n;
        is_waited_for_ = n < run.size();
        ring_.publish();
        wake_receiver(woken);
        return n;
    }

    /// Puts the last tick known of an instrument before everything else. Before there is a subscriber.
    void offer_snapshot(market_tick const& tick) { snapshots_.push_back(tick); }

    /// Nothing will be offered any more. What is there can still be received.
    void close() noexcept {
        close_with([] {});
    }

    /// Counts ticks that were meant for the subscriber and will not be offered.
    void count_dropped(std::size_t n) noexcept {
        dropped_.store(dropped_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

    /// Where the routing table has it.
    [[nodiscard]] std::size_t place() const noexcept { return place_; }

    void set_place(std::size_t place) noexcept { place_ = place; }

    // --- both sides ----------------------------------------------------------------------------------------------

    [[nodiscard]] delivery_counts counts() const noexcept {
        std::lock_guard lock(mutex_); // for the rules that need it
        auto const now = ring_.count();
        auto const waiting = now.published - now.left;
        delivery_counts counts;
        auto const dropped = dropped_.load(std::memory_order_relaxed);
        counts.routed = now.published + dropped;
        counts.delivered = now.left - replaced_;
        counts.queued = now.is_gone ? 0 : waiting;
        counts.dropped = dropped + replaced_ + (now.is_gone ? waiting : 0);
        return counts;
    }

    /// Its rule has ended it. Takes the lock only if that can be.
    [[nodiscard]] bool is_disconnected() const noexcept {
        if (options_.overflow != overflow::disconnect)
            return false;
        std::lock_guard lock(mutex_);
        return is_disconnected_;
    }

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop())
            delete this;
    }

    // --- the subscriber's side -----------------------------------------------------------------------------------

    template <class F>
    attempt try_take(F&& consume) {
        if (has_to_look_) [[unlikely]]
            if (auto const a = take_snapshot(consume); a != attempt::not_now)
                return a;
        return takes_alone_ ? take(consume) : take_locked(consume);
    }

    wait_result park_receiver(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        if (has_to_look_ || ring_.front() != nullptr || ring_.is_closed())
            return wait_result::look_again;
        receiver_ = &w;
        return wait_result::parked;
    }

    void unpark_receiver(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        if (receiver_ == &w)
            receiver_ = nullptr;
    }

    /// The subscriber wants no more: what it has not received counts as dropped.
    void end() noexcept {
        if (ring_.is_gone())
            return;
        {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            ring_.go();
            has_to_look_ = true;
            wake_receiver(woken);
        }
        hub_->raise_gone(*this);
    }

    /// The subscriber's handle goes.
    void abandon_receiver() noexcept {
        has_receiver_gone_ = true;
        end();
    }

    [[nodiscard]] bool is_receiver_gone() const noexcept { return has_receiver_gone_; }

    [[nodiscard]] weir::detail::receive_turn& turn() noexcept { return turn_; }

    [[nodiscard]] last_received const& last() const noexcept { return last_; }

private:
    template <class F>
    void close_with(F tell) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        tell();
        ring_.close();
        wake_receiver(woken);
    }

    /// Of a tick that is not written. True: it ends the subscription, which is to be seen at the end of the run.
    WEIR_NOINLINE bool refuse() noexcept {
        count_dropped(1);
        ring_.miss();
        if (options_.overflow != overflow::disconnect || ring_.is_closed() || ring_.is_gone())
            return false;
        close_with([this] { is_disconnected_ = true; });
        return !std::exchange(is_to_publish_, true);
    }

    // --- under the mutex, for the rules that are not direct ------------------------------------------------------

    /// Applies the rule to one tick. False: it has to wait.
    bool put(market_tick const& tick) {
        if (ring_.is_closed() || ring_.is_gone()) {
            count_dropped(1);
            return true;
        }
        auto const waiting = ring_.look();
        if (options_.overflow == overflow::conflate) {
            if (conflation_.put(ring_, tick, waiting))
                count_dropped(1);
            return true;
        }
        if (waiting >= options_.capacity) {
            if (options_.overflow == overflow::backpressure)
                return false;
            ring_.drop_oldest();
            ++replaced_;
        }
        ring_.append(tick);
        return true;
    }

    void wake_receiver(wake_batch& woken) noexcept {
        if (receiver_ != nullptr)
            std::exchange(receiver_, nullptr)->wake(woken);
    }

    // --- the subscriber's side -----------------------------------------------------------------------------------

    template <class F>
    attempt take(F& consume) {
        auto* e = ring_.front();
        if (e == nullptr) {
            if (!ring_.is_closed())
                return attempt::not_now;
            e = ring_.front(); // what was published before it was closed
            if (e == nullptr)
                return attempt::closed;
        }
        last_ = {.missed = e->missed, .snapshot = false};
        consume(std::move(e->tick)); // a copy
        ring_.pop();
        return attempt::done;
    }

    template <class F>
    attempt take_locked(F& consume) {
        bool has_room_again = false;
        market_tick tick;
        {
            std::lock_guard lock(mutex_);
            auto copy = [&tick](market_tick&& t) { tick = t; };
            if (auto const a = take(copy); a != attempt::done)
                return a;
            has_room_again = std::exchange(is_waited_for_, false);
        }
        if (has_room_again)
            hub_->raise();
        consume(std::move(tick));
        return attempt::done;
    }

    /// What comes before the ring: a snapshot, or that the subscriber itself has ended it. `not_now`: look at the ring.
    template <class F>
    WEIR_NOINLINE attempt take_snapshot(F& consume) {
        if (ring_.is_gone())
            return attempt::closed;
        if (next_snapshot_ != snapshots_.size()) {
            last_ = {.missed = 0, .snapshot = true};
            consume(market_tick(snapshots_[next_snapshot_++]));
            return attempt::done;
        }
        has_to_look_ = false;
        return attempt::not_now;
    }

    // the hub's own
    subscription_options const options_;
    std::size_t place_ = 0;
    weir::detail::atomic<std::uint64_t> dropped_{0}; // of what was not written as one more; the hub writes
    std::uint64_t replaced_ = 0;                     // mutex_; taken out of the ring for others
    bool is_to_publish_ = false;
    conflation conflation_; // mutex_

    ring ring_;

    // the subscriber's own
    weir::detail::intrusive_ptr<hub_signal> const hub_;
    std::vector<market_tick> snapshots_; // received before the ring
    std::size_t next_snapshot_ = 0;
    last_received last_;
    weir::detail::receive_turn turn_;
    bool const takes_alone_;
    bool has_to_look_ = true;        // there may be a snapshot, or the subscriber has ended it
    bool has_receiver_gone_ = false; // its handle

    // both sides
    mutable weir::detail::short_mutex mutex_;
    waiter* receiver_ = nullptr;   // mutex_
    bool is_disconnected_ = false; // mutex_; ended by its rule
    bool is_waited_for_ = false;   // mutex_; the hub waits for room
    weir::detail::reference_count<> owners_;
};

} // namespace weir::market::detail

#endif
