// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_REF_COUNTED_HPP
#define WEIR_DETAIL_REF_COUNTED_HPP

// Shared ownership with the count inside the object: one allocation, one pointer a handle.

#include <weir/detail/atomic.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace weir::detail {

/// A count of owners, which starts at one.
/// [R] drop releases, the last one acquires: what any owner did to the object happens before it is destroyed.
template <template <class> class Atomic = atomic>
class reference_count {
public:
    explicit reference_count(std::size_t n = 1) noexcept : n_(n) {}

    // [R] relaxed: who adds already holds one, so the object cannot go meanwhile.
    void add() noexcept { n_.fetch_add(1, std::memory_order_relaxed); }

    /// Adds one unless there is none left.
    bool add_unless_zero() noexcept {
        auto n = n_.load(std::memory_order_relaxed); // [R] only a guess, the exchange decides
        while (n != 0) {
            if (n_.compare_exchange_weak(n, n + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// True for the last owner.
    [[nodiscard]] bool drop() noexcept { return n_.fetch_sub(1, std::memory_order_acq_rel) == 1; } // [R]

    /// Whether the caller, who is an owner, is the only one.
    /// [R] acquire: what those did who have gone happens before what the caller does next.
    [[nodiscard]] bool is_one() const noexcept { return n_.load(std::memory_order_acquire) == 1; }

    [[nodiscard]] std::size_t value() const noexcept {
        return n_.load(std::memory_order_relaxed);
    } // a snapshot

private:
    Atomic<std::size_t> n_; // [R] number of owners; any thread
};

/// Base of what lives on the heap until its last owner, an intrusive_ptr, goes. Starts with one.
template <class Derived, template <class> class Atomic = atomic>
class self_owned {
public:
    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            delete static_cast<Derived*>(this);
        }
    }

protected:
    self_owned() noexcept = default;
    self_owned(self_owned const&) = delete;
    ~self_owned() = default;

private:
    reference_count<Atomic> owners_;
};

/// A pointer that owns one count of `T`, by `T::add_ref()` and `T::release()`.
template <class T>
class intrusive_ptr {
public:
    intrusive_ptr() noexcept = default;

    explicit intrusive_ptr(T* adopt) noexcept : p_(adopt) {}

    intrusive_ptr(intrusive_ptr const& other) noexcept : p_(other.p_) {
        if (p_ != nullptr) {
            p_->add_ref();
        }
    }

    intrusive_ptr(intrusive_ptr&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}

    intrusive_ptr& operator=(intrusive_ptr other) noexcept {
        std::swap(p_, other.p_);
        return *this;
    }

    ~intrusive_ptr() {
        if (p_ != nullptr) {
            p_->release();
        }
    }

    /// A new owner of an object that somebody else keeps alive during the call.
    [[nodiscard]] static intrusive_ptr share(T* p) noexcept {
        if (p != nullptr) {
            p->add_ref();
        }
        return intrusive_ptr(p);
    }

    [[nodiscard]] T* get() const noexcept { return p_; }

    [[nodiscard]] T* release() noexcept { return std::exchange(p_, nullptr); }

    T& operator*() const noexcept { return *p_; }

    T* operator->() const noexcept { return p_; }

    explicit operator bool() const noexcept { return p_ != nullptr; }

private:
    T* p_ = nullptr;
};

} // namespace weir::detail

#endif
