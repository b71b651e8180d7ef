// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_MPSC_HPP
#define WEIR_MPSC_HPP

// mpsc: many senders, one receiver, a bounded queue between them. The work-horse: commands and data to an actor.
//
// When a sibling is the better choice: one value once, oneshot; the same value to everybody, broadcast.
//
// Capacity      A slot is taken by a value, by a permit, or by a granted send; senders that find none wait in FIFO
//               order, and a freed slot belongs to the longest waiting one at once.
// Order         The values of one sender arrive in the order in which its sends completed.
// Closing       When the last sender goes, or after close(), the receiver gets what is there and then empty optionals.
//               Permits and waiting sends keep the channel open. When the receiver goes, every send fails.
// Cancellation  A cancelled receive has taken nothing; a cancelled send has delivered nothing.
// Threads       Copies of a sender may be used on different threads at once, one object on one thread at a time. The
//               receiver has its own thread or strand: one operation at a time, a second gets errc::busy.
// Visibility    Whatever a sender did before its send happens before the receiver has the value.
// Memory        The ring is allocated with the channel: capacity, rounded up to a power of two, times a slot.
//
//   auto [tx, rx] = weir::mpsc::channel<int>(ctx, 16);
//   weir::spawn(ctx, produce(std::move(tx)), asio::detached);
//   while (auto value = co_await rx.async_receive()) use(*value);

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/mpsc_operations.hpp>
#include <weir/detail/mpsc_permits.hpp>
#include <weir/detail/mpsc_weak_sender.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir::mpsc {

template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class sender;
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class receiver;

/// Makes a bounded channel. An executor is used as it is, on an execution context the channel gets a strand.
/// Throws std::invalid_argument unless 1 <= capacity <= 2^27.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// The sending end. Copyable: a copy is one sender more of the same channel. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class sender {
    using core = detail::mpsc_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;
    using permit_type = permit<T, Executor, Threading>;
    using permits_type = permits<T, Executor, Threading>;

    template <class Other>
    struct rebind_executor {
        using other = sender<T, Other, Threading>;
    };

    sender(sender const& other) noexcept : core_(other.core_), executor_(other.executor_) {
        core_->add_sender();
    }

    sender(sender&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), executor_(other.executor_) {}
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading> const& other) : core_(other.core_), executor_(other.executor_) {
        core_->add_sender();
    }

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading>&& other) : core_(other.core_), executor_(other.executor_) {
        other.core_ = nullptr;
    }

    sender& operator=(sender other) noexcept {
        std::swap(core_, other.core_);
        std::swap(executor_, other.executor_);
        return *this;
    }

    ~sender() {
        if (core_ != nullptr) {
            core_->release_sender();
        }
    }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by the receiver, or the receiver has gone.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    /// Free slots.
    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return core_->max_capacity(); }

    /// Values that were sent and not yet received.
    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    /// Senders, permits and waiting sends.
    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

    [[nodiscard]] weak_sender<T, Executor, Threading> downgrade() const { return {*core_, executor_}; }

    /// The same channel?
    [[nodiscard]] bool operator==(sender const& other) const noexcept { return core_ == other.core_; }

    /// Sends if there is room and nobody waits for it. False: full or closed, and `value` is untouched.
    /// Complexity: one atomic exchange. Allocates nothing.
    [[nodiscard]] bool try_send(T&& value) {
        return core_->try_send(std::move(value)) == detail::attempt::done;
    }

    [[nodiscard]] bool try_send(T const& value) requires std::copy_constructible<T> {
        return core_->try_send(value) == detail::attempt::done;
    }
    /// As try_send(T(args...)).
    template <class... Args>
        requires std::constructible_from<T, Args...>

    [[nodiscard]] bool try_emplace(Args&&... args) { return try_send(T(std::forward<Args>(args)...)); }

    /// Waits for room on a plain thread. False: closed, and the value is destroyed.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] bool blocking_send(T value) requires detail::can_block<Threading> {
        auto [ec] = detail::block_on<Threading>(
            detail::send_core<T, Executor, core>(*core_, get_executor(), std::move(value)));
        return !ec;
    }

    /// Moves in as many of the first values as there is room for, in one reservation. How many that were.
    [[nodiscard]] std::size_t try_send_many(std::span<T> values);

    /// A slot now, or none: full or closed.
    [[nodiscard]] std::optional<permit_type> try_reserve();
    /// `n` slots now, or none. Throws std::invalid_argument if n > max_capacity().
    [[nodiscard]] std::optional<permits_type> try_reserve_many(std::size_t n);

    /// Sends when there is room.
    /// Completes:     void(error_code) - errc::closed: the receiver closed or has gone; operation_aborted.
    /// On failure:    the value is destroyed with the operation. async_reserve keeps it with the caller.
    /// Cancellation:  all types; nothing was sent, and the place in the queue is lost.
    /// Ordering:      a send that finds room has sent when this call returns (completion token) or is awaited.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::send_core<T, Executor, core>> Token = default_token>
    auto async_send(T value, Token&& token = Token{}) {
        return detail::initiate(
            detail::send_core<T, Executor, core>(*core_, get_executor(), std::move(value)),
            std::forward<Token>(token));
    }

    /// As async_send(T(args...)) with the token left out; the value is built inside the operation. To be preferred
    /// in co_await expressions: g++ 12 destroys temporaries of aggregate type there twice.
    template <class... Args>
        requires std::constructible_from<T, Args...>

    auto async_emplace(Args&&... args) {
        return detail::initiate(
            detail::send_core<T, Executor, core>(*core_, get_executor(), std::forward<Args>(args)...),
            default_token{});
    }

    /// Waits for a slot.
    /// Completes:     void(error_code, std::optional<permit>) - errc::closed; operation_aborted.
    /// Cancellation:  all types; a slot that was granted meanwhile goes to the next; the place in the queue is lost.
    template <detail::token_for<detail::reserve_core<permit_type, Executor, core>> Token = default_token>
    auto async_reserve(Token&& token = Token{}) {
        return detail::initiate(detail::reserve_core<permit_type, Executor, core>(*core_, get_executor(), 1),
                                std::forward<Token>(token));
    }

    /// Waits for `n` slots, collecting them as they become free; requests behind it wait. n = 0 completes at once.
    /// Completes:     void(error_code, std::optional<permits>) - errc::closed; operation_aborted.
    /// Throws std::invalid_argument if n > max_capacity(), which would wait for ever.
    template <detail::token_for<detail::reserve_core<permits_type, Executor, core>> Token = default_token>
    auto async_reserve_many(std::size_t n, Token&& token = Token{}) {
        return detail::initiate(
            detail::reserve_core<permits_type, Executor, core>(*core_, get_executor(), checked(n)),
            std::forward<Token>(token));
    }

    /// Waits until the receiver has closed or gone.
    /// Completes:     void(error_code) - no error: closed; operation_aborted.
    template <detail::token_for<detail::wait_closed_core<Executor, core>> Token = default_token>
    auto async_closed(Token&& token = Token{}) {
        return detail::initiate(detail::wait_closed_core<Executor, core>(*core_, get_executor()),
                                std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class sender;
    friend class weak_sender<T, Executor, Threading>;
    friend detail::handle_maker;

    /// Adopts one count of senders.
    sender(core& c, detail::bound_executor<Executor> ex) noexcept : core_(&c), executor_(std::move(ex)) {}

    [[nodiscard]] std::uint32_t checked(std::size_t n) const {
        if (n > max_capacity()) {
            throw std::invalid_argument("weir: more permits than the channel has slots");
        }
        return static_cast<std::uint32_t>(n);
    }

    core* core_; // one count of senders; null when moved from
    detail::bound_executor<Executor> executor_;
};

/// The receiving end. Move-only; one operation at a time. Destroying it destroys what is buffered and closes.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class receiver {
    using core = detail::mpsc_core<T, Threading>;
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
        : core_(std::move(other.core_)), executor_(other.executor_) {}

    receiver& operator=(receiver&& other) noexcept {
        receiver taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(executor_, taken.executor_);
        return *this;
    }

    ~receiver() {
        if (core_) {
            core_->abandon_receiver();
        }
    }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by close() or because nobody can send any more; there may still be values.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return core_->max_capacity(); }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

    /// Refuses new sends. What is buffered, and what permits hold, can still be received.
    void close() noexcept { core_->close(); }

    /// The next value, if there is one now. Complexity: one atomic store.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        core_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for the next value on a plain thread; empty: closed and drained.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires detail::can_block<Threading> {
        auto [ec, value] =
            detail::block_on<Threading>(detail::receive_core<T, Executor, core>(*core_, get_executor()));
        detail::throw_if(ec);
        return std::move(value);
    }

    /// Appends up to `limit` values that are there now. How many that were.
    std::size_t try_receive_many(std::vector<T>& out, std::size_t limit) {
        return detail::receive_many_core<T, Executor, core>::receive_into(*core_, out, limit);
    }

    /// Receives one value.
    /// Completes:     void(error_code, std::optional<T>) - a value; empty: closed and drained, and it stays so;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; nothing was taken, the next receive gets the value.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::receive_core<T, Executor, core>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return detail::initiate(detail::receive_core<T, Executor, core>(*core_, get_executor()),
                                std::forward<Token>(token));
    }

    /// Appends 1 to `limit` values as soon as one is there; does not wait for more. `out` must outlive the operation.
    /// Completes:     void(error_code, std::size_t) - how many; 0: closed and drained, or limit 0; errors as above.
    /// Complexity:    one atomic store for all of them.
    template <detail::token_for<detail::receive_many_core<T, Executor, core>> Token = default_token>
    auto async_receive_many(std::vector<T>& out, std::size_t limit, Token&& token = Token{}) {
        return detail::initiate(
            detail::receive_many_core<T, Executor, core>(*core_, get_executor(), out, limit),
            std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class receiver;
    friend detail::handle_maker;

    receiver(core& c, detail::bound_executor<Executor> ex) noexcept : core_(&c), executor_(std::move(ex)) {}

    detail::intrusive_ptr<core> core_; // null when moved from
    detail::bound_executor<Executor> executor_;
};

template <class T, class Executor, class Threading>
std::size_t sender<T, Executor, Threading>::try_send_many(std::span<T> values) {
    auto n = static_cast<std::uint32_t>(std::min(values.size(), max_capacity()));
    n = core_->try_reserve_up_to(n);
    if (n == 0) {
        return 0;
    }
    permits_type slots(*core_, n);
    for (std::size_t i = 0; i < n; ++i) {
        slots.send(std::move(values[i]));
    }
    return n;
}

template <class T, class Executor, class Threading>
std::optional<permit<T, Executor, Threading>> sender<T, Executor, Threading>::try_reserve() {
    if (core_->try_reserve(1) != detail::attempt::done) {
        return std::nullopt;
    }
    return permit_type::adopt(*core_, 1);
}

template <class T, class Executor, class Threading>
std::optional<permits<T, Executor, Threading>>
sender<T, Executor, Threading>::try_reserve_many(std::size_t n) {
    auto const slots = checked(n);
    if (core_->try_reserve(slots) != detail::attempt::done) {
        return std::nullopt;
    }
    return permits_type::adopt(*core_, slots);
}

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where, std::size_t capacity)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    using core = detail::mpsc_core<T, Threading>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    core* c = new core(capacity);
    return {detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex),
            detail::handle_maker::make<receiver<T, executor, Threading>>(*c, ex)};
}

} // namespace weir::mpsc

#endif
