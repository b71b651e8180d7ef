// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_UNBOUNDED_SENDER_HPP
#define WEIR_DETAIL_UNBOUNDED_SENDER_HPP

// The sender of the unbounded channel, mpsc::unbounded_sender. There is always room, so it has one way to send, which
// never waits, and neither capacity nor permits.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/unbounded_core.hpp>
#include <weir/detail/weak_sender.hpp>
#include <weir/operation.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace weir::detail {

/// The sending end. Copyable: a copy is one sender more of the same channel. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading>
class unbounded_sender {
    using core = unbounded_core<T, Threading>;
    using default_token = default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;
    using weak_sender_type = weak_sender_of<unbounded_sender>;

    template <class Other>
    struct rebind_executor {
        using other = unbounded_sender<T, Other, Threading>;
    };

    unbounded_sender(unbounded_sender const&) = default;
    unbounded_sender(unbounded_sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    unbounded_sender(unbounded_sender<T, Other, Threading> const& other)
        : executor_(other.executor_), core_(other.core_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    unbounded_sender(unbounded_sender<T, Other, Threading>&& other)
        : executor_(other.executor_), core_(std::move(other.core_)) {}

    unbounded_sender& operator=(unbounded_sender const&) = default;
    unbounded_sender& operator=(unbounded_sender&&) noexcept = default;
    ~unbounded_sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by the receiver, or the receiver has gone.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    /// Values that were sent and not yet received.
    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    /// Senders.
    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

    [[nodiscard]] weak_sender_type downgrade() const { return {*core_, executor_}; }

    /// The same channel?
    [[nodiscard]] bool operator==(unbounded_sender const& other) const noexcept {
        return core_ == other.core_;
    }

    /// Sends at once. False: closed, and `value` is untouched.
    /// Complexity: one atomic exchange. Allocates a block now and then while the queue grows, nothing in steady state.
    /// Throws std::bad_alloc, or what constructing the value throws: then nothing was sent; where that was is counted by
    /// size() until the receiver has looked.
    bool send(T&& value) { return core_->send(std::move(value)); }

    bool send(T const& value) requires std::copy_constructible<T> { return core_->send(value); }

    /// As send(T(args...)).
    template <class... Args>
        requires std::constructible_from<T, Args...>

    bool emplace(Args&&... args) { return send(T(std::forward<Args>(args)...)); }

    /// Waits until is_closed().
    /// Completes:     void(error_code) - no error: closed; operation_aborted.
    /// Cancellation:  all types.
    template <token_for<wait_closed_core<Executor, core>> Token = default_token>
    auto async_closed(Token&& token = Token{}) {
        return initiate(wait_closed_core<Executor, core>(*core_, get_executor()), std::forward<Token>(token));
    }

private:
    template <class, class, class>
    friend class unbounded_sender;
    friend weak_sender_type;
    friend handle_maker;

    /// Adopts one count of senders.
    unbounded_sender(core& c, bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    counted_handle<core, counts_sender> core_;
};

} // namespace weir::detail

#endif
