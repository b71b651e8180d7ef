// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TURN_RING_HPP
#define WEIR_DETAIL_TURN_RING_HPP

// A ring of slots in which many write, each its own position, and one reads in order. Who may write which position, and
// when a slot may be used again, is decided outside (mpsc_core.hpp): the ring hands over.
//
//   [T] a slot's turn: 2p+1 once position p is written, 2p+2 if p was given up because the value's construction threw.
//       The writer stores it (release) after the value; the reader loads it (acquire) before the value. A slot is
//       written once a lap, so a turn of an earlier lap is never taken for a later one's: laps are shorter than the
//       2^31 positions after which turns repeat.
//
// This is the hand-over of Dmitry Vyukov's bounded queue, cut down to one reader.

#include <weir/detail/config.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class turn_ring {
public:
    using position = std::uint32_t;

    explicit turn_ring(std::uint32_t capacity)
        : mask_(std::bit_ceil(capacity) - 1), slots_(std::make_unique<slot[]>(std::size_t{mask_} + 1)) {}

    /// Writes the value of a position that the caller owns. If that throws, the position is given up.
    template <class U>
    void put(position p, U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
        slot& s = at(p);
        if constexpr (std::is_nothrow_constructible_v<T, U>) {
            ::new (static_cast<void*>(s.bytes)) T(std::forward<U>(value));
        } else {
            try {
                ::new (static_cast<void*>(s.bytes)) T(std::forward<U>(value));
            } catch (...) {
                s.turn.store(2 * p + 2, std::memory_order_release); // [T] the reader steps over it
                throw;
            }
        }
        s.turn.store(2 * p + 1, std::memory_order_release); // [T] the value is written before
    }

    [[nodiscard]] bool is_written(position p) noexcept {
        return at(p).turn.load(std::memory_order_acquire) == 2 * p + 1; // [T] the value is read after
    }

    [[nodiscard]] bool steps_over(position p) noexcept {
        if constexpr (std::is_nothrow_move_constructible_v<T> && std::is_nothrow_copy_constructible_v<T>) {
            return false; // none can be given up
        } else {
            return at(p).turn.load(std::memory_order_acquire) == 2 * p + 2; // [T]
        }
    }

    /// Hands the value of a written position to consume(T&&) and destroys it, also if that throws.
    template <class F>
    void take(position p, F& consume) {
        struct destroy {
            T* value;

            ~destroy() { std::destroy_at(value); }
        } at_end{at(p).value()};

        consume(std::move(*at_end.value));
    }

private:
    struct slot {
        typename Threading::template atomic<position> turn{
            0}; // [T] 0: not written yet; a position's owner stores
        alignas(T) std::byte bytes[sizeof(T)];

        T* value() noexcept { return std::launder(reinterpret_cast<T*>(bytes)); }
    };

    slot& at(position p) noexcept { return slots_[p & mask_]; }

    std::uint32_t const mask_;
    std::unique_ptr<slot[]> slots_;
};

} // namespace weir::detail

#endif
