// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_HELD_WAKES_HPP
#define WEIR_DETAIL_HELD_WAKES_HPP

// What a task wakes on another strand of its pool is posted when the task waits, not at once.
//
// To post to another strand wakes another thread of the pool, if one sleeps: that takes longer than most tasks run, and
// then two threads work on the same few cache lines. So a turn (run_queue.hpp) holds what it has woken until it ends,
// and posts it as what goes on after it: Asio then takes no lock for it, wakes nobody for the first one, and runs it on the
// same thread. If there is more, it wakes others for that. By a turn after which the thread does not go back to its
// executor it is posted as any other work.
//
// The price is that what was woken waits for the one who woke it, with all else that is woken there meanwhile, by whomever:
// a queue is posted once for all of them. That must not be long, or a pool would work through a pipeline one stage at a
// time:
//   - a turn that goes on for too long is noticed, at one of the next `budget_slice` operations that the
//     task completes, and posts what it holds at once;
//   - a queue whose turn has held something for too long holds none of its next wake-ups (distrust). After some short turns
//     only one in a few is timed, so that this may be found out some turns later;
//   - what starts to run for the first time, what shares work with others (one of the receivers of an mpmc channel), what
//     belongs to another context, and what does not run on a thread_pool (keeps_its_threads()) is never held: on a loop of
//     one thread the order would depend on the clock.
// A task that stops its thread by other means than waiting for an operation holds up what it has woken just before.

#include <chrono>
#include <utility>

namespace weir::detail {

/// Whether what is posted may wake another thread, or goes on after what this thread does now.
enum class posted_as : unsigned char { work_of_its_own, continuation };

/// What can be held: in one turn at a time.
class held_wake {
    friend class held_wakes;
    template <template <class> class, class>
    friend class basic_wake_box;

    virtual void post_as(posted_as how) noexcept = 0;

    held_wake* next_ = nullptr;

protected:
    ~held_wake() = default;
};

/// What one turn has woken and not posted.
class held_wakes {
public:
    held_wakes() noexcept = default;
    held_wakes(held_wakes const&) = delete;
    held_wakes& operator=(held_wakes const&) = delete;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// `is_timed`: whether the clock is looked at if it is the first.
    void add(held_wake& w, bool is_timed) noexcept {
        if (empty()) {
            since_ = is_timed ? clock::now() : clock::time_point::min();
        }
        *last_ = &w;
        last_ = &w.next_;
    }

    [[nodiscard]] bool is_timed() const noexcept { return since_ != clock::time_point::min(); }

    /// For how long the first of them has been held; if it was not timed, since this was asked first. No time if there is none.
    [[nodiscard]] std::chrono::nanoseconds age() noexcept {
        if (empty()) {
            return std::chrono::nanoseconds::zero();
        }
        auto const now = clock::now();
        if (!is_timed()) {
            since_ = now;
        }
        return now - since_;
    }

    void post_all(posted_as how) noexcept {
        last_ = &first_;
        post_chain(std::exchange(first_, nullptr), how);
    }

    /// Posts those that are linked from the first on.
    static void post_chain(held_wake* w, posted_as how) noexcept {
        while (w != nullptr) {
            std::exchange(w, std::exchange(w->next_, nullptr))->post_as(how); // which may be the end of it
        }
    }

private:
    using clock = std::chrono::steady_clock;

    held_wake* first_ = nullptr;
    held_wake** last_ = &first_;
    clock::time_point since_ = clock::time_point::min(); // of the first; min(): not known
};

/// How many of its next wake-ups a queue does not hold. A turn that takes a little longer than another thread needs to wake
/// up is one of many short tasks, mostly. Of what computes for far longer between its wake-ups twice as many are not held
/// each time, so that it soon holds up one in a hundred, and fewer.
class distrust {
public:
    /// The first of a turn's wake-ups was held for so long. True if that was too long.
    bool note(std::chrono::nanoseconds held) noexcept {
        if (held <= longest) {
            short_turns_ = short_turns_ < sure ? short_turns_ + 1 : sure;
            next_ = next_ > least ? next_ / 2 : least;
            return false;
        }
        short_turns_ = 0;
        if (held <= far_longer) {
            left_ = least;
        } else {
            left_ = next_;
            next_ = next_ < most ? 2 * next_ : most;
        }
        return true;
    }

    [[nodiscard]] static bool is_too_long(std::chrono::nanoseconds held) noexcept { return held > longest; }

    /// Whether what a turn begins to hold now is timed. To look at the clock twice takes as long as a short turn's work, so
    /// a queue that has had nothing but short ones is looked at now and then.
    [[nodiscard]] bool wants_time() noexcept { return short_turns_ < sure || ++untimed_ % sure == 0; }

    /// Whether one wake-up more is not to be held.
    [[nodiscard]] bool spend() noexcept { return left_ != 0 && left_-- != 0; }

private:
    static constexpr std::chrono::microseconds longest{50}; // about what it takes another thread to wake up
    static constexpr std::chrono::microseconds far_longer{1'000};
    static constexpr unsigned least = 64;
    static constexpr unsigned most = 1U << 16;

    static constexpr unsigned sure = 8; // turns

    unsigned left_ = 0;
    unsigned next_ = least;
    unsigned short_turns_ = 0; // one after the other, of those that were timed; up to sure
    unsigned untimed_ = 0;
};

} // namespace weir::detail

#endif
