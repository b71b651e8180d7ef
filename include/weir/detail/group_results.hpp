// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_GROUP_RESULTS_HPP
#define WEIR_DETAIL_GROUP_RESULTS_HPP

// What the tasks of a group have returned, in the order in which they came. Each task brings a place of its own, a node of
// a list: it is linked and handed out under the group's mutex, and filled without it by whoever ended the task.

#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/task.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
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
    struct node : list_hook<> {
        std::optional<T> value;
    };

public:
    /// All of them.
    using type = std::vector<T>;

    class place {
    public:
        /// What the task threw, or the move of what it returned.
        [[nodiscard]] std::exception_ptr fill(spawned<T>& ended) noexcept { return ended.take_to(*value_); }

    private:
        friend group_results;

        std::unique_ptr<node> node_ = std::make_unique<node>(); // until it is added
        std::optional<T>* value_ = &node_->value;
    };

    group_results() noexcept = default;

    group_results(group_results&& other) noexcept { other.give_to(*this); }

    ~group_results() {
        while (take_first()) {
        }
    }

    void add(place& last) noexcept { places_.push_back(*last.node_.release()); }

    void give_to(group_results& other) noexcept { other.places_.append(places_); }

    /// The values in order. A task that was asked to end, or did not begin, has left none.
    [[nodiscard]] type values() && {
        type all;
        std::size_t most = 0;
        places_.for_each([&most](node const&) { ++most; });
        all.reserve(most);
        while (auto const first = take_first()) {
            if (first->value) {
                all.push_back(std::move(*first->value));
            }
        }
        return all;
    }

private:
    std::unique_ptr<node> take_first() noexcept { return std::unique_ptr<node>(places_.pop_front()); }

    intrusive_list<node> places_;
};

/// Of tasks that return nothing nothing is kept.
template <>
class group_results<void> {
public:
    using type = void;

    struct place {
        /// Of spawned<void>; a template, which is not compiled before there is a group.
        template <class Spawned>
        [[nodiscard]] static std::exception_ptr fill(Spawned& ended) noexcept {
            return std::get<0>(ended.take());
        }
    };

    void add(place&) noexcept {}

    void give_to(group_results&) noexcept {}
};

} // namespace weir::detail

#endif
