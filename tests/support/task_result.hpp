// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// What a spawned task came to, and what an exception says.

#ifndef WEIR_TESTS_SUPPORT_TASK_RESULT_HPP
#define WEIR_TESTS_SUPPORT_TASK_RESULT_HPP

#include <weir/error.hpp>

#include <boost/system/system_error.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace support {

/// What a spawned task came to.
template <class T>
struct result {
    int calls = 0;
    std::exception_ptr thrown;
    std::optional<T> value;

    auto handler() {
        return [this](std::exception_ptr e, T v) {
            ++calls;
            thrown = e;
            value.emplace(std::move(v));
        };
    }
};

template <>
struct result<void> {
    int calls = 0;
    std::exception_ptr thrown;

    auto handler() {
        return [this](std::exception_ptr e) {
            ++calls;
            thrown = e;
        };
    }
};

/// That of a system_error.
inline weir::error_code error_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (boost::system::system_error const& e) {
        return e.code();
    }
    return {};
}

inline std::string message_of(std::exception_ptr const& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (std::exception const& e) {
        return e.what();
    }
    return {};
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_TASK_RESULT_HPP
