// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TIMER_WAIT_HPP
#define WEIR_DETAIL_TIMER_WAIT_HPP

// Waiting for a point in time as one case among others.
//
// The timer belongs to the context of whoever waits. Its handler does nothing but wake, which any thread may, so it runs
// right where the context found that the time has come, not on a strand. It may come when the wait is long over:
// timer, handler and wait share a small block, which also lends Asio the memory for the handler; the wait takes itself
// out under the block's lock. Nothing is armed before the first time that somebody has to wait.
//
// A wait that is done again and again for a later time each time (the heartbeat of a selector) does not arm its timer
// anew: it stays armed for the time that was wanted first. When it fires, whoever waits by then looks at the clock, and
// arms it for the time that is wanted then.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/recycled.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/wait_traits.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::detail {

using steady_time = std::chrono::steady_clock::time_point;
using steady_duration = std::chrono::steady_clock::duration;

/// In the clock's ticks, rounded up. Less than nothing is nothing, more than the clock can say is for ever.
template <class Rep, class Period>
[[nodiscard]] steady_duration to_ticks(std::chrono::duration<Rep, Period> d) {
    using seconds = std::chrono::duration<long double>;
    if (seconds(d) >= seconds(steady_duration::max())) {
        return steady_duration::max();
    }
    return d <= d.zero() ? steady_duration::zero() : std::chrono::ceil<steady_duration>(d);
}

/// So long from now, where "for ever" stays for ever.
[[nodiscard]] inline steady_time from_now(steady_duration d) {
    auto const now = std::chrono::steady_clock::now();
    return d < steady_time::max() - now ? now + d : steady_time::max();
}

template <class Rep, class Period>
[[nodiscard]] steady_time from_now(std::chrono::duration<Rep, Period> d) {
    return from_now(to_ticks(d));
}

/// Knows its context and calls at once.
class calling_executor {
public:
    explicit calling_executor(asio::execution_context& context) noexcept : context_(&context) {}

    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept {
        return *context_;
    }

    template <class F>
    void execute(F&& f) const {
        std::forward<F>(f)();
    }

    bool operator==(calling_executor const&) const noexcept = default;

private:
    asio::execution_context* context_;
};

/// A template, so that a file that waits for no time does not compile Asio's timers.
template <class Executor>
class basic_timer_wait {
    class shared final
        : public pooled<shared>
        , context_hook {
        using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                                 asio::wait_traits<std::chrono::steady_clock>, Executor>;
        using storage = basic_lent_storage<192, 1>;

        struct handler {
            using allocator_type = lent_allocator<void, storage>;

            intrusive_ptr<shared> self;

            [[nodiscard]] allocator_type get_allocator() const noexcept {
                return allocator_type(self->storage_);
            }

            void operator()(error_code ec) const {
                if (!ec) {
                    self->fire();
                }
            }
        };

    public:
        explicit shared(asio::any_io_executor const& ex)
            : context_(&context_of(ex)), timer_(std::in_place, Executor(*context_)) {
            context_registry::add(context_registry::of_executor(ex), *this);
        }

        template <class AnyExecutor>
        [[nodiscard]] static asio::execution_context& context_of(AnyExecutor const& ex) {
            return asio::query(ex, asio::execution::context);
        }

        /// Not while it is armed.
        void arm(steady_time when) {
            {
                std::lock_guard lock(mutex_);
                armed_ = true;
            }
            try {
                context_registry::hold(*this, [&] {
                    if (timer_) {
                        timer_->expires_at(when);
                        timer_->async_wait(handler{intrusive_ptr<shared>::share(this)});
                    }
                });
            } catch (...) {
                std::lock_guard lock(mutex_);
                armed_ = false;
                throw;
            }
        }

        /// False if the timer is not armed: it never was, or it has fired.
        bool wait(waiter& w) {
            std::lock_guard lock(mutex_);
            waiter_ = armed_ ? &w : nullptr;
            return armed_;
        }

        /// Whether its timer runs there.
        [[nodiscard]] bool is_on(asio::execution_context const& context) {
            std::lock_guard lock(mutex_);
            return context_ == &context;
        }

        void stop() noexcept {
            std::lock_guard lock(mutex_);
            waiter_ = nullptr;
        }

        [[nodiscard]] bool is_armed() {
            std::lock_guard lock(mutex_);
            return armed_;
        }

        void cancel() noexcept {
            stop();
            context_registry::remove(*this, [this] { timer_.reset(); });
        }

        void add_ref() noexcept { owners_.add(); }

        void release() noexcept {
            if (owners_.drop()) {
                context_registry::remove(*this, [this] { timer_.reset(); });
                delete this;
            }
        }

    private:
        /// The timer cannot outlive its context; who waits may.
        void on_context_shutdown(std::unique_lock<std::mutex>&) noexcept override {
            timer_.reset();
            std::lock_guard lock(mutex_);
            context_ = nullptr;
        }

        void fire() noexcept {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            armed_ = false;
            if (waiter* w = std::exchange(waiter_, nullptr)) {
                w->wake(woken);
            }
        }

        std::mutex mutex_;
        asio::execution_context* context_; // mutex_; null when it has gone
        waiter* waiter_ = nullptr;         // mutex_
        bool armed_ = false;               // mutex_; the timer will fire
        std::optional<timer> timer_;       // the registry's lock
        reference_count<> owners_;
        storage storage_;
    };

public:
    explicit basic_timer_wait(steady_time when) noexcept : when_(when) {}

    basic_timer_wait(basic_timer_wait&&) noexcept = default; // before it waits

    ~basic_timer_wait() { disarm(); }

    /// The next wait is for another time, not before the last one.
    void restart(steady_time when) noexcept { when_ = when; }

    /// Lets go of the timer, which is work of its context as long as it is armed.
    void disarm() noexcept {
        if (shared_) {
            shared_->cancel();
            shared_ = {};
        }
    }

    [[nodiscard]] bool is_due() {
        return !(shared_ && shared_->is_armed()) && when_ <= std::chrono::steady_clock::now();
    }

    wait_result start_waiting(waiter& w) {
        auto const executor = w.executor();
        if (shared_ && !shared_->is_on(shared::context_of(executor))) {
            disarm();
        }
        if (!shared_) {
            shared_ = intrusive_ptr<shared>(new shared(executor));
            shared_->arm(when_);
        } else if (!shared_->is_armed()) { // it has fired
            if (when_ <= std::chrono::steady_clock::now()) {
                return wait_result::look_again;
            }
            shared_->arm(when_);
        }
        return shared_->wait(w) ? wait_result::parked : wait_result::look_again;
    }

    void stop_waiting() noexcept {
        if (shared_) {
            shared_->stop();
        }
    }

private:
    steady_time when_;
    intrusive_ptr<shared> shared_; // from the first wait on
};

using timer_wait = basic_timer_wait<calling_executor>;

} // namespace weir::detail

#endif
