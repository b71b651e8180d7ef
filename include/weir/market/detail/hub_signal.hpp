// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_HUB_SIGNAL_HPP
#define WEIR_MARKET_DETAIL_HUB_SIGNAL_HPP

#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/system_executor.hpp>

#include <mutex>
#include <tuple>
#include <utility>

/// How subscribers, on whatever thread, tell the hub to look at them: one has gone, or has room again. A flag that any
/// number of them raise and the hub's loop waits for; raised while nobody waits, it is found at the next look. Those who
/// have gone are in a list, so that the hub looks at them and not at everybody.
namespace weir::market::detail {

class hub_signal {
public:
    /// One who can go. The hub keeps it alive until it has taken it from the list, or looks there no more.
    class leaver {
        friend hub_signal;

        leaver* next_ = nullptr; // the signal's mutex
    };

    void raise() noexcept {
        raise_with([] {});
    }

    /// Raises the flag and puts `who` in the list of those who have gone: once for each.
    void raise_gone(leaver& who) noexcept {
        raise_with([&] { who.next_ = std::exchange(gone_, &who); });
    }

    /// Empties the list: calls `f(leaver&)` for each, which may be the end of it.
    template <class F>
    void take_gone(F f) {
        leaver* next = nullptr;
        {
            std::lock_guard lock(mutex_);
            next = std::exchange(gone_, nullptr);
        }
        while (next)
            f(*std::exchange(next, next->next_));
    }

    /// Takes the flag down; whether it was up.
    bool take() noexcept {
        std::lock_guard lock(mutex_);
        return std::exchange(raised_, false);
    }

    weir::detail::wait_result wait(weir::detail::waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_ = raised_ ? nullptr : &w;
        return raised_ ? weir::detail::wait_result::look_again : weir::detail::wait_result::parked;
    }

    void stop_waiting() noexcept {
        std::lock_guard lock(mutex_);
        waiter_ = nullptr;
    }

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop())
            delete this;
    }

private:
    template <class F>
    void raise_with(F tell) noexcept {
        weir::detail::wake_batch woken;
        std::lock_guard lock(mutex_);
        tell();
        raised_ = true;
        if (auto* w = std::exchange(waiter_, nullptr))
            w->wake(woken);
    }

    std::mutex mutex_;
    leaver* gone_ = nullptr;                 // mutex_; the last that went, linked to those before
    weir::detail::waiter* waiter_ = nullptr; // mutex_; the hub's loop, the only one who waits
    bool raised_ = false;                    // mutex_
    weir::detail::reference_count<> owners_;
};

/// Waits for the flag and takes it down; owns it while it waits.
class signal_core {
public:
    using signature = void(error_code);
    using executor_type = asio::system_executor; // never used: only the hub's own task waits
    static constexpr bool eager = false;

    explicit signal_core(hub_signal& signal) noexcept : signal_(&signal) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return {}; }

    bool try_complete() noexcept { return signal_->take(); }

    weir::detail::wait_result start_waiting(weir::detail::waiter& w) noexcept { return signal_->wait(w); }

    void stop_waiting(weir::detail::waiter&) noexcept { signal_->stop_waiting(); }

    void retain() noexcept {
        if (!owner_)
            owner_ = weir::detail::intrusive_ptr<hub_signal>::share(signal_);
    }

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(weir::detail::failure why) noexcept { error_ = weir::detail::to_error(why); }

    std::tuple<error_code> take() noexcept { return {error_}; }

private:
    hub_signal* signal_;
    weir::detail::intrusive_ptr<hub_signal> owner_; // once it waits
    error_code error_;
};

} // namespace weir::market::detail

#endif
