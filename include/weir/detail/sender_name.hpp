// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SENDER_NAME_HPP
#define WEIR_DETAIL_SENDER_NAME_HPP

// What tells the senders of one channel apart, for the order in which the values of each arrive (sender_queue.hpp).

#include <weir/detail/counted_handle.hpp>

#include <atomic>
#include <cstdint>

namespace weir::detail {

/// A copy of a sender has another name, moving it keeps the name. After 2^32 copies two may have the same: then they wait
/// for each other, no more.
using sender_name = std::uint32_t;

/// A base of the core.
template <class Threading>
class sender_names {
public:
    [[nodiscard]] sender_name name_sender() noexcept {
        return named_.fetch_add(1, std::memory_order_relaxed); // alone: nothing else goes with it
    }

private:
    typename Threading::template atomic<sender_name> named_{0}; // how many have a name; any side
};

/// What a counted_handle counts that keeps the channel open and has a name.
struct counts_named_sender : counts_sender {
    using label_type = sender_name;

    template <class Core>
    static sender_name label(Core& core) noexcept {
        return core.name_sender();
    }
};

} // namespace weir::detail

#endif
