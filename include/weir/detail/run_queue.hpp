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
// Nodes of one queue never run side by side, even on an executor with many threads: the queue posts again only when
// the last function has come to its end. A coroutine is therefore never resumed while it is still being suspended.

#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/lent_storage.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <mutex>
#include <optional>
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

    /// Runs a node now if the queue is idle, else makes it ready. To be called on the queue's executor only.
    void run_or_push(run_node& node) {
        {
            std::lock_guard lock(mutex_);
            if (dead_ || node.is_linked()) {
                return;
            }
            if (busy_) {
                ready_.push_back(node);
                return;
            }
            busy_ = true;
            running_.push_back(node);
        }
        run_all();
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

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            context_registry::remove(*this, [this] { forget_executor(); });
            destroy();
        }
    }

protected:
    run_queue() noexcept = default;
    ~run_queue() = default;

    /// What is posted: owns the queue, allocates from it.
    struct drain {
        using allocator_type = lent_allocator<void>;

        intrusive_ptr<run_queue> queue;

        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return allocator_type(queue->storage_);
        }

        void operator()() const { queue->take_and_run(); }
    };

private:
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
        forget_executor();
    }

    void on_context_destroyed() noexcept override { release(); }

    void wait_for_posters() noexcept {
        std::unique_lock lock(mutex_);
        dead_ = true;
        while (posters_ != 0) { // another thread is inside post(), a few instructions from its end
            lock.unlock();
            std::this_thread::yield();
            lock.lock();
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

    virtual void post_drain(drain) = 0;
    virtual void forget_executor() noexcept = 0;
    virtual void destroy() noexcept = 0;

    void begin_post() noexcept { // under mutex_
        ++posters_;
        add_ref();
    }

    void post() noexcept override {
        intrusive_ptr<run_queue> self(this); // the count of begin_post
        post_drain(drain{self});
        std::lock_guard lock(mutex_);
        --posters_;
    }

    void take_and_run() {
        {
            std::lock_guard lock(mutex_);
            running_.append(ready_);
        }
        run_all();
    }

    void run_all() {
        struct at_end {
            run_queue& q;

            ~at_end() { q.finish(); } // also when a handler throws out of the executor
        } end{*this};

        while (run_node* node = running_.pop_front()) {
            node->run();
        }
    }

    void finish() noexcept {
        {
            std::lock_guard lock(mutex_);
            ready_.prepend(running_);
            if (ready_.empty() || dead_) {
                busy_ = false;
                return;
            }
            begin_post();
        }
        post();
    }

    std::mutex mutex_;
    intrusive_list<run_queue_client, client_tag> clients_; // mutex_
    node_list ready_;                                      // mutex_
    node_list running_;                                    // filled under mutex_, emptied where the nodes run
    bool busy_ = false;        // mutex_; a drain is posted or running, it will look at ready_ again
    bool dead_ = false;        // mutex_
    unsigned posters_ = 0;     // mutex_; threads inside post()
    reference_count<> owners_; // the nodes' owner, posted drains
    lent_storage storage_;
};

/// A run queue over one executor type.
template <class Executor>
class run_queue_over final : public run_queue {
public:
    explicit run_queue_over(Executor ex) : ex_(std::move(ex)) {
        context_registry::add(context_registry::of_executor(*ex_), *this);
    }

    [[nodiscard]] asio::any_io_executor executor() const override { return asio::any_io_executor(*ex_); }

    [[nodiscard]] Executor const& concrete_executor() const noexcept { return *ex_; }

private:
    void post_drain(drain d) override { asio::post(*ex_, std::move(d)); }

    void forget_executor() noexcept override { ex_.reset(); }

    void destroy() noexcept override { delete this; }

    std::optional<Executor> ex_; // empty once the context has gone
};

} // namespace weir::detail

#endif
