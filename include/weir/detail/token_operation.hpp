// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TOKEN_OPERATION_HPP
#define WEIR_DETAIL_TOKEN_OPERATION_HPP

// An operation that completes through a handler: one block from the handler's allocator, owned by whoever will run
// or destroy it next. While it is parked that is the channel that it waits in (or its executor's context, when that
// dies); once woken, the function that was posted to the handler's executor.
//
// Everything after the start happens on the handler's executor: looking, taking, cancelling, completing. If that cannot
// host an operation (any_completion_executor), all but the completion happens on the I/O executor.

#include <weir/detail/cancellable.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/executor_work.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/detail/wake_gate.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>
#if BOOST_VERSION >= 108200
#include <boost/asio/associated_immediate_executor.hpp>
#endif

#include <concepts>
#include <memory>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Whether a handler says where it is to be called at once if nothing has to be waited for.
template <class Handler, class Executor>
inline constexpr bool asks_for_immediate_executor = false;

#if BOOST_VERSION >= 108200
template <class Handler, class Executor>
    requires can_host<Executor>
inline constexpr bool asks_for_immediate_executor<Handler, Executor> =
    !std::same_as<asio::associated_immediate_executor_t<Handler, Executor>,
                  typename asio::associated_immediate_executor<void (*)(), Executor>::type>;
#endif

template <operation_core Core, class Handler>
class token_operation final
    : waiter
    , postable
    , context_hook
    , cancellable {
    using io_executor = typename Core::executor_type;
    using handler_executor = asio::associated_executor_t<Handler, io_executor>;
    using host_executor = std::conditional_t<can_host<handler_executor>, handler_executor, io_executor>;
    using handler_allocator = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
    using block_allocator =
        typename std::allocator_traits<handler_allocator>::template rebind_alloc<token_operation>;
    static constexpr bool has_immediate_executor = asks_for_immediate_executor<Handler, handler_executor>;

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
          work_(tracked(host(handler_, io))),
          handler_work_(tracked(asio::get_associated_executor(handler_, io))) {
        if (!is_same_executor(io, host(handler_, io))) {
            io_work_.hold(io);
        }
    }

    static host_executor host(Handler const& handler, io_executor const& io) noexcept {
        if constexpr (can_host<handler_executor>) {
            return asio::get_associated_executor(handler, io);
        } else {
            return io;
        }
    }

    static handler_allocator get_allocator(Handler const& handler) noexcept {
        return asio::get_associated_allocator(handler, asio::recycling_allocator<void>());
    }

    void begin(owner& self) {
        core_.retain();
        if constexpr (Core::eager || has_immediate_executor) {
            done_ = core_.try_complete();
            if (done_) { // nothing to cancel, and the posted function goes with its context
                post_immediate(self);
                return;
            }
        }
        connect(asio::get_associated_cancellation_slot(handler_));
        context_registry::add(context_registry::of_executor(work_), *this);
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
        if constexpr (has_immediate_executor) {
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
        auto const handler_work = std::move(handler_work_);
        disconnect(asio::get_associated_cancellation_slot(handler));
        leave();
        {
            block_allocator allocator(get_allocator(handler));
            token_operation* op = self.release();
            op->~token_operation();
            std::allocator_traits<block_allocator>::deallocate(allocator, op, 1);
        }
        if constexpr (can_host<handler_executor>) {
            std::apply(std::move(handler), std::move(result));
        } else {
            auto const allocator = get_allocator(handler);
            asio::dispatch(handler_work, asio::bind_allocator(allocator, [h = std::move(handler),
                                                                          r = std::move(result)]() mutable {
                               std::apply(std::move(h), std::move(r));
                           }));
        }
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
    tracked_executor<host_executor> work_;
    std::conditional_t<can_host<handler_executor>, no_work, tracked_executor<handler_executor>> handler_work_;
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
