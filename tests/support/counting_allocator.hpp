// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// An allocator that tells how much it has given out.

#ifndef WEIR_TESTS_SUPPORT_COUNTING_ALLOCATOR_HPP
#define WEIR_TESTS_SUPPORT_COUNTING_ALLOCATOR_HPP

#include <cstddef>
#include <memory>

namespace support {

struct allocated {
    std::size_t now = 0;
    std::size_t total = 0;
};

/// Counts in an `allocated` that must outlive it. For one thread.
template <class T>
class counting_allocator {
public:
    using value_type = T;

    explicit counting_allocator(allocated& count) noexcept : count_(&count) {}

    template <class U>
    counting_allocator(counting_allocator<U> const& other) noexcept : count_(other.count_) {}

    T* allocate(std::size_t n) {
        T* const p = std::allocator<T>().allocate(n);
        count_->now += n * sizeof(T);
        count_->total += n * sizeof(T);
        return p;
    }

    void deallocate(T* p, std::size_t n) noexcept {
        count_->now -= n * sizeof(T);
        std::allocator<T>().deallocate(p, n);
    }

    template <class U>
    bool operator==(counting_allocator<U> const& other) const noexcept {
        return count_ == other.count_;
    }

private:
    template <class>
    friend class counting_allocator;

    allocated* count_;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_COUNTING_ALLOCATOR_HPP
