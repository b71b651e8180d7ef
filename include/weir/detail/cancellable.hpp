// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CANCELLABLE_HPP
#define WEIR_DETAIL_CANCELLABLE_HPP

// Asio's cancellation slot and an operation, tied so that either may go first.

#include <weir/detail/config.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

namespace weir::detail {

/// Who can be cancelled through a slot. The two ends know each other, so either may go first.
class cancellable {
    friend class cancel_handler;

    virtual void on_cancel(asio::cancellation_type type) = 0;

    class cancel_handler* link_ = nullptr;

protected:
    cancellable() noexcept = default;
    cancellable(cancellable const&) = delete;
    inline ~cancellable();

    /// Makes a signal on `slot` call on_cancel() until disconnected.
    inline void connect(asio::cancellation_slot slot);

    /// Takes the handler out of `slot` again, if it is still there.
    inline void disconnect(asio::cancellation_slot slot) noexcept;
};

/// What stands in the slot.
class cancel_handler {
public:
    explicit cancel_handler(cancellable& target) noexcept : target_(&target) { target.link_ = this; }

    cancel_handler(cancel_handler const&) = delete;

    ~cancel_handler() {
        if (target_ != nullptr) {
            target_->link_ = nullptr;
        }
    }

    void operator()(asio::cancellation_type type) {
        if (target_ != nullptr) {
            target_->on_cancel(type);
        }
    }

private:
    friend class cancellable;
    cancellable* target_;
};

cancellable::~cancellable() {
    if (link_ != nullptr) {
        link_->target_ = nullptr;
    }
}

void cancellable::connect(asio::cancellation_slot slot) {
    if (slot.is_connected()) {
        slot.emplace<cancel_handler>(*this);
    }
}

void cancellable::disconnect(asio::cancellation_slot slot) noexcept {
    if (link_ != nullptr) { // else the slot has another handler by now, or is gone
        slot.clear();
    }
}

} // namespace weir::detail

#endif
