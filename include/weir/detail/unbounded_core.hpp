// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_UNBOUNDED_CORE_HPP
#define WEIR_DETAIL_UNBOUNDED_CORE_HPP

// The unbounded channel with many senders and one receiver, without executors.
//
// A send takes its position with one atomic exchange of the word and writes its value into the last block of a list
// (block_queue.hpp, protocols [B] [L] [K] [T]). The receiver, and those who wait: channel_waits.hpp, protocols [R] [C].
//
//   [S] the word: an index and the flags. Each block has an index more than it has slots: at that one no position can be
//       taken, because the next block is not there. Whoever meets it makes a block, and under the mutex appends it and
//       moves the index past; the mutex is not touched otherwise. The index has 60 bits and never comes back, which is
//       what [B] rests on.
//   [H] how many positions the receiver has taken. It stores that (release) after it has, for size() and for the end.
//
// A send allocates before it takes its position: if that fails nothing has happened.

#include <weir/detail/block_queue.hpp>
#include <weir/detail/channel_owners.hpp>
#include <weir/detail/channel_waits.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// `Wanted` is how many slots a block has; tests take tiny ones. 0: as many as suit `T`, which is looked at when a channel
/// is made and not before, so that a value may have a sender of its own type.
template <class T, class Threading, std::size_t Wanted>
class basic_unbounded_core
    : public channel_owners<basic_unbounded_core<T, Threading, Wanted>, Threading>
    , public channel_waits<Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_move_constructible_v<T>);
    static constexpr std::size_t block_slots = Wanted != 0 ? Wanted : slots_per_block<T, Threading>;
    static_assert(std::has_single_bit(block_slots + 1));

    using waits = channel_waits<Threading>;
    using queue = block_queue<T, Threading, block_slots>;
    using typename waits::word;
    using enum channel_word::flag;
    using waits::mutex_;
    using waits::wait_closed_;
    using waits::wake_receiver;
    using waits::word_;

public:
    using value_type = T;
    using waits::is_closed;

    basic_unbounded_core() : basic_unbounded_core::channel_owners(1), waits(block_slots * one_index) {}

    basic_unbounded_core(basic_unbounded_core const&) = delete;

    ~basic_unbounded_core() { drain(); }

    // --- senders -------------------------------------------------------------------------------------------------

    /// Sends, unless the channel is closed: then `value` is left alone. If a block cannot be allocated nothing happened.
    template <class U>
    bool send(U&& value) {
        word before{};
        auto* const to = take_position(before);
        if (to == nullptr) {
            return false;
        }
        auto const write = [to](auto&& v) { to->put(0, std::forward<decltype(v)>(v)); };
        this->template publish<T>(before, std::forward<U>(value), write, [this] { drain(); });
        return true;
    }

    // --- receiver ------------------------------------------------------------------------------------------------

    /// Takes the next value with `consume(T&&)`. `closed`: closed and drained, for ever.
    template <class F>
    attempt try_take(F&& consume) {
        tell_at_exit telling{*this};
        return take_slot(consume);
    }

    /// Takes up to `limit` values in one step.
    template <class F>
    std::size_t try_take_many(F&& consume, std::size_t limit) {
        tell_at_exit telling{*this};
        std::size_t n = 0;
        while (n < limit && take_slot(consume) == attempt::done) {
            ++n;
        }
        return n;
    }

    wait_result park_receiver(waiter& w) {
        return this->park_receiver_unless(
            [this](word s) { return sent_of(s) != next_ || (s & (closed_flag | receiver_gone)) != 0; }, w);
    }

    /// The receiver's handle goes: refuses everything, destroys what is there.
    void abandon_receiver() noexcept {
        this->has_receiver_left_ = true;
        close(receiver_gone);
        this->sweep([this] { drain(); });
    }

    /// Closed, and nothing can come any more.
    [[nodiscard]] bool is_drained() const noexcept {
        word const s = word_.load(std::memory_order_acquire); // [C]
        return (s & closed_flag) != 0 && sent_of(s) == next_;
    }

    // --- both ----------------------------------------------------------------------------------------------------

    [[nodiscard]] std::size_t size() const noexcept {
        auto const taken = taken_.load(std::memory_order_acquire); // [H] first: it never passes what was sent
        return static_cast<std::size_t>(sent_of(word_.load(std::memory_order_acquire)) - taken);
    }

    void close(word also = 0) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        word const before = word_.fetch_or(closed_flag | also, std::memory_order_seq_cst); // [C] [G]
        if ((before & closed_flag) == 0) {
            wait_closed_.wake_all(woken);
        }
        if (sent_of(before) == taken_.load(std::memory_order_acquire)) { // [C] [H] else a sender wakes it
            wake_receiver(woken);
        }
    }

private:
    static constexpr word one_index = 16; // above the flags

    static constexpr std::uint64_t index_of(word s) noexcept { return s / one_index; }

    static constexpr std::size_t offset_of(word s) noexcept {
        return static_cast<std::size_t>(index_of(s) % (block_slots + 1));
    }

    /// How many positions have been taken by senders. The first index is that of a full block.
    static constexpr std::uint64_t sent_of(word s) noexcept {
        return index_of(s) / (block_slots + 1) * block_slots + offset_of(s) - block_slots;
    }

    /// The slot that is the caller's now, or null: closed. `before` is what the word was.
    typename queue::slot* take_position(word& before) {
        word s = word_.load(std::memory_order_acquire); // [S] a guess, the exchange decides
        for (;;) {
            if ((s & closed_flag) != 0) {
                return nullptr;
            }
            if (offset_of(s) == block_slots) {
                s = add_block(s);
                continue;
            }
            auto* const last = queue_.last(); // [B] after the word
            if (word_.compare_exchange_weak(s, (s + one_index) & ~receiver_waits, std::memory_order_acq_rel,
                                            std::memory_order_acquire)) {
                before = s; // [S] [R]
                return &last->slots[offset_of(s)];
            }
        }
    }

    /// Makes the word move past the end of a block, unless somebody else has. What it is then.
    word add_block(word full) {
        typename queue::block_ptr fresh;
        for (;;) {
            {
                std::lock_guard lock(mutex_);
                word const s = word_.load(std::memory_order_acquire); // [S]
                if (index_of(s) != index_of(full)) {                  // somebody else has
                    break;
                }
                fresh = fresh ? std::move(fresh) : queue_.take_spare();
                if (fresh) { // the index stays while the mutex is held, only the flags may change
                    queue_.append(std::move(fresh));
                    return word_.fetch_add(one_index, std::memory_order_acq_rel) + one_index; // [S] [B]
                }
            }
            fresh = queue::make_block(); // here, and not under the mutex
        }
        if (fresh) {
            queue_.give_back(std::move(fresh));
        }
        return word_.load(std::memory_order_acquire); // [S]
    }

    /// Consumes the next value, without telling yet.
    template <class F>
    attempt take_slot(F& consume, std::memory_order acquiring = std::memory_order_acquire) {
        auto* slot = queue_.front();
        while (slot != nullptr && slot->is_given_up(0, acquiring)) {
            pop();
            slot = queue_.front();
        }
        if (slot == nullptr || !slot->is_written(0, acquiring)) {
            return is_drained() ? attempt::closed : attempt::not_now;
        }

        slot->take(consume, [this]() noexcept { pop(); });
        return attempt::done;
    }

    void pop() noexcept {
        queue_.pop();
        ++next_;
    }

    /// Tells of what was taken, also when the value's move threw.
    struct tell_at_exit {
        basic_unbounded_core& core;

        ~tell_at_exit() { core.taken_.store(core.next_, std::memory_order_release); } // [H]
    };

    /// Destroys what has been sent and not taken.
    void drain() noexcept {
        tell_at_exit telling{*this};
        auto const discard = [](T&&) noexcept {};
        while (take_slot(discard, std::memory_order_seq_cst) == attempt::done) { // [G] after the flag
        }
    }

    queue queue_;
    std::uint64_t next_ = 0; // how many were taken; the receiver's own
    typename Threading::template atomic<std::uint64_t> taken_{
        0}; // [H] next_, as others see it; receiver writes
};

template <class T, class Threading>
using unbounded_core = basic_unbounded_core<T, Threading, 0>;

} // namespace weir::detail

#endif
