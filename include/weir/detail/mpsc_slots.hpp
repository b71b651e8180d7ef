// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_SLOTS_HPP
#define WEIR_DETAIL_MPSC_SLOTS_HPP

// The data plane of the bounded mpsc channel: its slots, and how values go through them without a lock.
//
// A ring of slots (turn_ring.hpp, protocols [T] and [A]). One word (channel_word.hpp) holds the tail (the next position to be
// sent), the number of reserved slots, and the flags, so that a send is one atomic exchange: it takes its position, and
// cannot succeed once the closed flag is in. The receiver alone moves the head.
//
//   [S] the word. tail - head + reserved <= capacity, always. Every change is one read-modify-write.
//   [H] the head. The receiver stores it after the value has left its slot; a sender that takes the slot again
//       has loaded it (acquire) before. A slot is free when the head has passed its last position. Senders look at the
//       head that one of them has seen (stored release, loaded acquire), and only when that leaves no room at the head
//       itself: so its cache line goes to and fro once a lap, not once a value.
//
// Who waits, and who is woken when: channel_waits.hpp and mpsc_core.hpp, with protocols [R], [W] and [C].

#include <weir/detail/channel_waits.hpp>
#include <weir/detail/channel_word.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/detail/stand_back.hpp>
#include <weir/detail/turn_ring.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weir::detail {

/// The base of mpsc_core.
template <class T, class Threading>
class mpsc_slots : public channel_waits<Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_move_constructible_v<T>);

    using waits = channel_waits<Threading>;

public:
    /// Closed, and nothing can come any more.
    [[nodiscard]] bool is_drained() const noexcept {
        word const s = word_.load(std::memory_order_acquire); // [C]
        return (s & closed_flag) != 0 && reserved_of(s) == 0 && tail_of(s) == next_;
    }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return capacity_; }

    [[nodiscard]] std::size_t size() const noexcept {
        position const head = head_.load(std::memory_order_acquire); // [H] first: it never passes the tail
        return smaller(position(tail_of(word_.load(std::memory_order_acquire)) - head), capacity_);
    }

    [[nodiscard]] std::size_t capacity() const noexcept {
        position const head = head_.load(std::memory_order_acquire); // [H]
        word const s = word_.load(std::memory_order_acquire);        // [S]
        auto const used = position(tail_of(s) - head) + reserved_of(s);
        return used < capacity_ ? capacity_ - used : 0;
    }

protected:
    using typename waits::word;
    using position = channel_word::position;
    using waits::word_; // [S] tail:32, reserved:28, flags:4
    using enum channel_word::flag;

    static constexpr word one_reserved = channel_word::one_reserved;
    static constexpr word one_sent = channel_word::one_sent;

    static constexpr position tail_of(word s) noexcept { return channel_word::tail_of(s); }

    static constexpr std::uint32_t reserved_of(word s) noexcept { return channel_word::reserved_of(s); }

    explicit mpsc_slots(std::uint32_t capacity) : capacity_(capacity), ring_(capacity_) {}

    mpsc_slots(mpsc_slots const&) = delete;
    ~mpsc_slots() = default;

    /// Adds `change` to the word if there are `n` free slots that nobody waits for, and unless must_wait(). `before` is what
    /// it was. Throws std::bad_alloc if the ring cannot be made: then nothing has happened.
    template <class F>
    attempt admit(word change, std::uint32_t n, word& before, F must_wait) {
        word s = word_.load(std::memory_order_acquire); // [S] a guess, the exchange decides
        for (;;) {
            if ((s & closed_flag) != 0) {
                return attempt::closed;
            }
            ring_.make_slots(); // [A]
            if (n != 0 && ((s & senders_wait) != 0 || !has_room_for(n, s))) {
                word const again = word_.load(std::memory_order_acquire);
                if (again == s) { // so the head belonged to this word, and the answer is true
                    return attempt::not_now;
                }
                s = again;
                continue;
            }
            if (n != 0 && must_wait()) { // after the word was read without the flag
                return attempt::not_now;
            }
            position const tail = tail_of(s);
            word const after = change == one_sent ? (s + change) & ~receiver_waits : s + change;
            if (word_.compare_exchange_weak(s, after, std::memory_order_acq_rel, std::memory_order_acquire)) {
                before = s; // [S] [R]
                return attempt::done;
            }
            if (tail_of(s) != tail) {
                s = after_collision();
            }
        }
    }

    /// The word, when another sender has had some time. (The receiver, who changes it to wait, needs none.)
    [[nodiscard]] WEIR_NOINLINE word after_collision() const noexcept {
        stand_back(collision_pauses);
        return word_.load(std::memory_order_acquire);
    }

    /// Whether there are `n` free slots, if the word is `s`. A wrong "no" is possible if it is not any more.
    [[nodiscard]] bool has_room_for(std::uint32_t n, word s) noexcept {
        auto const fits = [&](position head) {
            return position(tail_of(s) - head) + reserved_of(s) + n <= capacity_;
        };
        if (fits(this->seen_head_.load(std::memory_order_acquire))) { // [H]
            return true;
        }
        position const head = head_.load(std::memory_order_acquire); // [H]
        this->seen_head_.store(head, std::memory_order_release);     // [H]
        return fits(head);
    }

    /// Consumes the value at the head, without telling the senders yet.
    template <class F>
    attempt take_slot(F& consume, std::memory_order acquiring = std::memory_order_acquire) {
        auto* slot = ring_.find(next_);
        while (slot != nullptr && slot->is_given_up(next_, acquiring)) {
            slot = ring_.find(++next_);
        }
        if (slot == nullptr || !slot->is_written(next_, acquiring)) {
            return is_drained() ? attempt::closed : attempt::not_now;
        }

        slot->take(consume, [this]() noexcept { ++next_; });
        return attempt::done;
    }

    // a microsecond, in which another sender sends some twenty values
    static constexpr unsigned collision_pauses = 48;

    // the receiver's line; [H] next_, as the senders see it: the receiver writes
    alignas(cache_line) typename Threading::template atomic<position> head_{0};
    position next_ = 0; // the receiver's own

    // read by both, written rarely
    alignas(cache_line) std::uint32_t const capacity_;
    typename Threading::template atomic<bool> has_waiting_{false}; // mpsc_core.hpp, [W]; written under mutex_
    turn_ring<T, Threading> ring_;                                 // [T]
};

} // namespace weir::detail

#endif
