// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A coroutine type that knows nothing of Asio or weir, as a third party would write it.

#ifndef WEIR_TESTS_SUPPORT_BARE_HPP
#define WEIR_TESTS_SUPPORT_BARE_HPP

#include <coroutine>
#include <exception>
#include <utility>

namespace support {

/// Starts at once; its object owns it wherever it stands.
class bare {
public:
    struct promise_type {
        std::exception_ptr thrown;

        bare get_return_object() noexcept {
            return bare(std::coroutine_handle<promise_type>::from_promise(*this));
        }

        std::suspend_never initial_suspend() const noexcept { return {}; }

        std::suspend_always final_suspend() const noexcept { return {}; }

        void return_void() const noexcept {}

        void unhandled_exception() noexcept { thrown = std::current_exception(); }
    };

    bare(bare&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}

    ~bare() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

    [[nodiscard]] bool is_done() const noexcept { return coroutine_.done(); }

    /// Throws what the coroutine threw.
    void rethrow() const {
        if (coroutine_.promise().thrown) {
            std::rethrow_exception(coroutine_.promise().thrown);
        }
    }

private:
    explicit bare(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_BARE_HPP
