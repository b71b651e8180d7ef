// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SINGLE_RECEIVER_HPP
#define WEIR_DETAIL_SINGLE_RECEIVER_HPP

// The receiver of the channels that have one: mpsc::receiver and mpsc::unbounded_receiver are this class over their
// cores, `Core`.
//
// What it asks of a core: the counts of channel_owners.hpp, what a receiving core offers (endpoint_operations.hpp), and
//   try_take_many(consume, limit), is_drained()   for many at once
//   abandon_receiver(), close()
//   is_closed() size()                            and capacity() max_capacity(), if it is bounded

#include <weir/detail/blocking.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpsc_operations.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/operation.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace weir::detail {

template <class Core>
concept bounded_core = requires(Core const& c) {
    c.capacity();
    c.max_capacity();
};

/// The receiving end. Move-only; one operation at a time. Destroying it destroys what is buffered and closes.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <class T, class Executor, class Threading, template <class, class> class Core>
class single_receiver {
    using core = Core<T, Threading>;
    using default_token = default_token_t<Executor>;

public:
    using value_type = T;
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor {
        using other = single_receiver<T, Other, Threading, Core>;
    };

    single_receiver(single_receiver&&) noexcept = default;
    template <class Other>
        requires(!std::same_as<Other, Executor> && std::convertible_to<Other const&, Executor>)

    single_receiver(single_receiver<T, Other, Threading, Core>&& other)
        : core_(std::move(other.core_)), executor_(other.executor_) {}

    single_receiver& operator=(single_receiver&& other) noexcept {
        single_receiver taken(std::move(other));
        std::swap(core_, taken.core_);
        std::swap(executor_, taken.executor_);
        return *this;
    }

    ~single_receiver() {
        if (core_) {
            core_->abandon_receiver();
        }
    }

    [[nodiscard]] executor_type const& get_executor() const noexcept { return executor_.get(); }

    /// Closed by close() or because nobody can send any more; there may still be values.
    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

    /// Free slots.
    [[nodiscard]] std::size_t capacity() const noexcept requires bounded_core<core> {
        return core_->capacity();
    }

    [[nodiscard]] std::size_t max_capacity() const noexcept requires bounded_core<core> {
        return core_->max_capacity();
    }

    /// Senders; of a bounded channel also permits and waiting sends.
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
    [[nodiscard]] std::optional<T> blocking_receive() requires can_block<Threading> {
        auto [ec, value] = block_on<Threading>(receive_core<T, Executor, core>(*core_, get_executor()));
        throw_if(ec);
        return std::move(value);
    }

    /// Appends up to `limit` values that are there now. How many that were.
    std::size_t try_receive_many(std::vector<T>& out, std::size_t limit) {
        return receive_many_core<T, Executor, core>::receive_into(*core_, out, limit);
    }

    /// Receives one value.
    /// Completes:     void(error_code, std::optional<T>) - a value; empty: closed and drained, and it stays so;
    ///                errc::busy; operation_aborted: cancelled, or the receiver was destroyed.
    /// Cancellation:  all types; nothing was taken, the next receive gets the value.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <token_for<receive_core<T, Executor, core>> Token = default_token>
    auto async_receive(Token&& token = Token{}) {
        return initiate(receive_core<T, Executor, core>(*core_, get_executor()), std::forward<Token>(token));
    }

    /// Appends 1 to `limit` values as soon as one is there; does not wait for more. `out` must outlive the operation.
    /// Completes:     void(error_code, std::size_t) - how many; 0: closed and drained, or limit 0; errors as above.
    /// Complexity:    one atomic store for all of them.
    template <token_for<receive_many_core<T, Executor, core>> Token = default_token>
    auto async_receive_many(std::vector<T>& out, std::size_t limit, Token&& token = Token{}) {
        return initiate(receive_many_core<T, Executor, core>(*core_, get_executor(), out, limit),
                        std::forward<Token>(token));
    }

private:
    template <class, class, class, template <class, class> class>
    friend class single_receiver;
    friend handle_maker;

    single_receiver(core& c, bound_executor<Executor> ex) noexcept : core_(&c), executor_(std::move(ex)) {}

    intrusive_ptr<core> core_; // null when moved from
    bound_executor<Executor> executor_;
};

} // namespace weir::detail

#endif
