// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Where the workloads run, under the names that their parameters have: "1t", a loop on one thread; "2t-pool", a pool of
/// two threads; "2t-split", two loops on a thread each, so that everything between them crosses threads.

#ifndef WEIR_TESTS_BENCH_SUPPORT_LOOPS_HPP
#define WEIR_TESTS_BENCH_SUPPORT_LOOPS_HPP

#include "support/measure.hpp"

#include <weir/busy_poll.hpp>
#include <weir/task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <barrier>
#include <chrono>
#include <exception>
#include <thread>
#include <type_traits>
#include <utility>

namespace bench {

namespace asio = boost::asio;

/// A completion handler of a coroutine that must not fail.
inline constexpr auto must_not_fail = [](std::exception_ptr thrown) {
    if (thrown)
        std::rethrow_exception(thrown);
};

/// Lets a coroutine run, of weir or of Asio. On a pool, weir gives each its strand; one of Asio needs none for itself.
template <class Where>
void start(Where&& where, weir::task<> coroutine) {
    weir::spawn(std::forward<Where>(where), std::move(coroutine), must_not_fail);
}

template <class Where, class Executor>
void start(Where&& where, asio::awaitable<void, Executor> coroutine) {
    asio::co_spawn(std::forward<Where>(where), std::move(coroutine), must_not_fail);
}

/// co_await yield<Coroutine>(executor): others on this thread come first.
template <class Coroutine, class Executor>
auto yield([[maybe_unused]] Executor const& executor) {
    if constexpr (std::is_same_v<Coroutine, weir::task<>>)
        return weir::yield_now();
    else
        return asio::post(executor, asio::deferred);
}

/// For how long what runs looks for work before it sleeps.
using poll_time = std::chrono::nanoseconds;

/// It sleeps at once, if it was not told otherwise.
inline constexpr poll_time sleeps{0};

/// Longer than it is idle in any workload.
inline constexpr poll_time polls = std::chrono::milliseconds(1);

class one_thread {
public:
    static constexpr auto name = "1t";
    using executor_type = asio::io_context::executor_type;

    explicit one_thread(poll_time longest = sleeps) {
        if (longest != sleeps)
            weir::busy_poll(loop_, longest);
    }

    executor_type place() { return loop_.get_executor(); }

    executor_type executor() { return loop_.get_executor(); }

    void run() { loop_.run(); }

private:
    asio::io_context loop_{1};
};

/// A loop that was not promised one thread, though it has one: what follows from the promise shows beside it.
class unhinted {
public:
    using executor_type = asio::io_context::executor_type;

    executor_type place() { return loop_.get_executor(); }

    void run() { loop_.run(); }

private:
    asio::io_context loop_;
};

class pool_of_two {
public:
    static constexpr auto name = "2t-pool";
    using executor_type = asio::thread_pool::executor_type;

    explicit pool_of_two(poll_time longest = sleeps) {
        if (longest != sleeps)
            weir::busy_poll(pool_, longest);
    }

    asio::thread_pool& place() { return pool_; }

    executor_type executor() { return pool_.get_executor(); }

    void run() { pool_.join(); }

private:
    asio::thread_pool pool_{2};
};

/// Two loops, a thread each, which start together.
class two_loops {
public:
    static constexpr auto name = "2t-split";

    explicit two_loops(poll_time longest = sleeps) : here(longest), there(longest) {}

    one_thread here;
    one_thread there;

    /// Seconds until both have nothing left to do.
    double run() {
        std::barrier together(2);
        std::thread other([&] {
            together.arrive_and_wait();
            there.run();
        });
        together.arrive_and_wait();
        stopwatch const watch;
        here.run();
        other.join();
        return watch.seconds();
    }
};

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_LOOPS_HPP
