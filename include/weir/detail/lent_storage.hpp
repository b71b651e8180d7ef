// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_LENT_STORAGE_HPP
#define WEIR_DETAIL_LENT_STORAGE_HPP

// Memory that somebody who posts again and again lends to the executor.
//
// Asio allocates an operation a post from the allocator that comes with the function. Posted on one thread and run
// on another, its recycled memory piles up on the wrong side and every post is a malloc. A run queue has at most one
// post under way, so two blocks of its own (a strand makes a second operation behind the first) serve them all.

#include <atomic>
#include <cstddef>
#include <new>

namespace weir::detail {

class lent_storage {
public:
    void* allocate(std::size_t size) {
        if (size <= block_size) {
            for (block& b : blocks_) {
                // [L] acquire: the last user's deallocate comes before our use of the bytes
                if (!b.taken.exchange(true, std::memory_order_acquire)) {
                    return b.bytes;
                }
            }
        }
        return ::operator new(size);
    }

    void deallocate(void* p) noexcept {
        for (block& b : blocks_) {
            if (p == b.bytes) {
                b.taken.store(false, std::memory_order_release); // [L] our use comes before the next user's
                return;
            }
        }
        ::operator delete(p);
    }

private:
    static constexpr std::size_t block_size = 128;

    struct block {
        alignas(std::max_align_t) std::byte bytes[block_size];
        std::atomic<bool> taken{false}; // [L] true while a user has the bytes; whoever posts or runs
    };

    block blocks_[2];
};

/// An allocator that takes from a lent_storage, which must outlive what is allocated.
template <class T>
class lent_allocator {
public:
    using value_type = T;

    explicit lent_allocator(lent_storage& storage) noexcept : storage_(&storage) {}

    template <class U>
    lent_allocator(lent_allocator<U> const& other) noexcept : storage_(other.storage_) {}

    T* allocate(std::size_t n) {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        return static_cast<T*>(storage_->allocate(n * sizeof(T)));
    }

    void deallocate(T* p, std::size_t) noexcept { storage_->deallocate(p); }

    template <class U>
    bool operator==(lent_allocator<U> const& other) const noexcept {
        return storage_ == other.storage_;
    }

private:
    template <class>
    friend class lent_allocator;

    lent_storage* storage_;
};

} // namespace weir::detail

#endif
