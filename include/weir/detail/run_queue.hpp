// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_HPP
#define WEIR_DETAIL_RUN_QUEUE_HPP

// The ready list of coroutines that run one at a time on one executor.
//
// Who wakes a coroutine links a node into the list; the first one that finds the queue idle also posts one function,
// which runs all that is ready by then. So a wake-up costs a lock and a link, a run of wake-ups costs one post, and
// nothing is allocated: the nodes live in coroutine frames, the posted function in memory that the queue lends.
// A coroutine that is destroyed takes its node out again; the posted function owns the queue, never a node.
//
// A queue that becomes ready on a thread which is running another queue of the same strand or one-thread loop does not go through the
// executor at all: it follows in the same function (drain_scope). That is how two tasks of one strand or loop wake one
// another at the price of a few locked instructions. It stays fair: only so many follow before the executor gets its
// turn, and a task that yields always goes through the executor.
//
// Nodes of one queue never run side by side, even on an executor with many threads: the queue posts again only when
// the last function has come to its end. A coroutine is therefore never resumed while it is still being suspended.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace weir::detail {

/// Who has coroutines on a queue and wants to be told when its context goes.
class run_queue_client : public list_hook<struct client_tag> {
public:
    /// Destroys what is parked. Nothing of the context runs any more.
    virtual void abandon() noexcept = 0;

protected:
    ~run_queue_client() = default;
};

/// Something to run on a queue.
class run_node : public list_hook<struct run_queue_tag> {
public:
    virtual void run() = 0;

    /// Instead of run(), when the context has gone: for nodes that own themselves.
    virtual void discard() noexcept {}

protected:
    ~run_node() = default;
};

class run_queue
    : public postable
    , public context_hook {
    using node_list = intrusive_list<run_node, run_queue_tag>;

public:
    run_queue(run_queue const&) = delete;
    run_queue& operator=(run_queue const&) = delete;

    /// Makes a node ready. False if it is ready already, or if the context has gone. Any thread.
    bool push(run_node& node, wake_batch& woken) noexcept {
        std::lock_guard lock(mutex_);
        if (dead_ || node.is_linked()) {
            return false;
        }
        ready_.push_back(node);
        if (!busy_) {
            busy_ = true;
            begin_post();
            woken.add(*this);
        }
        return true;
    }

    /// Makes a node ready, from where no lock is held.
    void push(run_node& node) noexcept {
        wake_batch woken;
        push(node, woken);
    }

    /// Takes a node out; false if it was not in. Called where the queue's nodes run, or when nothing runs.
    bool remove(run_node& node) noexcept {
        std::lock_guard lock(mutex_);
        if (!node.is_linked()) {
            return false;
        }
        node.unlink();
        return true;
    }

    /// Runs `f` now, as one of the queue's nodes, if the queue is idle. To be called on the queue's executor only.
    template <class F>
    [[nodiscard]] bool run_now(F f) {
        struct call final : run_node {
            explicit call(F& function) noexcept : f(function) {}

            void run() override { f(); }

            F& f;
        } node{f};

        {
            std::lock_guard lock(mutex_);
            if (dead_ || busy_ || runs_) {
                return false;
            }
            busy_ = runs_ = true;
        }
        drain_scope scope(*this);
        run_all(&node);
        scope.run_followers();
        return true;
    }

    /// Runs `f` now, on whatever thread, if none of the queue's nodes runs; none does meanwhile, nor does the context go.
    template <class F>
    [[nodiscard]] bool run_aside(F f) noexcept {
        {
            std::lock_guard lock(mutex_);
            if (dead_ || runs_) {
                return false;
            }
            runs_ = true;
            posters_.fetch_add(1, std::memory_order_relaxed); // [P] as begin_post()
        }
        f();
        bool posts = false;
        {
            std::lock_guard lock(mutex_);
            runs_ = false;
            posts = std::exchange(came_aside_, false) && !dead_;
            if (posts) {
                begin_post();
            }
        }
        end_post();
        if (posts) {
            post_to_executor();
        }
        return true;
    }

    void add_client(run_queue_client& client) noexcept {
        std::lock_guard lock(mutex_);
        clients_.push_back(client);
    }

    void remove_client(run_queue_client& client) noexcept {
        std::lock_guard lock(mutex_);
        if (client.is_linked()) {
            client.unlink();
        }
    }

    [[nodiscard]] virtual asio::any_io_executor executor() const = 0;

    [[nodiscard]] virtual asio::execution_context& context() const noexcept = 0;

    /// Whether the calling thread runs a function of the queue's executor. False where the executor cannot tell, and when it
    /// has gone with its context.
    [[nodiscard]] bool is_on_this_thread() noexcept {
        std::lock_guard lock(mutex_); // the executor is there while dead_ is not set
        return !dead_ && executor_runs_this_thread();
    }

    /// Whether the calling thread is inside a task or another coroutine that weir resumed.
    [[nodiscard]] static bool runs_on_this_thread() noexcept { return current_scope_ != nullptr; }

    /// Whether it runs on an executor of the type that has this mark.
    [[nodiscard]] bool is_over(char const* type_mark) const noexcept { return type_mark_ == type_mark; }

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            context_registry::remove(*this, [this] { forget_executor(); });
            destroy();
        }
    }

protected:
    /// `type_mark` is the same for all queues over one type of executor.
    explicit run_queue(char const* type_mark) noexcept : type_mark_(type_mark) {}

    ~run_queue() = default;

    /// What is posted: owns the queue, allocates from it.
    struct drain {
        using allocator_type = lent_allocator<void>;

        intrusive_ptr<run_queue> queue;

        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return allocator_type(queue->storage_);
        }

        void operator()() const {
            drain_scope scope(*queue);
            queue->take_and_run();
            scope.run_followers();
        }
    };

private:
    /// What the current thread is running of run queues: the first one, and those of the same executor that follow it.
    class drain_scope {
    public:
        explicit drain_scope(run_queue& first) noexcept
            : first_(first), outer_(std::exchange(current_scope_, this)) {}

        drain_scope(drain_scope const&) = delete;

        ~drain_scope() {
            current_scope_ = outer_;
            while (run_queue* q = next()) { // a handler threw: the others must run all the same
                q->post_to_executor();
            }
        }

        /// Takes over what begin_post() gave a queue, to run it later in the same function. False: it has to be posted.
        bool take(run_queue& q) noexcept {
            if (left_ == 0 || !first_.shares_executor_with(q)) {
                return false;
            }
            --left_;
            *last_ = &q;
            last_ = &q.follower_;
            return true;
        }

        void run_followers() {
            while (run_queue* next_in_line = next()) {
                intrusive_ptr<run_queue> const q(next_in_line); // the count of begin_post
                q->end_post();
                q->take_and_run();
            }
        }

    private:
        run_queue* next() noexcept {
            run_queue* q = followers_;
            if (q != nullptr) {
                followers_ = std::exchange(q->follower_, nullptr);
                if (followers_ == nullptr) {
                    last_ = &followers_;
                }
            }
            return q;
        }

        run_queue& first_;
        drain_scope* outer_;
        run_queue* followers_ = nullptr;
        run_queue** last_ = &followers_;
        unsigned left_ = 32; // so many follow before the executor has its turn
    };

    void on_context_shutdown(std::unique_lock<std::mutex>& registry_lock) noexcept override {
        if (!owners_.add_unless_zero()) { // its last owner waits for this lock to take it out
            forget_executor();
            return;
        }
        // A strand's operations may still stand in memory that this queue has lent: it goes after all of them.
        registry()->retire(*this);
        registry_lock.unlock();
        wait_for_posters();
        abandon_clients();
        discard_nodes();
        forget_executor();
    }

    void on_context_destroyed() noexcept override { release(); }

    void wait_for_posters() noexcept {
        {
            std::lock_guard lock(mutex_);
            dead_ = true;
        }
        while (posters_.load(std::memory_order_acquire) != 0) { // [P] another thread is inside post()
            std::this_thread::yield();
        }
    }

    void discard_nodes() noexcept {
        node_list left;
        {
            std::lock_guard lock(mutex_);
            left.append(running_);
            left.append(ready_);
        }
        while (run_node* node = left.pop_front()) {
            node->discard();
        }
    }

    void abandon_clients() noexcept {
        std::unique_lock lock(mutex_);
        while (run_queue_client* client = clients_.pop_front()) {
            lock.unlock();
            client->abandon();
            lock.lock();
        }
    }

    [[nodiscard]] virtual bool executor_runs_this_thread() const noexcept = 0;
    [[nodiscard]] virtual bool shares_executor_with(run_queue const& other) const noexcept = 0;
    virtual void post_drain(drain) = 0;
    virtual void forget_executor() noexcept = 0;
    virtual void destroy() noexcept = 0;

    void begin_post() noexcept {                          // under mutex_
        posters_.fetch_add(1, std::memory_order_relaxed); // [P] the mutex orders it before dead_ is set
        add_ref();
    }

    void end_post() noexcept {
        posters_.fetch_sub(1, std::memory_order_release);
    } // [P] the executor was used before

    void post() noexcept override {
        if (current_scope_ == nullptr || !current_scope_->take(*this)) {
            post_to_executor();
        }
    }

    void post_to_executor() noexcept {
        intrusive_ptr<run_queue> self(this); // the count of begin_post
        post_drain(drain{self});
        end_post();
    }

    void take_and_run() {
        run_node* first = nullptr;
        {
            std::lock_guard lock(mutex_);
            if (runs_) { // run_aside(), which posts again
                came_aside_ = true;
                return;
            }
            runs_ = true;
            running_.append(ready_);
            first = running_.pop_front();
        }
        run_all(first);
    }

    void run_all(run_node* node) {
        struct at_throw {
            run_queue& q;
            bool armed = true;

            ~at_throw() {
                if (armed) {
                    q.next_or_finish(false);
                }
            }
        } guard{*this};

        for (node = node != nullptr ? node : next_or_finish(); node != nullptr; node = next_or_finish()) {
            node->run();
        }
        guard.armed = false;
    }

    /// The next node of this run. None: the run is over, and what has become ready meanwhile is posted.
    run_node* next_or_finish(bool go_on = true) noexcept {
        {
            std::lock_guard lock(mutex_);
            if (run_node* node = go_on ? running_.pop_front() : nullptr) {
                return node;
            }
            ready_.prepend(running_);
            runs_ = false;
            if (ready_.empty() || dead_) {
                busy_ = false;
                return nullptr;
            }
            begin_post();
        }
        post_to_executor();
        return nullptr;
    }

    constinit inline static thread_local drain_scope* current_scope_ = nullptr;

    char const* const type_mark_;
    std::mutex mutex_;
    intrusive_list<run_queue_client, client_tag> clients_; // mutex_
    node_list ready_;                                      // mutex_
    node_list running_;                // mutex_: whoever wakes a node asks whether it is linked
    bool busy_ = false;                // mutex_; a drain is posted or running, it will look at ready_ again
    bool runs_ = false;                // mutex_; a node or run_aside() runs
    bool came_aside_ = false;          // mutex_; a drain came during run_aside()
    bool dead_ = false;                // mutex_
    std::atomic<unsigned> posters_{0}; // [P] between begin_post and end_post; any thread adds under mutex_
    run_queue* follower_ = nullptr;    // who comes behind in a drain_scope; that thread's
    reference_count<> owners_;         // the nodes' owner, posted drains
    lent_storage storage_;
};

} // namespace weir::detail

#endif
