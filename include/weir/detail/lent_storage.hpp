// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_LENT_STORAGE_HPP
#define WEIR_DETAIL_LENT_STORAGE_HPP

// Memory that somebody who posts again and again lends to the executor.
//
// Asio allocates an operation a post from the allocator that comes with the function. Posted on one thread and run
// on another, its recycled memory piles up on the wrong side and every post is a malloc. A run queue has at most one
// post under way, so two blocks of its own (a strand makes a second operation behind the first) serve them all.

#include <weir/detail/atomic.hpp>
#include <weir/detail/config.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

namespace weir::detail {

template <std::size_t Size, std::size_t Count>
class basic_lent_storage {
public:
    void* allocate(std::size_t size) {
        if (size <= Size) {
            for (block& b : blocks_) {
                // [L] acquire: the last user's deallocate comes before our use of the bytes
                if (!b.taken.exchange(true, std::memory_order_acquire)) {
                    return b.bytes;
                }
            }
        }
        return ::operator new(size);
    }

    /// Not inlined: g++ 12 takes `bytes` for the block that an inlined operator new has returned, and warns.
    WEIR_NOINLINE void deallocate(void* p) noexcept {
        for (block& b : blocks_) {
            if (p == b.bytes) {
                b.taken.store(false, std::memory_order_release); // [L] our use comes before the next user's
                return;
            }
        }
        ::operator delete(p);
    }

private:
    struct block {
        alignas(std::max_align_t) std::byte bytes[Size];
        atomic<bool> taken{false}; // [L] true while a user has the bytes; whoever posts or runs
    };

    block blocks_[Count];
};

/// For who posts.
using lent_storage = basic_lent_storage<128, 2>;

/// An allocator that takes from a lent_storage, which must outlive what is allocated.
template <class T, class Storage = lent_storage>
class lent_allocator {
public:
    using value_type = T;
    using storage_type = Storage;

    explicit lent_allocator(Storage& storage) noexcept : storage_(&storage) {}

    template <class U>
    lent_allocator(lent_allocator<U, Storage> const& other) noexcept : storage_(other.storage_) {}

    T* allocate(std::size_t n) {
        if constexpr (is_over_aligned) {
            return std::allocator<T>().allocate(n);
        } else {
            return static_cast<T*>(storage_->allocate(n * sizeof(T)));
        }
    }

    void deallocate(T* p, [[maybe_unused]] std::size_t n) noexcept {
        if constexpr (is_over_aligned) {
            std::allocator<T>().deallocate(p, n);
        } else {
            storage_->deallocate(p);
        }
    }

    template <class U>
    bool operator==(lent_allocator<U, Storage> const& other) const noexcept {
        return storage_ == other.storage_;
    }

private:
    template <class, class>
    friend class lent_allocator;

    static constexpr bool is_over_aligned = alignof(T) > alignof(std::max_align_t); // not lent

    Storage* storage_;
};

} // namespace weir::detail

#endif
