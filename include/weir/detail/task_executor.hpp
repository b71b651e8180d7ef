// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_TASK_EXECUTOR_HPP
#define WEIR_DETAIL_TASK_EXECUTOR_HPP

// The executor that belongs to what a task waits for: runs functions where the task runs, in its queue.
//
// Asio hands a completion to the executor that is associated with the handler. If that were the task's strand, erased,
// each hand-over would make an erased executor and a strand's operation, on one thread, and free them on another, which
// Asio's recycled memory does not level out. A function that goes into the task's queue needs neither: it stands in
// memory that the task lends, and the queue's one post brings it to the strand.

#include <weir/detail/config.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/run_queue.hpp>
#include <weir/detail/task_root.hpp>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace weir::detail {

class task_executor {
public:
    explicit task_executor(intrusive_ptr<task_root> root) noexcept : root_(std::move(root)) {}

    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept {
        return root_->queue().context();
    }

    [[nodiscard]] asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
        return may_block_ ? asio::execution::blocking_t(asio::execution::blocking.possibly)
                          : asio::execution::blocking_t(asio::execution::blocking.never);
    }

    [[nodiscard]] task_executor require(asio::execution::blocking_t::possibly_t) const noexcept {
        return task_executor(root_, true);
    }

    [[nodiscard]] task_executor require(asio::execution::blocking_t::never_t) const noexcept {
        return task_executor(root_, false);
    }

    /// Runs `f` now if the task's queue is idle and its executor is running this thread, else when its turn has come.
    template <class F>
    void execute(F&& f) const {
        run_queue& queue = root_->queue();
        auto const run_here = [&] { running::call(*root_, f); };
        if (may_block_ && queue.is_on_this_thread() && queue.run_now(run_here)) {
            return;
        }
        later<std::decay_t<F>>::push(root_, std::forward<F>(f));
    }

    bool operator==(task_executor const& other) const noexcept {
        return root_.get() == other.root_.get() && may_block_ == other.may_block_;
    }

    /// Whether the caller was called by this executor, between two runs of the task's coroutines.
    [[nodiscard]] static bool is_between_runs(task_root const& root) noexcept {
        return running::root == &root && !root.is_running();
    }

private:
    task_executor(intrusive_ptr<task_root> root, bool may_block) noexcept
        : root_(std::move(root)), may_block_(may_block) {}

    /// For whom this thread runs a function.
    struct running {
        template <class F>
        static void call(task_root& r, F& f) {
            struct scope {
                task_root const* outer;

                ~scope() { root = outer; }
            } const restore{std::exchange(root, &r)};

            std::move(f)();
        }

        constinit static inline thread_local task_root const* root = nullptr;
    };

    /// A function that waits in the queue, in memory that the task has lent.
    template <class F>
    class later final : public run_node {
        using allocator = lent_allocator<later, task_root::lender::storage_type>;

    public:
        later(intrusive_ptr<task_root> root, F&& f) : root_(std::move(root)), f_(std::move(f)) {}

        template <class G>
        static void push(intrusive_ptr<task_root> root, G&& g) {
            F f(std::forward<G>(g));
            allocator memory(root->lent_memory());
            run_queue& queue = root->queue();
            auto const keep = root;
            later* const node =
                ::new (static_cast<void*>(memory.allocate(1))) later(std::move(root), std::move(f));
            if (!queue.push_behind(*node)) {
                node->discard();
            }
        }

        void run() override {
            auto const root = root_;
            F f(std::move(f_));
            destroy();
            running::call(*root, f);
        }

        void discard() noexcept override { destroy(); }

    private:
        void destroy() noexcept {
            auto const root = std::move(root_);
            allocator memory(root->lent_memory());
            this->~later();
            memory.deallocate(this, 1);
        }

        intrusive_ptr<task_root> root_;
        F f_;
    };

    intrusive_ptr<task_root> root_;
    bool may_block_ = true;
};

} // namespace weir::detail

#endif
