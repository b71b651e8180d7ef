// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BLOCKING_HPP
#define WEIR_DETAIL_BLOCKING_HPP

// The fourth way to wait for an operation: a plain thread that sleeps until it is worth looking again.
//
// A thread that runs an executor must not sleep in it: who would wake it may need that very thread. Inside a task, and
// inside a handler of the operation's own executor where that can be known, blocking is refused by std::logic_error.

#include <weir/detail/config.hpp>
#include <weir/detail/erased.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/run_queue.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/detail/yield.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/system_executor.hpp>

#include <stdexcept>

namespace weir::detail {

/// A policy under which threads can wait for one another.
template <class Threading>
concept can_block = requires {
    typename Threading::event;
};

template <class Threading>
class thread_waiter final : public waiter {
public:
    void wake(wake_batch&) noexcept override { event_.set(); }

    [[nodiscard]] asio::any_io_executor executor() const override { return erased<asio::system_executor>(); }

    void sleep() { event_.wait_and_reset(); }

private:
    typename Threading::event event_;
};

template <class Executor>
void refuse_if_inside([[maybe_unused]] Executor const& ex) {
    bool inside = run_queue::runs_on_this_thread();
    if constexpr (requires { ex.running_in_this_thread(); }) {
        inside = inside || ex.running_in_this_thread();
    }
    if (inside) {
        throw std::logic_error("weir: a blocking operation inside its own executor would never be woken");
    }
}

/// Waits for an operation on the calling thread. Throws std::logic_error where that would dead-lock.
template <class Threading, operation_core Core>
[[nodiscard]] result_of<Core> block_on(Core core) {
    refuse_if_inside(core.get_executor());
    core.retain();
    thread_waiter<Threading> w;
    while (!core.try_complete()) {
        if (core.start_waiting(w) == wait_result::parked) {
            w.sleep();
        } else {
            yield_thread();
        }
    }
    core.stop_waiting(w); // whoever woke us has let go of w afterwards
    return core.take();
}

} // namespace weir::detail

#endif
