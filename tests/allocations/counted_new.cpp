// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_new.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

// In a file of its own: where the compiler sees both ends of an allocation inlined it warns of a mismatch.

constinit std::atomic<long> support::allocations{0};

namespace {

void* counted_allocation(std::size_t size, std::size_t alignment) {
    support::allocations.fetch_add(1, std::memory_order_relaxed);
    void* const p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    return p;
}

} // namespace

void* operator new(std::size_t size) {
    return counted_allocation(size + (size == 0), alignof(std::max_align_t));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted_allocation(size + (size == 0), static_cast<std::size_t>(alignment));
}

void operator delete(void* p) noexcept { std::free(p); }

void operator delete(void* p, std::size_t) noexcept { std::free(p); }

void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }

void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
