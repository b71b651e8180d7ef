// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_BARRIER_HPP
#define WEIR_BARRIER_HPP

// barrier: so many wait until all of them are there, and go on together; then it serves for the next time. For work in
// rounds, where nobody begins a round before all have ended the last, and for a start together.
//
// When a sibling is the better choice: waiting for the end of tasks, task_group; for one event, notify or oneshot.
//
// Generations   The first `n` who wait are one generation, the next `n` the next. They need not be the same.
// Leader        The last to arrive; if it goes away before it was told, another that was not told yet. One of a generation
//               leads, and none if nobody is left who could.
// Cancellation  A cancelled wait has not arrived: the others wait for somebody else instead. That ends when the last has
//               arrived: the generation is complete, others may have gone on, and a wait that is cancelled now completes
//               without an error all the same.
// Dropping      A wait that is destroyed, or loses a select, before its generation is complete does not count either;
//               after that it stays counted.
// Destroying    Who still waits is aborted, who has only to be told goes on.
// Threads       All members may be called on several threads at once.
// Visibility    Whatever each of a generation did before it arrived happens before any of them goes on.
// Memory        One block. Waiting in a task allocates nothing.
//
//   weir::barrier round(ctx, workers);
//   for (;;) {
//       work_on(my_part);
//       bool const leads = co_await round.async_wait();
//       if (leads)
//           put_together(all_parts);
//   }

#include <weir/detail/barrier_core.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/core_owner.hpp>
#include <weir/operation.hpp>
#include <weir/threading.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>

namespace weir {

/// Operations complete on `Executor`. Not movable: who shares it holds a reference.
template <class Executor = asio::any_io_executor, class Threading = multi_threaded>
class basic_barrier : public detail::core_owner<Executor, detail::barrier_core<Threading>> {
    using base = detail::core_owner<Executor, detail::barrier_core<Threading>>;
    using wait_core = detail::barrier_wait_core<Executor, detail::barrier_core<Threading>>;
    using default_token = detail::default_token_t<Executor>;

public:
    using typename base::executor_type;

    template <class Other>
    struct rebind_executor {
        using other = basic_barrier<Other, Threading>;
    };

    /// For `n` at a time. An executor is used as it is, on an execution context the barrier gets a strand.
    /// Throws std::invalid_argument if `n` is 0.
    template <detail::executor_or_context ExecutorOrContext>
    basic_barrier(ExecutorOrContext&& where, std::size_t n)
        : base(std::forward<ExecutorOrContext>(where), checked(n)) {}

    /// Who waits is aborted.
    ~basic_barrier() { this->core_->close(); }

    /// Arrives, and waits until all have.
    /// Completes:     void(error_code, bool) - whether this one leads; operation_aborted: cancelled, or the barrier was
    ///                destroyed.
    /// Cancellation:  all types, until the generation is complete; the wait has not arrived then.
    /// Ordering:      who arrives first goes on first, but for the last in a task, who does not wait.
    /// Complexity:    linear in `n` for the last to arrive, else constant.
    /// Allocates:     nothing when awaited in a task; else the operation, from the handler's allocator.
    template <detail::token_for<wait_core> Token = default_token>
    auto async_wait(Token&& token = Token{}) {
        return detail::initiate(wait_core(*this->core_, this->get_executor()), std::forward<Token>(token));
    }

private:
    static std::size_t checked(std::size_t n) {
        if (n == 0) {
            throw std::invalid_argument("weir: a barrier for nobody");
        }
        return n;
    }
};

/// Over any executor, for any number of threads.
using barrier = basic_barrier<>;

} // namespace weir

#endif
