// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_OPERATIONS_HPP
#define WEIR_DETAIL_MPSC_OPERATIONS_HPP

// The operations of a bounded channel, as operation cores (operation_core.hpp): sending, reserving, receiving many.
// Receiving one value and waiting for the close are the same for all channels (endpoint_operations.hpp).

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/late.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/sender_queue.hpp>
#include <weir/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::detail {

/// Waits in the queue for `n` slots, for sends and reserves.
template <class Core>
class slot_wait {
public:
    slot_wait(Core& core, std::uint32_t n, sender_name name, bool sends) noexcept
        : core_(core), wanted_(n), sender_(name), sends_(sends) {}

    slot_wait(slot_wait&& other) noexcept // before it waits
        : core_(std::move(other.core_)),
          wanted_(other.wanted_),
          sender_(other.sender_),
          sends_(other.sends_) {}

    /// `done`: the caller owns the slots.
    attempt try_claim() {
        if (!request_) {
            return core_->try_reserve(wanted_, sender_);
        }
        auto const a = core_->claim(*request_);
        if (a != attempt::not_now) {
            request_.reset();
        }
        return a;
    }

    wait_result start_waiting(waiter& w) {
        if (wanted_ == 0) {
            return wait_result::look_again; // open or closed is all that there is to find out
        }
        if (!request_) {
            request_.emplace(wanted_, sender_, sends_);
        }
        return core_->request(*request_, w);
    }

    void stop_waiting() noexcept {
        if (request_) {
            core_->withdraw(*request_);
            request_.reset();
        }
    }

    void retain() noexcept { core_.retain(); }

    [[nodiscard]] bool is_queued() const noexcept { return static_cast<bool>(request_); }

    [[nodiscard]] sender_name sender() const noexcept { return sender_; }

    [[nodiscard]] Core& core() const noexcept { return *core_; }

private:
    borrowed_sender<Core> core_;
    std::uint32_t wanted_;
    sender_name sender_;
    bool sends_;
    late<slot_request> request_; // while it waits
};

template <class T, class Executor, class Core>
class send_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code);
    static constexpr bool eager = true;

    template <class... Args>
    send_core(Core& core, sender_name name, Executor const& ex, Args&&... args)
        : endpoint_operation<Executor>(ex), slot_(core, 1, name, true), value_(std::forward<Args>(args)...) {}

    bool try_complete() {
        attempt const a =
            slot_.is_queued() ? send_granted() : slot_.core().try_send(std::move(value_), slot_.sender());
        if (a == attempt::closed) {
            this->failure_ = failure::closed;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) { return slot_.start_waiting(w); }

    void stop_waiting(waiter&) noexcept { slot_.stop_waiting(); }

    void end_woken() noexcept {}

    void retain() noexcept { slot_.retain(); }

    void value() const noexcept {}

    std::tuple<error_code> take() noexcept { return {error_in_place(this->failure_)}; }

private:
    attempt send_granted() {
        attempt const a = slot_.try_claim();
        if (a == attempt::done) {
            slot_.core().send_reserved(std::move(value_));
        }
        return a;
    }

    slot_wait<Core> slot_;
    T value_;
};

/// Completes with a permit made from `n` slots of the channel.
template <class Permit, class Executor, class Core>
class reserve_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code, std::optional<Permit>);
    static constexpr bool eager = false;

    reserve_core(Core& core, sender_name name, Executor const& ex, std::uint32_t n)
        : endpoint_operation<Executor>(ex), slots_(core, n, name, false), n_(n) {}

    bool try_complete() {
        attempt const a = slots_.try_claim();
        if (a == attempt::done) {
            permit_.emplace(Permit::adopt(slots_.core(), n_));
        } else if (a == attempt::closed) {
            this->failure_ = failure::closed;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) { return slots_.start_waiting(w); }

    void stop_waiting(waiter&) noexcept { slots_.stop_waiting(); }

    void end_woken() noexcept {}

    void retain() noexcept { slots_.retain(); }

    std::optional<Permit> value() noexcept { return std::move(permit_); }

    std::tuple<error_code, std::optional<Permit>> take() noexcept {
        return {error_in_place(this->failure_), value()};
    }

private:
    slot_wait<Core> slots_;
    std::uint32_t n_;
    std::optional<Permit> permit_;
};

template <class T, class Executor, class Core>
class receive_many_core : public receive_base_t<Executor, Core> {
    using base = receive_base_t<Executor, Core>;

public:
    using signature = void(error_code, std::size_t);

    receive_many_core(Core& core, Executor const& ex, std::vector<T>& out, std::size_t limit)
        : base(core, ex), out_(&out), limit_(limit) {}

    bool try_complete() {
        return this->is_refused() || limit_ == 0 ||
               this->take_many(into(*out_), limit_, received_) != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) { // with limit 0 there is nothing to wait for
        return limit_ == 0 ? wait_result::look_again : base::start_waiting(w);
    }

    /// Makes it a receive that has not been started; it still keeps its channel.
    void renew() noexcept {
        this->failure_ = failure::none;
        received_ = 0;
    }

    [[nodiscard]] std::size_t value() const noexcept { return received_; }

    std::tuple<error_code, std::size_t> take() noexcept { return {error_in_place(this->failure_), value()}; }

    static std::size_t receive_into(Core& core, std::vector<T>& out, std::size_t limit) {
        return core.try_take_many(into(out), limit);
    }

private:
    static auto into(std::vector<T>& out) {
        return [&out](T&& value) { out.push_back(std::move(value)); };
    }

    std::vector<T>* out_;
    std::size_t limit_;
    std::size_t received_ = 0;
};

} // namespace weir::detail

#endif
