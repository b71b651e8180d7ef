// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_WEAK_SENDER_HPP
#define WEIR_DETAIL_MPSC_WEAK_SENDER_HPP

// mpsc::weak_sender: for an actor that keeps a way to itself and still wants to end with its last client. Part of
// <weir/mpsc.hpp>, which is what to include.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace weir::mpsc {

template <class T, class Executor, class Threading>
class sender;

/// A sender that does not keep its channel open. Copyable. Moved from, it may only be destroyed or assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class weak_sender {
    using core = detail::mpsc_core<T, Threading>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = weak_sender<T, Other, Threading>;
    };

    weak_sender(weak_sender const& other) noexcept : core_(other.core_), executor_(other.executor_) {
        core_->add_weak();
    }

    weak_sender(weak_sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    weak_sender(weak_sender<T, Other, Threading> const& other)
        : core_(other.core_), executor_(other.executor_) {
        core_->add_weak();
    }

    weak_sender& operator=(weak_sender other) noexcept {
        std::swap(core_, other.core_);
        std::swap(executor_, other.executor_);
        return *this;
    }

    ~weak_sender() {
        if (core_) {
            core_->release_weak();
        }
    }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// A sender again; empty once the last strong one has gone.
    [[nodiscard]] std::optional<sender<T, Executor, Threading>> upgrade() const {
        if (!core_->add_sender_unless_zero()) {
            return std::nullopt;
        }
        return sender<T, Executor, Threading>(*core_, executor_);
    }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

private:
    friend class sender<T, Executor, Threading>;
    template <class, class, class>
    friend class weak_sender;

    weak_sender(core& c, detail::bound_executor<Executor> ex)
        : core_(detail::intrusive_ptr<core>::share(&c)), executor_(std::move(ex)) {
        core_->add_weak();
    }

    detail::intrusive_ptr<core> core_;
    detail::bound_executor<Executor> executor_;
};

} // namespace weir::mpsc

#endif
