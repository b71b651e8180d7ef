// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_ENDPOINT_OPERATIONS_HPP
#define WEIR_DETAIL_ENDPOINT_OPERATIONS_HPP

// What the operations of all channels share, and the two that are the same for all: receiving one value, and waiting
// for the other side to close.
//
// A receiving core offers        try_take(consume) -> attempt, park_receiver(w), unpark_receiver(w),
//                                is_receiver_gone(), turn(): whose turn it is to receive;
//                                or a base of its own for receives, if many may wait: receive_base<Executor>
// one that can be waited for     is_closed(), wait_closed(w), stop_waiting_closed(w)

#include <weir/detail/config.hpp>
#include <weir/detail/moved_out.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/error.hpp>

#include <boost/asio/error.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::detail {

/// What came of a try.
enum class attempt : unsigned char { done, not_now, closed };

/// Makes the handles of a channel, whose constructors are nobody else's business. (A class, because clang 16 does not match
/// constrained functions that are declared as friends.)
struct handle_maker {
    template <class Handle, class Core, class Bound>
    [[nodiscard]] static Handle make(Core& core, Bound executor) {
        return Handle(core, std::move(executor));
    }
};

/// One receive at a time on an endpoint. The receiver's side only, so it needs no lock.
class receive_turn {
public:
    [[nodiscard]] bool is_free_for(void const* who) const noexcept {
        return holder_ == nullptr || holder_ == who;
    }

    [[nodiscard]] bool is_held_by(void const* who) const noexcept { return holder_ == who; }

    void hold(void const* who) noexcept { holder_ = who; }

    /// True: the handle has gone meanwhile, and its reference to the channel is the caller's now.
    [[nodiscard]] bool give_back() noexcept {
        holder_ = nullptr;
        return std::exchange(leaves_reference_, false);
    }

    /// The handle goes. True: whoever has the turn takes over its reference.
    [[nodiscard]] bool leave_reference() noexcept { return leaves_reference_ = holder_ != nullptr; }

    /// True the first time: a select tells of the close once.
    [[nodiscard]] bool tell_closed_once() noexcept { return !std::exchange(told_closed_, true); }

private:
    void const* holder_ = nullptr;
    bool leaves_reference_ = false;
    bool told_closed_ = false;
};

/// A channel that an operation borrows from the handle that made it, and keeps alive once it has started.
template <class Core>
class borrowed_core {
public:
    explicit borrowed_core(Core& core) noexcept : core_(&core) {}

    borrowed_core(borrowed_core&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), owns_(std::exchange(other.owns_, false)) {}

    ~borrowed_core() {
        if (owns_) {
            let_go();
        }
    }

    void retain() noexcept {
        if (!owns_) {
            core_->add_ref();
            owns_ = true;
        }
    }

    /// Takes over a reference of somebody else's.
    void adopt_reference() noexcept {
        if (std::exchange(owns_, true)) {
            let_go();
        }
    }

    Core* operator->() const noexcept { return core_; }

    Core& operator*() const noexcept { return *core_; }

    explicit operator bool() const noexcept { return core_ != nullptr; }

private:
    WEIR_NOINLINE void let_go() noexcept { core_->release(); }

    Core* core_; // null when moved from
    bool owns_ = false;
};

/// The same for a sending operation, which counts as a sender: a channel is not closed under it.
template <class Core>
class borrowed_sender {
public:
    explicit borrowed_sender(Core& core) noexcept : core_(&core) {}

    borrowed_sender(borrowed_sender&& other) noexcept
        : core_(other.core_), counts_(std::exchange(other.counts_, false)) {}

    ~borrowed_sender() {
        if (counts_) {
            core_->release_sender();
        }
    }

    void retain() noexcept {
        if (!counts_) {
            core_->add_sender();
            counts_ = true;
        }
    }

    Core* operator->() const noexcept { return core_; }

    Core& operator*() const noexcept { return *core_; }

private:
    Core* core_;
    bool counts_ = false;
};

/// What operations of one handle have in common: its executor, an error.
template <class Executor>
class endpoint_operation {
public:
    using executor_type = Executor;

    explicit endpoint_operation(Executor const& ex) noexcept : executor_(&ex) {}

    /// Member by member: as a whole the nine bytes would be read in one, while what was written to them in two is still on
    /// its way to the cache.
    endpoint_operation(endpoint_operation const& other) noexcept
        : executor_(other.executor_), failure_(other.failure_) {}

    endpoint_operation& operator=(endpoint_operation const&) = delete;

    /// Valid until the operation is started.
    [[nodiscard]] executor_type get_executor() const noexcept { return *executor_; }

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(failure why) noexcept { failure_ = why; }

    [[nodiscard]] failure failed() const noexcept { return failure_; }

protected:
    Executor const* executor_;
    failure failure_ = failure::none;
};

template <class Executor, class Core>
class wait_closed_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code);
    static constexpr bool eager = false;

    wait_closed_core(Core& core, Executor const& ex) : endpoint_operation<Executor>(ex), core_(core) {}

    bool try_complete() const noexcept { return core_->is_closed(); }

    wait_result start_waiting(waiter& w) { return core_->wait_closed(w); }

    void stop_waiting(waiter& w) noexcept { core_->stop_waiting_closed(w); }

    void retain() noexcept { core_.retain(); }

    void value() const noexcept {}

    std::tuple<error_code> take() noexcept { return {error_in_place(this->failure_)}; }

private:
    borrowed_core<Core> core_;
};

/// What the two receives share: the wait, and that only one is under way.
template <class Executor, class Core>
class receive_core_base : public endpoint_operation<Executor> {
public:
    static constexpr bool eager = false;

    receive_core_base(Core& core, Executor const& ex) : endpoint_operation<Executor>(ex), core_(core) {}

    receive_core_base(receive_core_base&&) noexcept = default; // before it waits

    ~receive_core_base() { end(); }

    wait_result start_waiting(waiter& w) {
        if (!core_->turn().is_free_for(this)) {
            this->failure_ = failure::busy;
            return wait_result::look_again;
        }
        hold_turn();
        return core_->park_receiver(w);
    }

    void stop_waiting(waiter& w) noexcept {
        if (holds_turn_) {
            core_->unpark_receiver(w);
            end();
        }
    }

    void end_woken() noexcept requires(Core::wake_unparks) { end(); }

    void retain() noexcept { core_.retain(); }

    /// Instead of retain(), for a wait that is left by stop_waiting() or end_woken() before anything else may be received:
    /// who has the turn needs no reference while the handle has one.
    void retain_by_turn() noexcept {
        if (core_->turn().is_free_for(this)) {
            hold_turn();
        } else {
            core_.retain();
        }
    }

    /// For select: true once in the life of the channel.
    [[nodiscard]] bool tell_closed_once() noexcept { return core_->turn().tell_closed_once(); }

protected:
    /// True if the operation has to end without looking.
    bool is_refused() noexcept {
        if (this->failure_ != failure::none) {
            return true;
        }
        if (!core_->turn().is_free_for(this)) {
            this->failure_ = failure::busy;
        } else if (core_->is_receiver_gone()) {
            this->failure_ = failure::aborted;
        }
        return this->failure_ != failure::none;
    }

    template <class F>
    attempt take_one(F&& consume) {
        return core_->try_take(consume);
    }

    /// `n`: how many were taken. `closed`: none will be.
    template <class F>
    attempt take_many(F&& consume, std::size_t limit, std::size_t& n) {
        n = core_->try_take_many(consume, limit);
        return n != 0 ? attempt::done : core_->is_drained() ? attempt::closed : attempt::not_now;
    }

    borrowed_core<Core> core_;

private:
    void hold_turn() noexcept {
        core_->turn().hold(this);
        holds_turn_ = true;
    }

    void end() noexcept {
        if (holds_turn_) {
            give_turn_back();
        }
    }

    WEIR_NOINLINE void give_turn_back() noexcept {
        holds_turn_ = false;
        if (core_->turn().give_back()) {
            core_.adopt_reference();
        }
    }

    bool holds_turn_ = false; // since it has begun to wait
};

/// What receives from a core are made of.
template <class Executor, class Core>
struct receive_base {
    using type = receive_core_base<Executor, Core>;
};

template <class Executor, class Core>
    requires requires { typename Core::template receive_base<Executor>; }

struct receive_base<Executor, Core> {
    using type = typename Core::template receive_base<Executor>;
};

template <class Executor, class Core>
using receive_base_t = typename receive_base<Executor, Core>::type;

template <class T, class Executor, class Core>
class receive_core : public receive_base_t<Executor, Core> {
    using base = receive_base_t<Executor, Core>;

public:
    using signature = void(error_code, std::optional<T>);

    receive_core(Core& core, Executor const& ex) : base(core, ex) {}

    receive_core(receive_core&& other) noexcept // before it waits: there is no value to move
        : base(std::move(other)) {}

    bool try_complete() {
        return this->is_refused() ||
               this->take_one([this](T&& value) { value_.emplace(std::move(value)); }) != attempt::not_now;
    }

    /// Makes it a receive that has not been started; it still keeps its channel.
    void renew() noexcept {
        this->failure_ = failure::none;
        value_.reset();
    }

    std::optional<T> value() { return moved_out(value_); }

    /// For select, whose handler gets it from here.
    [[nodiscard]] std::optional<T>& received() noexcept { return value_; }

    std::tuple<error_code, std::optional<T>> take() { return {error_in_place(this->failure_), value()}; }

private:
    std::optional<T> value_;
};

} // namespace weir::detail

#endif
