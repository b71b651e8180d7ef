// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W8: a number goes through a queue of 1 and comes back through another. W11: a thread that knows no event loop sends to
// a task that waits; how long until it has the number.

#include "support/asio_channel.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bench;

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

// ---- weir

template <class Coroutine, class Sender, class Receiver>
Coroutine ping(Sender tx, Receiver rx, counter n, tally& result) {
    for (counter i = 0; i != n; ++i) {
        co_await tx.async_send(i);
        auto const back = co_await rx.async_receive();
        result.take(*back);
    }
}

template <class Coroutine, class Sender, class Receiver>
Coroutine pong(Sender tx, Receiver rx) {
    while (auto value = co_await rx.async_receive())
        co_await tx.async_send(*value);
}

template <class Place, class Threading, class Coroutine>
work ping_pong(counter n) {
    Place where;
    tally received;
    stopwatch const watch;
    {
        auto [there, from_here] = weir::mpsc::channel<counter, Threading>(where.place(), 1);
        auto [back, from_there] = weir::mpsc::channel<counter, Threading>(where.place(), 1);
        start(where.place(), pong<Coroutine>(std::move(back), std::move(from_here)));
        start(where.place(), ping<Coroutine>(std::move(there), std::move(from_there), n, received));
    }
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Coroutine>
work ping_pong_split(counter n, poll_time longest) {
    two_loops loops(longest);
    tally received;
    {
        auto [there, from_here] = weir::mpsc::channel<counter>(loops.there.place(), 1);
        auto [back, from_there] = weir::mpsc::channel<counter>(loops.here.place(), 1);
        start(loops.there.place(), pong<Coroutine>(std::move(back), std::move(from_here)));
        start(loops.here.place(), ping<Coroutine>(std::move(there), std::move(from_there), n, received));
    }
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- Asio's channels

template <class Use, class Channel>
asio_coroutine<Use> asio_ping(Channel& there, Channel& back, counter n, tally& result) {
    for (counter i = 0; i != n; ++i) {
        if (!has_sent<Use>(there, i))
            co_await there.async_send(error_code(), i, await<Use>);
        result.take(co_await back.async_receive(await<Use>));
    }
}

template <class Use, class Channel>
asio_coroutine<Use> asio_pong(Channel& there, Channel& back, counter n) {
    for (counter i = 0; i != n; ++i) {
        counter const value = co_await there.async_receive(await<Use>);
        if (!has_sent<Use>(back, value))
            co_await back.async_send(error_code(), value, await<Use>);
    }
}

template <class Place, template <class> class How, template <class, class> class Channel>
work asio_ping_pong(counter n) {
    using use = How<typename Place::executor_type>;
    using channel = Channel<counter, typename use::executor_type>;
    Place where;
    tally received;
    channel there(where.executor(), 1);
    channel back(where.executor(), 1);
    stopwatch const watch;
    start(where.executor(), asio_pong<use>(there, back, n));
    start(where.executor(), asio_ping<use>(there, back, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <template <class> class How>
work asio_ping_pong_split(counter n) {
    using use = How<one_thread::executor_type>;
    using channel = asio_concurrent_channel<counter, typename use::executor_type>;
    two_loops loops;
    tally received;
    channel there(loops.there.executor(), 1);
    channel back(loops.here.executor(), 1);
    start(loops.there.executor(), asio_pong<use>(there, back, n));
    start(loops.here.executor(), asio_ping<use>(there, back, n, received));
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- W11

/// As many as fit into the time, with the pause between them.
std::size_t how_many(effort e, counter pause) {
    double const fit = e.seconds * 1e9 / static_cast<double>(pause);
    return static_cast<std::size_t>(std::max(fit, 10.0));
}

/// What a foreign thread does: pauses without sleeping, then sends the time.
template <class Send>
void send_now_and_then(std::size_t n, counter pause, Send send) {
    for (std::size_t i = 0; i != n; ++i) {
        for (counter const from = nanoseconds(); nanoseconds() - from < pause;) {
        }
        send(nanoseconds());
    }
}

using samples = std::vector<std::uint32_t>;

template <class Coroutine, class Receiver>
Coroutine take_times(Receiver rx, samples& result) {
    while (auto const sent = co_await rx.async_receive())
        result.push_back(static_cast<std::uint32_t>(nanoseconds() - *sent));
}

template <class Coroutine>
samples one_way(std::size_t n, counter pause, poll_time longest) {
    one_thread where(longest);
    samples result;
    result.reserve(n);
    auto [tx, rx] = weir::mpsc::channel<counter>(where.place(), 16);
    start(where.place(), take_times<Coroutine>(std::move(rx), result));
    std::thread foreign([to = std::move(tx), n, pause]() mutable {
        send_now_and_then(n, pause, [&](counter now) { verify(to.blocking_send(now), "closed"); });
        [[maybe_unused]] auto const last =
            std::move(to); // or the channel would stay open until the thread is joined
    });
    where.run();
    foreign.join();
    verify(result.size() == n, "not as many were received as were sent");
    return result;
}

template <class Use, class Channel>
asio_coroutine<Use> asio_take_times(Channel& channel, std::size_t n, samples& result) {
    while (result.size() != n) {
        counter const sent = co_await channel.async_receive(await<Use>);
        result.push_back(static_cast<std::uint32_t>(nanoseconds() - sent));
    }
}

template <class Use>
samples asio_one_way(std::size_t n, counter pause) {
    one_thread where;
    samples result;
    result.reserve(n);
    asio_concurrent_channel<counter, typename Use::executor_type> channel(where.executor(), 16);
    start(where.executor(), asio_take_times<Use>(channel, n, result));
    std::thread foreign([&] {
        send_now_and_then(n, pause, [&](counter now) {
            while (!channel.try_send(error_code(), now))
                std::this_thread::yield();
        });
    });
    where.run();
    foreign.join();
    return result;
}

struct request {
    request(counter n, weir::oneshot::sender<counter, one_thread::executor_type> to)
        : number(n), answer(std::move(to)) {}

    counter number;
    weir::oneshot::sender<counter, one_thread::executor_type> answer;
};

template <class Receiver>
weir_task serve(Receiver requests) {
    while (auto r = co_await requests.async_receive())
        r->answer.send(r->number + 1);
}

work round_trip(counter n, poll_time longest) {
    one_thread where(longest);
    tally received;
    double seconds = 0;
    auto [tx, rx] = weir::mpsc::channel<request>(where.place(), 16);
    start(where.place(), serve(std::move(rx)));
    std::thread foreign([&, to = std::move(tx)]() mutable {
        stopwatch const watch;
        for (counter i = 0; i != n; ++i) {
            auto [answer, from] = weir::oneshot::channel<counter>(where.place());
            verify(to.blocking_send(request(i, std::move(answer))), "closed");
            received.take(*from.blocking_receive() - 1);
        }
        seconds = watch.seconds();
        [[maybe_unused]] auto const last = std::move(to);
    });
    where.run();
    foreign.join();
    received.verify_all(1, n);
    return {n, seconds};
}

} // namespace

int main(int argc, char** argv) {
    using weir::multi_threaded;
    using weir::single_threaded;

    suite all;
    all.add("W8", "1t", "weir", cost(ping_pong<one_thread, multi_threaded, weir_task>));
    all.add("W8", "1t", "weir single_threaded", cost(ping_pong<one_thread, single_threaded, weir_task>));
    all.add("W8", "1t", "weir on a loop without hint", cost(ping_pong<unhinted, multi_threaded, weir_task>));
    all.add("W8", "1t", "weir awaitable", cost(ping_pong<one_thread, multi_threaded, awaitable>));
    all.add("W8", "1t", "asio channel", cost(asio_ping_pong<one_thread, as_used, asio_channel>));
    all.add("W8", "1t", "asio channel try-first", cost(asio_ping_pong<one_thread, try_first, asio_channel>));

    all.add("W8", "2t-pool", "weir", cost(ping_pong<pool_of_two, multi_threaded, weir_task>));
    all.add("W8", "2t-pool", "weir awaitable", cost(ping_pong<pool_of_two, multi_threaded, awaitable>));
    all.add("W8", "2t-pool", "asio concurrent_channel",
            cost(asio_ping_pong<pool_of_two, as_used, asio_concurrent_channel>));
    all.add("W8", "2t-pool", "asio concurrent_channel try-first",
            cost(asio_ping_pong<pool_of_two, try_first, asio_concurrent_channel>));

    auto const add_split = [&](std::string const& peer, auto run, poll_time longest) {
        all.add("W8", two_loops::name, peer, cost([run, longest](counter n) { return run(n, longest); }));
    };
    add_split("weir", ping_pong_split<weir_task>, sleeps);
    add_split("weir busy_poll", ping_pong_split<weir_task>, polls);
    add_split("weir awaitable", ping_pong_split<awaitable>, sleeps);
    all.add("W8", "2t-split", "asio concurrent_channel", cost(asio_ping_pong_split<as_used>));
    all.add("W8", "2t-split", "asio concurrent_channel try-first", cost(asio_ping_pong_split<try_first>));

    for (counter const micros : {20U, 200U}) {
        counter const pause = micros * 1000;
        std::string const param = "one-way gap " + std::to_string(micros) + "us";
        auto const add = [&](std::string const& peer, auto run) {
            all.add("W11", param, peer,
                    latency([run, pause](effort e) { return run(how_many(e, pause), pause); }));
        };
        auto const add_weir = [&](std::string const& peer, auto run, poll_time longest) {
            add(peer, [run, longest](std::size_t n, counter gap) { return run(n, gap, longest); });
        };
        add_weir("weir", one_way<weir_task>, sleeps);
        add_weir("weir busy_poll", one_way<weir_task>, polls);
        add_weir("weir awaitable", one_way<awaitable>, sleeps);
        add("asio concurrent_channel", asio_one_way<as_used<one_thread::executor_type>>);
        add("asio concurrent_channel try-first", asio_one_way<try_first<one_thread::executor_type>>);
    }
    all.add("W11", "round trip", "weir", cost([](counter n) { return round_trip(n, sleeps); }));
    all.add("W11", "round trip", "weir busy_poll", cost([](counter n) { return round_trip(n, polls); }));
    return all.run(argc, argv);
}
