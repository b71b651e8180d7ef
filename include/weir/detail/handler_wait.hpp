// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_HANDLER_WAIT_HPP
#define WEIR_DETAIL_HANDLER_WAIT_HPP

// How an operation waits that completes through a handler, whichever operation and whatever handler: those are what
// token_operation.hpp knows. Here is no template, as programs have hundreds of pairs of the two.
//
// It is owned by whoever will run or destroy it next. While it is parked that is the channel that it waits in (or its
// executor's context, when that dies); once woken, the function that was posted to the handler's executor.

#include <weir/detail/cancellable.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/detail/wake_gate.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <mutex>
#include <utility>

namespace weir::detail {

class handler_wait
    : protected waiter
    , postable
    , context_hook
    , protected cancellable {
protected:
    class owner {
    public:
        explicit owner(handler_wait* op) noexcept : op_(op) {}

        owner(owner&& other) noexcept : op_(other.release()) {}

        owner& operator=(owner&&) = delete;

        ~owner() {
            if (op_ != nullptr) {
                op_->destroy();
            }
        }

        handler_wait* operator->() const noexcept { return op_; }

        [[nodiscard]] handler_wait* release() noexcept { return std::exchange(op_, nullptr); }

        void take_back(handler_wait* op) noexcept { op_ = op; }

    private:
        handler_wait* op_;
    };

    /// What is posted to the handler's executor.
    struct look {
        owner op;

        void operator()() { op->run(op); }
    };

    handler_wait() noexcept = default;
    ~handler_wait() = default;

    /// When it has been found that it has to wait. It counts as work of `loop` meanwhile, if that is one.
    void begin_waiting(owner& self, intrusive_ptr<context_registry> context, asio::io_context* loop) {
        context_registry::add(std::move(context), *this, loop);
        wait_or_post(self);
    }

    /// For an eager operation that has had its effect already. Nothing is left to cancel, and the posted function goes
    /// with its context.
    void set_done() noexcept { is_done_ = true; }

    /// Nobody reaches the operation after this but its owner.
    void leave() noexcept {
        stop_waiting();
        context_registry::remove(*this);
    }

private:
    // What the operation does: see operation_core.
    virtual bool try_complete() = 0;
    virtual wait_result start_waiting() = 0;
    virtual void stop_waiting() noexcept = 0;
    virtual void end_woken() noexcept = 0;
    virtual bool cancel(asio::cancellation_type type) = 0;
    virtual void fail_aborted() = 0;

    // What its handler asks for.
    virtual void post_look(owner& self) = 0;
    virtual void complete(owner& self) = 0;
    virtual void destroy() noexcept = 0;

    /// Parks, then touches nothing any more; or posts itself to look again.
    void wait_or_post(owner& self) {
        gate_.open();
        handler_wait* const op = self.release(); // whoever wakes it owns it
        if (op->start_waiting_for(self) != wait_result::parked) {
            op->gate_.stay_awake();
        } else if (op->gate_.close()) {
            return;
        }
        self.take_back(op);
        op->post_look(self);
    }

    /// If registering throws, the operation is the caller's again.
    wait_result start_waiting_for(owner& self) {
        try {
            return start_waiting();
        } catch (...) {
            self.take_back(this);
            gate_.stay_awake();
            throw;
        }
    }

    void run(owner& self) {
        if (!is_done_) {
            if (is_cancelled_) {
                stop_waiting();
                fail_aborted();
            } else if (!try_complete()) {
                wait_or_post(self);
                return;
            } else if (gate_.was_woken()) {
                end_woken();
            } else {
                stop_waiting();
            }
        }
        complete(self);
    }

    void wake(wake_batch& woken) noexcept override {
        auto* const context = registry().get();
        if (context != nullptr) {
            // before the gate: a shutdown that finds the gate taken waits for the end of it
            context->begin_post();
        }
        if (gate_.wake()) {
            woken.add(*this);
        } else if (context != nullptr) {
            context->end_post();
        }
    }

    void post() noexcept override {
        // It outlives this operation, which may run at once: begin_post().
        auto* const context = registry().get();
        owner self(this);
        post_look(self);
        if (context != nullptr) {
            context->end_post();
        }
    }

    void on_cancel(asio::cancellation_type type) override {
        if (is_done_ || is_cancelled_ || !is_cancellation(type) || !cancel(type)) {
            return;
        }
        is_cancelled_ = true;
        stop_waiting();
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
            destroy();
        } else {
            context->wait_for_posts(); // a posted function owns it, and goes with the context's queue
        }
    }

    wake_gate gate_;
    bool is_done_ = false;      // handler's executor
    bool is_cancelled_ = false; // handler's executor
};

} // namespace weir::detail

#endif
