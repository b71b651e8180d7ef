// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_OPEN_RING_HPP
#define WEIR_DETAIL_BROADCAST_OPEN_RING_HPP

// broadcast_ring.hpp for small trivially copyable values, with one thing more: a receiver takes a value without the core's
// mutex, in one exchange. Everything else is called under the mutex still; so only receivers and the one who holds the mutex
// meet here.
//
//   [N] the tail: stored, releasing, when a value and its slot's state are complete. A receiver that reads that its place lies
//       in the last `capacity` positions has slots, and in its own that position or a later one.
//   [S] a slot's state: the position that stands in it (its lowest 40 bits), and how many receivers need it (24 bits). A
//       receiver reads the state, the words, and then exchanges the state for one with one receiver less, releasing what it
//       has read. Where that succeeds, the position has stood there all the time: who overwrites what is needed takes the
//       state away first, acquiring what receivers have released, and writes the words then. So they are the value. (They
//       would not be if 2^40 values were sent between the two, and as many receivers needed the last of them.)
//   [W] somebody waits for room. A receiver that is the last to need a slot looks here after its exchange; who is about to
//       wait says so before it looks at the slot. Both in the one order of all (seq_cst): one of the two sees the other.

#include <weir/detail/config.hpp>
#include <weir/detail/shared_value.hpp>
#include <weir/detail/smaller.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace weir::detail {

template <class T, class Threading>
class broadcast_open_ring {
    using word = std::uint64_t;
    using word_atomic = typename Threading::template atomic<word>;
    static constexpr std::size_t words_of_value = (sizeof(T) + sizeof(word) - 1) / sizeof(word);
    static constexpr unsigned needed_bits = 24;
    static constexpr word max_needed = (word{1} << needed_bits) - 1;

public:
    using stored = plain_value<T>;
    /// Less than a state can count: receivers that go are counted by some slots for a while.
    static constexpr std::size_t max_receivers = std::size_t{1} << (needed_bits - 1);

    struct slot {
        word_atomic state{0};                          // [S] any receiver, and who has the mutex
        std::array<word_atomic, words_of_value> words; // [S] who has the mutex
    };

    explicit broadcast_open_ring(std::size_t capacity) noexcept : capacity_(std::bit_ceil(capacity)) {}

    // --- without the mutex ---------------------------------------------------------------------------------------

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    enum class taken : unsigned char { no, yes, was_last };

    /// Takes what stands at `place`, for one receiver. `no`: ask again under the mutex.
    /// `was_last`: somebody may wait for the slot, and has to be told.
    taken try_take(std::uint64_t place, stored& value) noexcept {
        if (tail_.load(std::memory_order_acquire) - place - 1 >= capacity_) { // [N]
            return taken::no;
        }
        slot& s = at(place);
        word state = s.state.load(std::memory_order_relaxed); // [S] [N] has acquired it
        do {
            if (needed(state, place) > max_needed) { // another position has the slot
                return taken::no;
            }
            value = read(s);
        } while (!s.state.compare_exchange_weak(state, state - 1, std::memory_order_seq_cst, // [S] [W]
                                                std::memory_order_relaxed));
        return needed(state, place) == 1 && is_awaited_.load(std::memory_order_seq_cst) != 0 // [W]
                   ? taken::was_last
                   : taken::yes;
    }

    // --- under the mutex -----------------------------------------------------------------------------------------

    [[nodiscard]] bool has_slots() const noexcept { return !slots_.empty(); }

    /// They are made without the mutex. Gives what it had in exchange.
    void use(std::vector<slot>& slots) noexcept { slots_.swap(slots); }

    /// The position that is sent next.
    [[nodiscard]] std::uint64_t tail() const noexcept {
        return tail_.load(std::memory_order_relaxed); // [N] written under the mutex
    }

    [[nodiscard]] std::uint64_t oldest() const noexcept {
        auto const end = tail();
        return end > capacity_ ? end - capacity_ : 0;
    }

    /// Where a receiver that would go on at `place` finds a value. The tail: nowhere.
    [[nodiscard]] std::uint64_t next_at(std::uint64_t place) const noexcept {
        return larger(place, oldest());
    }

    /// Room for one value behind the `ahead` that were promised to others, without overwriting.
    [[nodiscard]] auto has_room() noexcept {
        return [this, end = tail()](std::size_t ahead) noexcept {
            return ahead < capacity_ && (end + ahead < capacity_ || !is_needed(end + ahead - capacity_));
        };
    }

    /// [W] before has_room() is asked by who waits if there is none, and when nobody waits any more.
    void await_room(bool on) noexcept { is_awaited_.store(on ? 1 : 0, std::memory_order_seq_cst); }

    [[nodiscard]] stored value(std::uint64_t p) noexcept { return read(at(p)); }

    /// One receiver more needs what stands at p, which one needs already. [S] the words stay
    void need(std::uint64_t p) noexcept { at(p).state.fetch_add(1, std::memory_order_relaxed); }

    /// One receiver less needs it. True: it was the last.
    bool pass(std::uint64_t p) noexcept {
        return needed(at(p).state.fetch_sub(1, std::memory_order_acq_rel), p) == 1; // [S]
    }

    void put(stored const& next, std::size_t receivers) noexcept {
        auto const p = tail();
        slot& s = at(p);
        if (p >= capacity_ && is_needed(p - capacity_)) {
            s.state.exchange(state_of(p, 0),
                             std::memory_order_acq_rel); // [S] nobody takes the old one any more
        }
        std::array<word, words_of_value> raw{};
        std::memcpy(raw.data(), &next, sizeof(T));
        for (std::size_t n = 0; n != words_of_value; ++n) {
            s.words[n].store(raw[n], std::memory_order_relaxed); // [S]
        }
        s.state.store(state_of(p, receivers), std::memory_order_relaxed); // [S] the tail releases it
        tail_.store(p + 1, std::memory_order_release);                    // [N]
    }

private:
    [[nodiscard]] static word state_of(std::uint64_t p, std::size_t receivers) noexcept {
        return (p << needed_bits) + receivers;
    }

    /// How many need p; more than max_needed if another position has the slot.
    [[nodiscard]] static word needed(word state, std::uint64_t p) noexcept { return state - state_of(p, 0); }

    [[nodiscard]] bool is_needed(std::uint64_t p) noexcept {
        return needed(at(p).state.load(std::memory_order_seq_cst), p) != 0; // [S] acquires; [W]
    }

    slot& at(std::uint64_t p) noexcept { return slots_[static_cast<std::size_t>(p) & (capacity_ - 1)]; }

    [[nodiscard]] static stored read(slot& s) noexcept {
        std::array<word, words_of_value> raw;
        for (std::size_t n = 0; n != words_of_value; ++n) {
            raw[n] = s.words[n].load(std::memory_order_relaxed); // [S]
        }
        stored value;
        std::memcpy(static_cast<void*>(&value), raw.data(), sizeof(T));
        return value;
    }

    std::size_t const capacity_;
    std::vector<slot> slots_; // none, or capacity_; who has the mutex, until [N] is not 0 any more
    word_atomic tail_{0};     // [N] who has the mutex
    // [W] 1: somebody may wait; who has the mutex
    typename Threading::template atomic<unsigned char> is_awaited_{0};
};

} // namespace weir::detail

#endif
