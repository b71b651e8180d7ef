// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_WAITER_HPP
#define WEIR_DETAIL_WAITER_HPP

// How a core tells somebody who waits that there is something to look at.
//
// A core keeps waiters in lists under its own lock. Waking one means "come and look": nothing is handed over, the
// waiter's operation looks again on its own executor (late hand-over). A core wakes in two steps:
//   under its lock   waiter::wake() takes note of the wake-up in whatever the waiter belongs to. Once it has, the
//                    core's lock is all that whoever destroys the waiter needs to know that nobody else reaches it. Where
//                    a core lets go of a waiter before it wakes it (`wake_unparks`), that it runs says so too. A receiver
//                    that is the only one has a place instead of a lock, with the same effect (receiver_place.hpp);
//   without a lock   the wake_batch posts what took note. Nothing is ever posted, run or destroyed under a lock.
//
//   wake_batch woken;                    // declared first: posts last
//   std::lock_guard lock(mutex_);
//   waiters_.pop_front()->wake(woken);

#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace weir::detail {

/// Something that will be posted to its executor when the locks are let go.
class postable {
    friend class wake_batch;

    virtual void post() noexcept = 0;

    /// The same for what is to run beside the caller, on another thread if there is one.
    virtual void post_beside() noexcept { post(); }

    postable* next_ = nullptr; // of the batch that it is in; one batch at a time

protected:
    ~postable() = default;
};

/// What one call has woken. Posts all of it, in order, when it is destroyed.
class wake_batch {
public:
    wake_batch() noexcept = default;
    wake_batch(wake_batch const&) = delete;
    wake_batch& operator=(wake_batch const&) = delete;

    ~wake_batch() {
        while (first_ != nullptr) {
            postable* p = first_;
            first_ = std::exchange(p->next_, nullptr); // post() may be the end of *p
            if (runs_beside_) {
                p->post_beside();
            } else {
                p->post();
            }
        }
    }

    void add(postable& p) noexcept {
        *last_ = &p;
        last_ = &p.next_;
    }

    /// What it has is to share the work: it runs beside the caller, and is not held until that waits (held_wakes.hpp).
    void run_beside() noexcept { runs_beside_ = true; }

private:
    postable* first_ = nullptr;
    postable** last_ = &first_;
    bool runs_beside_ = false;
};

/// One who waits in at most one core's list.
class waiter : public list_hook<struct waiter_tag> {
public:
    /// Called by a core under its lock, after unlinking. A second call before the waiter has looked does nothing.
    virtual void wake(wake_batch&) noexcept = 0;

    /// Where the waiting operation completes: timers run there.
    [[nodiscard]] virtual asio::any_io_executor executor() const = 0;

protected:
    ~waiter() = default;
};

/// What start_waiting() says.
enum class wait_result : unsigned char {
    parked, ///< The waiter is registered and will be woken; its owner must not touch it any more.
    /// There is, or will be in a few instructions, something to look at. Nothing was registered for it; but parts of an
    /// operation that waits in several places may be, and wake its owner, who looks anyhow.
    look_again
};

/// Those who wait for the same thing. Under the lock of the core that has it.
class waiter_list : public intrusive_list<waiter, waiter_tag> {
public:
    /// Puts a waiter at the end; one that is in stays where it is.
    wait_result park(waiter& w) noexcept {
        if (!w.is_linked()) {
            push_back(w);
        }
        return wait_result::parked;
    }

    /// Takes a waiter out, if it is in.
    static void leave(waiter& w) noexcept {
        if (w.is_linked()) {
            w.unlink();
        }
    }

    void wake_all(wake_batch& woken) noexcept {
        while (waiter* w = pop_front()) {
            w->wake(woken);
        }
    }
};

} // namespace weir::detail

#endif
