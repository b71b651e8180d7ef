// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W6: every receiver gets every number; what counts is deliveries. Nothing may be lost: the sender waits for the slowest
// receiver. "one-by-one": all have received a number before the next is sent, so each delivery wakes somebody. And how
// the cost of a delivery grows with the number of receivers.

#include "support/asio_channel.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/broadcast.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace bench;

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

constexpr std::size_t capacity = 1024;

void verify_all(std::vector<tally> const& received, counter n) {
    for (tally const& one : received)
        one.verify_all(1, n);
}

// ---- weir

template <class Coroutine, class Sender>
Coroutine send_all(Sender tx, counter n) {
    for (counter i = 0; i != n; ++i)
        co_await tx.async_send(i);
}

template <class Coroutine, class Sender, class Executor>
Coroutine send_one_by_one(Sender tx, Executor executor, counter n) {
    co_await yield<Coroutine>(executor); // all wait
    for (counter i = 0; i != n; ++i) {
        tx.send(i);
        co_await yield<Coroutine>(executor);
    }
}

template <class Coroutine, class Receiver>
Coroutine receive_all(Receiver rx, tally& result) {
    tally mine;
    while (auto value = co_await rx.async_receive())
        mine.take(*value);
    result = mine;
}

template <class Place, class Threading, class Coroutine, bool OneByOne = false>
work fan_out(counter deliveries, counter receivers) {
    Place where;
    counter const n = deliveries / receivers + 1;
    std::vector<tally> received(receivers);
    stopwatch const watch;
    {
        auto [tx, rx] = weir::broadcast::channel<counter, Threading>(where.place(), capacity);
        for (tally& one : received)
            start(where.place(), receive_all<Coroutine>(rx, one));
        if constexpr (OneByOne)
            start(where.place(), send_one_by_one<Coroutine>(std::move(tx), where.executor(), n));
        else
            start(where.place(), send_all<Coroutine>(std::move(tx), n));
    }
    where.run();
    double const seconds = watch.seconds();
    verify_all(received, n);
    return {n * receivers, seconds};
}

// ---- Asio has no broadcast: a channel for each receiver, and a loop over them

template <class Use, class Channels>
asio_coroutine<Use> asio_send_all(Channels& channels, counter n, bool one_by_one) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n; ++i) {
        for (auto& channel : channels)
            if (!has_sent<Use>(*channel, i))
                co_await channel->async_send(error_code(), i, await<Use>);
        if (one_by_one)
            co_await asio::post(executor, await<Use>);
    }
}

template <class Use, class Channel>
asio_coroutine<Use> asio_receive_all(Channel& channel, counter n, tally& result) {
    tally mine;
    while (mine.count != n)
        if (!has_received<Use>(channel, [&](counter value) { mine.take(value); }))
            mine.take(co_await channel.async_receive(await<Use>));
    result = mine;
}

template <class Place, template <class> class How, template <class, class> class Channel,
          bool OneByOne = false>
work asio_fan_out(counter deliveries, counter receivers) {
    using use = How<typename Place::executor_type>;
    using channel = Channel<counter, typename use::executor_type>;
    Place where;
    counter const n = deliveries / receivers + 1;
    std::vector<tally> received(receivers);
    std::vector<std::unique_ptr<channel>> channels;
    for (counter r = 0; r != receivers; ++r)
        channels.push_back(std::make_unique<channel>(where.executor(), capacity));
    stopwatch const watch;
    for (counter r = 0; r != receivers; ++r)
        start(where.executor(), asio_receive_all<use>(*channels[r], n, received[r]));
    start(where.executor(), asio_send_all<use>(channels, n, OneByOne));
    where.run();
    double const seconds = watch.seconds();
    verify_all(received, n);
    return {n * receivers, seconds};
}

// ---- what is compared with what

template <class Run>
void add(suite& all, counter receivers, std::string const& where, std::string const& peer, Run run) {
    all.add("W6", "R=" + std::to_string(receivers) + " " + where, peer,
            rate("deliveries/s", [run, receivers](counter n) { return run(n, receivers); }));
}

template <class Place, template <class, class> class AsioChannel>
void add_fan_out(suite& all, counter receivers, std::string const& asio_name) {
    using weir::multi_threaded;
    using weir::single_threaded;
    add(all, receivers, Place::name, "weir", fan_out<Place, multi_threaded, weir_task>);
    add(all, receivers, Place::name, "weir awaitable", fan_out<Place, multi_threaded, awaitable>);
    if constexpr (std::is_same_v<Place, one_thread>)
        add(all, receivers, Place::name, "weir single_threaded", fan_out<Place, single_threaded, weir_task>);
    add(all, receivers, Place::name, asio_name, asio_fan_out<Place, as_used, AsioChannel>);
    add(all, receivers, Place::name, asio_name + " try-first", asio_fan_out<Place, try_first, AsioChannel>);
}

void add_one_by_one(suite& all, counter receivers) {
    using weir::multi_threaded;
    using weir::single_threaded;
    std::string const where = "1t one-by-one";
    add(all, receivers, where, "weir", fan_out<one_thread, multi_threaded, weir_task, true>);
    add(all, receivers, where, "weir single_threaded", fan_out<one_thread, single_threaded, weir_task, true>);
    add(all, receivers, where, "weir awaitable", fan_out<one_thread, multi_threaded, awaitable, true>);
    add(all, receivers, where, "asio channel", asio_fan_out<one_thread, as_used, asio_channel, true>);
    add(all, receivers, where, "asio channel try-first",
        asio_fan_out<one_thread, try_first, asio_channel, true>);
}

void add_growth(suite& all) {
    for (counter receivers : {1U, 3U, 10U, 30U, 100U, 300U, 1000U, 3000U, 10'000U}) {
        auto const add = [&](std::string const& peer, auto run) {
            all.add_growth(
                "receivers", receivers, peer,
                cost(at_least(100 * receivers, [run, receivers](counter n) { return run(n, receivers); })));
        };
        add("weir", fan_out<one_thread, weir::multi_threaded, weir_task>);
        add("weir one-by-one", fan_out<one_thread, weir::multi_threaded, weir_task, true>);
    }
}

} // namespace

int main(int argc, char** argv) {
    suite all;
    for (counter receivers : {1U, 4U, 16U, 64U}) {
        add_fan_out<one_thread, asio_channel>(all, receivers, "asio channel");
        add_fan_out<pool_of_two, asio_concurrent_channel>(all, receivers, "asio concurrent_channel");
    }
    add_one_by_one(all, 16);
    add_growth(all);
    return all.run(argc, argv);
}
