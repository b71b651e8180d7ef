// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Something that happens at the very moment at which something is posted.

#ifndef WEIR_TESTS_SUPPORT_MEDDLING_EXECUTOR_HPP
#define WEIR_TESTS_SUPPORT_MEDDLING_EXECUTOR_HPP

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <utility>

namespace support {

/// An executor that does something of its own each time that something is posted.
struct meddling_executor {
    void execute(auto f) const {
        if (auto const once = std::exchange(*meddle, nullptr)) {
            once();
        }
        inner.execute(std::move(f));
    }

    [[nodiscard]] boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
        return inner.context();
    }

    static constexpr boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking.never;
    }

    bool operator==(meddling_executor const&) const noexcept = default;

    boost::asio::io_context::executor_type inner;
    std::function<void()>* meddle;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_MEDDLING_EXECUTOR_HPP
