// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_OPERATIONS_HPP
#define WEIR_DETAIL_MPSC_OPERATIONS_HPP

// The operations of a bounded channel, as operation cores (operation_core.hpp): sending, reserving, receiving one or
// many, waiting for the close.

#include <weir/detail/config.hpp>
#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/error.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::detail {

/// A channel that an operation borrows from the handle that made it, and keeps alive once it has started.
template <class Core>
class borrowed_core {
public:
    explicit borrowed_core(Core& core) noexcept : core_(&core) {}
    borrowed_core(borrowed_core&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), owner_(std::move(other.owner_)) {}

    void retain() noexcept {
        if (!owner_) {
            owner_ = intrusive_ptr<Core>::share(core_);
        }
    }
    Core* operator->() const noexcept { return core_; }
    Core& operator*() const noexcept { return *core_; }
    explicit operator bool() const noexcept { return core_ != nullptr; }

private:
    Core* core_; // null when moved from
    intrusive_ptr<Core> owner_;
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

    /// Valid until the operation is started.
    [[nodiscard]] executor_type get_executor() const noexcept { return *executor_; }

    bool cancel(asio::cancellation_type) noexcept { return true; }
    void fail(error_code ec) noexcept { error_ = ec; }

protected:
    Executor const* executor_;
    error_code error_;
};

/// Waits in the queue for `n` slots, for sends and reserves.
template <class Core>
class slot_wait {
public:
    slot_wait(Core& core, std::uint32_t n) noexcept : core_(core) { request_.wanted = n; }
    slot_wait(slot_wait&& other) noexcept : core_(std::move(other.core_)) { request_.wanted = other.request_.wanted; }

    /// `done`: the caller owns the slots.
    attempt try_claim() {
        if (!queued_) {
            return core_->try_reserve(request_.wanted);
        }
        auto const a = core_->claim(request_);
        queued_ = a == attempt::not_now;
        return a;
    }

    wait_result start_waiting(waiter& w) {
        queued_ = true;
        return core_->request(request_, w);
    }

    void stop_waiting() noexcept {
        if (std::exchange(queued_, false)) {
            core_->withdraw(request_);
        }
    }

    void retain() noexcept { core_.retain(); }
    [[nodiscard]] bool is_queued() const noexcept { return queued_; }
    [[nodiscard]] Core& core() const noexcept { return *core_; }

private:
    borrowed_sender<Core> core_;
    slot_request request_;
    bool queued_ = false;
};

template <class T, class Executor, class Core>
class send_core : public endpoint_operation<Executor> {
public:
    using signature = void(error_code);
    static constexpr bool eager = true;

    template <class... Args>
    send_core(Core& core, Executor const& ex, Args&&... args)
        : endpoint_operation<Executor>(ex), slot_(core, 1), value_(std::forward<Args>(args)...) {}

    bool try_complete() {
        attempt const a = slot_.is_queued() ? send_granted() : slot_.core().try_send(std::move(value_));
        if (a == attempt::closed) {
            this->error_ = errc::closed;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) { return slot_.start_waiting(w); }
    void stop_waiting(waiter&) noexcept { slot_.stop_waiting(); }

    void retain() noexcept { slot_.retain(); }
    std::tuple<error_code> take() noexcept { return {this->error_}; }

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

    reserve_core(Core& core, Executor const& ex, std::uint32_t n)
        : endpoint_operation<Executor>(ex), slots_(core, n), n_(n) {}

    bool try_complete() {
        attempt const a = slots_.try_claim();
        if (a == attempt::done) {
            permit_.emplace(Permit::adopt(slots_.core(), n_));
        } else if (a == attempt::closed) {
            this->error_ = errc::closed;
        }
        return a != attempt::not_now;
    }

    wait_result start_waiting(waiter& w) { return slots_.start_waiting(w); }
    void stop_waiting(waiter&) noexcept { slots_.stop_waiting(); }
    void retain() noexcept { slots_.retain(); }

    std::tuple<error_code, std::optional<Permit>> take() noexcept { return {this->error_, std::move(permit_)}; }

private:
    slot_wait<Core> slots_;
    std::uint32_t n_;
    std::optional<Permit> permit_;
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
    std::tuple<error_code> take() noexcept { return {this->error_}; }

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
        if (!core_->may_receive(this)) {
            return wait_result::look_again;
        }
        core_->set_receiving(this);
        return core_->park_receiver(w);
    }

    void stop_waiting(waiter& w) noexcept {
        if (core_->is_receiving(this)) {
            core_->unpark_receiver(w);
            end();
        }
    }

    void retain() noexcept { core_.retain(); }

protected:
    /// True if the operation has to end without looking.
    bool is_refused() noexcept {
        if (!core_->may_receive(this)) {
            this->error_ = errc::busy;
        } else if (core_->is_receiver_gone()) {
            this->error_ = asio::error::operation_aborted;
        }
        return static_cast<bool>(this->error_);
    }

    borrowed_core<Core> core_;

private:
    void end() noexcept {
        if (core_ && core_->is_receiving(this)) {
            core_->set_receiving(nullptr);
        }
    }
};

template <class T, class Executor, class Core>
class receive_core : public receive_core_base<Executor, Core> {
public:
    using signature = void(error_code, std::optional<T>);
    using receive_core_base<Executor, Core>::receive_core_base;

    bool try_complete() {
        return this->is_refused() ||
               this->core_->try_take([this](T&& value) { value_.emplace(std::move(value)); }) != attempt::not_now;
    }

    std::tuple<error_code, std::optional<T>> take() { return {this->error_, std::move(value_)}; }

private:
    std::optional<T> value_;
};

template <class T, class Executor, class Core>
class receive_many_core : public receive_core_base<Executor, Core> {
public:
    using signature = void(error_code, std::size_t);

    receive_many_core(Core& core, Executor const& ex, std::vector<T>& out, std::size_t limit)
        : receive_core_base<Executor, Core>(core, ex), out_(&out), limit_(limit) {}

    bool try_complete() {
        if (this->is_refused() || limit_ == 0) {
            return true;
        }
        received_ = receive_into(*this->core_, *out_, limit_);
        return received_ != 0 || this->core_->is_drained();
    }

    std::tuple<error_code, std::size_t> take() noexcept { return {this->error_, received_}; }

    static std::size_t receive_into(Core& core, std::vector<T>& out, std::size_t limit) {
        return core.try_take_many([&out](T&& value) { out.push_back(std::move(value)); }, limit);
    }

private:
    std::vector<T>* out_;
    std::size_t limit_;
    std::size_t received_ = 0;
};

} // namespace weir::detail

#endif
