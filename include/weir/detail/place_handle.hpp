// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_PLACE_HANDLE_HPP
#define WEIR_DETAIL_PLACE_HANDLE_HPP

// What a copyable receiver holds: a place, which is what the channel knows of this one receiver. It lives on the heap,
// because operations that have started on it outlive the handle.

#include <weir/detail/ref_counted.hpp>

#include <utility>

namespace weir::detail {

/// A place of its own. A copy of the handle has a copy of the place; a handle that goes abandons its place.
template <class Place>
class place_handle {
public:
    explicit place_handle(typename Place::channel_type& channel) : place_(new Place(channel)) {}

    place_handle(place_handle const& other) : place_(other.place_ ? new Place(*other.place_) : nullptr) {}

    place_handle(place_handle&&) noexcept = default;

    place_handle& operator=(place_handle other) noexcept {
        std::swap(place_, other.place_);
        return *this;
    }

    ~place_handle() {
        if (place_) {
            place_->abandon_receiver();
        }
    }

    Place* operator->() const noexcept { return place_.get(); }

    Place& operator*() const noexcept { return *place_; }

private:
    intrusive_ptr<Place> place_; // null when moved from
};

} // namespace weir::detail

#endif
