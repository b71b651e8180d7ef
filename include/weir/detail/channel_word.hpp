// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CHANNEL_WORD_HPP
#define WEIR_DETAIL_CHANNEL_WORD_HPP

// The word in which a bounded channel keeps what its senders must see and change in one step (mpsc_core.hpp, [S]):
//
//   63 .. 32   tail       the next position to be sent, modulo 2^32
//   31 ..  4   reserved   slots that belong to permits and granted requests
//    3 ..  0   flags

#include <cstdint>

namespace weir::detail {

struct channel_word {
    using bits = std::uint64_t;
    using position = std::uint32_t;

    enum flag : bits {
        closed_flag = 1,    // nothing is sent but with reserved slots; set once, by either side
        receiver_waits = 2, // set by the receiver that parks, taken out by the sender that will wake it
        senders_wait = 4,   // a queue of requests: new sends go behind it; set and cleared under the mutex
        receiver_gone = 8,  // nothing is sent at all; set once, by the receiver
    };

    static constexpr bits one_reserved = 16;
    static constexpr bits one_sent = bits{1} << 32;

    static constexpr position tail_of(bits w) noexcept { return static_cast<position>(w >> 32); }

    static constexpr std::uint32_t reserved_of(bits w) noexcept { return static_cast<std::uint32_t>(w) >> 4; }
};

} // namespace weir::detail

#endif
