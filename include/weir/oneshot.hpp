// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_ONESHOT_HPP
#define WEIR_ONESHOT_HPP

// oneshot: one value, once, from one sender to one receiver. The way to answer a request.
//
// When a sibling is the better choice: more than one value, mpsc.
//
// Sending       never waits and never fails for want of room; it says whether somebody still wants the value.
// Closing       The sender goes without sending: the receiver gets an empty optional. The receiver closes or goes: a
//               send is false and leaves its argument untouched. A value that was sent before close() stays.
// Cancellation  A cancelled receive has taken nothing; the next receive gets the value.
// Threads       The two ends may live on different threads; each end on one at a time.
// Visibility    Whatever the sender did before send() happens before the receiver has the value.
// Memory        One block for channel and value, of 104 bytes for int; a second for the executor if that is an
//               any_io_executor.
//
//   auto [tx, rx] = weir::oneshot::channel<int>(ctx.get_executor());
//   tx.send(42);
//   std::optional<int> answer = co_await rx.async_receive();

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/oneshot_core.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace weir::oneshot {

template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class sender;
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class receiver;

/// Makes a channel for one value. An executor is used as it is, on an execution context the channel gets a strand.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// The sending end. Move-only. Destroying it without having sent tells the receiver so.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class sender {
    using core = detail::oneshot_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = sender<T, Other, Threading>;
    };

    sender(sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading>&& other) : executor_(other.executor_), core_(std::move(other.core_)) {}

    sender& operator=(sender&&) noexcept = default;
    ~sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Sends the value. False: the receiver has closed or gone, or a value was sent before; `value` is untouched.
    bool send(T&& value) { return core_->send(std::move(value)); }

    bool send(T const& value) requires std::copy_constructible<T> { return core_->send(T(value)); }

    /// True if nobody wants the value any more.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    /// Waits until the receiver has closed or gone.
    /// Completes:     void(error_code) - no error: closed; operation_aborted.
    /// Cancellation:  all types.
    template <detail::token_for<detail::wait_closed_core<Executor, core>> Token = default_token>
    auto async_closed(Token&& token = Token{}) {
        return detail::initiate(detail::wait_closed_core<Executor, core>(*core_, get_executor()),
                                std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class sender;
    friend detail::handle_maker;

    sender(core& c, detail::bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    detail::bound_executor<Executor> executor_;
    detail::sole_handle<core, detail::sending_side> core_;
};

/// The receiving end. Move-only. Destroying it destroys a value that was sent and not received.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class receiver {
    using core = detail::oneshot_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = receiver<T, Other, Threading>;
    };

    receiver(receiver&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading>&& other)
        : executor_(other.executor_), core_(std::move(other.core_)) {}

    receiver& operator=(receiver&&) noexcept = default;
    ~receiver() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Refuses a send from now on. A value already sent can still be received.
    void close() noexcept { core_->close(); }

    /// The value, if it is there and was not taken before.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        core_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for the value on a plain thread; empty: none will come.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires detail::can_block<Threading> {
        auto [ec, value] =
            detail::block_on<Threading>(detail::receive_core<T, Executor, core>(*core_, get_executor()));
        detail::throw_if(ec);
        return std::move(value);
    }

    /// Receives the value.
    /// Completes:     void(error_code, std::optional<T>) - the value; empty: none will come, or it was taken before;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; nothing was taken.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::receive_core<T, Executor, core>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return detail::initiate_in_place<detail::receive_core<T, Executor, core>>(std::forward<Token>(token),
                                                                                  *core_, get_executor());
    }

private:
    template <class, class, class>
    friend class receiver;
    friend detail::handle_maker;

    receiver(core& c, detail::bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    detail::bound_executor<Executor> executor_;
    detail::sole_handle<core, detail::receiving_side> core_;
};

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::oneshot_core<T, Threading>;
    return {detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex),
            detail::handle_maker::make<receiver<T, executor, Threading>>(*c, ex)};
}

} // namespace weir::oneshot

#endif
