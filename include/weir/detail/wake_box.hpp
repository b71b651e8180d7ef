// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WAKE_BOX_HPP
#define WEIR_DETAIL_WAKE_BOX_HPP

// Where any thread leaves what it has woken, while somebody is there who looks again and again.
//
// One word holds a stack of what was left, latest on top, and flags. It is only ever taken whole: no ABA.
//
//   open     somebody has opened the box and will empty it, or finds it empty and closes it.
//   neither  nobody looks: nothing is left here, who wakes posts.
//   shut     it is not opened any more.
//   [B] what is left is seen by who empties the box, with all that was done before. Who opens it sees what those did who
//       emptied or closed it before. Every change is one exchange; after it has left something, a thread touches neither that
//       nor the box: both may be gone.

#include <atomic>
#include <cstdint>
#include <utility>

namespace weir::detail {

/// `Node` has a `Node* next_` and is aligned to 4 bytes at least. `Atomic` is for a test that interleaves its threads on
/// purpose.
template <template <class> class Atomic, class Node>
class basic_wake_box {
public:
    // --- any thread ----------------------------------------------------------------------------------------------

    /// False: nobody looks, and the node is as it was. Else the node is the box's until it is emptied.
    [[nodiscard]] bool leave(Node& n) noexcept {
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        do {
            if ((s & open) == 0) {
                n.next_ = nullptr; // it was linked to what was there when the exchange failed
                return false;
            }
            n.next_ = top_of(s);
        } while (!word_.compare_exchange_weak(s, reinterpret_cast<word>(&n) | open, std::memory_order_release,
                                              std::memory_order_relaxed)); // [B]
        return true;
    }

    /// Opens the box. False: it is open or shut. The caller empties or closes it, or sees to it that somebody does.
    [[nodiscard]] bool try_open() noexcept {
        word expected = 0;
        return word_.load(std::memory_order_relaxed) ==
                   0 && // spares those who leave something their cache line
               word_.compare_exchange_strong(expected, open, std::memory_order_acquire,
                                             std::memory_order_relaxed); // [B]
    }

    /// From now on it is not opened; what is in it, oldest first. When nobody can be about to empty it.
    [[nodiscard]] Node* shut_for_ever() noexcept {
        return oldest_first(word_.exchange(shut, std::memory_order_acquire)); // [B]
    }

    // --- who has opened it ---------------------------------------------------------------------------------------

    [[nodiscard]] bool is_empty() const noexcept { // a guess: empty() and try_close() decide
        return top_of(word_.load(std::memory_order_relaxed)) == nullptr;
    }

    /// Closes the box and takes out all that is in it, oldest first, linked by next_.
    [[nodiscard]] Node* empty() noexcept {
        return oldest_first(word_.exchange(0, std::memory_order_acq_rel)); // [B]
    }

    /// Closes the box if it is empty.
    [[nodiscard]] bool try_close() noexcept {
        word expected = open;
        return word_.compare_exchange_strong(expected, 0, std::memory_order_release,
                                             std::memory_order_relaxed); // [B]
    }

private:
    using word = std::uintptr_t;

    static constexpr word open = 1;
    static constexpr word shut = 2;

    static Node* top_of(word s) noexcept { return reinterpret_cast<Node*>(s & ~(open | shut)); }

    static Node* oldest_first(word s) noexcept {
        Node* first = nullptr;
        for (Node* n = top_of(s); n != nullptr;) {
            n = std::exchange(n->next_, std::exchange(first, n));
        }
        return first;
    }

    Atomic<word> word_{0}; // [B] stack and flags; any thread
};

} // namespace weir::detail

#endif
