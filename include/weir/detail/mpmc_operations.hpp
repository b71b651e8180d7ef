// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPMC_OPERATIONS_HPP
#define WEIR_DETAIL_MPMC_OPERATIONS_HPP

// A receiver of an mpmc channel, and what its receives are made of. Any number of them may be under way on one receiver:
// each has a place of its own in the channel's queue.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpmc_core.hpp>
#include <weir/detail/place_handle.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <utility>

namespace weir::detail {

/// The base of the receives (operation_core.hpp) on a place.
template <class Executor, class Place>
class mpmc_receive_base : public endpoint_operation<Executor> {
public:
    static constexpr bool eager = false;

    mpmc_receive_base(Place& place, Executor const& ex)
        : endpoint_operation<Executor>(ex), place_(place), request_(place) {}

    mpmc_receive_base(mpmc_receive_base&& other) noexcept // before it waits
        : endpoint_operation<Executor>(other),
          place_(std::move(other.place_)),
          request_(*other.request_.of) {}

    wait_result start_waiting(waiter& w) {
        may_be_queued_ = true;
        return place_->channel().park(request_, w);
    }

    void stop_waiting(waiter&) noexcept {
        if (std::exchange(may_be_queued_, false)) {
            place_->channel().withdraw(request_);
        }
    }

    void retain() noexcept { place_.retain(); }

    /// For select: true once in the life of the receiver.
    [[nodiscard]] bool tell_closed_once() noexcept { return place_->tell_closed_once(); }

protected:
    /// True if the operation has to end without looking.
    [[nodiscard]] bool is_refused() const noexcept { return this->failure_ != failure::none; }

    template <class F>
    attempt take_one(F&& consume) {
        return note(place_->channel().try_take(request_, consume));
    }

    template <class F>
    attempt take_many(F&& consume, std::size_t limit, std::size_t& n) {
        return note(place_->channel().try_take_many(request_, consume, limit, n));
    }

private:
    attempt note(attempt a) noexcept {
        if (a == attempt::done) {
            may_be_queued_ = false; // what has been taken was not waited for any more
        } else if (request_.refused) {
            this->failure_ = failure::aborted;
        }
        return a;
    }

    borrowed_core<Place> place_;
    value_request request_;
    bool may_be_queued_ = false;
};

/// One receiver of the channel.
template <class T, class Threading>
class mpmc_place
    : public self_owned<mpmc_place<T, Threading>, Threading::template atomic>
    , public mpmc_receiver {
    using core = mpmc_core<T, Threading>;

public:
    using channel_type = core;
    template <class Executor>
    using receive_base = mpmc_receive_base<Executor, mpmc_place>;

    explicit mpmc_place(core& channel) noexcept : channel_(intrusive_ptr<core>::share(&channel)) {
        channel_->add_receiver();
    }

    mpmc_place(mpmc_place const& other) noexcept : mpmc_place(*other.channel_) {}

    template <class F>
    attempt try_take(F&& consume) {
        value_request r(*this);
        return channel_->try_take(r, consume);
    }

    template <class F>
    std::size_t try_take_many(F&& consume, std::size_t limit) {
        value_request r(*this);
        std::size_t n = 0;
        channel_->try_take_many(r, consume, limit, n);
        return n;
    }

    /// The handle goes.
    void abandon_receiver() noexcept { channel_->remove_receiver(*this); }

    [[nodiscard]] bool tell_closed_once() noexcept {
        return !told_closed_.exchange(true, std::memory_order_relaxed); // alone: nothing else goes with it
    }

    [[nodiscard]] core& channel() const noexcept { return *channel_; }

private:
    intrusive_ptr<core> channel_;
    typename Threading::template atomic<bool> told_closed_{
        false}; // a select has told; any of this receiver's operations
};

template <class T, class Threading>
struct receiver_handle<mpmc_place<T, Threading>> {
    using type = place_handle<mpmc_place<T, Threading>>;
};

} // namespace weir::detail

#endif
