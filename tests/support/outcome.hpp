// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// What an operation completed with, and stepping a loop until it should have.

#ifndef WEIR_TESTS_SUPPORT_OUTCOME_HPP
#define WEIR_TESTS_SUPPORT_OUTCOME_HPP

#include <weir/detail/config.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

namespace support {

/// Records the completion of a `void(error_code)` or a `void(error_code, Value)`. Must outlive the operation.
template <class Value = std::monostate>
class outcome {
public:
    outcome() = default;
    outcome(outcome const&) = delete;

    /// The completion handler. Move-only, as a handler may be.
    [[nodiscard]] auto handler() noexcept { return recorder(*this); }

    [[nodiscard]] bool is_pending() const noexcept { return calls_ == 0; }

    [[nodiscard]] int calls() const noexcept { return calls_; }

    [[nodiscard]] weir::error_code error() const noexcept { return error_; }

    [[nodiscard]] Value& value() noexcept { return *value_; }

    /// Completed once, without an error.
    [[nodiscard]] bool is_success() const noexcept { return calls_ == 1 && !error_; }

    /// Completed once, with this error.
    template <class Error>
    [[nodiscard]] bool is_failure(Error why) const noexcept {
        return calls_ == 1 && error_ == why;
    }

private:
    class recorder {
    public:
        explicit recorder(outcome& o) noexcept : outcome_(&o) {}

        recorder(recorder&&) noexcept = default;

        template <class... Values>
        void operator()(weir::error_code ec, Values&&... values) {
            ++outcome_->calls_;
            outcome_->error_ = ec;
            if constexpr (sizeof...(Values) != 0) {
                outcome_->value_.emplace(std::forward<Values>(values)...);
            }
        }

    private:
        outcome* outcome_;
    };

    int calls_ = 0;
    weir::error_code error_;
    std::optional<Value> value_;
};

/// Runs what is ready. How many handlers that were.
inline std::size_t poll(boost::asio::io_context& ctx) {
    ctx.restart();
    return ctx.poll();
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_OUTCOME_HPP
