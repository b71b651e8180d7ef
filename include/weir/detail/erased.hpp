// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ERASED_HPP
#define WEIR_DETAIL_ERASED_HPP

// An executor that is known by its type alone, as any_io_executor. A template, so that only who asks for it compiles the
// conversion: where it is written out in a template, the compiler checks all of it for every file that includes that.

#include <weir/detail/config.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace weir::detail {

template <class Executor>
[[nodiscard]] asio::any_io_executor erased() {
    return Executor();
}

} // namespace weir::detail

#endif
