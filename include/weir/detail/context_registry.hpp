// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_CONTEXT_REGISTRY_HPP
#define WEIR_DETAIL_CONTEXT_REGISTRY_HPP

// What is told when an execution context dies.
//
// A context that is destroyed destroys what is parked on it and runs none of it. Asio reaches its own operations
// through services; weir's parked operations, tasks and the executors inside its handles hang in one list a context.
// The list is shared by its members, so a handle that outlives the context can still leave it.

#include <weir/detail/atomic.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/poller_slot.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/yield.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
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
    bool is_work_ = false;                     // likewise

protected:
    ~context_hook() = default;

    /// The registry that it was added to, or none.
    [[nodiscard]] intrusive_ptr<context_registry> const& registry() const noexcept { return registry_; }
};

/// What a thread has found last. Asking a context takes a lock and a walk through its services, and is done for each wait.
struct seen_registry {
    asio::execution_context const* context;
    context_registry* registry;
    std::size_t contexts_gone; // then
};

constinit inline thread_local seen_registry last_registry{};

// [C] how many contexts with a registry have gone; they count themselves (release) and then go. A context that stands where
//     another stood was made after that had gone, and was shown to whoever uses it: who sees the count unchanged (acquire)
//     sees the same context, and its registry is there as long as it is.
constinit inline std::atomic<std::size_t> contexts_gone{0};

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

    /// Registers a hook at a registry that may be none. With `loop`, which is the registry's context, the hook counts as
    /// outstanding work of it while it is registered: the registry is work while there is such a hook. So that costs no
    /// locked instruction for each of them.
    static void add(intrusive_ptr<context_registry> registry, context_hook& hook,
                    asio::io_context* loop = nullptr) {
        if (registry) {
            std::lock_guard lock(registry->mutex_);
            if (!registry->down_) { // the hook's reference is the lock's, too
                registry->hooks_.push_back(hook);
                if (loop != nullptr) {
                    registry->add_work(hook, *loop);
                }
                hook.registry_ = std::move(registry);
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
            if (hook.is_work_) {
                registry->drop_work(hook);
            }
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

    /// What keeps a thread of the context awake.
    [[nodiscard]] poller_slot& poller() noexcept { return poller_; }

    /// Keeps a hook that is being told of the shutdown until the context's operations are destroyed. Under the lock.
    void retire(context_hook& hook) noexcept { retired_.push_back(hook); }

    /// Brackets a post to the context by a thread that the context does not know. Shutdown waits for the end; the registry
    /// stays until then.
    // [P] relaxed: what tells the shutdown that somebody posts is written afterwards, with release (a gate), or under a core's
    //     lock that the shutdown takes before it waits; and whoever calls this owns the registry.
    void begin_post() noexcept { owners_.fetch_add(one_post, std::memory_order_relaxed); }

    void end_post() noexcept { drop(one_post); }

    void wait_for_posts() const noexcept {
        while (owners_.load(std::memory_order_acquire) >=
               one_post) { // [P] what they posted is in the context's queue
            yield_thread();
        }
    }

    // [P] relaxed: who adds already holds one.
    void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }

    void release() noexcept { drop(1); }

private:
    friend class context_service;

    using loop_work = std::decay_t<decltype(asio::require(std::declval<asio::io_context::executor_type>(),
                                                          asio::execution::outstanding_work.tracked))>;

    static constexpr std::uint64_t one_post = std::uint64_t{1} << 32;

    void add_work(context_hook& hook, asio::io_context& loop) { // under the lock
        if (working_++ == 0) {
            work_.emplace(asio::require(loop.get_executor(), asio::execution::outstanding_work.tracked));
        }
        hook.is_work_ = true;
    }

    void drop_work(context_hook& hook) noexcept { // under the lock, so that the loop does not go meanwhile
        hook.is_work_ = false;
        if (--working_ == 0) {
            work_.reset();
        }
    }

    void drop(std::uint64_t share) noexcept {
        if (owners_.fetch_sub(share, std::memory_order_acq_rel) == share) { // [P]
            delete this;
        }
    }

    void stop_sharing(context_hook const& hook) noexcept { // under the lock
        for (context_hook*& shared : shared_) {
            if (shared == &hook) {
                shared = nullptr;
            }
        }
    }

    void shutdown() noexcept {
        poller_.close(); // it has queues that are being posted, for whose posts they wait
        std::unique_lock lock(mutex_);
        down_ = true;
        work_.reset();
        shared_.fill(nullptr);
        while (context_hook* hook = hooks_.pop_front()) {
            hook->on_context_shutdown(lock);
            if (!lock.owns_lock()) {
                lock.lock();
            }
        }
        lock.unlock();
        wait_for_posts(); // also of what has run and left meanwhile
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
    std::size_t working_ = 0;                           // mutex_; hooks that count as work
    std::optional<loop_work> work_;                     // mutex_; there is one; until the context goes
    // [P] any thread: references, and in the upper half threads between begin_post and end_post. A thread that drops
    //     releases, the last and the one that waits acquire.
    atomic<std::uint64_t> owners_{1};
    poller_slot poller_;
};

/// The service by which a context tells its registry.
class context_service final : public asio::execution_context::service {
public:
    inline static asio::execution_context::id id;

    explicit context_service(asio::execution_context& context)
        : service(context), registry_(new context_registry) {}

    ~context_service() override {
        registry_->destroy_retired();
        contexts_gone.fetch_add(1, std::memory_order_acq_rel); // [C] before the registry and the context go
    }

    [[nodiscard]] intrusive_ptr<context_registry> const& registry() const noexcept { return registry_; }

private:
    void shutdown() override { registry_->shutdown(); }

    intrusive_ptr<context_registry> registry_;
};

inline intrusive_ptr<context_registry> context_registry::of(asio::execution_context& context) {
    auto const gone = contexts_gone.load(std::memory_order_acquire); // [C] before the context is asked
    seen_registry& last = last_registry;
    if (last.context != &context || last.contexts_gone != gone) {
        last = {&context, asio::use_service<context_service>(context).registry().get(), gone};
    }
    return intrusive_ptr<context_registry>::share(last.registry);
}

} // namespace weir::detail

#endif
