// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_RING_HPP
#define WEIR_DETAIL_BROADCAST_RING_HPP

// Where the values of a broadcast stand (broadcast_core.hpp). All but capacity() is called under that core's mutex.
//
//   Position p stands in slot p mod capacity until p + capacity is sent. A slot counts the receivers that have not
//   passed it (`needed`). The slots are allocated by the first send that has a receiver: an idle channel has no use for
//   them.

#include <weir/detail/config.hpp>
#include <weir/detail/smaller.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir::detail {

template <class Stored>
class broadcast_ring {
public:
    static constexpr std::size_t max_receivers = ~std::size_t{0};

    struct slot {
        Stored value{};
        std::size_t needed = 0;
    };

    explicit broadcast_ring(std::size_t capacity) noexcept : capacity_(std::bit_ceil(capacity)) {}

    /// Without the mutex, too.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    [[nodiscard]] bool has_slots() const noexcept { return !slots_.empty(); }

    /// They are made without the mutex. Gives what it had in exchange.
    void use(std::vector<slot>& slots) noexcept { slots_.swap(slots); }

    /// The position that is sent next.
    [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }

    [[nodiscard]] std::uint64_t oldest() const noexcept { return tail_ > capacity_ ? tail_ - capacity_ : 0; }

    /// Where a receiver that would go on at `place` finds a value. The tail: nowhere.
    [[nodiscard]] std::uint64_t next_at(std::uint64_t place) const noexcept {
        return larger(place, oldest());
    }

    /// Room for one value behind the `ahead` that were promised to others, without overwriting.
    [[nodiscard]] auto has_room() noexcept {
        return [this](std::size_t ahead) noexcept {
            return ahead < capacity_ && (tail_ + ahead < capacity_ || at(tail_ + ahead).needed == 0);
        };
    }

    void await_room(bool) noexcept {}

    [[nodiscard]] Stored& value(std::uint64_t p) noexcept { return at(p).value; }

    /// One receiver more needs what stands at p.
    void need(std::uint64_t p) noexcept { ++at(p).needed; }

    /// One receiver less needs it. True: it was the last.
    bool pass(std::uint64_t p) noexcept { return --at(p).needed == 0; }

    /// Gives what was overwritten in exchange.
    void put(Stored& next, std::size_t receivers) noexcept {
        slot& s = at(tail_);
        std::swap(s.value, next);
        s.needed = receivers;
        ++tail_;
    }

private:
    slot& at(std::uint64_t p) noexcept { return slots_[static_cast<std::size_t>(p) & (capacity_ - 1)]; }

    std::size_t const capacity_;
    std::vector<slot> slots_; // none, or capacity_
    std::uint64_t tail_ = 0;
};

} // namespace weir::detail

#endif
