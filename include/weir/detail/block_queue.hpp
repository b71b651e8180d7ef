// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BLOCK_QUEUE_HPP
#define WEIR_DETAIL_BLOCK_QUEUE_HPP

// The slots of the unbounded channel: a list of blocks that grows at one end and is eaten up at the other. Many write,
// each its own slot of the last block, one reads in order. Which slot is whose is decided outside (unbounded_core.hpp).
//
//   [T] the hand-over of one slot: turn_slot.hpp. A block's slots are all unwritten when it is appended.
//   [B] the last block, for the senders. Stored (release) under the caller's mutex when all slots of the one before have
//       been given out; loaded (acquire) by a sender before it takes its position. A sender whose exchange then
//       succeeds has the block that its position is in: had there been a newer one, the position would be gone too.
//   [L] the link from a block to the next, for the receiver. Stored (release) once, after which nobody but the receiver
//       touches the older block when its slots have been written: so the receiver, which follows the link (acquire)
//       when it has read them all, may free it.
//   [K] one block that is kept. Whoever exchanges it owns what comes out; acquire and release hand its slots over.
//
// A queue that goes round and round with few values in it uses two blocks in turn, and allocates nothing; after a burst
// all blocks but the last and the kept one are freed.

#include <weir/detail/config.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/detail/turn_slot.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace weir::detail {

/// A block of 1 to 2 KiB, unless its values are large or tiny. One less than a power of two.
template <class T, class Threading>
inline constexpr std::size_t slots_per_block =
    std::bit_floor(smaller<std::size_t>(larger<std::size_t>(2048 / sizeof(turn_slot<T, Threading>), 8),
                                        128)) -
    1;

template <class T, class Threading, std::size_t Slots>
class block_queue {
    template <class U>
    using atomic = typename Threading::template atomic<U>;

public:
    using slot = turn_slot<T, Threading>;

    struct block {
        atomic<block*> next{nullptr}; // [L] null: the last; a sender stores it once
        std::array<slot, Slots> slots;
    };

    using block_ptr = std::unique_ptr<block>;

    block_queue() = default;
    block_queue(block_queue const&) = delete;

    /// The values have been taken before.
    ~block_queue() {
        delete spare_.load(std::memory_order_relaxed); // [K] nobody else is there
        while (block* const next = after_head()) {
            delete std::exchange(head_, next);
        }
        delete head_;
    }

    // --- senders -------------------------------------------------------------------------------------------------

    [[nodiscard]] static block_ptr make_block() { return std::make_unique<block>(); }

    /// The block that was kept, or null.
    [[nodiscard]] block_ptr take_spare() noexcept {
        return block_ptr(spare_.exchange(nullptr, std::memory_order_acquire)); // [K]
    }

    /// Keeps a block that is not in the list, instead of the one that was kept.
    void give_back(block_ptr b) noexcept {
        b->next.store(nullptr, std::memory_order_relaxed); // [L] whoever appends it releases
        for (slot& s : b->slots) {
            s.reset();
        }
        block_ptr const dropped(spare_.exchange(b.release(), std::memory_order_acq_rel)); // [K]
    }

    /// Under the mutex, when all slots of the last block have been given out.
    void append(block_ptr b) noexcept {
        block* const last = tail_.load(std::memory_order_relaxed); // [B] the mutex
        tail_.store(b.get(), std::memory_order_release);           // [B]
        auto& link = last != nullptr ? last->next : first_;
        link.store(b.release(), std::memory_order_release); // [L] the last touch of the block before
    }

    [[nodiscard]] block* last() const noexcept { return tail_.load(std::memory_order_acquire); } // [B]

    // --- the receiver --------------------------------------------------------------------------------------------

    /// The next slot to be read; null if its block is not there yet.
    [[nodiscard]] slot* front() noexcept {
        if (offset_ == Slots) {
            block* const next = after_head();
            if (next == nullptr) {
                return nullptr;
            }
            if (block_ptr passed{std::exchange(head_, next)}) {
                give_back(std::move(passed));
            }
            offset_ = 0;
        }
        return &head_->slots[offset_];
    }

    void pop() noexcept { ++offset_; }

private:
    [[nodiscard]] block* after_head() const noexcept {
        return (head_ != nullptr ? head_->next : first_).load(std::memory_order_acquire); // [L]
    }

    // written once a block
    alignas(cache_line) atomic<block*> tail_{nullptr}; // [B] the last; null: none was made yet; senders
    atomic<block*> first_{nullptr};                    // [L] the first that was made; a sender stores it once
    atomic<block*> spare_{nullptr};                    // [K] null: none; both sides

    // the receiver's own
    alignas(cache_line) block* head_ = nullptr; // being read; null: none was there yet
    std::size_t offset_ = Slots;                // of the next slot in it
};

} // namespace weir::detail

#endif
