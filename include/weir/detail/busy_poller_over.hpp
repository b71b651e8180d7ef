// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BUSY_POLLER_OVER_HPP
#define WEIR_DETAIL_BUSY_POLLER_OVER_HPP

// A poller (busy_poller.hpp) over a concrete executor, and how a context comes to have one.

#include <weir/detail/busy_poller.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/context_registry.hpp>
#include <weir/detail/executor_work.hpp>
#include <weir/detail/processors.hpp>
#include <weir/detail/run_queue_over.hpp>

#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/prefer.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>

namespace weir::detail {

/// `Executor` is the context's own: no strand, in which a task could hold up the poller.
template <class Executor>
class busy_poller_over final : public busy_poller {
public:
    explicit busy_poller_over(Executor const& ex)
        : busy_poller(keeps_its_threads(ex) ? posted_as::continuation : posted_as::work_of_its_own),
          poster_(posting(ex)) {}

private:
    void post_look(look l, posted_as how) override {
        auto const ex = asio::prefer(*poster_, asio::execution::allocator(l.get_allocator()));
        if (how == posted_as::continuation) {
            asio::prefer(ex, asio::execution::relationship.continuation).execute(l);
        } else {
            ex.execute(l);
        }
    }

    void forget_executor() noexcept override { poster_.reset(); }

    std::optional<posting_executor<Executor>> poster_; // empty once the context has gone
};

/// The time if polling helps; none where nobody can send while one polls. Throws std::invalid_argument for less than no time.
[[nodiscard]] inline std::chrono::nanoseconds worth_polling(std::chrono::nanoseconds longest) {
    if (longest.count() < 0) {
        throw std::invalid_argument("weir: busy_poll() for less than no time");
    }
    return has_one_processor() ? std::chrono::nanoseconds::zero() : longest;
}

template <class Context>
void set_busy_poll(Context& context, std::chrono::nanoseconds longest) {
    context_registry::of(context)->poller().set(
        [&] { return new busy_poller_over<typename Context::executor_type>(context.get_executor()); },
        longest);
}

} // namespace weir::detail

#endif
