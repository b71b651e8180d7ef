// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BOUNDED_WEAK_SENDER_HPP
#define WEIR_DETAIL_BOUNDED_WEAK_SENDER_HPP

// The weak sender of the bounded channels (mpsc::weak_sender, mpmc::weak_sender): for an actor that keeps a way to
// itself and still wants to end with its last client.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace weir::detail {

template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_sender;

/// A sender that does not keep its channel open. Copyable. Moved from, it may only be destroyed or assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_weak_sender {
    using core = Core<T, Threading>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = bounded_weak_sender<T, Other, Threading, Core>;
    };

    bounded_weak_sender(bounded_weak_sender const&) = default;
    bounded_weak_sender(bounded_weak_sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bounded_weak_sender(bounded_weak_sender<T, Other, Threading, Core> const& other)
        : executor_(other.executor_), core_(other.core_) {}

    bounded_weak_sender& operator=(bounded_weak_sender const&) = default;
    bounded_weak_sender& operator=(bounded_weak_sender&&) noexcept = default;
    ~bounded_weak_sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// A sender again; empty once the last strong one has gone.
    [[nodiscard]] std::optional<bounded_sender<T, Executor, Threading, Core>> upgrade() const {
        if (!core_->add_sender_unless_zero()) {
            return std::nullopt;
        }
        return bounded_sender<T, Executor, Threading, Core>(*core_, executor_);
    }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

private:
    friend class bounded_sender<T, Executor, Threading, Core>;
    template <class, class, class, template <class, class> class>
    friend class bounded_weak_sender;

    bounded_weak_sender(core& c, bound_executor<Executor> ex) noexcept
        : executor_(std::move(ex)), core_(counted_handle<core, counts_weak>::add(c)) {}

    bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    counted_handle<core, counts_weak> core_;
};

} // namespace weir::detail

#endif
