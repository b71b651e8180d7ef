// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WATCH_OPERATIONS_HPP
#define WEIR_DETAIL_WATCH_OPERATIONS_HPP

// A receiver of a watch channel, and the wait for a predicate, as an operation core (operation_core.hpp).

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/moved_out.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/watch_core.hpp>
#include <weir/error.hpp>

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::detail {

/// What one receiver has seen, as a receiving core (endpoint_operations.hpp).
template <class T, class Threading>
class watch_place : public self_owned<watch_place<T, Threading>, Threading::template atomic> {
    using core = watch_core<T, Threading>;

public:
    using channel_type = core;

    /// A new receiver, which has seen what there is.
    explicit watch_place(core& channel) noexcept
        : channel_(intrusive_ptr<core>::share(&channel)), seen_(channel.add_receiver()) {}

    /// A new receiver, which has seen what the other has.
    watch_place(watch_place const& other) noexcept : channel_(other.channel_), seen_(other.seen_) {
        channel_->add_receiver();
    }

    template <class F>
    attempt try_take(F&& consume) {
        return channel_->receive(seen_, consume);
    }

    template <class Predicate, class F>
    attempt try_take_if(Predicate& predicate, std::uint64_t& tried, F&& consume) {
        return channel_->receive_if(predicate, tried, seen_, consume);
    }

    wait_result park_receiver(waiter& w) {
        parked_ = &w;
        return channel_->park(past_.value_or(seen_), w);
    }

    void unpark_receiver(waiter& w) noexcept {
        parked_ = nullptr;
        channel_->unpark(w);
    }

    /// What park_receiver waits to change: this version, or, without one, the version last seen.
    void wait_past(std::optional<std::uint64_t> version) noexcept { past_ = version; }

    void mark_changed() noexcept {
        seen_ = no_watch_version;
        channel_->nudge(parked_);
    }

    void mark_unchanged() noexcept { seen_ = channel_->version(); }

    [[nodiscard]] bool has_changed() const noexcept { return channel_->version() != seen_; }

    [[nodiscard]] T get_and_update() { return channel_->get(seen_); }

    /// The handle goes.
    void abandon_receiver() noexcept {
        gone_ = true;
        channel_->remove_receiver(parked_);
    }

    [[nodiscard]] bool is_receiver_gone() const noexcept { return gone_; }

    [[nodiscard]] receive_turn& turn() noexcept { return turn_; }

    [[nodiscard]] core& channel() const noexcept { return *channel_; }

private:
    // the receiver's own
    intrusive_ptr<core> channel_;
    std::uint64_t seen_; // a version, or no_watch_version
    std::optional<std::uint64_t> past_;
    waiter* parked_ = nullptr; // of the operation whose turn it is, once it has had to wait
    receive_turn turn_;
    bool gone_ = false;
};

/// Waits for a value that satisfies a predicate, and marks that one as seen, no other.
template <class T, class Executor, class Place, class Predicate>
class watch_wait_core : public receive_core_base<Executor, Place> {
    using base = receive_core_base<Executor, Place>;

public:
    using signature = void(error_code, std::optional<T>);

    watch_wait_core(Place& place, Executor const& ex, Predicate predicate)
        : base(place, ex), predicate_(std::move(predicate)) {}

    watch_wait_core(watch_wait_core&& other) // before it waits: there is no value to move
        : base(std::move(other)), predicate_(std::move(other.predicate_)) {}

    ~watch_wait_core() { forget_past(); }

    bool try_complete() {
        return this->is_refused() || this->core_->try_take_if(predicate_, tried_, [this](T&& value) {
            value_.emplace(std::move(value));
        }) != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) {
        if (this->core_->turn().is_free_for(this)) { // else the base says that it is busy
            this->core_->wait_past(tried_);
            set_past_ = true;
        }
        return base::start_waiting(w);
    }

    void stop_waiting(waiter& w) noexcept {
        base::stop_waiting(w);
        forget_past();
    }

    std::optional<T> value() { return moved_out(value_); }

    std::tuple<error_code, std::optional<T>> take() { return {error_in_place(this->failure_), value()}; }

private:
    void forget_past() noexcept {
        if (std::exchange(set_past_, false)) {
            this->core_->wait_past(std::nullopt);
        }
    }

    Predicate predicate_;
    std::uint64_t tried_ = no_watch_version; // the version that the predicate has refused; at first none
    bool set_past_ = false;
    std::optional<T> value_;
};

} // namespace weir::detail

#endif
