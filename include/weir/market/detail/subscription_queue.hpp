// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_SUBSCRIPTION_QUEUE_HPP
#define WEIR_MARKET_DETAIL_SUBSCRIPTION_QUEUE_HPP

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/market/detail/hub_signal.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/subscription_options.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

/// What stands between the hub and one subscriber: a ring of ticks with the subscriber's own rule for when it is full.
///
/// One mutex guards all of it; the hub takes it once for a run of ticks, the subscriber once a tick. Ticks are
/// trivially copyable, so no foreign code runs under it. Each entry carries how many ticks were lost just before it,
/// which is how a loss is told in the stream itself, whatever the rule was.
///
/// [E] A subscriber that has taken the last tick looks once more before it waits: that costs it no lock, because it has noted
/// that it was the last. All who bring something take the note back, under the mutex; who sees it too late parks, under
/// the mutex, and is told to look.
///
/// For the subscriber's operations this is a receiving core (weir/detail/endpoint_operations.hpp).
namespace weir::market::detail {

/// What became of the ticks that were routed to a subscriber. routed = delivered + dropped + queued.
struct delivery_counts {
    std::uint64_t routed = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t queued = 0;

    delivery_counts& operator+=(delivery_counts const& other) noexcept {
        routed += other.routed;
        delivered += other.delivered;
        dropped += other.dropped;
        queued += other.queued;
        return *this;
    }
};

class subscription_queue : public hub_signal::leaver {
    using wait_result = weir::detail::wait_result;
    using waiter = weir::detail::waiter;
    using attempt = weir::detail::attempt;
    using wake_batch = weir::detail::wake_batch;

    struct entry {
        market_tick tick;
        std::uint64_t missed = 0; // lost between the entry before and this one
    };

public:
    static constexpr bool wake_unparks = true; // waiter.hpp

    /// What the subscriber learns of the tick that it received last.
    struct last_received {
        std::uint64_t missed = 0;
        bool snapshot = false;
    };

    subscription_queue(weir::detail::intrusive_ptr<hub_signal> hub, subscription_options const& options)
        : hub_(std::move(hub)),
          options_(options),
          ring_(std::bit_ceil(weir::detail::checked_capacity(options.capacity))) {}

    // --- the hub's side ---

    /// Takes a run of ticks, in order, by the rule; how many of them. Fewer than all: there is no room (backpressure).
    std::size_t offer(std::span<market_tick const> run) {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_empty_.store(false, std::memory_order_relaxed); // [E]
        std::size_t n = 0;
        while (n < run.size() && put(run[n]))
            ++n;
        counts_.routed += n;
        is_waited_for_ = n < run.size();
        wake_receiver(woken);
        return n;
    }

    /// Puts the last tick known of an instrument before everything else.
    void offer_snapshot(market_tick const& tick) {
        std::lock_guard lock(mutex_);
        is_empty_.store(false, std::memory_order_relaxed); // [E]
        snapshots_.push_back(tick);
    }

    /// Nothing will be offered any more. What is there can still be received.
    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_empty_.store(false, std::memory_order_relaxed); // [E]
        is_closed_ = true;
        wake_receiver(woken);
    }

    /// Counts ticks that were meant for the subscriber and will not be offered.
    void count_dropped(std::size_t n) noexcept {
        std::lock_guard lock(mutex_);
        counts_.routed += n;
        counts_.dropped += n;
    }

    /// Where the routing table has it.
    [[nodiscard]] std::size_t place() const noexcept { return place_; }

    void set_place(std::size_t place) noexcept { place_ = place; }

    // --- both sides ---

    [[nodiscard]] delivery_counts counts() const noexcept {
        std::lock_guard lock(mutex_);
        auto counts = counts_;
        counts.queued = tail_ - head_;
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

    // --- the subscriber's side ---

    template <class F>
    attempt try_take(F&& consume) {
        if (is_empty_.load(std::memory_order_relaxed)) // [E]
            return attempt::not_now;
        market_tick tick;
        bool has_room_again = false;
        {
            std::lock_guard lock(mutex_);
            if (next_snapshot_ != snapshots_.size()) {
                tick = snapshots_[next_snapshot_++];
                last_ = {.missed = 0, .snapshot = true};
            } else if (head_ != tail_) {
                entry const& e = at(head_++);
                tick = e.tick;
                last_ = {.missed = e.missed, .snapshot = false};
                ++counts_.delivered;
                has_room_again = std::exchange(is_waited_for_, false);
            } else {
                return is_closed_ ? attempt::closed : attempt::not_now;
            }
            is_empty_.store(!has_something(), std::memory_order_relaxed); // [E]
        }
        if (has_room_again)
            hub_->raise();
        consume(std::move(tick));
        return attempt::done;
    }

    wait_result park_receiver(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        if (has_something())
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
        {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            if (std::exchange(is_gone_, true))
                return;
            is_empty_.store(false, std::memory_order_relaxed); // [E]
            is_closed_ = true;
            counts_.dropped += tail_ - head_;
            head_ = tail_;
            next_snapshot_ = snapshots_.size();
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
    // all of these under the mutex

    entry& at(std::uint64_t position) noexcept {
        return ring_[static_cast<std::size_t>(position - at_front_) & (ring_.size() - 1)];
    }

    [[nodiscard]] bool is_full() const noexcept { return tail_ - head_ >= options_.capacity; }

    /// Applies the rule to one tick. False: it has to wait.
    bool put(market_tick const& tick) {
        if (is_closed_) {
            ++counts_.dropped;
            return true;
        }
        if (options_.overflow == overflow::conflate)
            return conflate(tick);
        if (is_full()) {
            switch (options_.overflow) {
            case overflow::backpressure:
                return false;
            case overflow::drop_oldest:
                drop_oldest();
                break;
            case overflow::disconnect:
                is_disconnected_ = is_closed_ = true;
                [[fallthrough]];
            case overflow::drop_newest:
            case overflow::conflate:
                ++counts_.dropped;
                ++missed_at_tail_;
                return true;
            }
        }
        append(tick);
        return true;
    }

    /// An empty ring begins at its front again: a subscriber that keeps up uses a few entries, which stay in the cache.
    void append(market_tick const& tick) noexcept {
        if (head_ == tail_)
            at_front_ = tail_;
        at(tail_) = {tick, std::exchange(missed_at_tail_, 0)};
        ++tail_;
    }

    void drop_oldest() noexcept {
        auto const lost = at(head_++).missed + 1;
        (head_ == tail_ ? missed_at_tail_ : at(head_).missed) += lost;
        ++counts_.dropped;
    }

    bool conflate(market_tick const& tick) {
        if (tick.instrument >= pending_.size())
            pending_.resize(std::size_t{tick.instrument} + 1);
        auto& pending = pending_[tick.instrument]; // one more than its position
        if (pending > head_) {
            entry& e = at(pending - 1);
            e.tick = tick;
            ++e.missed;
            ++counts_.dropped;
            return true;
        }
        if (tail_ - head_ == ring_.size())
            grow();
        append(tick);
        pending = tail_;
        return true;
    }

    void grow() {
        std::vector<entry> larger(ring_.size() * 2);
        for (auto p = head_; p != tail_; ++p)
            larger[static_cast<std::size_t>(p - head_)] = at(p);
        ring_.swap(larger);
        at_front_ = head_;
    }

    /// To look at for the subscriber: a tick, or the end.
    [[nodiscard]] bool has_something() const noexcept {
        return next_snapshot_ != snapshots_.size() || head_ != tail_ || is_closed_;
    }

    void wake_receiver(wake_batch& woken) noexcept {
        if (receiver_ != nullptr && has_something())
            std::exchange(receiver_, nullptr)->wake(woken);
    }

    weir::detail::intrusive_ptr<hub_signal> const hub_;
    subscription_options const options_;

    mutable std::mutex mutex_; // guards all but the subscriber's own
    std::vector<entry> ring_;  // position p at (p - at_front_) mod size
    std::uint64_t at_front_ = 0;
    std::uint64_t head_ = 0;
    std::uint64_t tail_ = 0;
    std::uint64_t missed_at_tail_ = 0; // lost since the last entry
    std::vector<std::uint64_t>
        pending_; // conflate: by instrument, one more than the position of its last entry
    std::vector<market_tick> snapshots_; // received before the ring
    std::size_t next_snapshot_ = 0;
    weir::detail::atomic<bool> is_empty_{false}; // [E] written under the mutex
    delivery_counts counts_;            // `queued` is computed
    waiter* receiver_ = nullptr;
    bool is_closed_ = false;          // nothing comes any more
    bool is_gone_ = false;            // ended by the subscriber
    bool is_disconnected_ = false;    // ended by its rule
    bool is_waited_for_ = false;      // the hub waits for room
    std::size_t place_ = 0;           // the hub's own
    bool has_receiver_gone_ = false;  // the subscriber's own: its handle
    last_received last_;              // the subscriber's own
    weir::detail::receive_turn turn_; // the subscriber's own
    weir::detail::reference_count<> owners_;
};

} // namespace weir::market::detail

#endif
