// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_VALUE_NODES_HPP
#define WEIR_DETAIL_VALUE_NODES_HPP

// The slots of a channel as nodes that are handed round: whoever has one may write a value into it, or take one out, while
// the channel's lock is free for others. Neither class locks or makes values; their owner does.
//
// Nodes are allocated when they are needed for the first time, in blocks that double what there is, and used again,
// the one used last first. So a channel pays for the slots that it has used at the same time, not for its capacity.

#include <weir/detail/config.hpp>
#include <weir/detail/smaller.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace weir::detail {

template <class T>
struct value_node {
    value_node* next; // in the list that it is in
    alignas(T) std::byte bytes[sizeof(T)];

    [[nodiscard]] T& value() noexcept { return *std::launder(reinterpret_cast<T*>(bytes)); }
};

/// Nodes in a row. Owns nothing.
template <class T>
class node_list {
    using node = value_node<T>;

public:
    node_list() noexcept = default;

    explicit node_list(node& n) noexcept { push_back(n); }

    node_list(node_list&& other) noexcept
        : first_(std::exchange(other.first_, nullptr)),
          last_(other.last_),
          size_(std::exchange(other.size_, 0)) {}

    node_list& operator=(node_list&&) = delete;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] node& front() noexcept { return *first_; }

    void push_back(node& n) noexcept {
        n.next = nullptr;
        (empty() ? first_ : last_->next) = &n;
        last_ = &n;
        ++size_;
    }

    node& pop_front() noexcept {
        node& n = *first_;
        first_ = n.next;
        --size_;
        return n;
    }

    /// Moves all of `other` before what is here.
    void prepend(node_list other) noexcept {
        if (!other.empty()) {
            other.last_->next = first_;
            last_ = empty() ? other.last_ : last_;
            first_ = other.first_;
            size_ += other.size_;
        }
    }

private:
    node* first_ = nullptr;
    node* last_ = nullptr; // unless empty
    std::size_t size_ = 0;
};

/// Owns nodes, `most` at the most.
template <class T>
class node_pool {
    using node = value_node<T>;

public:
    explicit node_pool(std::size_t most) noexcept : most_(most) {}

    /// Sees to it that there are `n` <= most in all, those that are out included. If it throws nothing has happened.
    void reserve(std::size_t n) {
        if (n <= made_) {
            return;
        }
        auto const more = smaller(most_ - made_, larger(n - made_, larger(made_, first_block)));
        auto block = std::make_unique_for_overwrite<node[]>(more);
        node* const fresh = block.get();
        blocks_.push_back(std::move(block));
        while (fresh_ != end_) {
            give_back(*fresh_++); // what is left of the block before
        }
        fresh_ = fresh;
        end_ = fresh + more;
        made_ += more;
    }

    /// One of those that are not out. There must be one.
    [[nodiscard]] node& take() noexcept {
        if (free_ == nullptr) {
            return *fresh_++;
        }
        return *std::exchange(free_, free_->next);
    }

    void give_back(node& n) noexcept {
        n.next = free_;
        free_ = &n;
    }

private:
    static constexpr std::size_t first_block = larger<std::size_t>(1, 512 / sizeof(node));

    std::size_t const most_;
    std::size_t made_ = 0;
    std::vector<std::unique_ptr<node[]>> blocks_;
    node* free_ = nullptr;  // that were out before
    node* fresh_ = nullptr; // those of the last block that never were, up to end_
    node* end_ = nullptr;
};

} // namespace weir::detail

#endif
