// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RECYCLED_HPP
#define WEIR_DETAIL_RECYCLED_HPP

// Objects that come and go all the time, in the memory that Asio keeps for a thread: made and destroyed on the same
// thread in turn, they do not reach the heap.

#include <boost/asio/recycling_allocator.hpp>

#include <cstddef>

namespace weir::detail {

struct recycled {
    static void* operator new(std::size_t size) {
        return boost::asio::recycling_allocator<std::byte>().allocate(size);
    }

    static void operator delete(void* p, std::size_t size) noexcept {
        boost::asio::recycling_allocator<std::byte>().deallocate(static_cast<std::byte*>(p), size);
    }
};

} // namespace weir::detail

#endif
