// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RECYCLED_HPP
#define WEIR_DETAIL_RECYCLED_HPP

// Objects that come and go all the time.
//
//   recycled   in the memory that Asio keeps for a thread: made and destroyed on the same thread in turn, they do not
//              reach the heap. Asio keeps few blocks a thread, and frees one when none fits.
//   pooled     in blocks kept for their type, for objects that are made on one thread and destroyed on another.

#include <boost/asio/recycling_allocator.hpp>

#include <cstddef>
#include <mutex>
#include <new>

namespace weir::detail {

struct recycled {
    static void* operator new(std::size_t size) {
        return boost::asio::recycling_allocator<std::byte>().allocate(size);
    }

    static void operator delete(void* p, std::size_t size) noexcept {
        boost::asio::recycling_allocator<std::byte>().deallocate(static_cast<std::byte*>(p), size);
    }
};

/// Base of T. Turned off together with Asio's recycling: either would hide a use after free.
template <class T>
class pooled {
public:
    static void* operator new(std::size_t size) {
        if (void* const kept = take()) {
            return kept;
        }
        return ::operator new(size);
    }

    static void operator delete(void* p) noexcept {
        if (!keep(p)) {
            ::operator delete(p);
        }
    }

private:
    struct block {
        block* next;
    };

    static constexpr std::size_t max_kept = 64;

    static void* take() noexcept {
        std::lock_guard lock(mutex_);
        block* const first = first_;
        if (first != nullptr) {
            first_ = first->next;
            --kept_;
        }
        return first;
    }

    static bool keep([[maybe_unused]] void* p) noexcept {
#if !defined(BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
        std::lock_guard lock(mutex_);
        if (kept_ != max_kept) {
            first_ = ::new (p) block{first_};
            ++kept_;
            return true;
        }
#endif
        return false;
    }

    constinit static inline std::mutex mutex_;
    constinit static inline block* first_ = nullptr; // mutex_; never given back, other statics may outlive it
    constinit static inline std::size_t kept_ = 0;   // mutex_
};

} // namespace weir::detail

#endif
