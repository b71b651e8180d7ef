// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CHANNEL_OWNERS_HPP
#define WEIR_DETAIL_CHANNEL_OWNERS_HPP

// Who keeps a channel's core alive, and who keeps the channel open: the same for all that have many senders.
//
// All senders together hold one reference, so that copying a sender touches one count. When the last sender goes the
// channel closes; the core lives until receivers, weak senders and waiting operations have gone too.

#include <weir/detail/config.hpp>
#include <weir/detail/ref_counted.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace weir::detail {

/// The largest capacity of a channel: a mistyped one fails at once and not by eating all memory, and positions and
/// reserved slots fit into one word (channel_word.hpp).
inline constexpr std::size_t max_channel_capacity = std::size_t{1} << 27;

[[nodiscard]] inline std::uint32_t checked_capacity(std::size_t capacity) {
    if (capacity == 0 || capacity > max_channel_capacity) {
        throw std::invalid_argument("weir: a capacity must be between 1 and 134217728");
    }
    return static_cast<std::uint32_t>(capacity);
}

/// The base of a core. `Core` has a member close(), called when the last sender goes. Thread safety: safe.
template <class Core, class Threading>
class channel_owners {
    using count = reference_count<Threading::template atomic>;

public:
    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            destroy();
        }
    }

    void add_sender() noexcept { senders_.add(); }

    [[nodiscard]] bool add_sender_unless_zero() noexcept { return senders_.add_unless_zero(); }

    void release_sender() noexcept {
        if (senders_.drop()) {
            end_sending();
        }
    }

    /// Handles, permits, and sends that wait.
    [[nodiscard]] std::size_t strong_count() const noexcept { return senders_.value(); }

    void add_weak() noexcept { weak_.add(); }

    void release_weak() noexcept { (void)weak_.drop(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return weak_.value(); }

protected:
    /// `others` is how many references there are at first besides the senders' one.
    explicit channel_owners(std::size_t others) noexcept : owners_(others + 1) {}

    channel_owners(channel_owners const&) = delete;
    ~channel_owners() = default;

private:
    // Apart, because handles and operations are destroyed everywhere, and most are not the last.

    WEIR_NOINLINE void destroy() noexcept { delete static_cast<Core*>(this); }

    WEIR_NOINLINE void end_sending() noexcept {
        static_cast<Core*>(this)->close();
        release();
    }

    count senders_;
    count weak_{0}; // for counting only: a weak sender holds a reference
    count owners_;
};

} // namespace weir::detail

#endif
