// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_HPP
#define WEIR_DETAIL_RUN_QUEUE_HPP

// The coroutines that run one at a time on one executor, and how they come to run there.
//
// Who wakes a coroutine puts its node into the queue's ready list (ready_list.hpp); the first one that finds the queue
// idle also posts one function, which runs what is ready. Nothing is allocated: the nodes live in coroutine frames, the
// posted function in memory that the queue lends. A coroutine that is destroyed takes its node out again; the posted
// function owns the queue, never a node.
//
// Tasks of one strand, or of a loop that was promised one thread, share a queue (run_queue_over.hpp). What one of them
// wakes then runs in the same function, at the price of an exchange. It stays fair: a function runs so many nodes and
// leaves the rest to another one, behind whatever else the executor has to do; and so does a coroutine that yields.
// What one wakes in another queue of its context is held until its turn ends: held_wakes.hpp.

#include <weir/detail/busy_poller.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/held_wakes.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/ready_list.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/run_node.hpp>
#include <weir/detail/run_queue_base.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace weir::detail {

class run_queue
    : public postable
    , public run_queue_base
    , held_wake {
public:
    /// Makes a node ready. False if it is ready already, or if the context has gone. Any thread.
    bool push(run_node& node, wake_batch& woken) noexcept {
        if (has_turn_here()) {
            return ready_.push_here(node);
        }
        auto const pushed = ready_.push(node);
        if (pushed == ready_list::pushed::first) {
            add_ref(); // for what is posted
            woken.add(*this);
        }
        return pushed != ready_list::pushed::no;
    }

    /// Makes a node ready that has never run: work that another thread may do, which is not held back (held_wakes.hpp).
    void start(run_node& node) noexcept {
        if (has_turn_here()) {
            ready_.push_here(node);
        } else if (ready_.push(node) == ready_list::pushed::first) {
            add_ref(); // for what is posted
            post_beside();
        } else if (current_turn_ != nullptr) { // which may be who holds this queue
            current_turn_->held.post_all(posted_as::work_of_its_own);
        }
    }

    /// Makes a node ready, from where no lock is held.
    void push(run_node& node) noexcept {
        wake_batch woken;
        push(node, woken);
    }

    /// The same, for what lets others run first, and whatever else the executor has to do.
    bool push_behind(run_node& node) noexcept {
        if (has_turn_here()) {
            return ready_.push_behind(node);
        }
        wake_batch woken;
        return push(node, woken);
    }

    /// Takes a node out that nobody can push any more; false if it was not in. Called where the queue's nodes run, or when
    /// nothing runs.
    bool remove(run_node& node) noexcept { return ready_.remove(node); }

    /// Runs `f` now, as one of the queue's nodes, if none of them runs. To be called on the queue's executor only.
    template <class F>
    [[nodiscard]] bool run_now(F f) {
        if (!ready_.begin_aside()) {
            return false;
        }
        auto const keep = intrusive_ptr<run_queue>::share(this);
        turn const scope(*this);
        f();
        return true;
    }

    /// Whether the calling thread is inside a task or another coroutine that weir resumed.
    [[nodiscard]] static bool runs_on_this_thread() noexcept { return current_turn_ != nullptr; }

    /// The queue in whose turn the calling thread is, if it may be shared and runs on `ex`, which counts as no work.
    [[nodiscard]] static intrusive_ptr<run_queue> shared_here(asio::any_io_executor const& ex) {
        run_queue* const queue = current_turn_ != nullptr ? &current_turn_->queue : nullptr;
        bool const found = queue != nullptr && queue->is_shared_ && queue->executor() == ex;
        return intrusive_ptr<run_queue>::share(found ? queue : nullptr);
    }

    /// Posts what the turn on this thread has held back for too long. Called now and then by tasks that do not wait.
    static void post_overdue() noexcept {
        if (current_turn_ != nullptr && distrust::is_too_long(current_turn_->held.age())) {
            current_turn_->post_held();
        }
    }

protected:
    /// `type_mark` is the same for all queues over one type of executor.
    run_queue(char const* type_mark, bool is_shared, bool keeps_its_threads) noexcept
        : run_queue_base(type_mark), is_shared_(is_shared), keeps_its_threads_(keeps_its_threads) {}

    ~run_queue() = default;

    /// What is posted: owns the queue, allocates from it.
    struct drain {
        using allocator_type = lent_allocator<void>;

        intrusive_ptr<run_queue> queue;

        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return allocator_type(queue->storage_);
        }

        void operator()() const { queue->run_turn(); }
    };

private:
    /// That the current thread runs nodes of a queue, perhaps inside a node of another. It ends also when a node throws:
    /// what is left is posted again.
    class turn {
    public:
        explicit turn(run_queue& q) noexcept : queue(q), outer_(std::exchange(current_turn_, this)) {}

        turn(turn const&) = delete;

        ~turn() {
            current_turn_ = outer_; // an executor may wake others while it is posted to
            bool const was_empty = held.empty();
            post_held();
            if (queue.ready_.end_turn()) {
                queue.post_again(how_);
            } else if (busy_poller* const p = queue.poller(); p != nullptr && was_empty) {
                p->begin(how_);
            }
        }

        void post_held() noexcept {
            if (!held.empty()) {
                bool const is_late = held.is_timed() && queue.distrust_.note(held.age());
                held.post_all(is_late ? posted_as::work_of_its_own : how_);
            }
        }

        /// The thread goes back to its executor now. It does not when a node throws, or when it is inside something else.
        void go_back() noexcept {
            if (outer_ == nullptr && queue.keeps_its_threads_) {
                how_ = posted_as::continuation;
            }
        }

        /// Whether it holds the wake-up of another queue until its end.
        [[nodiscard]] bool holds(run_queue& other) noexcept {
            if (!other.keeps_its_threads_ || &other.context() != &queue.context() ||
                queue.distrust_.spend()) {
                return false;
            }
            held.add(other, held.empty() && queue.distrust_.wants_time());
            return true;
        }

        run_queue& queue;
        held_wakes held;

    private:
        turn* outer_;
        posted_as how_ = posted_as::work_of_its_own; // what it leaves
    };

    [[nodiscard]] bool has_turn_here() const noexcept {
        return current_turn_ != nullptr && &current_turn_->queue == this;
    }

    void run_turn() {
        if (!ready_.begin_turn()) {
            return;
        }
        turn scope(*this);
        for (unsigned left = longest_turn; left != 0; --left) {
            auto* const node = static_cast<run_node*>(ready_.pop());
            if (node == nullptr) {
                break;
            }
            node->run();
            if (left % held_look == 0) {
                post_overdue();
            }
        }
        scope.go_back();
    }

    virtual void post_drain(drain, posted_as) = 0;

    void post() noexcept override {
        if (current_turn_ == nullptr || !current_turn_->holds(*this)) {
            post_beside();
        }
    }

    void post_beside() noexcept override {
        busy_poller* const p = poller();
        if (p == nullptr || !p->take(*this)) {
            post_as(posted_as::work_of_its_own);
        }
    }

    void post_as(posted_as how) noexcept override {
        intrusive_ptr<run_queue> const self(this); // the count of push()
        post_drain(drain{self}, how);
        ready_.end_post();
    }

    /// From within the context, which does not go meanwhile.
    void post_again(posted_as how) noexcept { post_drain(drain{intrusive_ptr<run_queue>::share(this)}, how); }

    static constexpr unsigned longest_turn = 64; // nodes, before the executor has its turn
    static constexpr unsigned held_look = 8;     // nodes, between looks at what is held

    constinit inline static thread_local turn* current_turn_ = nullptr;

    bool const is_shared_;
    bool const keeps_its_threads_; // held_wakes.hpp
    lent_storage storage_;
    distrust distrust_; // whose turn it is
};

} // namespace weir::detail

#endif
