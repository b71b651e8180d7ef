// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W1, W1u, W2, W3, W3u: numbers through a queue, bounded at 1024 or not, from one producer or four to one consumer. And
// how the cost of a message grows with the capacity, with its size and with the number of producers.

#include "support/asio_channel.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"
#include "support/queue_peers.hpp"

#include <weir/mpsc.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace bench;

constexpr std::size_t usual_capacity = 1024;
constexpr counter yield_every = 1024; // an unbounded queue would else hold everything before it is received

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

/// A message of so many bytes that carries a number.
template <std::size_t Bytes>
struct message {
    message() = default;

    explicit message(counter n) : number(n) {}

    explicit operator counter() const { return number; }

    counter number = 0;
    std::array<std::byte, Bytes - sizeof(counter)> rest{};
};

// ---- weir. The same coroutine as a weir::task and as an asio::awaitable.

template <class Coroutine, class T, class Sender>
Coroutine send_all(Sender tx, counter n) {
    for (counter i = 0; i != n; ++i)
        co_await tx.async_send(T(i));
}

template <class Coroutine, class Sender, class Executor>
Coroutine send_all_unbounded(Sender tx, Executor executor, counter n) {
    for (counter i = 0; i != n; ++i) {
        tx.send(i);
        if (i % yield_every == yield_every - 1)
            co_await yield<Coroutine>(executor);
    }
}

template <class Coroutine, class Receiver>
Coroutine receive_all(Receiver rx, tally& result) {
    tally mine;
    while (auto value = co_await rx.async_receive())
        mine.take(static_cast<counter>(*value));
    result = mine;
}

template <class Coroutine, class Receiver>
Coroutine receive_many(Receiver rx, tally& result) {
    tally mine;
    std::vector<typename Receiver::value_type> run;
    run.reserve(256);
    while (auto const n = co_await rx.async_receive_many(run, 256)) {
        verify(n == run.size(), "not as many as it says");
        for (auto const& value : run)
            mine.take(static_cast<counter>(value));
        run.clear();
    }
    result = mine;
}

enum class by { one, many };

template <class Coroutine, by By, class Receiver>
Coroutine receive(Receiver rx, tally& result) {
    if constexpr (By == by::many)
        return receive_many<Coroutine>(std::move(rx), result);
    else
        return receive_all<Coroutine>(std::move(rx), result);
}

template <class Place, class Threading, class Coroutine, by By = by::one, class T = counter>
work bounded(counter n, counter producers = 1, std::size_t capacity = usual_capacity) {
    Place where;
    tally received;
    counter const each = n / producers + 1;
    stopwatch const watch;
    {
        auto [tx, rx] = weir::mpsc::channel<T, Threading>(where.place(), capacity);
        for (counter p = 0; p != producers; ++p)
            start(where.place(), send_all<Coroutine, T>(tx, each));
        start(where.place(), receive<Coroutine, By>(std::move(rx), received));
    }
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(producers, each);
    return {received.count, seconds};
}

template <class Place, class Threading, class Coroutine, by By = by::one>
work unbounded(counter n, counter producers = 1) {
    Place where;
    tally received;
    counter const each = n / producers + 1;
    stopwatch const watch;
    {
        auto [tx, rx] = weir::mpsc::unbounded_channel<counter, Threading>(where.place());
        for (counter p = 0; p != producers; ++p)
            start(where.place(), send_all_unbounded<Coroutine>(tx, where.executor(), each));
        start(where.place(), receive<Coroutine, By>(std::move(rx), received));
    }
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(producers, each);
    return {received.count, seconds};
}

template <class Coroutine, by By = by::one>
work split(counter n, poll_time longest = sleeps) {
    two_loops loops(longest);
    tally received;
    {
        auto [tx, rx] = weir::mpsc::channel<counter>(loops.here.place(), usual_capacity);
        start(loops.there.place(), send_all<Coroutine, counter>(std::move(tx), n));
        start(loops.here.place(), receive<Coroutine, By>(std::move(rx), received));
    }
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- Asio's channels

template <class Use, class Channel>
asio_coroutine<Use> send_all(Channel& channel, counter n) {
    for (counter i = 0; i != n; ++i)
        if (!has_sent<Use>(channel, i))
            co_await channel.async_send(error_code(), i, await<Use>);
}

template <class Use, class Channel>
asio_coroutine<Use> send_all_unbounded(Channel& channel, counter n) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n; ++i) {
        channel.try_send(error_code(), i);
        if (i % yield_every == yield_every - 1)
            co_await asio::post(executor, await<Use>);
    }
}

template <class Use, class Channel>
asio_coroutine<Use> receive_all(Channel& channel, counter n, tally& result) {
    tally mine;
    while (mine.count != n)
        if (!has_received<Use>(channel, [&](counter value) { mine.take(value); }))
            mine.take(co_await channel.async_receive(await<Use>));
    result = mine;
}

template <class Place, template <class> class How, template <class, class> class Channel>
work asio_bounded(counter n, counter producers = 1) {
    using use = How<typename Place::executor_type>;
    Place where;
    tally received;
    counter const each = n / producers + 1;
    Channel<counter, typename use::executor_type> channel(where.executor(), usual_capacity);
    stopwatch const watch;
    for (counter p = 0; p != producers; ++p)
        start(where.executor(), send_all<use>(channel, each));
    start(where.executor(), receive_all<use>(channel, producers * each, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(producers, each);
    return {received.count, seconds};
}

template <class Place, template <class, class> class Channel>
work asio_unbounded(counter n, counter producers = 1) {
    using use = try_first<typename Place::executor_type>;
    Place where;
    tally received;
    counter const each = n / producers + 1;
    Channel<counter, typename use::executor_type> channel(where.executor(),
                                                          std::numeric_limits<std::size_t>::max());
    stopwatch const watch;
    for (counter p = 0; p != producers; ++p)
        start(where.executor(), send_all_unbounded<use>(channel, each));
    start(where.executor(), receive_all<use>(channel, producers * each, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(producers, each);
    return {received.count, seconds};
}

template <template <class> class How>
work asio_split(counter n) {
    using use = How<one_thread::executor_type>;
    two_loops loops;
    tally received;
    asio_concurrent_channel<counter, typename use::executor_type> channel(loops.here.executor(),
                                                                          usual_capacity);
    start(loops.there.executor(), send_all<use>(channel, n));
    start(loops.here.executor(), receive_all<use>(channel, n, received));
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- what is compared with what

/// One producer or four on a loop or a pool, with all that weir has for it and Asio's channel that is safe there.
template <class Place, template <class, class> class AsioChannel>
void add_bounded(suite& all, std::string const& name, counter producers, std::string const& asio_name) {
    auto const add = [&](std::string const& peer, auto run) {
        all.add(name, Place::name, peer,
                rate("msg/s", [run, producers](counter n) { return run(n, producers); }));
    };
    using weir::multi_threaded;
    add("weir", [](counter n, counter p) { return bounded<Place, multi_threaded, weir_task>(n, p); });
    add("weir receive_many",
        [](counter n, counter p) { return bounded<Place, multi_threaded, weir_task, by::many>(n, p); });
    add("weir awaitable",
        [](counter n, counter p) { return bounded<Place, multi_threaded, awaitable>(n, p); });
    if constexpr (std::is_same_v<Place, one_thread>) {
        using weir::single_threaded;
        add("weir single_threaded",
            [](counter n, counter p) { return bounded<Place, single_threaded, weir_task>(n, p); });
        add("weir single_threaded receive_many",
            [](counter n, counter p) { return bounded<Place, single_threaded, weir_task, by::many>(n, p); });
    }
    add(asio_name, [](counter n, counter p) { return asio_bounded<Place, as_used, AsioChannel>(n, p); });
    add(asio_name + " try-first",
        [](counter n, counter p) { return asio_bounded<Place, try_first, AsioChannel>(n, p); });
}

template <class Place, template <class, class> class AsioChannel>
void add_unbounded(suite& all, std::string const& name, counter producers, std::string const& asio_name) {
    auto const add = [&](std::string const& peer, auto run) {
        all.add(name, Place::name, peer,
                rate("msg/s", [run, producers](counter n) { return run(n, producers); }));
    };
    using weir::multi_threaded;
    add("weir", [](counter n, counter p) { return unbounded<Place, multi_threaded, weir_task>(n, p); });
    add("weir receive_many",
        [](counter n, counter p) { return unbounded<Place, multi_threaded, weir_task, by::many>(n, p); });
    add("weir awaitable",
        [](counter n, counter p) { return unbounded<Place, multi_threaded, awaitable>(n, p); });
    if constexpr (std::is_same_v<Place, one_thread>)
        add("weir single_threaded",
            [](counter n, counter p) { return unbounded<Place, weir::single_threaded, weir_task>(n, p); });
    add(asio_name + " try-first",
        [](counter n, counter p) { return asio_unbounded<Place, AsioChannel>(n, p); });
}

void add_split(suite& all) {
    auto const add = [&](std::string const& peer, workload run) {
        all.add("W2", two_loops::name, peer, rate("msg/s", std::move(run)));
    };
    add("weir", [](counter n) { return split<weir_task>(n); });
    add("weir receive_many", [](counter n) { return split<weir_task, by::many>(n); });
    add("weir busy_poll", [](counter n) { return split<weir_task>(n, polls); });
    add("weir awaitable", [](counter n) { return split<awaitable>(n); });
    add("asio concurrent_channel", [](counter n) { return asio_split<as_used>(n); });
    add("asio concurrent_channel try-first", [](counter n) { return asio_split<try_first>(n); });
}

template <std::size_t Bytes>
void add_size(suite& all) {
    using sized = std::conditional_t<Bytes == sizeof(counter), counter, message<Bytes>>;
    all.add_growth("message size", Bytes, "weir", cost(at_least(32 * usual_capacity, [](counter n) {
                       return bounded<one_thread, weir::multi_threaded, weir_task, by::one, sized>(n);
                   })));
}

void add_growth(suite& all) {
    for (std::size_t capacity = 1; capacity <= 65'536; capacity *= 2) {
        auto const add = [&](std::string const& peer, auto run) {
            all.add_growth(
                "capacity", capacity, peer,
                cost(at_least(8 * capacity, [run, capacity](counter n) { return run(n, 1, capacity); })));
        };
        add("weir", bounded<one_thread, weir::multi_threaded, weir_task>);
        add("weir single_threaded", bounded<one_thread, weir::single_threaded, weir_task>);
    }
    add_size<8>(all);
    add_size<16>(all);
    add_size<32>(all);
    add_size<64>(all);
    add_size<128>(all);
    add_size<256>(all);
    add_size<512>(all);
    add_size<1024>(all);
    add_size<2048>(all);
    add_size<4096>(all);
    for (counter producers = 1; producers <= 64; producers *= 2) {
        all.add_growth("producers", producers, "weir 1t", cost([producers](counter n) {
                           return bounded<one_thread, weir::multi_threaded, weir_task>(n, producers);
                       }));
        all.add_growth("producers", producers, "weir 2t-pool", cost([producers](counter n) {
                           return bounded<pool_of_two, weir::multi_threaded, weir_task>(n, producers);
                       }));
    }
}

} // namespace

int main(int argc, char** argv) {
    suite all;
    add_bounded<one_thread, asio_channel>(all, "W1", 1, "asio channel");
    all.add("W1", "1t", "asio concurrent_channel try-first", rate("msg/s", [](counter n) {
                return asio_bounded<one_thread, try_first, asio_concurrent_channel>(n);
            }));
    add_unbounded<one_thread, asio_channel>(all, "W1u", 1, "asio channel");
    add_split(all);
    add_bounded<pool_of_two, asio_concurrent_channel>(all, "W2", 1, "asio concurrent_channel");
    add_bounded<pool_of_two, asio_concurrent_channel>(all, "W3", 4, "asio concurrent_channel");
    add_bounded<one_thread, asio_channel>(all, "W3", 4, "asio channel");
    add_unbounded<pool_of_two, asio_concurrent_channel>(all, "W3u", 4, "asio concurrent_channel");
    add_queue_peers(all);
    add_growth(all);
    return all.run(argc, argv);
}
