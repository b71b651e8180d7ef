// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BUSY_POLLER_HPP
#define WEIR_DETAIL_BUSY_POLLER_HPP

// Keeps a thread of a context awake for a while after its tasks have run out of work, and takes what others wake.
//
// A thread that sleeps is woken by the system, which takes it and whoever wakes it some microseconds. So a turn
// (run_queue.hpp) that leaves nothing to do can post a function that looks into a box (wake_box.hpp) and posts itself
// again: the executor runs all else in between. Who wakes a queue of that context meanwhile leaves it in the box, which takes
// neither a lock nor the system. The function posts what it finds there and ends; the next turn that leaves nothing to do
// posts it again. So there is one such function a context, however many queues there are, and none while tasks run one after
// the other.
//
// It is made by busy_poll() and belongs to the context's registry. What it has posted is destroyed before that.

#include <weir/detail/atomic.hpp>
#include <weir/detail/held_wakes.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/stand_back.hpp>
#include <weir/detail/wake_box.hpp>

#include <atomic>
#include <chrono>

namespace weir::detail {

class busy_poller {
public:
    explicit busy_poller(posted_as how) noexcept : how_(how) {}

    busy_poller(busy_poller const&) = delete;

    virtual ~busy_poller() = default;

    // --- any thread ----------------------------------------------------------------------------------------------

    /// For how long it looks at the most, from when there was something to do; zero: not at all.
    void look_for(std::chrono::nanoseconds longest) noexcept {
        longest_.store(longest.count(), std::memory_order_relaxed); // publishes nothing
    }

    /// Leaves a wake-up to it; false: it does not look. Afterwards the caller does not touch it any more.
    [[nodiscard]] bool take(held_wake& w) noexcept { return box_.leave(w); }

    // --- who runs in the context ---------------------------------------------------------------------------------

    /// A turn has left nothing to do.
    void begin(posted_as how) noexcept {
        if (longest().count() != 0 && box_.try_open()) {
            since_ = clock::now();
            post_look(look{this}, how);
        }
    }

    // --- who destroys the context --------------------------------------------------------------------------------

    /// Posts what was left, which the context then destroys, and lets go of the executor.
    void close() noexcept {
        held_wakes::post_chain(box_.shut_for_ever(), posted_as::work_of_its_own);
        forget_executor();
    }

protected:
    /// What is posted: allocates from the poller.
    struct look {
        using allocator_type = lent_allocator<void>;

        busy_poller* poller;

        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return allocator_type(poller->storage_);
        }

        void operator()() const { poller->look_around(); }
    };

private:
    using clock = std::chrono::steady_clock;

    virtual void post_look(look, posted_as) = 0;
    virtual void forget_executor() noexcept = 0;

    [[nodiscard]] std::chrono::nanoseconds longest() const noexcept {
        return std::chrono::nanoseconds(longest_.load(std::memory_order_relaxed));
    }

    void look_around() noexcept {
        for (unsigned n = looks; n != 0; --n) {
            if (!box_.is_empty()) {
                held_wakes::post_chain(box_.empty(), how_); // once it is empty others may begin
                return;
            }
            stand_back(1);
        }
        if (clock::now() - since_ < longest() || !box_.try_close()) {
            post_look(look{this}, how_);
        }
    }

    static constexpr unsigned looks = 8; // before the executor has its turn

    posted_as const how_;
    atomic<std::chrono::nanoseconds::rep> longest_{0};
    basic_wake_box<atomic, held_wake> box_;
    clock::time_point since_; // who has opened the box
    lent_storage storage_;
};

} // namespace weir::detail

#endif
