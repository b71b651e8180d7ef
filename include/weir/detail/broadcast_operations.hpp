// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BROADCAST_OPERATIONS_HPP
#define WEIR_DETAIL_BROADCAST_OPERATIONS_HPP

// A receiver of a broadcast channel, and the lossless send, as operation cores (operation_core.hpp).

#include <weir/detail/broadcast_core.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::detail {

/// One receiver's place in the ring, as a receiving core (endpoint_operations.hpp).
template <class T, class Threading>
class broadcast_place : public self_owned<broadcast_place<T, Threading>, Threading::template atomic> {
    using core = broadcast_core<T, Threading>;

public:
    using channel_type = core;

    /// A new receiver, which stands behind everything that was sent.
    explicit broadcast_place(core& ring)
        : ring_(intrusive_ptr<core>::share(&ring)), place_(ring.add_receiver()) {}

    /// A new receiver, which stands where the other stands.
    broadcast_place(broadcast_place const& other)
        : ring_(other.ring_), place_(ring_->add_receiver_at(other.place_)) {}

    template <class F>
    attempt try_take(F&& consume) {
        auto const a = ring_->receive(place_, missed_, consume);
        if (a == attempt::done && missed_ != 0) [[unlikely]] {
            total_missed_ += missed_;
        }
        return a;
    }

    wait_result park_receiver(waiter& w) {
        parked_ = &w;
        return ring_->park_receiver(place_, w);
    }

    void unpark_receiver(waiter& w) noexcept {
        parked_ = nullptr;
        ring_->unpark(w);
    }

    /// The handle goes, and with it this receiver's share of what is in the ring.
    void abandon_receiver() noexcept {
        gone_ = true;
        ring_->remove_receiver(place_, parked_);
    }

    [[nodiscard]] bool is_receiver_gone() const noexcept { return gone_; }

    [[nodiscard]] receive_turn& turn() noexcept { return turn_; }

    [[nodiscard]] core& ring() const noexcept { return *ring_; }

    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

    [[nodiscard]] std::uint64_t total_missed() const noexcept { return total_missed_; }

    [[nodiscard]] std::size_t size() const noexcept { return ring_->size_at(place_); }

private:
    // the receiver's own
    intrusive_ptr<core> ring_;
    std::uint64_t place_; // the next position to receive
    std::uint64_t missed_ = 0;
    std::uint64_t total_missed_ = 0;
    bool gone_ = false;
    waiter* parked_ = nullptr; // of the receive whose turn it is, once it has had to wait
    receive_turn turn_;
};

/// Sends without overwriting.
template <class T, class Executor, class Core>
class broadcast_send_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code);
    static constexpr bool eager = true;

    broadcast_send_core(Core& core, Executor const& ex, T value)
        : endpoint_operation<Executor>(ex), core_(core), value_(std::move(value)) {}

    broadcast_send_core(broadcast_send_core&& other) // before it waits; it may have looked
        : endpoint_operation<Executor>(other),
          core_(std::move(other.core_)),
          value_(std::move(other.value_)),
          next_(std::move(other.next_)) {}

    bool try_complete() {
        if (!next_) {
            next_.emplace(core_->make(std::move(value_)));
        }
        auto const a = core_->try_send(*next_, ticket_);
        if (a == attempt::closed) {
            this->failure_ = failure::closed;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) {
        queued_ = true;
        return core_->start_sending(ticket_, w);
    }

    void stop_waiting(waiter&) noexcept {
        if (std::exchange(queued_, false)) {
            core_->stop_sending(ticket_);
        }
    }

    void retain() noexcept { core_.retain(); }

    void value() const noexcept {}

    std::tuple<error_code> take() noexcept { return {error_in_place(this->failure_)}; }

private:
    borrowed_sender<Core> core_;
    send_ticket ticket_;
    bool queued_ = false;
    T value_;
    std::optional<typename Core::stored> next_; // goes before the ring that it belongs to
};

} // namespace weir::detail

#endif
