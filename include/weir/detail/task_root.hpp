// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_ROOT_HPP
#define WEIR_DETAIL_TASK_ROOT_HPP

// A spawned task: the chain of coroutines from the one that was spawned to the one that waits, and what they share.
//
// One of the chain runs at a time, in the run queue of the root, so nothing here needs a lock: everything is touched
// only where the task runs, or when nothing can run any more (its context has gone), or by who has found the task suspended
// in a wait that nobody will end: task_requests.hpp tells who that is.
//
// Coroutines of the chain hand over to one another by naming who is next and returning to a loop. Symmetric transfer
// does the same with a tail call, which compilers make only when they optimise and no sanitizer is on; the loop keeps
// the stack flat always.

#include <weir/detail/config.hpp>
#include <weir/detail/foreign_awaiter.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/run_queue.hpp>
#include <weir/detail/task_requests.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <coroutine>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::detail {

/// What the innermost coroutine of a task waits for.
class leaf_wait : public run_node {
public:
    /// Asks the wait to end. Where the task runs.
    virtual void cancel(asio::cancellation_type type) = 0;

    /// True if it hears of cancellation through the slot of the task's cancellation state.
    [[nodiscard]] virtual bool listens_to_slot() const noexcept { return false; }

protected:
    ~leaf_wait() = default;
};

class task_root : public run_queue_client {
    using asio_memory = basic_lent_storage<256, 2>;

public:
    using lender = lent_allocator<void, asio_memory>;

    explicit task_root(intrusive_ptr<run_queue> queue) noexcept
        : queue_(std::move(queue)), start_(*this), requests_(*this) {
        queue_->add_client(*this);
    }

    task_root(task_root const&) = delete;
    task_root& operator=(task_root const&) = delete;

    [[nodiscard]] run_queue& queue() const noexcept { return *queue_; }

    [[nodiscard]] asio::any_io_executor executor() const { return queue_->executor(); }

    // --- running -------------------------------------------------------------------------------------------------

    /// Makes the task ready for the first time. It owns itself until it has finished or was abandoned.
    void start(std::coroutine_handle<> top) noexcept {
        top_ = top;
        add_ref();
        queue_->start(start_);
    }

    /// Called by a coroutine of the chain just before it suspends: who goes on.
    void go_on_with(std::coroutine_handle<> next) noexcept { next_ = next; }

    /// Called by the outermost coroutine at its end.
    void finish_after_this() noexcept { finished_ = true; }

    /// Resumes a coroutine of the chain, and whoever goes on after it, until one waits or all are done.
    void resume(std::coroutine_handle<> handle) {
        leaf_ = nullptr;
        budget_ = budget_slice;
        slices_ = budget / budget_slice - 1;
        next_ = handle;
        running_ = true;
        while (next_) {
            std::exchange(next_, {}).resume();
        }
        running_ = false;
        if (finished_) {
            end();
        } else if (std::exchange(waits_outside_, false) && requests_.park(wait_number_)) {
            abandon();
        } // else another thread may have abandoned it already
    }

    /// True if an operation may complete without a wait once more (rule 7).
    [[nodiscard]] bool spend() noexcept {
        if (budget_ == 0 && !begin_slice()) {
            return false;
        }
        --budget_;
        return true;
    }

    [[nodiscard]] bool is_spent() const noexcept { return budget_ == 0 && slices_ == 0; }

    /// Whether one of the coroutines runs. Where the task runs.
    [[nodiscard]] bool is_running() const noexcept { return running_; }

    // --- waiting -------------------------------------------------------------------------------------------------

    /// The innermost coroutine waits for `leaf`. The number tells this wait from later ones.
    unsigned long wait_for(leaf_wait& leaf) noexcept {
        leaf_ = &leaf;
        return ++wait_number_;
    }

    /// The same for an operation that is not of weir's, and that drop_wait() is told of.
    unsigned long wait_outside_for(leaf_wait& leaf) noexcept {
        waits_outside_ = true;
        return wait_for(leaf);
    }

    void stop_waiting_for(leaf_wait& leaf) noexcept {
        if (leaf_ == &leaf) {
            leaf_ = nullptr;
        }
        queue_->remove(leaf);
    }

    [[nodiscard]] leaf_wait* waits_for(unsigned long number) const noexcept {
        return number == wait_number_ ? leaf_ : nullptr;
    }

    /// The operation that this wait is for was destroyed without having completed: nobody will resume the task. It is
    /// abandoned at once, as what its frames own may belong to a context that is going; or, if it has not been suspended yet,
    /// as soon as it is. Any thread.
    void drop_wait(unsigned long number) noexcept {
        if (queue_->hold_context()) { // else that abandons it
            if (requests_.drop(number)) {
                abandon();
            }
            queue_->release_context();
        }
    }

    /// Memory for an operation of Asio and its way back, made by the first that asks. Where the task runs, or from an
    /// operation that was given it.
    [[nodiscard]] lender lent_memory() {
        if (!memory_) {
            memory_ = std::make_unique<asio_memory>();
        }
        return lender(*memory_);
    }

    // --- cancellation --------------------------------------------------------------------------------------------

    /// Asks the task to end: what it waits for is cancelled, and so is what it waits for next, until it resets its
    /// cancellation state. Any thread.
    void request_cancel(asio::cancellation_type type) noexcept { requests_.cancel(type); }

    [[nodiscard]] asio::cancellation_type cancelled() const noexcept {
        return state_ ? state_->cancelled() : seen_;
    }

    /// True if an operation that starts now has to end at once.
    [[nodiscard]] bool must_abort() const noexcept {
        return throws_if_cancelled_ && cancelled() != asio::cancellation_type::none;
    }

    [[nodiscard]] bool throws_if_cancelled() const noexcept { return throws_if_cancelled_; }

    void throws_if_cancelled(bool on) noexcept { throws_if_cancelled_ = on; }

    /// Asio's view of it, made when somebody asks for it first.
    asio::cancellation_state& cancellation_state() {
        if (!state_) {
            reset_cancellation_state(asio::enable_total_cancellation());
            if (seen_ != asio::cancellation_type::none) {
                signal_.emit(seen_);
            }
        }
        return *state_;
    }

    template <class... Filters>
    void reset_cancellation_state(Filters... filters) {
        state_.emplace(signal_.slot(), filters...);
    }

    // --- owners --------------------------------------------------------------------------------------------------

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            queue_->remove_client(*this);
            destroy();
        }
    }

    [[nodiscard]] bool add_ref_unless_gone() noexcept override { return owners_.add_unless_zero(); }

    void abandon_kept() noexcept override {
        intrusive_ptr<task_root> const kept(this);
        abandon();
    }

    /// Destroys the coroutines where they stand. None of them runs.
    void abandon() noexcept {
        auto const keep = intrusive_ptr<task_root>::share(this);
        requests_.close();
        if (auto const top = std::exchange(top_, {})) {
            queue_->remove(start_);
            top.destroy();
            publish_abandoned();
            release();
        }
    }

protected:
    ~task_root() = default;

private:
    friend task_requests<task_root>;

    /// The outermost coroutine has ended and stands at its final suspension point: take its result.
    virtual void take_result() noexcept = 0;
    /// The coroutine's frame is gone: tell those who wait.
    virtual void publish() noexcept = 0;
    /// The task will not end by itself: those who wait get operation_aborted.
    virtual void publish_abandoned() noexcept = 0;
    virtual void destroy() noexcept = 0;

    /// The next slice of the budget, if there is one. What the task has woken is not held for long meanwhile.
    [[nodiscard]] WEIR_NOINLINE bool begin_slice() noexcept {
        if (slices_ == 0) {
            return false;
        }
        --slices_;
        budget_ = budget_slice;
        run_queue::post_overdue();
        return true;
    }

    void end() {
        queue_->remove_client(*this);
        take_result();
        std::exchange(top_, {}).destroy(); // parameters too: who joins may destroy what they refer to
        publish();
        requests_.close();
        release();
    }

    void on_cancel(asio::cancellation_type type) {
        if (!top_) {
            return;
        }
        seen_ = seen_ | type;
        if (state_) {
            type = pass_on(type);
        }
        if (leaf_ != nullptr && is_cancellation(type)) {
            leaf_->cancel(type);
        }
    }

    /// Sends a request through Asio's state with its filters: to the slot that an operation of Asio listens on, or, what
    /// comes out, to a wait of our own.
    asio::cancellation_type pass_on(asio::cancellation_type type) {
        if (leaf_ != nullptr && leaf_->listens_to_slot()) {
            signal_.emit(type);
            return asio::cancellation_type::none;
        }
        auto out = asio::cancellation_type::none;
        state_->slot().assign([&out](asio::cancellation_type filtered) { out = filtered; });
        signal_.emit(type);
        state_->slot().clear();
        return out;
    }

    struct start_node final : run_node {
        explicit start_node(task_root& r) noexcept : root(r) {}

        void run() override { root.resume(root.top_); }

        task_root& root;
    };

    intrusive_ptr<run_queue> queue_;
    std::coroutine_handle<> top_;  // empty before the start and after the end
    std::coroutine_handle<> next_; // who the loop resumes next
    leaf_wait* leaf_ = nullptr;
    unsigned long wait_number_ = 0;
    unsigned budget_ = 0; // of this slice
    bool running_ = false;
    bool waits_outside_ = false;
    bool finished_ = false;
    bool throws_if_cancelled_ = true;
    asio::cancellation_type seen_ = asio::cancellation_type::none;
    // Not beside budget_: is_spent() would read both in one, and wait for what was stored to each.
    unsigned slices_ = 0;                           // that follow
    asio::cancellation_signal signal_;              // feeds state_
    std::optional<asio::cancellation_state> state_; // made on demand
    std::unique_ptr<asio_memory> memory_;           // likewise
    start_node start_;
    task_requests<task_root> requests_;
    reference_count<> owners_;
};

} // namespace weir::detail

#endif
