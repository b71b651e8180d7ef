// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "allocations/counted_new.hpp"

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

// In a file of its own: where the compiler sees both ends of an allocation inlined it warns of a mismatch.

constinit std::atomic<long> support::allocations{0};
constinit std::atomic<long> support::allocated_bytes{0};
constinit std::atomic<long> support::too_large{std::numeric_limits<long>::max()};

namespace {

void* counted_allocation(std::size_t size, std::size_t alignment) {
    auto const bytes = static_cast<long>(size);
    if (bytes >= support::too_large.load(std::memory_order_relaxed)) {
        throw std::bad_alloc();
    }
    support::allocations.fetch_add(1, std::memory_order_relaxed);
    support::allocated_bytes.fetch_add(bytes, std::memory_order_relaxed);
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
