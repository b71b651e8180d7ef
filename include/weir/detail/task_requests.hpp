// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_REQUESTS_HPP
#define WEIR_DETAIL_TASK_REQUESTS_HPP

// What others ask of a task, from any thread: to be cancelled, and to be abandoned because what it waits for will never
// complete. The first is done where the task runs. The second cannot wait for that, as what the task's frames own may
// belong to a context that is going: the mutex tells whether the task stands in that wait and nobody else is at it.

#include <weir/detail/config.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/run_node.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <mutex>
#include <utility>

namespace weir::detail {

/// What others ask of the task, on its way to where that runs. While it is in the queue it owns the root.
template <class Root>
class task_requests final : run_node {
public:
    explicit task_requests(Root& root) noexcept : root_(root) {}

    /// Any thread.
    void cancel(asio::cancellation_type type) noexcept {
        auto keep = intrusive_ptr<Root>::share(&root_);
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (!is_closed_) {
            types_ = types_ | type;
            if (root_.queue().push(*this, woken)) {
                (void)keep.release();
            }
        }
    }

    /// The task has been suspended in a wait that can be dropped; the caller does not touch it any more. True: it was
    /// dropped already, and the caller has to abandon the task.
    [[nodiscard]] bool park(unsigned long wait) noexcept {
        std::lock_guard lock(mutex_);
        parked_ = wait;
        return dropped_ == wait;
    }

    /// Any thread. True: the task is suspended in that wait, and the caller has to abandon it.
    [[nodiscard]] bool drop(unsigned long wait) noexcept {
        std::lock_guard lock(mutex_);
        dropped_ = wait;
        return take_task();
    }

    /// The task has ended. A request that is under way is not met.
    void close() noexcept {
        std::lock_guard lock(mutex_);
        is_closed_ = true;
    }

private:
    void run() override {
        intrusive_ptr<Root> const keep(&root_);
        auto const wanted = begin_visit();
        if (wanted != asio::cancellation_type::none) {
            struct visit { // ends also when what is told of the cancellation throws
                task_requests& requests;

                ~visit() {
                    if (requests.end_visit()) {
                        requests.root_.abandon();
                    }
                }
            } const scope{*this};

            root_.on_cancel(wanted);
        }
    }

    void discard() noexcept override { root_.release(); }

    /// None: there is nothing to do, and end_visit() is not called.
    [[nodiscard]] asio::cancellation_type begin_visit() noexcept {
        std::lock_guard lock(mutex_);
        auto const wanted = std::exchange(types_, asio::cancellation_type::none);
        if (is_closed_) {
            return asio::cancellation_type::none;
        }
        is_visited_ = wanted != asio::cancellation_type::none;
        return wanted;
    }

    [[nodiscard]] bool end_visit() noexcept {
        std::lock_guard lock(mutex_);
        is_visited_ = false;
        return take_task();
    }

    /// Under the mutex. True, once: the task stands in a wait that was dropped, and nobody else is at it.
    [[nodiscard]] bool take_task() noexcept {
        bool const is_free = !is_closed_ && !is_visited_ && dropped_ == parked_ && parked_ != 0;
        is_closed_ = is_closed_ || is_free;
        return is_free;
    }

    Root& root_;
    std::mutex mutex_;
    asio::cancellation_type types_ = asio::cancellation_type::none; // mutex_
    unsigned long parked_ = 0;  // mutex_; the last wait that it was suspended in and that can be dropped
    unsigned long dropped_ = 0; // mutex_; the last wait whose operation was destroyed
    bool is_visited_ = false;   // mutex_; a request is being met, where the task runs
    bool is_closed_ = false;    // mutex_
};

} // namespace weir::detail

#endif
