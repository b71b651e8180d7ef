// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RUN_QUEUE_BASE_HPP
#define WEIR_DETAIL_RUN_QUEUE_BASE_HPP

// What a run queue (run_queue.hpp) is besides its turns: who owns it, who keeps its executor, and how it ends with its
// context.
//
// It goes when its last owner goes: those who have nodes on it, and what it has posted. If its context goes first, the list
// is closed, what is parked on it is destroyed, and it lets go of its executor; it is then an empty shell for its owners.

#include <weir/detail/atomic.hpp>
#include <weir/detail/busy_poller.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/ready_list.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/run_node.hpp>
#include <weir/detail/yield.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <mutex>

namespace weir::detail {

class run_queue_base : public context_hook {
public:
    run_queue_base(run_queue_base const&) = delete;
    run_queue_base& operator=(run_queue_base const&) = delete;

    /// Keeps the context from going, until release_context(). False if it is going. Any thread.
    [[nodiscard]] bool hold_context() noexcept { return ready_.hold(); }

    void release_context() noexcept { ready_.end_post(); }

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
        std::lock_guard lock(mutex_); // the list is closed under it, and the executor goes afterwards
        return !ready_.is_closed() && executor_runs_this_thread();
    }

    /// Whether it runs on an executor of the type that has this mark.
    [[nodiscard]] bool is_over(char const* type_mark) const noexcept { return type_mark_ == type_mark; }

    void add_ref() noexcept { owners_.add(); }

    [[nodiscard]] bool add_ref_unless_gone() noexcept { return owners_.add_unless_zero(); }

    void release() noexcept {
        if (owners_.drop()) {
            context_registry::remove(*this, [this] { forget_executor(); });
            destroy();
        }
    }

protected:
    using ready_list = basic_ready_list<atomic>;

    /// `type_mark` is the same for all queues over one type of executor.
    explicit run_queue_base(char const* type_mark) noexcept : type_mark_(type_mark) {}

    ~run_queue_base() = default;

    /// What keeps a thread of the context awake; none if nothing does. For owners.
    [[nodiscard]] busy_poller* poller() const noexcept {
        return registry() ? registry()->poller().get() : nullptr;
    }

    ready_list ready_;

private:
    void on_context_shutdown(std::unique_lock<std::mutex>& registry_lock) noexcept override {
        if (!owners_.add_unless_zero()) { // its last owner waits for this lock to take it out
            forget_executor();
            return;
        }
        // A strand's operations may still stand in memory that this queue has lent: it goes after all of them.
        registry()->retire(*this);
        registry_lock.unlock();
        close();
        abandon_clients();
        ready_.clear([](auto& node) { static_cast<run_node&>(node).discard(); });
        forget_executor();
    }

    void on_context_destroyed() noexcept override { release(); }

    void close() noexcept {
        {
            std::lock_guard lock(mutex_);
            ready_.close();
        }
        while (ready_.is_being_posted()) { // another thread is inside post()
            yield_thread();
        }
    }

    void abandon_clients() noexcept {
        std::unique_lock lock(mutex_);
        while (run_queue_client* client = clients_.pop_front()) {
            if (client->add_ref_unless_gone()) {
                lock.unlock();
                client->abandon_kept();
                lock.lock();
            }
        }
    }

    [[nodiscard]] virtual bool executor_runs_this_thread() const noexcept = 0;
    virtual void forget_executor() noexcept = 0;
    virtual void destroy() noexcept = 0;

    char const* const type_mark_;
    reference_count<> owners_; // the nodes' owners, posted drains
    std::mutex mutex_;
    intrusive_list<run_queue_client, client_tag> clients_; // mutex_
};

} // namespace weir::detail

#endif
