// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_PLACE_HANDLE_HPP
#define WEIR_DETAIL_PLACE_HANDLE_HPP

// What receivers hold, and senders that are alone.
//
//   place_handle   a copyable receiver: a place, which is what the channel knows of this one receiver. It lives on the heap,
//                  because operations that have started on it outlive the handle.
//   sole_handle    the receiver of a channel that has one: the channel's core is the place. Or the sender, if there is one.

#include <weir/detail/ref_counted.hpp>

#include <utility>

namespace weir::detail {

/// The handle of a receiver goes, and with it its reference, unless a receive that waits takes that over.
template <class Place>
void abandon_receiver(intrusive_ptr<Place>& place) noexcept {
    if constexpr (requires { place->abandon_and_release_receiver(); }) {
        if (place->abandon_and_release_receiver()) {
            (void)place.release();
            return;
        }
    }
    place->abandon_receiver();
    if constexpr (requires { place->turn(); }) {
        if (place->turn().leave_reference()) {
            (void)place.release();
        }
    }
}

/// A place of its own. A copy of the handle has a copy of the place; a handle that goes abandons its place.
template <class Place>
class place_handle {
public:
    using channel_type = typename Place::channel_type;

    explicit place_handle(channel_type& channel) : place_(new Place(channel)) {}

    place_handle(place_handle const& other) : place_(other.place_ ? new Place(*other.place_) : nullptr) {}

    place_handle(place_handle&&) noexcept = default;

    /// If the copy cannot be allocated nothing has happened.
    place_handle& operator=(place_handle const& other) {
        place_handle copy(other);
        std::swap(place_, copy.place_);
        return *this;
    }

    place_handle& operator=(place_handle&& other) noexcept {
        place_handle taken(std::move(other));
        std::swap(place_, taken.place_);
        return *this;
    }

    ~place_handle() {
        if (place_) {
            abandon_receiver(place_);
        }
    }

    Place* operator->() const noexcept { return place_.get(); }

    Place& operator*() const noexcept { return *place_; }

private:
    intrusive_ptr<Place> place_; // null when moved from
};

struct receiving_side {
    template <class Core>
    static void abandon(intrusive_ptr<Core>& core) noexcept {
        abandon_receiver(core);
    }
};

struct sending_side {
    template <class Core>
    static void abandon(intrusive_ptr<Core>& core) noexcept {
        core->abandon_sender();
    }
};

/// One side's share of a core. Move-only; a handle that goes abandons its side.
template <class Core, class Side = receiving_side>
class sole_handle {
public:
    using channel_type = Core;

    /// Adopts the side's reference.
    explicit sole_handle(Core& core) noexcept : core_(&core) {}

    sole_handle(sole_handle&&) noexcept = default;

    sole_handle& operator=(sole_handle&& other) noexcept {
        sole_handle taken(std::move(other));
        std::swap(core_, taken.core_);
        return *this;
    }

    ~sole_handle() {
        if (core_) {
            Side::abandon(core_);
        }
    }

    Core* operator->() const noexcept { return core_.get(); }

    Core& operator*() const noexcept { return *core_; }

private:
    intrusive_ptr<Core> core_; // null when moved from
};

/// What a receiver holds of its place. Chosen without a look into it, so that a value may have a receiver of its own type.
template <class Place>
struct receiver_handle {
    using type = sole_handle<Place>;
};

} // namespace weir::detail

#endif
