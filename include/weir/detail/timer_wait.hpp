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

/// A duration from now, where "for ever" stays for ever. Rounded up to the clock's ticks.
template <class Rep, class Period>
[[nodiscard]] steady_time from_now(std::chrono::duration<Rep, Period> d) {
    auto const now = std::chrono::steady_clock::now();
    using seconds = std::chrono::duration<long double>;
    if (seconds(d) >= seconds(steady_time::max() - now)) {
        return steady_time::max();
    }
    return d <= d.zero() ? now : now + std::chrono::ceil<std::chrono::steady_clock::duration>(d);
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

class timer_wait {
    class shared final
        : public pooled<shared>
        , context_hook {
        using timer =
            asio::basic_waitable_timer<std::chrono::steady_clock,
                                       asio::wait_traits<std::chrono::steady_clock>, calling_executor>;
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
        shared(asio::any_io_executor const& ex, steady_time when)
            : timer_(std::in_place, calling_executor(asio::query(ex, asio::execution::context)), when) {
            context_registry::add(context_registry::of_executor(ex), *this);
        }

        void arm() { timer_->async_wait(handler{intrusive_ptr<shared>::share(this)}); }

        /// False if the time has come.
        bool wait(waiter& w) {
            std::lock_guard lock(mutex_);
            waiter_ = fired_ ? nullptr : &w;
            return !fired_;
        }

        void stop() noexcept {
            std::lock_guard lock(mutex_);
            waiter_ = nullptr;
        }

        [[nodiscard]] bool has_fired() {
            std::lock_guard lock(mutex_);
            return fired_;
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
        void on_context_shutdown(std::unique_lock<std::mutex>&) noexcept override { timer_.reset(); }

        void fire() noexcept {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            fired_ = true;
            if (waiter* w = std::exchange(waiter_, nullptr)) {
                w->wake(woken);
            }
        }

        std::mutex mutex_;
        waiter* waiter_ = nullptr;   // mutex_
        bool fired_ = false;         // mutex_
        std::optional<timer> timer_; // the registry's lock, once it is armed
        reference_count<> owners_;
        storage storage_;
    };

public:
    explicit timer_wait(steady_time when) noexcept : when_(when) {}

    timer_wait(timer_wait&&) noexcept = default; // before it waits

    ~timer_wait() {
        if (shared_) {
            shared_->cancel();
        }
    }

    [[nodiscard]] bool is_due() {
        return shared_ ? shared_->has_fired() : when_ <= std::chrono::steady_clock::now();
    }

    wait_result start_waiting(waiter& w) {
        if (!shared_) {
            shared_ = intrusive_ptr<shared>(new shared(w.executor(), when_));
            shared_->arm();
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

} // namespace weir::detail

#endif
