// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CONTEXT_REGISTRY_HPP
#define WEIR_DETAIL_CONTEXT_REGISTRY_HPP

// What is told when an execution context dies.
//
// A context that is destroyed destroys what is parked on it and runs none of it. Asio reaches its own operations
// through services; weir's parked operations, tasks and the executors inside its handles hang in one list a context.
// The list is shared by its members, so a handle that outlives the context can still leave it.

#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/yield.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

namespace weir::detail {

class context_registry;

/// A member of a registry. To be removed by its owner before it is destroyed.
class context_hook : public list_hook<struct context_tag> {
    friend class context_registry;

    /// The context is being destroyed; this hook has left the list. Called with the registry's lock held: whatever
    /// runs foreign code lets go of it first.
    virtual void on_context_shutdown(std::unique_lock<std::mutex>& lock) noexcept = 0;

    /// All operations of the context are gone; called on hooks that were retired.
    virtual void on_context_destroyed() noexcept {}

    intrusive_ptr<context_registry> registry_; // set by add, cleared by remove: the owner's side only

protected:
    ~context_hook() = default;

    /// The registry that it was added to, or none.
    [[nodiscard]] intrusive_ptr<context_registry> const& registry() const noexcept { return registry_; }
};

/// The members of one execution context. Thread safety: safe.
class context_registry {
public:
    /// The registry of a context, made at first use. Throws std::bad_alloc.
    [[nodiscard]] static intrusive_ptr<context_registry> of(asio::execution_context& context);

    /// The registry of an executor's context; none if it has no context.
    template <class Executor>
    [[nodiscard]] static intrusive_ptr<context_registry> of_executor(Executor const& ex) {
        if constexpr (asio::can_query_v<Executor const&, asio::execution::context_t>) {
            return of(asio::query(ex, asio::execution::context));
        } else {
            return {};
        }
    }

    /// Registers a hook at a registry that may be none.
    static void add(intrusive_ptr<context_registry> registry, context_hook& hook) {
        if (registry) {
            std::lock_guard lock(registry->mutex_);
            if (!registry->down_) {
                registry->hooks_.push_back(hook);
                hook.registry_ = registry;
            }
        }
    }

    /// Adds what make() makes, which others may share, unless find(hook) accepts one of those that were added so before.
    /// Looks at the latest few only, so that its cost does not grow.
    template <class Find, class Make>
    static void find_or_add(intrusive_ptr<context_registry> registry, Find find, Make make) {
        std::lock_guard lock(registry->mutex_);
        for (context_hook* const hook : registry->shared_) {
            if (hook != nullptr && find(*hook)) {
                return;
            }
        }
        context_hook& hook = make();
        if (!registry->down_) {
            registry->hooks_.push_back(hook);
            hook.registry_ = registry;
            registry->shared_[registry->next_shared_] = &hook;
            registry->next_shared_ = (registry->next_shared_ + 1) % registry->shared_.size();
        }
    }

    /// Takes a hook out, if it is in; `under_lock` runs while a shutdown cannot.
    template <class F>
    static void remove(context_hook& hook, F under_lock) noexcept {
        intrusive_ptr<context_registry> keep; // goes after the lock
        if (context_registry* const registry = hook.registry_.get()) {
            std::lock_guard lock(registry->mutex_);
            keep = std::move(hook.registry_); // under the lock: a shutdown may be reading it
            registry->stop_sharing(hook);
            if (hook.is_linked()) {
                hook.unlink();
            }
            under_lock();
        } else {
            under_lock();
        }
    }

    static void remove(context_hook& hook) noexcept {
        remove(hook, [] {});
    }

    /// Runs `f` while a shutdown cannot tell the hook.
    template <class F>
    static void hold(context_hook& hook, F f) {
        if (context_registry* const registry = hook.registry_.get()) {
            std::lock_guard lock(registry->mutex_);
            f();
        } else {
            f();
        }
    }

    /// Keeps a hook that is being told of the shutdown until the context's operations are destroyed. Under the lock.
    void retire(context_hook& hook) noexcept { retired_.push_back(hook); }

    /// Brackets a post to the context by a thread that the context does not know. Shutdown waits for the end.
    // [P] seq_cst is not needed: begin_post happens under a core's lock that the shutdown takes before it waits.
    void begin_post() noexcept { posting_.fetch_add(1, std::memory_order_relaxed); }

    void end_post() noexcept { posting_.fetch_sub(1, std::memory_order_release); }

    void wait_for_posts() const noexcept {
        while (posting_.load(std::memory_order_acquire) !=
               0) { // [P] what they posted is in the context's queue
            yield_thread();
        }
    }

    void add_ref() noexcept { owners_.add(); }

    void release() noexcept {
        if (owners_.drop()) {
            delete this;
        }
    }

private:
    friend class context_service;

    void stop_sharing(context_hook const& hook) noexcept { // under the lock
        for (context_hook*& shared : shared_) {
            if (shared == &hook) {
                shared = nullptr;
            }
        }
    }

    void shutdown() noexcept {
        std::unique_lock lock(mutex_);
        down_ = true;
        shared_.fill(nullptr);
        while (context_hook* hook = hooks_.pop_front()) {
            hook->on_context_shutdown(lock);
            if (!lock.owns_lock()) {
                lock.lock();
            }
        }
    }

    void destroy_retired() noexcept {
        while (context_hook* hook = retired_.pop_front()) {
            hook->on_context_destroyed();
        }
    }

    std::mutex mutex_;
    intrusive_list<context_hook, context_tag> hooks_;   // mutex_
    intrusive_list<context_hook, context_tag> retired_; // mutex_
    std::array<context_hook*, 8> shared_{};             // mutex_; of hooks_, the latest that others may share
    std::size_t next_shared_ = 0;                       // mutex_
    bool down_ = false;                                 // mutex_; nothing is added any more
    std::atomic<unsigned> posting_{0};                  // [P] threads between begin_post and end_post
    reference_count<> owners_;
};

/// The service by which a context tells its registry.
class context_service final : public asio::execution_context::service {
public:
    inline static asio::execution_context::id id;

    explicit context_service(asio::execution_context& context)
        : service(context), registry_(new context_registry) {}

    ~context_service() override { registry_->destroy_retired(); }

    [[nodiscard]] intrusive_ptr<context_registry> const& registry() const noexcept { return registry_; }

private:
    void shutdown() override { registry_->shutdown(); }

    intrusive_ptr<context_registry> registry_;
};

inline intrusive_ptr<context_registry> context_registry::of(asio::execution_context& context) {
    return asio::use_service<context_service>(context).registry();
}

} // namespace weir::detail

#endif
