// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BOUNDED_PERMITS_HPP
#define WEIR_DETAIL_BOUNDED_PERMITS_HPP

// permit and permits of the bounded channels (mpsc::permit, mpmc::permit ...): reserved slots as objects.

#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace weir::detail {

template <class Permit, class Executor, class Core>
class reserve_core;
template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_sender;

/// Slots of a channel, reserved for whoever holds this: sending with one neither waits nor fails.
/// Move-only. Keeps the channel open. What is not used goes back when it is destroyed.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_permits {
    using core = Core<T, Threading>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = bounded_permits<T, Other, Threading, Core>;
    };

    bounded_permits(bounded_permits&& other) noexcept
        : core_(std::move(other.core_)), n_(std::exchange(other.n_, 0)) {}
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bounded_permits(bounded_permits<T, Other, Threading, Core>&& other)
    noexcept : core_(std::move(other.core_)), n_(std::exchange(other.n_, 0)) {}

    bounded_permits& operator=(bounded_permits&& other) noexcept {
        bounded_permits taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(n_, taken.n_);
        return *this;
    }

    ~bounded_permits() {
        if (core_) {
            core_->return_slots(n_);
        }
    }

    /// How many slots are left.
    [[nodiscard]] std::size_t size() const noexcept { return n_; }

    /// Sends with one slot. If nobody is left to receive it the value is destroyed.
    /// Throws std::logic_error if none is left.
    void send(T value) {
        if (n_ == 0) {
            throw std::logic_error("weir: no permit left");
        }
        --n_;
        core_->send_reserved(std::move(value));
    }

private:
    template <class, class, class>
    friend class reserve_core;
    template <class, class, class, template <class, class> class>
    friend class bounded_permit;
    template <class, class, class, template <class, class> class>
    friend class bounded_permits;
    friend class bounded_sender<T, Executor, Threading, Core>;

    bounded_permits(core& c, std::uint32_t n) noexcept
        : core_(counted_handle<core, counts_sender>::add(c)), n_(n) {}

    static bounded_permits adopt(core& c, std::uint32_t n) noexcept { return bounded_permits(c, n); }

    counted_handle<core, counts_sender> core_;
    std::uint32_t n_; // reserved slots; 0 when moved from
};

/// One reserved slot. Move-only. Keeps the channel open; destroyed unused, it gives the slot back.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_permit {
    using core = Core<T, Threading>;
    using permits = bounded_permits<T, Executor, Threading, Core>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = bounded_permit<T, Other, Threading, Core>;
    };

    bounded_permit(bounded_permit&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bounded_permit(bounded_permit<T, Other, Threading, Core>&& other)
    noexcept : slot_(std::move(other.slot_)) {}

    bounded_permit& operator=(bounded_permit&&) noexcept = default;

    /// Sends with the slot; cannot fail or wait. If nobody is left to receive it the value is destroyed.
    void send(T value) && { slot_.send(std::move(value)); }

private:
    template <class, class, class>
    friend class reserve_core;
    template <class, class, class, template <class, class> class>
    friend class bounded_permit;
    friend class bounded_sender<T, Executor, Threading, Core>;

    explicit bounded_permit(permits slot) noexcept : slot_(std::move(slot)) {}

    static bounded_permit adopt(core& c, std::uint32_t n) noexcept {
        return bounded_permit(permits::adopt(c, n));
    }

    permits slot_;
};

} // namespace weir::detail

#endif
