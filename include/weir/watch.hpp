// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_WATCH_HPP
#define WEIR_WATCH_HPP

// watch: the latest value. For settings, states and prices, where what was before does not matter any more.
//
// When a sibling is the better choice: every value counts, broadcast. One answer, oneshot.
//
// Value         There always is one, from the start. A send never waits: it replaces the value. A receiver gets the newest
//               value that it has not yet seen; values in between are skipped. The first counts as seen.
// Order         Versions only go forward: no receiver sees an older value after a newer one, and none is torn.
// Coming, going A subscriber has seen what there is; a copy of a receiver has seen what the original has seen. Without
//               receivers send() is refused; send_replace(), send_modify() and send_if_modified() work.
// Closing       When the last sender goes, a value not yet seen comes first, then empty optionals. get() works on.
// Cancellation  All types. Nothing was taken: the value still counts as not seen.
// User code     Modifiers run under the value lock, which get(), receives of a new value and other sends wait for; they must
//               not call those on their own channel. No lock is held for predicates, destructors, copies (also at once).
// Exceptions    What a copy or a predicate throws comes out of the call or the await, and nothing counts as seen by it.
//               When a modifier throws nobody is told, and what it had edited stays.
// Threads       Copies of a sender, and distinct receivers, may be used on different threads at once. A receiver has its
//               own thread or strand: one operation at a time, a second gets errc::busy.
// Memory        No allocation per value: small trivially copyable ones (256 bytes) stand in the channel, others in blocks
//               that are used again. An idle channel of int with one receiver has 248 bytes.
//
//   auto [tx, rx] = weir::watch::channel<settings>(ctx, settings{});
//   tx.send_modify([](settings& s) { s.level = 2; });
//   while (auto const now = co_await rx.async_receive()) ...

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/detail/watch_core.hpp>
#include <weir/detail/watch_operations.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::watch {

template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class sender;
template <class T, class Executor = asio::any_io_executor, class Threading = multi_threaded>
class receiver;

/// Makes a channel with one sender, one receiver and a first value, which counts as seen. An executor is used as it is, on
/// an execution context the channel gets a strand.
template <class T, class Threading = multi_threaded, detail::executor_or_context ExecutorOrContext>
[[nodiscard]] auto channel(ExecutorOrContext&& where, std::type_identity_t<T> initial)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>>;

/// A receiving end. Copyable: a copy is one receiver more, which has seen the same. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
/// Ordering:      what a sender did before it sent a value happens before a receiver has it.
/// Complexity:    constant, and a copy of the value where one is returned.
template <class T, class Executor, class Threading>
class receiver {
    using core = detail::watch_core<T, Threading>;
    using place = detail::watch_place<T, Threading>;
    using default_token = detail::default_token_t<Executor>;
    template <class Predicate>
    using wait_core = detail::watch_wait_core<T, Executor, place, std::decay_t<Predicate>>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = receiver<T, Other, Threading>;
    };

    receiver(receiver const&) = default;
    receiver(receiver&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading> const& other) : executor_(other.executor_), place_(other.place_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    receiver(receiver<T, Other, Threading>&& other)
        : executor_(other.executor_), place_(std::move(other.place_)) {}

    receiver& operator=(receiver const&) = default;
    receiver& operator=(receiver&&) noexcept = default;
    ~receiver() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// There is a value that this receiver has not seen, also after the senders have gone.
    [[nodiscard]] bool has_changed() const noexcept { return place_->has_changed(); }

    /// All senders have gone; there may still be a value not yet seen.
    [[nodiscard]] bool is_closed() const noexcept { return place_->channel().is_without_senders(); }

    /// The same channel?
    [[nodiscard]] bool operator==(receiver const& other) const noexcept {
        return &place_->channel() == &other.place_->channel();
    }

    /// Counts what there is as not seen. An operation that waits on this receiver looks again.
    void mark_changed() noexcept { place_->mark_changed(); }

    /// Counts what there is as seen.
    void mark_unchanged() noexcept { place_->mark_unchanged(); }

    /// A copy of the value, which does not count as seen by it.
    [[nodiscard]] T get() const { return place_->channel().get(); }

    /// A copy of the value, which counts as seen. If the copy throws it does not.
    [[nodiscard]] T get_and_update() { return place_->get_and_update(); }

    /// The newest value if it has not been seen. Throws what T's copy throws; it counts as not seen then.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> value;
        place_->try_take([&value](T&& v) { value.emplace(std::move(v)); });
        return value;
    }

    /// Waits for a value not yet seen on a plain thread; empty: closed, and the last value has been seen.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] std::optional<T> blocking_receive() requires detail::can_block<Threading> {
        auto [ec, value] =
            detail::block_on<Threading>(detail::receive_core<T, Executor, place>(*place_, get_executor()));
        detail::throw_if(ec);
        return std::move(value);
    }

    /// Receives the newest value that this receiver has not seen; it counts as seen then.
    /// Completes:     void(error_code, std::optional<T>) - a copy; empty: closed, and the last value has been seen;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; the value still counts as not seen.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<detail::receive_core<T, Executor, place>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return detail::initiate_in_place<detail::receive_core<T, Executor, place>>(std::forward<Token>(token),
                                                                                   *place_, get_executor());
    }

    /// Waits for a value that satisfies the predicate, seen before or not; that value, and no other, counts as seen then.
    /// The predicate is called as predicate(T const&), where the operation runs, at most once for each version while
    /// it waits; versions may be skipped, the last one never is.
    /// Completes:     void(error_code, std::optional<T>) - a copy of what the predicate was true for; empty: closed, and it
    ///                is false for the last value; errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; nothing counts as seen by it.
    /// Allocates:     as async_receive.
    template <class Predicate,
              detail::token_for<detail::receive_core<T, Executor, place>> Token = default_token>
        requires std::predicate < std::decay_t<Predicate>

    &, T const& > auto async_wait_for(Predicate&& predicate, Token&& token = Token{}) {
        return detail::initiate(
            wait_core<Predicate>(*place_, get_executor(), std::forward<Predicate>(predicate)),
            std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class receiver;
    friend class sender<T, Executor, Threading>;

    receiver(core& c, detail::bound_executor<Executor> ex) : executor_(std::move(ex)), place_(c) {}

    detail::bound_executor<Executor> executor_;
    detail::place_handle<place> place_; // null when moved from
};

/// A sending end. Copyable: a copy is one sender more of the same channel. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
/// Ordering:      sends of all senders are in one order, which all receivers see parts of.
/// Complexity:    a send is linear in the number of receivers that wait.
template <class T, class Executor, class Threading>
class sender {
    using core = detail::watch_core<T, Threading>;
    using default_token = detail::default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;
    using receiver_type = receiver<T, Executor, Threading>;

    template <class Other>
    struct rebind_executor {
        using other = sender<T, Other, Threading>;
    };

    sender(sender const&) noexcept = default;
    sender(sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading> const& other) : executor_(other.executor_), core_(other.core_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    sender(sender<T, Other, Threading>&& other) : executor_(other.executor_), core_(std::move(other.core_)) {}

    sender& operator=(sender const&) = default;
    sender& operator=(sender&&) noexcept = default;
    ~sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    [[nodiscard]] std::size_t receiver_count() const noexcept { return core_->receiver_count(); }

    /// There is no receiver now; one may subscribe later.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    /// The same channel?
    [[nodiscard]] bool operator==(sender const& other) const noexcept { return core_ == other.core_; }

    /// A copy of the value.
    [[nodiscard]] T get() const { return core_->get(); }

    /// A receiver that has seen what there is.
    [[nodiscard]] receiver_type subscribe() const { return receiver_type(*core_, executor_); }

    /// Replaces the value. False: there was no receiver when it was called; channel and argument are as they were.
    /// If the move throws the channel is as it was.
    bool send(T&& value) { return core_->send(std::move(value)); }

    bool send(T const& value) { return core_->send(value); }

    /// Replaces the value, with receivers or without, and gives the old one: moved, or copied while somebody else reads it.
    /// Throws what the move of either throws, or the copy of the old one; the new value has been sent in the latter case.
    T send_replace(T value) { return core_->replace(std::move(value)); }

    /// Edits the value by f(T&), with receivers or without, and tells the receivers. Edits in place unless somebody is
    /// reading the value; then f works on a copy, which becomes the value.
    /// Throws what f throws: nobody is told, and what it had edited stays. What the copy throws: nothing has changed.
    template <std::invocable<T&> F>
    void send_modify(F&& f) {
        auto edit = [&f](T& value) {
            std::invoke(f, value);
            return true;
        };
        core_->modify(edit);
    }

    /// Edits the value by f(T&), and tells the receivers if that is true. Returns what f returned. Otherwise as
    /// send_modify(); if f is false what it edited stays, and nobody is told.
    template <std::predicate<T&> F>
    bool send_if_modified(F&& f) {
        auto edit = [&f](T& value) -> bool { return std::invoke(f, value); };
        return core_->modify(edit);
    }

    /// Waits until there is no receiver.
    /// Completes:     void(error_code) - no error: there is none; operation_aborted: cancelled.
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

    /// Adopts one count of senders.
    sender(core& c, detail::bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    detail::bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    detail::counted_handle<core, detail::counts_sender> core_;
};

template <class T, class Threading, detail::executor_or_context ExecutorOrContext>
auto channel(ExecutorOrContext&& where, std::type_identity_t<T> initial)
    -> std::pair<sender<T, detail::executor_of<ExecutorOrContext>, Threading>,
                 receiver<T, detail::executor_of<ExecutorOrContext>, Threading>> {
    using executor = detail::executor_of<ExecutorOrContext>;
    detail::bound_executor<executor> ex(detail::to_executor(std::forward<ExecutorOrContext>(where)));
    auto* c = new detail::watch_core<T, Threading>(std::move(initial));
    auto tx = detail::handle_maker::make<sender<T, executor, Threading>>(*c, ex);
    auto rx = tx.subscribe();
    return {std::move(tx), std::move(rx)};
}

} // namespace weir::watch

#endif
