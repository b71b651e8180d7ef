// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TURN_SLOT_HPP
#define WEIR_DETAIL_TURN_SLOT_HPP

// One slot of a queue in which many write, each its own position, and one reads in order. Who may write which position,
// and when a slot may be used again, is decided outside (turn_ring.hpp, block_queue.hpp): the slot hands over.
//
//   [T] a slot's turn: 2p+1 once position p is written, 2p+2 if p was given up because the value's construction threw.
//       The writer stores it (release) after the value; the reader loads it (acquire) before the value. Positions are
//       numbers that tell one use of a slot from the one before; a queue that resets its slots calls all of them 0.
//       The store is seq_cst where a value must not be left behind by a receiver that goes: channel_waits.hpp, [G].
//
// This is the hand-over of Dmitry Vyukov's bounded queue, cut down to one reader.

#include <weir/detail/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class turn_slot {
    static constexpr auto shown =
        std::is_trivially_destructible_v<T> ? std::memory_order_release : std::memory_order_seq_cst;

public:
    using position = std::uint32_t;

    /// Writes the value of a position that the caller owns. If that throws, the position is given up.
    template <class U>
    void put(position p, U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
        if constexpr (std::is_nothrow_constructible_v<T, U>) {
            ::new (static_cast<void*>(bytes_)) T(std::forward<U>(value));
        } else {
            try {
                ::new (static_cast<void*>(bytes_)) T(std::forward<U>(value));
            } catch (...) {
                turn_.store(2 * p + 2, shown); // [T] [G] the reader steps over it
                throw;
            }
        }
        turn_.store(2 * p + 1, shown); // [T] [G] the value is written before
    }

    [[nodiscard]] bool is_written(position p, std::memory_order acquiring) const noexcept {
        return turn_.load(acquiring) == 2 * p + 1; // [T] the value is read after
    }

    [[nodiscard]] bool is_given_up([[maybe_unused]] position p,
                                   [[maybe_unused]] std::memory_order acquiring) const noexcept {
        if constexpr (std::is_nothrow_move_constructible_v<T> && std::is_nothrow_copy_constructible_v<T>) {
            return false; // none can be
        } else {
            return turn_.load(acquiring) == 2 * p + 2; // [T]
        }
    }

    /// Hands the value of a written position to consume(T&&), destroys it and calls passed(). If consume throws, a value
    /// whose move cannot throw has not been moved: it stays, and the position is not passed. Any other is gone.
    template <class F, class Passed>
    void take(F& consume, Passed passed) {
        struct end {
            T* value;
            Passed& passed;

            void come() noexcept {
                std::destroy_at(value);
                passed();
            }
        } at_end{std::launder(reinterpret_cast<T*>(bytes_)), passed};

        if constexpr (std::is_nothrow_move_constructible_v<T>) {
            consume(std::move(*at_end.value));
            at_end.come();
        } else {
            struct always {
                end& e;

                ~always() { e.come(); }
            } guard{at_end};

            consume(std::move(*at_end.value));
        }
    }

    /// As if never written. For the only one who can reach the slot.
    void reset() noexcept {
        turn_.store(0, std::memory_order_relaxed);
    } // [T] whoever shows the slot releases

private:
    typename Threading::template atomic<position> turn_{
        0}; // [T] 0: not written yet; a position's owner stores
    alignas(T) std::byte bytes_[sizeof(T)];
};

} // namespace weir::detail

#endif
