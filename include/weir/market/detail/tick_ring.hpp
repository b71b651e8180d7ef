// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_TICK_RING_HPP
#define WEIR_MARKET_DETAIL_TICK_RING_HPP

#include <weir/detail/config.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// The ticks that wait for one subscriber: a ring that the hub writes and the subscriber reads, each without a lock.
///
/// Positions count entries from the beginning: head <= tail <= written. The hub writes entries behind the tail and
/// publishes them together.
///
///   [Q] entries from head to tail are the subscriber's, all others the hub's. The hub stores the tail (release) after it has
///       written them; the subscriber loads it (acquire) before it reads them. The subscriber stores the head (release) when it
///       has read one; the hub loads it (acquire) before it writes there again. Each of the two words has one writer.
///   [F] an empty ring begins at its front again, so that a subscriber that keeps up uses a few entries, which stay in the
///       cache. The hub moves the front only when it has seen a head that nothing is behind; the subscriber looks at it
///       only when it has seen a tail that is further. So [Q] orders it as it does an entry.
///   [C] closed: nothing is published any more. Stored (release) by the hub behind its last tail; who finds the ring empty,
///       and then closed (acquire), looks once more.
///   [G] gone: nothing is read any more. Stored (release) by the subscriber behind its last head. What is published all the
///       same counts as dropped: who counts loads it (acquire) before the head, and the head before the tail.
///
/// A hub whose rule changes what waits already (drop_oldest(), entry_at(), grow()) and its subscriber do all of it under
/// one lock.
namespace weir::market::detail {

/// `Atomic` and `Tick` are for a test that interleaves its threads on purpose.
template <class Tick, template <class> class Atomic>
class basic_tick_ring {
public:
    using position = std::uint64_t;

    struct alignas(weir::detail::cache_line) entry {
        Tick tick;
        std::uint64_t missed = 0; // lost between the entry before and this one
    };

    /// What has become of the entries that were published.
    struct account {
        position published = 0;
        position left = 0; // read, or dropped for another
        bool is_gone = false;
    };

    explicit basic_tick_ring(std::size_t capacity)
        : capacity_(capacity), entries_(std::bit_ceil(capacity)), mask_(entries_.size() - 1) {}

    basic_tick_ring(basic_tick_ring const&) = delete;
    basic_tick_ring& operator=(basic_tick_ring const&) = delete;

    // --- the hub's side ------------------------------------------------------------------------------------------

    /// Writes an entry, if there is room. The first since publish() looks how far the subscriber is.
    [[nodiscard]] bool write(Tick const& tick) {
        if (written_ == tail_.load(std::memory_order_relaxed) ||
            written_ - seen_head_ >= capacity_) {               // [Q] own
            seen_head_ = head_.load(std::memory_order_acquire); // [Q]
            if (written_ - seen_head_ >= capacity_)
                return false;
        }
        append(tick);
        return true;
    }

    /// The same without looking for room: under the lock.
    void append(Tick const& tick) {
        if (written_ == seen_head_)
            front_ = written_; // [F]
        entry& e = entry_at(written_);
        e.tick = tick;
        e.missed = std::exchange(missed_, 0);
        ++written_;
        __builtin_prefetch(&entry_at(written_), 1); // the next: a subscriber on another thread had it last
    }

    /// A tick was lost, which the next entry tells.
    void miss() noexcept { ++missed_; }

    /// The subscriber may read what was written.
    void publish() noexcept { tail_.store(written_, std::memory_order_release); } // [Q]

    [[nodiscard]] std::size_t unpublished() const noexcept {
        return static_cast<std::size_t>(written_ - tail_.load(std::memory_order_relaxed)); // [Q] own
    }

    /// How many may be written before it is full, at least.
    [[nodiscard]] std::size_t room() const noexcept {
        return capacity_ - static_cast<std::size_t>(written_ - seen_head_);
    }

    void close() noexcept {
        publish();
        is_closed_.store(true, std::memory_order_release); // [C]
    }

    // --- the hub's side, under the lock --------------------------------------------------------------------------

    /// How many wait.
    [[nodiscard]] std::size_t look() noexcept {
        seen_head_ = head_.load(std::memory_order_relaxed);
        return static_cast<std::size_t>(written_ - seen_head_);
    }

    [[nodiscard]] position head() const noexcept { return seen_head_; }

    [[nodiscard]] position written() const noexcept { return written_; }

    [[nodiscard]] entry& entry_at(position p) noexcept {
        return entries_[static_cast<std::size_t>(p - front_) & mask_];
    }

    /// Loses the oldest that waits, which the next one tells.
    void drop_oldest() noexcept {
        auto const lost = entry_at(seen_head_++).missed + 1;
        (seen_head_ == written_ ? missed_ : entry_at(seen_head_).missed) += lost;
        head_.store(seen_head_, std::memory_order_relaxed);
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    void grow() {
        std::vector<entry> larger(entries_.size() * 2);
        for (position p = seen_head_; p != written_; ++p)
            larger[static_cast<std::size_t>(p - seen_head_)] = entry_at(p);
        entries_.swap(larger);
        mask_ = entries_.size() - 1;
        front_ = seen_head_;
    }

    // --- both sides ----------------------------------------------------------------------------------------------

    [[nodiscard]] bool is_closed() const noexcept {
        return is_closed_.load(std::memory_order_acquire);
    } // [C]

    [[nodiscard]] bool is_gone() const noexcept { return is_gone_.load(std::memory_order_acquire); } // [G]

    [[nodiscard]] account count() const noexcept {
        account now;
        now.is_gone = is_gone();                               // [G]
        now.left = head_.load(std::memory_order_acquire);      // [G]
        now.published = tail_.load(std::memory_order_acquire); // [G] not before the head
        return now;
    }

    // --- the subscriber's side -----------------------------------------------------------------------------------

    /// The oldest entry, or null.
    [[nodiscard]] entry* front() noexcept {
        auto const head = head_.load(std::memory_order_relaxed); // [Q] own, or under the lock
        if (head >= seen_tail_) {
            seen_tail_ = tail_.load(std::memory_order_acquire); // [Q]
            if (head >= seen_tail_)
                return nullptr;
        }
        return &entry_at(head);
    }

    /// That entry has been read.
    void pop() noexcept {
        head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); // [Q] own
    }

    void go() noexcept { is_gone_.store(true, std::memory_order_release); } // [G]

private:
    // the hub's own
    alignas(weir::detail::cache_line) std::size_t const capacity_;
    position written_ = 0;
    position seen_head_ = 0;
    std::uint64_t missed_ = 0; // lost since the last entry

    // written by the hub when it publishes
    alignas(weir::detail::cache_line) Atomic<position> tail_{0}; // [Q]
    position front_ = 0;                                         // [F] where the ring begins
    std::vector<entry> entries_;                                 // position p at (p - front_) mod size
    std::size_t mask_;
    Atomic<bool> is_closed_{false}; // [C]

    // the subscriber's
    alignas(weir::detail::cache_line) Atomic<position> head_{0}; // [Q]; under the lock the hub's too
    position seen_tail_ = 0;
    Atomic<bool> is_gone_{false}; // [G]
};

} // namespace weir::market::detail

#endif
