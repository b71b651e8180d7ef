// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Value types that show what a channel does with them.

#ifndef WEIR_TESTS_SUPPORT_VALUES_HPP
#define WEIR_TESTS_SUPPORT_VALUES_HPP

#include <atomic>
#include <stdexcept>
#include <utility>

namespace support {

/// Counts its living objects. No default constructor.
class counted {
public:
    explicit counted(int value) noexcept : value_(value) { ++alive_; }

    counted(counted const& other) noexcept : value_(other.value_) { ++alive_; }

    counted(counted&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++alive_; }

    counted& operator=(counted const&) = default;

    counted& operator=(counted&& other) noexcept {
        value_ = std::exchange(other.value_, -1);
        return *this;
    }

    ~counted() { --alive_; }

    [[nodiscard]] int value() const noexcept { return value_; }

    [[nodiscard]] static int alive() noexcept { return alive_; }

private:
    int value_; // -1: moved from
    static inline std::atomic<int> alive_{0};
};

/// As little as a value may have: it moves.
class move_only {
public:
    explicit move_only(int value) noexcept : value_(value) {}

    move_only(move_only&& other) noexcept : value_(std::exchange(other.value_, -1)) {}

    move_only& operator=(move_only&&) = delete;

    [[nodiscard]] int value() const noexcept { return value_; }

private:
    int value_; // -1: moved from
};

/// Throws in the n-th move from now.
class throwing {
public:
    explicit throwing(int value) noexcept : value_(value) { ++alive_; }

    throwing(throwing&& other) : value_(other.value_) {
        if (moves_left_ > 0 && --moves_left_ == 0) {
            throw std::runtime_error("move");
        }
        ++alive_;
    }

    throwing& operator=(throwing&&) = delete;

    ~throwing() { --alive_; }

    [[nodiscard]] int value() const noexcept { return value_; }

    static void throw_in_move(int n) noexcept { moves_left_ = n; }

    [[nodiscard]] static int alive() noexcept { return alive_; }

private:
    int value_;
    static inline int moves_left_ = 0; // 0: none throws
    static inline int alive_ = 0;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_VALUES_HPP
