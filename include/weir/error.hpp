// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_ERROR_HPP
#define WEIR_ERROR_HPP

// What can go wrong at run time, as error codes.
//
// The end of a stream is not among them: a receive that finds its channel closed and drained completes without an
// error and with an empty optional. An operation that was cancelled, or whose endpoint was destroyed under it,
// completes with asio::error::operation_aborted, as everywhere in Asio. Bad arguments throw std::invalid_argument
// at the call that has them.

#include <weir/detail/config.hpp>

#include <boost/system/error_category.hpp>

#include <string>
#include <type_traits>

namespace weir {

/// The run-time errors of weir's operations.
enum class errc {
    /// The other side has gone or refuses: nothing can be sent any more, or no answer will come.
    closed = 1,
    /// The time given to `timeout` ran out; the operation inside was cancelled and has taken nothing.
    timed_out,
    /// Another operation is under way on an endpoint that allows one at a time.
    busy,
    /// Values were overwritten before this receiver took them.
    lagged,
    /// The hub knows no such symbol.
    unknown_symbol,
    /// A queue with a fixed limit had no room.
    queue_full,
};

namespace detail {

class weir_category final : public boost::system::error_category {
public:
    constexpr weir_category() noexcept : error_category(0x9f4d2c61b7e80a35) {}

    [[nodiscard]] char const* name() const noexcept override { return "weir"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::closed:
            return "channel closed";
        case errc::timed_out:
            return "timed out";
        case errc::busy:
            return "another operation is under way on this endpoint";
        case errc::lagged:
            return "receiver lagged behind, values were overwritten";
        case errc::unknown_symbol:
            return "unknown symbol";
        case errc::queue_full:
            return "queue full";
        }
        return "unknown weir error";
    }
};

inline constexpr weir_category category_instance;

} // namespace detail

/// The category of `errc`. Thread safety: safe. One object in the whole program.
[[nodiscard]] inline boost::system::error_category const& error_category() noexcept {
    return detail::category_instance;
}

[[nodiscard]] inline error_code make_error_code(errc e) noexcept {
    return error_code(static_cast<int>(e), error_category());
}

} // namespace weir

template <>
struct boost::system::is_error_code_enum<weir::errc> : std::true_type {};

#endif
