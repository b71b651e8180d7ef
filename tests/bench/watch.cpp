// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W7: a value changes, and eight receivers wait for it to change; others run after each update. What counts is updates;
// "seen/sent" says how many of them a receiver has seen, on average.

#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/watch.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace bench;

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

constexpr counter receivers = 8;

/// What a receiver has seen.
struct sight {
    counter last = 0;
    counter times = 0;
};

work verified(std::vector<sight> const& seen, counter n, double seconds) {
    counter times = 0;
    for (sight const& one : seen) {
        verify(one.last == n, "somebody has not seen the last value");
        times += one.times;
    }
    return {n,
            seconds,
            {{" seen/sent", "ratio", static_cast<double>(times) / static_cast<double>(n * receivers)}}};
}

template <class Coroutine, class Sender, class Executor>
Coroutine send_all(Sender tx, Executor executor, counter n) {
    co_await yield<Coroutine>(executor); // all wait
    for (counter i = 1; i <= n; ++i) {
        tx.send(i);
        co_await yield<Coroutine>(executor);
    }
}

template <class Coroutine, class Receiver>
Coroutine see_all(Receiver rx, sight& result) {
    sight mine;
    while (auto value = co_await rx.async_receive()) {
        verify(*value > mine.last, "an old value after a new one");
        mine.last = *value;
        ++mine.times;
    }
    result = mine;
}

template <class Place, class Threading, class Coroutine>
work updates(counter n) {
    Place where;
    std::vector<sight> seen(receivers);
    stopwatch const watch;
    {
        auto [tx, rx] = weir::watch::channel<counter, Threading>(where.place(), 0);
        for (sight& one : seen)
            start(where.place(), see_all<Coroutine>(rx, one));
        start(where.place(), send_all<Coroutine>(std::move(tx), where.executor(), n));
    }
    where.run();
    return verified(seen, n, watch.seconds());
}

// ---- Asio has no watch: a timer that never expires, and is cancelled when the value has changed

template <class Executor>
using timer_of = asio::basic_waitable_timer<std::chrono::steady_clock,
                                            asio::wait_traits<std::chrono::steady_clock>, Executor>;

template <class Executor>
asio::awaitable<void, Executor> asio_see_all(timer_of<Executor>& changed, counter const& value, counter n,
                                             sight& result) {
    sight mine;
    while (mine.last != n) {
        if (value == mine.last) {
            co_await changed.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>()));
        } else {
            mine.last = value;
            ++mine.times;
        }
    }
    result = mine;
}

template <class Executor>
asio::awaitable<void, Executor> asio_send_all(timer_of<Executor>& changed, counter& value, counter n) {
    auto const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable_t<Executor>());
    for (counter i = 1; i <= n; ++i) {
        value = i;
        changed.cancel();
        co_await asio::post(executor, asio::use_awaitable_t<Executor>());
    }
}

template <class Executor>
work asio_updates(counter n) {
    one_thread where;
    std::vector<sight> seen(receivers);
    counter value = 0;
    timer_of<Executor> changed(where.executor());
    changed.expires_at(std::chrono::steady_clock::time_point::max());
    stopwatch const watch;
    for (sight& one : seen)
        start(where.executor(), asio_see_all<Executor>(changed, value, n, one));
    start(where.executor(), asio_send_all<Executor>(changed, value, n));
    where.run();
    return verified(seen, n, watch.seconds());
}

} // namespace

int main(int argc, char** argv) {
    using weir::multi_threaded;
    using weir::single_threaded;

    suite all;
    auto const add = [&](std::string const& param, std::string const& peer, workload run) {
        all.add("W7", param, peer, rate("updates/s", std::move(run)));
    };
    add("R=8 1t", "weir", updates<one_thread, multi_threaded, weir_task>);
    add("R=8 1t", "weir single_threaded", updates<one_thread, single_threaded, weir_task>);
    add("R=8 1t", "weir awaitable", updates<one_thread, multi_threaded, awaitable>);
    add("R=8 1t", "asio timer", asio_updates<asio::any_io_executor>);
    add("R=8 1t", "asio timer try-first", asio_updates<one_thread::executor_type>);
    add("R=8 2t-pool", "weir", updates<pool_of_two, multi_threaded, weir_task>);
    add("R=8 2t-pool", "weir awaitable", updates<pool_of_two, multi_threaded, awaitable>);
    return all.run(argc, argv);
}
