// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TOKEN_OPERATION_HPP
#define WEIR_DETAIL_TOKEN_OPERATION_HPP

// An operation that completes through a handler: one block from the handler's allocator, owned by whoever will run
// or destroy it next. While it is parked that is the channel that it waits in (or its executor's context, when that
// dies); once woken, the function that was posted to the handler's executor.
//
// Everything after the start happens on the handler's executor: looking, taking, cancelling, completing.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/detail/wake_gate.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>
#if BOOST_VERSION >= 108200
#include <boost/asio/associated_immediate_executor.hpp>
#include <boost/asio/dispatch.hpp>
#endif

#include <concepts>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// An executor that counts as outstanding work while it is held.
template <class Executor>
[[nodiscard]] auto tracked(Executor const& ex) {
    return asio::prefer(ex, asio::execution::outstanding_work.tracked);
}
template <class Executor>
using tracked_executor = std::decay_t<decltype(tracked(std::declval<Executor const&>()))>;

/// The work that an operation holds on its I/O executor, for operations whose handler runs elsewhere: should that
/// executor's context go first, the work is let go of, and the operation stays where its handler lives.
template <class Executor>
class io_work final : context_hook {
public:
    io_work() noexcept = default;

    ~io_work() { (void)take(); }

    void hold(Executor const& ex) {
        work_.emplace(tracked(ex));
        context_registry::add(context_registry::of_executor(ex), *this);
    }

    /// The work; none if there was none, or if its context has gone.
    std::optional<tracked_executor<Executor>> take() noexcept {
        std::optional<tracked_executor<Executor>> work;
        if (registry() || work_) {
            context_registry::remove(*this, [&] { work.swap(work_); });
        }
        return work;
    }

private:
    void on_context_shutdown(std::unique_lock<std::mutex>&) noexcept override { work_.reset(); }

    std::optional<tracked_executor<Executor>> work_; // the registry's lock, once it is held
};

/// Who can be cancelled through a slot. The two ends know each other, so either may go first.
class cancellable {
    friend class cancel_handler;

    virtual void on_cancel(asio::cancellation_type type) = 0;

    class cancel_handler* link_ = nullptr;

protected:
    cancellable() noexcept = default;
    cancellable(cancellable const&) = delete;
    inline ~cancellable();

    /// Makes a signal on `slot` call on_cancel() until disconnected.
    inline void connect(asio::cancellation_slot slot);

    /// Takes the handler out of `slot` again, if it is still there.
    inline void disconnect(asio::cancellation_slot slot) noexcept;
};

/// What stands in the slot.
class cancel_handler {
public:
    explicit cancel_handler(cancellable& target) noexcept : target_(&target) { target.link_ = this; }

    cancel_handler(cancel_handler const&) = delete;

    ~cancel_handler() {
        if (target_ != nullptr) {
            target_->link_ = nullptr;
        }
    }

    void operator()(asio::cancellation_type type) {
        if (target_ != nullptr) {
            target_->on_cancel(type);
        }
    }

private:
    friend class cancellable;
    cancellable* target_;
};

cancellable::~cancellable() {
    if (link_ != nullptr) {
        link_->target_ = nullptr;
    }
}

void cancellable::connect(asio::cancellation_slot slot) {
    if (slot.is_connected()) {
        slot.emplace<cancel_handler>(*this);
    }
}

void cancellable::disconnect(asio::cancellation_slot slot) noexcept {
    if (link_ != nullptr) { // else the slot has another handler by now, or is gone
        slot.clear();
    }
}

template <operation_core Core, class Handler>
class token_operation final
    : waiter
    , postable
    , context_hook
    , cancellable {
    using io_executor = typename Core::executor_type;
    using handler_executor = asio::associated_executor_t<Handler, io_executor>;
    using handler_allocator = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
    using block_allocator =
        typename std::allocator_traits<handler_allocator>::template rebind_alloc<token_operation>;

public:
    /// Starts the operation. The handler is called exactly once, later, unless its context dies first.
    static void start(io_executor const& io, Core core, Handler handler) {
        block_allocator allocator(get_allocator(handler));
        token_operation* op = std::allocator_traits<block_allocator>::allocate(allocator, 1);
        try {
            ::new (static_cast<void*>(op)) token_operation(io, std::move(core), std::move(handler));
        } catch (...) {
            std::allocator_traits<block_allocator>::deallocate(allocator, op, 1);
            throw;
        }
        owner self(op);
        op->begin(self);
    }

private:
    struct destroyer {
        void operator()(token_operation* op) const noexcept {
            block_allocator allocator(get_allocator(op->handler_));
            op->leave();
            op->~token_operation();
            std::allocator_traits<block_allocator>::deallocate(allocator, op, 1);
        }
    };

    using owner = std::unique_ptr<token_operation, destroyer>;

    /// What is posted to the handler's executor.
    struct look {
        using allocator_type = handler_allocator;

        owner op;
        allocator_type allocator;

        [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator; }

        void operator()() { op->run(op); }
    };

    token_operation(io_executor const& io, Core core, Handler handler)
        : core_(std::move(core)),
          handler_(std::move(handler)),
          work_(tracked(asio::get_associated_executor(handler_, io))) {
        if constexpr (std::same_as<handler_executor, io_executor>) {
            if (asio::get_associated_executor(handler_, io) == io) {
                return;
            }
        }
        io_work_.hold(io);
    }

    static handler_allocator get_allocator(Handler const& handler) noexcept {
        return asio::get_associated_allocator(handler, asio::recycling_allocator<void>());
    }

    void begin(owner& self) {
        core_.retain();
        connect(asio::get_associated_cancellation_slot(handler_));
        context_registry::add(context_registry::of_executor(work_), *this);
        if constexpr (Core::eager) {
            done_ = core_.try_complete();
            if (done_) {
                post_immediate(self);
                return;
            }
        }
        wait_or_post(self);
    }

    /// Parks, then touches nothing any more; or posts itself to look again.
    void wait_or_post(owner& self) {
        gate_.open();
        token_operation* op = self.release(); // whoever wakes it owns it
        if (start_waiting(self, op) == wait_result::parked && op->gate_.close()) {
            return;
        }
        self.reset(op);
        op->gate_.stay_awake();
        post_look(self);
    }

    /// If registering throws, the operation is the caller's again.
    wait_result start_waiting(owner& self, token_operation* op) {
        try {
            return core_.start_waiting(*this);
        } catch (...) {
            self.reset(op);
            gate_.stay_awake();
            throw;
        }
    }

    void post_look(owner& self) {
        auto executor = work_;
        auto allocator = get_allocator(handler_);
        asio::post(executor, look{std::move(self), std::move(allocator)});
    }

    void post_immediate(owner& self) {
#if BOOST_VERSION >= 108200
        if constexpr (!std::same_as<
                          asio::associated_immediate_executor_t<Handler, handler_executor>,
                          typename asio::associated_immediate_executor<void (*)(), handler_executor>::type>) {
            auto executor = asio::get_associated_immediate_executor(handler_, work_);
            auto allocator = get_allocator(handler_);
            asio::dispatch(executor, look{std::move(self), std::move(allocator)});
            return;
        }
#endif
        post_look(self);
    }

    void run(owner& self) {
        if (!done_) {
            if (cancelled_) {
                core_.stop_waiting(*this);
                core_.fail(failure::aborted);
            } else if (!core_.try_complete()) {
                wait_or_post(self);
                return;
            }
        }
        core_.stop_waiting(*this);
        complete(std::move(self));
    }

    /// The block goes back to its allocator before the handler runs.
    void complete(owner self) {
        auto result = core_.take();
        (void)io_work_.take(); // the handler may tell its owner to destroy the I/O executor's context
        Handler handler(std::move(handler_));
        auto const work = std::move(work_);
        disconnect(asio::get_associated_cancellation_slot(handler));
        leave();
        {
            block_allocator allocator(get_allocator(handler));
            token_operation* op = self.release();
            op->~token_operation();
            std::allocator_traits<block_allocator>::deallocate(allocator, op, 1);
        }
        std::apply(std::move(handler), std::move(result));
    }

    /// Nobody reaches the operation after this but its owner.
    void leave() noexcept {
        core_.stop_waiting(*this);
        context_registry::remove(*this);
    }

    void wake(wake_batch& woken) noexcept override {
        auto* const context = registry().get();
        if (context != nullptr) {
            context
                ->begin_post(); // before the gate: a shutdown that finds the gate taken waits for the end of it
        }
        if (gate_.wake()) {
            woken.add(*this);
        } else if (context != nullptr) {
            context->end_post();
        }
    }

    void post() noexcept override {
        auto const context = registry(); // outlives this operation, which may run at once
        owner self(this);
        post_look(self);
        if (context) {
            context->end_post();
        }
    }

    [[nodiscard]] asio::any_io_executor executor() const override {
        return asio::any_io_executor(asio::prefer(work_, asio::execution::outstanding_work.untracked));
    }

    void on_cancel(asio::cancellation_type type) override {
        if (done_ || cancelled_ || !is_cancellation(type) || !core_.cancel(type)) {
            return;
        }
        cancelled_ = true;
        core_.stop_waiting(*this);
        if (gate_.wake_self()) {
            owner self(this);
            post_look(self);
        }
    }

    void on_context_shutdown(std::unique_lock<std::mutex>& lock) noexcept override {
        auto const context = registry();
        bool const is_ours = gate_.wake();
        lock.unlock();
        if (is_ours) {
            owner destroy(this);
        } else {
            context->wait_for_posts(); // a posted function owns it, and goes with the context's queue
        }
    }

    io_work<io_executor> io_work_;
    Core core_;
    Handler handler_;
    tracked_executor<handler_executor> work_;
    wake_gate gate_;
    bool done_ = false;      // an eager operation that has had its effect; handler's executor
    bool cancelled_ = false; // handler's executor
};

/// The initiation of an operation: what async_initiate calls, or packs up for later.
template <class Core>
struct initiate_operation {
    using executor_type = typename Core::executor_type;

    executor_type executor;

    [[nodiscard]] executor_type get_executor() const noexcept { return executor; }

    template <class Handler>
    void operator()(Handler&& handler, Core core) const {
        token_operation<Core, std::decay_t<Handler>>::start(executor, std::move(core),
                                                            std::forward<Handler>(handler));
    }
};

} // namespace weir::detail

#endif
