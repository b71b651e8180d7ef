// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_PERMITS_HPP
#define WEIR_DETAIL_MPSC_PERMITS_HPP

// weir::mpsc::permit and weir::mpsc::permits: reserved slots as objects. Part of <weir/mpsc.hpp>.

#include <weir/detail/config.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace weir::detail {
template <class Permit, class Executor, class Core>
class reserve_core;
} // namespace weir::detail

namespace weir::mpsc {

template <class T, class Executor, class Threading>
class sender;

/// Slots of a channel, reserved for whoever holds this: sending with one neither waits nor fails.
/// Move-only. Keeps the channel open. What is not used goes back when it is destroyed.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class permits {
    using core = detail::mpsc_core<T, Threading>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = permits<T, Other, Threading>;
    };

    permits(permits&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), n_(std::exchange(other.n_, 0)) {}
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    permits(permits<T, Other, Threading>&& other)
    noexcept : core_(std::exchange(other.core_, nullptr)), n_(std::exchange(other.n_, 0)) {}

    permits& operator=(permits&& other) noexcept {
        permits taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(n_, taken.n_);
        return *this;
    }

    ~permits() {
        if (core_ != nullptr) {
            core_->return_slots(n_);
            core_->release_sender();
        }
    }

    /// How many slots are left.
    [[nodiscard]] std::size_t size() const noexcept { return n_; }

    /// Sends with one slot. If the receiver has gone the value is destroyed.
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
    friend class detail::reserve_core;
    template <class, class, class>
    friend class permit;
    template <class, class, class>
    friend class permits;
    friend class sender<T, Executor, Threading>;

    permits(core& c, std::uint32_t n) noexcept : core_(&c), n_(n) { core_->add_sender(); }

    static permits adopt(core& c, std::uint32_t n) noexcept { return permits(c, n); }

    core* core_;
    std::uint32_t n_;
};

/// One reserved slot. Move-only. Keeps the channel open; destroyed unused, it gives the slot back.
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class permit {
    using core = detail::mpsc_core<T, Threading>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = permit<T, Other, Threading>;
    };

    permit(permit&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    permit(permit<T, Other, Threading>&& other)
    noexcept : slot_(std::move(other.slot_)) {}

    permit& operator=(permit&&) noexcept = default;

    /// Sends with the slot; cannot fail or wait. If the receiver has gone the value is destroyed.
    void send(T value) && { slot_.send(std::move(value)); }

private:
    template <class, class, class>
    friend class detail::reserve_core;
    template <class, class, class>
    friend class permit;
    friend class sender<T, Executor, Threading>;

    explicit permit(permits<T, Executor, Threading> slot) noexcept : slot_(std::move(slot)) {}

    static permit adopt(core& c, std::uint32_t n) noexcept {
        return permit(permits<T, Executor, Threading>::adopt(c, n));
    }

    permits<T, Executor, Threading> slot_;
};

} // namespace weir::mpsc

#endif
