// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WATCH_CORE_HPP
#define WEIR_DETAIL_WATCH_CORE_HPP

// One value that senders replace or edit, its version, and those who wait for the next version.
//
//   value_mutex_   the value lock: which value there is. Modifiers run under it, no other user code does.
//   mutex_         who waits, how many receivers there are, whether the senders have gone. No user code at all, so whoever
//                  waits, cancels, comes or goes is not held up by a modifier.
//   version_       is written under both. Both are taken in this order.
//
// A reader takes a snapshot and its version under the value lock and copies after letting go (shared_value.hpp); so the
// two always belong together. A modifier edits in place if no reader holds a snapshot; else it edits a copy, made without
// the lock and thrown away if the value was replaced meanwhile.
//
// No wake-up is lost: parking compares versions under mutex_, under which a sender writes the version and takes the
// waiters.
//
//   [V] whether there is a newer version is looked at without a lock. No end comes before a value: senders close after their
//       last version, releasing; who looks reads first whether they have, acquiring, and then the version.

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/shared_value.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// No value has this version: who has seen it has seen nothing.
inline constexpr std::uint64_t no_watch_version = ~std::uint64_t{0};

template <class T, class Threading>
class watch_core : public channel_owners<watch_core<T, Threading>, Threading> {
    static_assert(std::is_nothrow_destructible_v<T> && std::is_copy_constructible_v<T>);

    using values = broadcast_values<T, Threading>;
    using stored = typename values::stored;
    using snapshot = typename values::snapshot;
    using mutex = typename Threading::mutex;
    template <class U>
    using atomic = typename Threading::template atomic<U>;

public:
    explicit watch_core(T&& initial)
        : watch_core::channel_owners(0), current_(values_.make(std::move(initial))) {}

    watch_core(watch_core const&) = delete;

    // --- sending -------------------------------------------------------------------------------------------------

    /// False: there was no receiver; the argument is as it was.
    template <class Value>
    bool send(Value&& value) {
        if (is_closed()) {
            return false;
        }
        stored next =
            values_.make(std::forward<Value>(value)); // then the old value, destroyed after the locks
        publish(next);
        return true;
    }

    /// Sends also without receivers. The old value, moved out of the channel if nobody is reading it.
    T replace(T&& value) {
        stored next = values_.make(std::move(value));
        publish(next);
        if (values::is_private(next)) {
            return T(std::move(values::edit(next)));
        }
        return T(std::as_const(values::edit(next)));
    }

    /// Runs f(T&) -> bool on the value. True: that is a new version. False or an exception: it is not, but what was edited
    /// stays.
    template <class F>
    bool modify(F& f) {
        stored spare{}; // these are destroyed after the locks
        snapshot basis{};
        wake_batch woken;
        std::unique_lock lock(value_mutex_);
        while (!values::is_private(current_)) {
            auto look = values::look(current_);
            lock.unlock();
            basis = std::move(look);
            spare = values_.make(values::view(basis));
            lock.lock();
            if (values::is_same(current_,
                                basis)) { // nobody has edited it either: `basis` keeps it from being private
                std::swap(current_, spare);
                break;
            }
        }
        if (!f(values::edit(current_))) {
            return false;
        }
        next_version(woken);
        return true;
    }

    // --- looking -------------------------------------------------------------------------------------------------

    [[nodiscard]] T get() const { return values::copy(look().value); }

    /// The value, and makes `seen` its version. If the copy throws `seen` is as it was.
    [[nodiscard]] T get(std::uint64_t& seen) const {
        auto const now = look();
        T copy = values::copy(now.value);
        seen = now.version;
        return copy;
    }

    /// Copies the value into consume(T&&), unless it has the version `seen`.
    template <class F>
    attempt receive(std::uint64_t& seen, F& consume) const {
        if (auto const a = compare(seen); a != attempt::done) {
            return a;
        }
        auto const now = look();
        consume(values::copy(now.value));
        seen = now.version;
        return attempt::done;
    }

    /// Copies the value into consume(T&&) if it satisfies the predicate. `tried` is the version that did not, so that each
    /// is tried once.
    template <class Predicate, class F>
    attempt receive_if(Predicate& predicate, std::uint64_t& tried, std::uint64_t& seen, F& consume) const {
        if (auto const a = compare(tried); a != attempt::done) {
            return a;
        }
        auto const now = look();
        if (!predicate(values::view(now.value))) {
            tried = now.version;
            return compare(tried) == attempt::closed ? attempt::closed : attempt::not_now;
        }
        consume(values::copy(now.value));
        seen = now.version;
        return attempt::done;
    }

    [[nodiscard]] std::uint64_t version() const noexcept {
        return version_.load(std::memory_order_acquire); // [V]
    }

    // --- receivers -----------------------------------------------------------------------------------------------

    /// A receiver more. The version that there is now.
    std::uint64_t add_receiver() noexcept {
        std::lock_guard lock(mutex_);
        ++receivers_;
        return version_.load(std::memory_order_relaxed); // [V] under a lock
    }

    /// `parked` is the waiter of the receive that is under way, if there is one: it comes to look, and ends.
    void remove_receiver(waiter* parked) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        wake_if_parked(parked, woken);
        if (--receivers_ == 0) {
            wait_closed_.wake_all(woken);
        }
    }

    /// Waits for another version than `past`, or for the end.
    wait_result park(std::uint64_t past, waiter& w) {
        std::lock_guard lock(mutex_);
        if (version_.load(std::memory_order_relaxed) != past || is_without_senders()) { // [V] under a lock
            return wait_result::look_again;
        }
        return parked_.park(w);
    }

    void unpark(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

    /// Makes a waiter look again, if it is still parked.
    void nudge(waiter* parked) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        wake_if_parked(parked, woken);
    }

    [[nodiscard]] bool is_without_senders() const noexcept {
        return is_without_senders_.load(std::memory_order_acquire); // [V]
    }

    /// The last sender has gone: the value will not change any more.
    void close() noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        is_without_senders_.store(true, std::memory_order_release); // [V]
        parked_.wake_all(woken);
    }

    // --- for senders: closed while there are no receivers --------------------------------------------------------

    [[nodiscard]] std::size_t receiver_count() const noexcept {
        std::lock_guard lock(mutex_);
        return receivers_;
    }

    [[nodiscard]] bool is_closed() const noexcept { return receiver_count() == 0; }

    wait_result wait_closed(waiter& w) {
        std::lock_guard lock(mutex_);
        if (receivers_ == 0) {
            return wait_result::look_again;
        }
        return wait_closed_.park(w);
    }

    void stop_waiting_closed(waiter& w) noexcept { unpark(w); }

private:
    struct looked {
        snapshot value;
        std::uint64_t version;
    };

    [[nodiscard]] looked look() const {
        std::lock_guard lock(value_mutex_);
        return {values::look(current_), version_.load(std::memory_order_relaxed)}; // [V] under a lock
    }

    /// `done`: there is another version than `seen`. Does not wait for modifiers.
    [[nodiscard]] attempt compare(std::uint64_t seen) const noexcept {
        bool const is_end = is_without_senders(); // [V] first
        return version() != seen ? attempt::done : is_end ? attempt::closed : attempt::not_now;
    }

    void publish(stored& next) noexcept {
        wake_batch woken;
        std::lock_guard lock(value_mutex_);
        std::swap(current_, next);
        next_version(woken);
    }

    /// Under the value lock.
    void next_version(wake_batch& woken) noexcept {
        std::lock_guard lock(mutex_);
        version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release); // [V]
        parked_.wake_all(woken);
    }

    // these under mutex_

    static void wake_if_parked(waiter* parked, wake_batch& woken) noexcept {
        if (parked != nullptr && parked->is_linked()) { // else it has been woken already
            parked->unlink();
            parked->wake(woken);
        }
    }

    values values_; // before the value, which gives its block back to it
    mutable mutex value_mutex_;
    stored current_;                   // value_mutex_
    atomic<std::uint64_t> version_{0}; // [V] counts up; who has both locks
    mutable mutex mutex_;
    std::size_t receivers_ = 0;              // mutex_
    atomic<bool> is_without_senders_{false}; // [V] becomes true; who has mutex_
    waiter_list parked_;                     // mutex_; receives and waits for a predicate
    waiter_list wait_closed_;                // mutex_; senders waiting for all receivers to go
};

} // namespace weir::detail

#endif
