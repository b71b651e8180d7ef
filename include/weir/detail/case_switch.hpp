// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CASE_SWITCH_HPP
#define WEIR_DETAIL_CASE_SWITCH_HPP

// Whether a case of a select takes part: `.when(bool)` says so once, `.when(predicate)` is asked at the beginning of each
// round. What has come to its end is off from then on, and its predicate is not asked any more.

#include <concepts>
#include <utility>

namespace weir::detail {

struct no_guard {};

template <class Guard = no_guard>
class case_switch {
public:
    case_switch() = default;

    explicit case_switch(Guard guard) : guard_(std::move(guard)) {}

    [[nodiscard]] bool is_on() const noexcept { return is_on_; }

    void set(bool on) noexcept { is_on_ = on; }

    void ask() {
        if constexpr (!std::same_as<Guard, no_guard>) {
            is_on_ = !has_ended_ && guard_();
        }
    }

    void end() noexcept {
        is_on_ = false;
        has_ended_ = true;
    }

private:
    [[no_unique_address]] Guard guard_;
    bool is_on_ = true;
    bool has_ended_ = false;
};

/// The base of a case, which is made anew as std::move(c).guarded(case_switch) when it gets a predicate.
template <class Case, class Guard>
class switchable_case {
public:
    /// Switches the case off if `condition` is false.
    [[nodiscard]] Case&& when(bool condition) && noexcept requires std::same_as<Guard, no_guard> {
        switch_.set(condition);
        return static_cast<Case&&>(*this);
    }

    /// Switches the case off in rounds at whose beginning `condition()` is false. A select has one round, which begins
    /// when it is made.
    template <std::predicate F>
        [[nodiscard]] auto when(F condition) && requires std::same_as<Guard, no_guard> {
        return static_cast<Case&&>(*this).guarded(case_switch<F>(std::move(condition)));
    }

protected:
    explicit switchable_case(case_switch<Guard> on) : switch_(std::move(on)) {}

    case_switch<Guard> switch_;
};

/// The base of an arm.
template <class Guard>
class switched_arm {
public:
    [[nodiscard]] bool is_on() const noexcept { return switch_.is_on(); }

    void begin_round() { switch_.ask(); }

protected:
    explicit switched_arm(case_switch<Guard> on) : switch_(std::move(on)) {}

    case_switch<Guard> switch_;
};

} // namespace weir::detail

#endif
