// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SHARED_VALUE_HPP
#define WEIR_DETAIL_SHARED_VALUE_HPP

// How one value stands in a channel while many copy it and somebody overwrites it (broadcast, watch).
//
// A copy runs the user's code, so it must not run under the channel's lock; but without the lock the slot may be
// overwritten meanwhile. Hence two ways, with one interface:
//   plain   trivially copyable and small: the bytes are copied under the lock, no user code is involved;
//   shared  a block that the slot and everybody who copies own together. The last owner destroys the value, never
//           under the lock, and the block goes back to a pool, so that nothing is allocated in steady state.

#include <weir/detail/config.hpp>
#include <weir/detail/ref_counted.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Blocks for values of one channel. Thread safety: safe.
template <class T, class Threading>
class value_pool {
public:
    class block {
    public:
        [[nodiscard]] T const& value() const noexcept {
            return *std::launder(reinterpret_cast<T const*>(bytes_));
        }

        /// For the only owner.
        [[nodiscard]] T& value() noexcept { return *std::launder(reinterpret_cast<T*>(bytes_)); }

        /// Only meaningful where nobody can become an owner meanwhile.
        [[nodiscard]] bool has_one_owner() const noexcept { return owners_.is_one(); }

        void add_ref() noexcept { owners_.add(); }

        void release() noexcept {
            if (owners_.drop()) {
                std::destroy_at(std::launder(reinterpret_cast<T*>(bytes_)));
                pool_->give_back(*this);
            }
        }

    private:
        friend class value_pool;
        reference_count<Threading::template atomic> owners_{0};
        value_pool* pool_ = nullptr;
        block* next_ = nullptr; // free list, the pool's mutex
        alignas(T) std::byte bytes_[sizeof(T)];
    };

    using pointer = intrusive_ptr<block>;

    value_pool() = default;
    value_pool(value_pool const&) = delete;

    ~value_pool() {
        while (free_ != nullptr) {
            delete std::exchange(free_, free_->next_);
        }
    }

    /// A block with a new value. If the value's constructor throws nothing has changed.
    template <class Value>
    [[nodiscard]] pointer make(Value&& value) {
        block* b = take();
        try {
            ::new (static_cast<void*>(b->bytes_)) T(std::forward<Value>(value));
        } catch (...) {
            give_back(*b);
            throw;
        }
        b->owners_.add();
        return pointer(b);
    }

private:
    block* take() {
        {
            std::lock_guard lock(mutex_);
            if (free_ != nullptr) {
                return std::exchange(free_, free_->next_);
            }
        }
        block* b = new block;
        b->pool_ = this;
        return b;
    }

    void give_back(block& b) noexcept {
        std::lock_guard lock(mutex_);
        b.next_ = free_;
        free_ = &b;
    }

    typename Threading::mutex mutex_;
    block* free_ = nullptr; // mutex_
};

template <class T>
inline constexpr bool copies_under_lock = std::is_trivially_copyable_v<T>&& std::is_swappable_v<T>&&
                                              std::is_move_assignable_v<T> &&
                                          sizeof(T) <= 256;

/// A value, or nothing. Which of the two, whoever has it knows.
template <class T>
class plain_value {
public:
    plain_value() noexcept : nothing_{} {}

    explicit plain_value(T const& value) noexcept requires(!std::is_empty_v<T>) : value_(value) {}

    explicit plain_value(T const& value) noexcept requires(std::is_empty_v<T>) : nothing_{} {
        std::construct_at(std::addressof(value_), value); // its byte says nothing, but is copied
    }

    [[nodiscard]] T const& value() const noexcept { return value_; }

    [[nodiscard]] T& value() noexcept { return value_; }

private:
    union {
        std::byte nothing_[sizeof(T)]; // zeros: all of it may be copied
        T value_;
    };
};

/// Holds values as their bytes.
template <class T, class Threading>
class plain_values {
public:
    using stored = plain_value<T>;   // what a slot holds
    using snapshot = plain_value<T>; // what a reader takes out under the lock
    static constexpr bool copies_may_throw = false;
    static constexpr bool ends_alone = true; // nothing has to be destroyed

    template <class Value>
    stored make(Value&& value) {
        return stored(std::forward<Value>(value));
    }

    static snapshot look(stored const& s) noexcept { return s; }

    static T copy(snapshot const& s) noexcept { return s.value(); }

    static T const& view(snapshot const& s) noexcept { return s.value(); }

    /// To change it in place: under the lock that readers take, and where is_private().
    static T& edit(stored& s) noexcept { return s.value(); }

    static bool is_private(stored const&) noexcept { return true; }

    static bool is_same(stored const&, snapshot const&) noexcept { return true; }
};

/// Holds values in shared blocks.
template <class T, class Threading>
class shared_values {
public:
    using stored = typename value_pool<T, Threading>::pointer;
    using snapshot = stored;
    static constexpr bool copies_may_throw = // the copy, or its move to where it is received
        !std::is_nothrow_copy_constructible_v<T> || !std::is_nothrow_move_constructible_v<T>;
    static constexpr bool ends_alone = false;

    template <class Value>
    stored make(Value&& value) {
        return pool_.make(std::forward<Value>(value));
    }

    static snapshot look(stored const& s) noexcept { return s; }

    static T copy(snapshot const& s) { return view(s); }

    static T const& view(snapshot const& s) noexcept { return std::as_const(*s).value(); }

    static T& edit(stored& s) noexcept { return s->value(); }

    static bool is_private(stored const& s) noexcept { return s->has_one_owner(); }

    static bool is_same(stored const& s, snapshot const& t) noexcept { return s.get() == t.get(); }

private:
    value_pool<T, Threading> pool_;
};

template <class T, class Threading>
using broadcast_values =
    std::conditional_t<copies_under_lock<T>, plain_values<T, Threading>, shared_values<T, Threading>>;

} // namespace weir::detail

#endif
