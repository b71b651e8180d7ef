// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TOKEN_OPERATION_HPP
#define WEIR_DETAIL_TOKEN_OPERATION_HPP

// An operation that completes through a handler: one block from the handler's allocator, which waits as handler_wait.hpp
// says.
//
// Everything after the start happens on the handler's executor: looking, taking, cancelling, completing. If that cannot
// host an operation (any_completion_executor), all but the completion happens on the I/O executor.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/executor_work.hpp>
#include <weir/detail/handler_wait.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/recycling_allocator.hpp>
#if BOOST_VERSION >= 108200
#include <boost/asio/associated_immediate_executor.hpp>
#endif

#include <concepts>
#include <memory>
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
class token_operation final : handler_wait {
    using io_executor = typename Core::executor_type;
    using handler_executor = asio::associated_executor_t<Handler, io_executor>;
    using host_executor = std::conditional_t<can_host<handler_executor>, handler_executor, io_executor>;
    using handler_allocator = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
    using block_allocator =
        typename std::allocator_traits<handler_allocator>::template rebind_alloc<token_operation>;
    using completion_work =
        std::conditional_t<can_host<handler_executor>, no_work, tracked_executor<handler_executor>>;
    static constexpr bool has_immediate_executor = asks_for_immediate_executor<Handler, handler_executor>;

public:
    /// Starts the operation. The handler is called exactly once, later, unless its context dies first.
    static void start(io_executor const& io, Core core, Handler handler) {
        host_executor const where = host(handler, io);
        block_allocator allocator(get_allocator(handler));
        token_operation* const op = std::allocator_traits<block_allocator>::allocate(allocator, 1);
        try {
            ::new (static_cast<void*>(op)) token_operation(io, where, std::move(core), std::move(handler));
        } catch (...) {
            std::allocator_traits<block_allocator>::deallocate(allocator, op, 1);
            throw;
        }
        owner self(op);
        op->begin(self, where);
    }

private:
    token_operation(io_executor const& io, host_executor const& where, Core&& core, Handler&& handler)
        : core_(std::move(core)),
          handler_(std::move(handler)),
          work_(where),
          handler_work_(work_of(handler_, io)) {
        if (!is_same_executor(io, where)) {
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

    static completion_work work_of([[maybe_unused]] Handler const& handler,
                                   [[maybe_unused]] io_executor const& io) {
        if constexpr (can_host<handler_executor>) {
            return {};
        } else {
            return tracked(asio::get_associated_executor(handler, io));
        }
    }

    static handler_allocator get_allocator(Handler const& handler) noexcept {
        return asio::get_associated_allocator(handler, asio::recycling_allocator<void>());
    }

    void begin(owner& self, [[maybe_unused]] host_executor const& where) {
        if constexpr (Core::eager || has_immediate_executor) {
            if (core_.try_complete()) {
                core_.retain(); // what is left of a refused send may lie in its channel
                set_done();
                post_immediate(self, where);
                return;
            }
        }
        if constexpr (requires { core_.retain_by_turn(); }) {
            core_.retain_by_turn();
        } else {
            core_.retain();
        }
        connect(asio::get_associated_cancellation_slot(handler_));
        begin_waiting(self, context_registry::of(work_.context()), work_.counted_loop());
    }

    bool try_complete() override { return core_.try_complete(); }

    wait_result start_waiting() override { return core_.start_waiting(*this); }

    void stop_waiting() noexcept override { core_.stop_waiting(*this); }

    void end_woken() noexcept override {
        if constexpr (requires { core_.end_woken(); }) {
            core_.end_woken();
        } else {
            core_.stop_waiting(*this);
        }
    }

    bool cancel(asio::cancellation_type type) override { return core_.cancel(type); }

    void fail_aborted() override { core_.fail(failure::aborted); }

    void post_look(owner& self) override { work_.post(get_allocator(handler_), look{std::move(self)}); }

    void post_immediate(owner& self, [[maybe_unused]] host_executor const& where) {
#if BOOST_VERSION >= 108200
        if constexpr (has_immediate_executor) {
            auto const executor = asio::get_associated_immediate_executor(handler_, where);
            auto const allocator = get_allocator(handler_);
            asio::dispatch(executor, asio::bind_allocator(allocator, look{std::move(self)}));
            return;
        }
#endif
        post_look(self);
    }

    /// The block goes back to its allocator before the handler runs.
    void complete(owner& self) override {
        auto result = core_.take();
        (void)io_work_.take(); // the handler may tell its owner to destroy the I/O executor's context
        Handler handler(std::move(handler_));
        auto const work = std::move(work_);
        auto const handler_work = std::move(handler_work_);
        disconnect(asio::get_associated_cancellation_slot(handler));
        (void)self.release();
        free(block_allocator(get_allocator(handler)));
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

    void destroy() noexcept override { free(block_allocator(get_allocator(handler_))); }

    void free(block_allocator allocator) noexcept {
        leave();
        this->~token_operation();
        std::allocator_traits<block_allocator>::deallocate(allocator, this, 1);
    }

    [[nodiscard]] asio::any_io_executor executor() const override { return work_.erased(); }

    io_work<io_executor> io_work_;
    Core core_;
    Handler handler_;
    std::conditional_t<has_immediate_executor, basic_posting_work<host_executor>, posting_work<host_executor>>
        work_;
    completion_work handler_work_;
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
