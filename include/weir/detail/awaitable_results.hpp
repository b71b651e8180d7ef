// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_AWAITABLE_RESULTS_HPP
#define WEIR_DETAIL_AWAITABLE_RESULTS_HPP

// In asio::awaitable, operations that complete with void(std::exception_ptr, T): spawn, and the join of a group with
// results.
//
// In Boost 1.81 what resumes such an awaitable does not compile: it looks for the exception in the pair of exception and
// value. The template below is Asio's, told for this signature where the exception is. Nothing that compiles without it
// means anything else with it, and asio::co_spawn with asio::deferred can be awaited too.

#include <boost/version.hpp>

#if BOOST_VERSION < 108200

#include <exception>
#include <utility>

namespace boost::asio::detail {

template <typename Signature, typename Executor>
class awaitable_async_op_handler;

/// All but resume() is that of any other result with this completion: the one with which Asio's own template is chosen.
template <typename T, typename Executor>
class awaitable_async_op_handler<void(std::exception_ptr, T), Executor>
    : public awaitable_async_op_handler<int(std::exception_ptr, T), Executor> {
    using base = awaitable_async_op_handler<int(std::exception_ptr, T), Executor>;

public:
    using base::base;

    static T resume(typename base::result_type& result) {
        if (auto thrown = std::exchange(*result.ex_, nullptr)) {
            std::rethrow_exception(std::move(thrown));
        }
        return std::move(*result.value_);
    }
};

} // namespace boost::asio::detail

#endif

#endif
