// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WEAK_SENDER_HPP
#define WEIR_DETAIL_WEAK_SENDER_HPP

// The weak sender of all channels that have one, over the sender that it was made from: for an actor that keeps a way to
// itself and still wants to end with its last client.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace weir::detail {

/// A sender that does not keep its channel open. Copyable. Moved from, it may only be destroyed or assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class Sender>
class weak_sender_of {
    using core = typename Sender::core;

public:
    using value_type = typename Sender::value_type;
    using executor_type = typename Sender::executor_type;

    template <class Other>
    struct rebind_executor {
        using other = weak_sender_of<typename Sender::template rebind_executor<Other>::other>;
    };

    weak_sender_of(weak_sender_of const&) = default;
    weak_sender_of(weak_sender_of&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Sender> &&
                 std::same_as<typename Other::template rebind_executor<executor_type>::other, Sender> &&
                 std::convertible_to<typename Other::executor_type const&, executor_type>)

    weak_sender_of(weak_sender_of<Other> const& other) : executor_(other.executor_), core_(other.core_) {}

    weak_sender_of& operator=(weak_sender_of const&) = default;
    weak_sender_of& operator=(weak_sender_of&&) noexcept = default;
    ~weak_sender_of() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// A sender again; empty once the last strong one has gone.
    [[nodiscard]] std::optional<Sender> upgrade() const {
        if (!core_->add_sender_unless_zero()) {
            return std::nullopt;
        }
        return Sender(*core_, executor_);
    }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

private:
    friend Sender;
    template <class>
    friend class weak_sender_of;

    weak_sender_of(core& c, bound_executor<executor_type> ex) noexcept
        : executor_(std::move(ex)), core_(counted_handle<core, counts_weak>::add(c)) {}

    bound_executor<executor_type> executor_; // first: what can throw comes before what is counted
    counted_handle<core, counts_weak> core_;
};

} // namespace weir::detail

#endif
