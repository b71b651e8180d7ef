// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BOUNDED_SENDER_HPP
#define WEIR_DETAIL_BOUNDED_SENDER_HPP

// The sender of the bounded channels: mpsc::sender and mpmc::sender are this class over their cores, `Core`.
//
// What it asks of a core: the counts of channel_owners.hpp, and
//   try_send(value, name)                         attempt: not past what that sender started to send before
//   try_reserve(n, name)                          attempt, likewise
//   try_reserve_up_to(n, name)                    how many
//   send_reserved(value)                          with one of those
//   return_slots(n)                               likewise
//   request(r, w), claim(r), withdraw(r)          a slot_request (sender_queue.hpp) in the queue
//   wait_closed(w), stop_waiting_closed(w)        until is_closed()
//   is_closed() capacity() max_capacity() size() name_sender()

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/bounded_permits.hpp>
#include <weir/detail/bounded_weak_sender.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/counted_handle.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpsc_operations.hpp>
#include <weir/detail/sender_name.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/operation.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace weir::detail {

/// The sending end. Copyable: a copy is one sender more of the same channel. Moved from, it may only be destroyed or
/// assigned to.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_sender {
    using core = Core<T, Threading>;
    using default_token = default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;
    using permit_type = bounded_permit<T, Executor, Threading, Core>;
    using permits_type = bounded_permits<T, Executor, Threading, Core>;
    using weak_sender_type = bounded_weak_sender<T, Executor, Threading, Core>;

    template <class Other>
    struct rebind_executor {
        using other = bounded_sender<T, Other, Threading, Core>;
    };

    bounded_sender(bounded_sender const&) = default;
    bounded_sender(bounded_sender&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bounded_sender(bounded_sender<T, Other, Threading, Core> const& other)
        : executor_(other.executor_), core_(other.core_) {}

    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    bounded_sender(bounded_sender<T, Other, Threading, Core>&& other)
        : executor_(other.executor_), core_(std::move(other.core_)) {}

    bounded_sender& operator=(bounded_sender const&) = default;
    bounded_sender& operator=(bounded_sender&&) noexcept = default;
    ~bounded_sender() = default;

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed from the receiving side, or nobody is left there.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    /// Free slots.
    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }

    [[nodiscard]] std::size_t max_capacity() const noexcept { return core_->max_capacity(); }

    /// Values that were sent and not yet received.
    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    /// Senders, permits and waiting sends.
    [[nodiscard]] std::size_t strong_count() const noexcept { return core_->strong_count(); }

    [[nodiscard]] std::size_t weak_count() const noexcept { return core_->weak_count(); }

    [[nodiscard]] weak_sender_type downgrade() const { return {*core_, executor_}; }

    /// The same channel?
    [[nodiscard]] bool operator==(bounded_sender const& other) const noexcept { return core_ == other.core_; }

    /// Sends if there is room and nobody waits for it. False: full or closed, and `value` is untouched.
    /// Complexity: constant. Allocates nothing in steady state; the first sends allocate slots.
    /// Throws std::bad_alloc, or what constructing the value throws: then nothing was sent. Where that was is counted
    /// by size() until the receiver of an mpsc channel has looked.
    [[nodiscard]] bool try_send(T&& value) {
        return core_->try_send(std::move(value), core_.label()) == attempt::done;
    }

    [[nodiscard]] bool try_send(T const& value) requires std::copy_constructible<T> {
        return core_->try_send(value, core_.label()) == attempt::done;
    }
    /// As try_send(T(args...)).
    template <class... Args>
        requires std::constructible_from<T, Args...>

    [[nodiscard]] bool try_emplace(Args&&... args) { return try_send(T(std::forward<Args>(args)...)); }

    /// Waits for room on a plain thread. False: closed, and the value is destroyed.
    /// Throws std::logic_error where the calling thread runs the channel's executor, and would wait for itself.
    [[nodiscard]] bool blocking_send(T value) requires can_block<Threading> {
        auto [ec] = block_on<Threading>(
            send_core<T, Executor, core>(*core_, core_.label(), get_executor(), std::move(value)));
        return !ec;
    }

    /// Moves in as many of the first values as there is room for, in one reservation. How many that were.
    [[nodiscard]] std::size_t try_send_many(std::span<T> values) {
        auto n = static_cast<std::uint32_t>(smaller(values.size(), max_capacity()));
        n = core_->try_reserve_up_to(n, core_.label());
        if (n == 0) {
            return 0;
        }
        permits_type slots(*core_, n);
        for (std::size_t i = 0; i < n; ++i) {
            slots.send(std::move(values[i]));
        }
        return n;
    }

    /// A slot now, or none: full or closed.
    [[nodiscard]] std::optional<permit_type> try_reserve() {
        if (core_->try_reserve(1, core_.label()) != attempt::done) {
            return std::nullopt;
        }
        return permit_type::adopt(*core_, 1);
    }

    /// `n` slots now, or none. Throws std::invalid_argument if n > max_capacity().
    [[nodiscard]] std::optional<permits_type> try_reserve_many(std::size_t n) {
        auto const slots = checked(n);
        if (core_->try_reserve(slots, core_.label()) != attempt::done) {
            return std::nullopt;
        }
        return permits_type::adopt(*core_, slots);
    }

    /// Sends when there is room.
    /// Completes:     void(error_code) - errc::closed: see is_closed(); operation_aborted.
    /// On failure:    the value is destroyed with the operation. async_reserve keeps it with the caller.
    /// Exceptions:    as of try_send; they come out of the call, of the co_await, or of the executor if it had to wait.
    /// Cancellation:  all types; nothing was sent, and the place in the queue is lost.
    /// Ordering:      a send that finds room has sent when this call returns (completion token) or is awaited.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <token_for<send_core<T, Executor, core>> Token = default_token>
    auto async_send(T value, Token&& token = Token{}) {
        return initiate(send_core<T, Executor, core>(*core_, core_.label(), get_executor(), std::move(value)),
                        std::forward<Token>(token));
    }

    /// As async_send(T(args...)) with the token left out; the value is built inside the operation. To be preferred
    /// in co_await expressions: g++ 12 destroys temporaries of aggregate type there twice.
    template <class... Args>
        requires std::constructible_from<T, Args...>

    auto async_emplace(Args&&... args) {
        return initiate(
            send_core<T, Executor, core>(*core_, core_.label(), get_executor(), std::forward<Args>(args)...),
            default_token{});
    }

    /// Waits for a slot.
    /// Completes:     void(error_code, std::optional<permit>) - errc::closed; operation_aborted.
    /// Cancellation:  all types; a slot that was granted meanwhile goes to the next; the place in the queue is lost.
    template <token_for<reserve_core<permit_type, Executor, core>> Token = default_token>
    auto async_reserve(Token&& token = Token{}) {
        return initiate(reserve_core<permit_type, Executor, core>(*core_, core_.label(), get_executor(), 1),
                        std::forward<Token>(token));
    }

    /// Waits for `n` slots, collecting them as they become free; requests behind it wait. n = 0 completes at once.
    /// Completes:     void(error_code, std::optional<permits>) - errc::closed; operation_aborted.
    /// Throws std::invalid_argument if n > max_capacity(), which would wait for ever.
    template <token_for<reserve_core<permits_type, Executor, core>> Token = default_token>
    auto async_reserve_many(std::size_t n, Token&& token = Token{}) {
        return initiate(
            reserve_core<permits_type, Executor, core>(*core_, core_.label(), get_executor(), checked(n)),
            std::forward<Token>(token));
    }

    /// Waits until is_closed().
    /// Completes:     void(error_code) - no error: closed; operation_aborted.
    template <token_for<wait_closed_core<Executor, core>> Token = default_token>
    auto async_closed(Token&& token = Token{}) {
        return initiate(wait_closed_core<Executor, core>(*core_, get_executor()), std::forward<Token>(token));
    }

private:
    template <class, class, class, template <class, class> class>
    friend class bounded_sender;
    friend weak_sender_type;
    friend handle_maker;

    /// Adopts one count of senders.
    bounded_sender(core& c, bound_executor<Executor> ex) noexcept : executor_(std::move(ex)), core_(c) {}

    [[nodiscard]] std::uint32_t checked(std::size_t n) const {
        if (n > max_capacity()) {
            throw std::invalid_argument("weir: more permits than the channel has slots");
        }
        return static_cast<std::uint32_t>(n);
    }

    bound_executor<Executor> executor_; // first: what can throw comes before what is counted
    counted_handle<core, counts_named_sender> core_;
};

} // namespace weir::detail

#endif
