// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_GROUP_RESULTS_HPP
#define WEIR_DETAIL_GROUP_RESULTS_HPP

// What the tasks of a group have returned, in the order in which they came. Each task brings a place of its own, a node of
// a list: it is linked and handed out under the group's mutex, and filled without it by whoever ended the task.

#include <weir/detail/config.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/task.hpp>

#include <concepts>
#include <exception>
#include <list>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::detail {

/// What the tasks of a group may return.
template <class T>
concept group_result = std::is_void_v<T> ||(std::is_object_v<T>&& std::move_constructible<T>);

template <class T>
class group_results {
    using list = std::list<std::optional<T>>;

public:
    /// All of them.
    using type = std::vector<T>;

    class place {
    public:
        /// What the task threw, or the move of what it returned.
        [[nodiscard]] std::exception_ptr fill(spawned<T>& ended) noexcept { return ended.take_to(*value_); }

    private:
        friend group_results;

        list node_{1}; // until it is added
        std::optional<T>* value_ = &node_.front();
    };

    void add(place& last) noexcept { places_.splice(places_.end(), last.node_); }

    void give_to(group_results& other) noexcept { places_.swap(other.places_); }

    /// The values in order. A task that was asked to end, or did not begin, has left none.
    [[nodiscard]] type values() && {
        type all;
        all.reserve(places_.size());
        for (auto& value : places_) {
            if (value) {
                all.push_back(std::move(*value));
            }
        }
        return all;
    }

private:
    list places_;
};

/// Of tasks that return nothing nothing is kept.
template <>
class group_results<void> {
public:
    using type = void;

    struct place {
        [[nodiscard]] static std::exception_ptr fill(spawned<void>& ended) noexcept {
            return std::get<0>(ended.take());
        }
    };

    void add(place&) noexcept {}

    void give_to(group_results&) noexcept {}
};

} // namespace weir::detail

#endif
