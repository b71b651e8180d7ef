// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_APPEND_ONLY_ARRAY_HPP
#define WEIR_MARKET_DETAIL_APPEND_ONLY_ARRAY_HPP

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace weir::market::detail {

/// An array that one writer at a time appends to while any number of threads read it without a lock.
///
/// Elements never move: they live in segments of doubling size, so growing allocates a new segment and leaves the
/// old ones where they are. A reader asks for the size first, and sees every element below it whole.
///
/// [P] publication: the writer stages the element, then stores the size with release; a reader loads the size with
/// acquire and touches only what is below it. The pointers to segments are plain: each is written before the size
/// that first covers it is published, and never again.
template <class T>
class append_only_array {
public:
    append_only_array() = default;
    append_only_array(append_only_array const&) = delete;
    append_only_array& operator=(append_only_array const&) = delete;

    /// How many elements there are; every index below it may be read.
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire); // [P] pairs with publish
    }

    /// The element at `index`, which is below a size that this thread has seen.
    [[nodiscard]] T const& operator[](std::size_t index) const noexcept {
        auto const place = locate(index);
        return segments_[place.segment][place.offset];
    }

    /// Puts `value` where the next element goes, without showing it to readers; a second call replaces the first.
    /// The element stays where it is. Writers exclude each other by a lock of theirs.
    /// Throws: std::bad_alloc; nothing has changed then.
    T const& stage(T value) {
        auto const place = locate(size_.load(std::memory_order_relaxed)); // only writers store
        if (!segments_[place.segment])
            segments_[place.segment] = std::make_unique<T[]>(first_segment << place.segment);
        T& element = segments_[place.segment][place.offset];
        element = std::move(value);
        return element;
    }

    /// Shows the staged element to readers.
    void publish() noexcept {
        auto const index = size_.load(std::memory_order_relaxed); // only writers store
        size_.store(index + 1, std::memory_order_release);        // [P] the element is whole
    }

private:
    struct location {
        std::size_t segment;
        std::size_t offset;
    };

    static constexpr std::size_t first_segment = 64;

    // Segment k starts at 64 * (2^k - 1) and holds 64 * 2^k elements.
    static constexpr location locate(std::size_t index) noexcept {
        auto const segment = static_cast<std::size_t>(std::bit_width(index / first_segment + 1)) - 1;
        return {segment, index - first_segment * ((std::size_t{1} << segment) - 1)};
    }

    std::array<std::unique_ptr<T[]>, 32> segments_; // written by the writer before [P] covers them
    std::atomic<std::size_t> size_{0};              // [P] 0, 1, 2 ...; the writer stores, anybody loads
};

} // namespace weir::market::detail

#endif
