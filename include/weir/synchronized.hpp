// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_SYNCHRONIZED_HPP
#define WEIR_SYNCHRONIZED_HPP

// synchronized: a value that can only be reached under its lock. For short pieces of work on what several threads share;
// the lock blocks the thread, so nothing is awaited under it.
//
// When a sibling is the better choice: held across a co_await, mutex; a value that many look at and few change, watch.
//
//   weir::synchronized<std::map<std::string, int>> hits;
//   hits.with([&](auto& map) { ++map[name]; });
//   auto const copy = hits.with([](auto const& map) { return map; });

#include <weir/detail/config.hpp>
#include <weir/threading.hpp>

#include <concepts>
#include <functional>
#include <mutex>
#include <utility>

namespace weir {

/// A value behind a blocking mutex. Not copyable, not movable.
/// Thread safety: safe.
template <class T, class Threading = multi_threaded>
class synchronized {
public:
    using value_type = T;

    synchronized() requires std::default_initializable<T>
    = default;

    /// The value is made from the arguments.
    template <class... Args>
        requires(sizeof...(Args) != 0 && std::constructible_from<T, Args...>)

    explicit synchronized(Args&&... args) : value_(std::forward<Args>(args)...) {}

    synchronized(synchronized const&) = delete;
    synchronized& operator=(synchronized const&) = delete;

    /// Calls f(T&) under the lock; what it returns comes by value, so that no reference to what is locked gets out that
    /// way. What it throws comes out, and the lock is free again. `f` must not call with() on the same object.
    template <class F>
    auto with(F&& f) {
        std::lock_guard lock(mutex_);
        return std::invoke(std::forward<F>(f), value_);
    }

    /// The same with f(T const&).
    template <class F>
    auto with(F&& f) const {
        std::lock_guard lock(mutex_);
        return std::invoke(std::forward<F>(f), value_);
    }

private:
    mutable typename Threading::mutex mutex_;
    T value_{}; // mutex_
};

} // namespace weir

#endif
