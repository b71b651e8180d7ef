// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W9: an actor selects over data, commands and a shutdown, while data come at full speed; beside it a receive of the data
// alone, which is what a select costs nothing more than at best. And how the cost of a message grows with the number of
// cases.

#include "support/asio_channel.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/selector.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace bench;

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

constexpr std::size_t data_capacity = 1024;
constexpr std::size_t command_capacity = 32;

// ---- weir

template <class Coroutine, class Sender>
Coroutine send_all(Sender tx, counter n) {
    for (counter i = 0; i != n; ++i)
        co_await tx.async_send(i);
}

/// `made_once`: a selector; `none`: a receive of the data, without the other two.
enum class order { fair, biased, made_once, none };

/// The actor ends when the data do; the other two stay open until then.
template <class Coroutine, order Order, class Data, class Commands, class Shutdown>
Coroutine act(Data data, Commands commands, Shutdown shutdown, tally& result) {
    tally mine;
    bool is_running = true;
    auto on_shutdown = [&is_running](counter) { is_running = false; };
    auto on_command = [&mine](counter command) { mine.take(command); };
    auto on_data = [&mine](counter value) { mine.take(value); };
    auto on_end = [&is_running] { is_running = false; };
    if constexpr (Order == order::made_once) {
        weir::selector loop(weir::on(data, on_data).closed(on_end), weir::on(commands, on_command),
                            weir::on(shutdown, on_shutdown));
        while (is_running)
            co_await loop.next();
    }
    while (is_running) {
        if constexpr (Order == order::none) {
            if (auto const value = co_await data.async_receive())
                on_data(*value);
            else
                on_end();
        } else if constexpr (Order == order::fair)
            co_await weir::select(weir::on(data, on_data).closed(on_end), weir::on(commands, on_command),
                                  weir::on(shutdown, on_shutdown));
        else
            co_await weir::select(weir::biased, weir::on(shutdown, on_shutdown),
                                  weir::on(commands, on_command), weir::on(data, on_data).closed(on_end));
    }
    result = mine;
}

template <class Threading, class Coroutine, order Order, bool ShutdownIsBroadcast = false>
work actor(counter n) {
    one_thread where;
    tally received;
    stopwatch const watch;
    auto [data, from_data] = weir::mpsc::channel<counter, Threading>(where.place(), data_capacity);
    auto [commands, from_commands] = weir::mpsc::channel<counter, Threading>(where.place(), command_capacity);
    start(where.place(), send_all<Coroutine>(std::move(data), n));
    auto const start_actor = [&](auto from_shutdown) {
        start(where.place(), act<Coroutine, Order>(std::move(from_data), std::move(from_commands),
                                                   std::move(from_shutdown), received));
    };
    if constexpr (ShutdownIsBroadcast) {
        auto [shutdown, from_shutdown] = weir::broadcast::channel<counter, Threading>(where.place(), 1);
        start_actor(std::move(from_shutdown));
        where.run();
    } else {
        auto [shutdown, from_shutdown] = weir::mpsc::channel<counter, Threading>(where.place(), 1);
        start_actor(std::move(from_shutdown));
        where.run();
    }
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

/// One of many receivers gets all there is.
template <class Receiver>
weir_task act_on_many(std::vector<Receiver>& receivers, counter n, tally& result) {
    tally mine;
    auto take = [&mine](std::size_t, counter value) { mine.take(value); };
    while (mine.count != n)
        co_await weir::select(receivers, take);
    result = mine;
}

work range_of(counter n, std::size_t cases) {
    one_thread where;
    tally received;
    using channel = decltype(weir::mpsc::channel<counter>(where.place(), data_capacity));
    std::vector<typename channel::first_type> senders;
    std::vector<typename channel::second_type> receivers;
    for (std::size_t c = 0; c != cases; ++c) {
        auto [tx, rx] = weir::mpsc::channel<counter>(where.place(), data_capacity);
        senders.push_back(std::move(tx));
        receivers.push_back(std::move(rx));
    }
    stopwatch const watch;
    start(where.place(), send_all<weir_task>(senders.front(), n));
    start(where.place(), act_on_many(receivers, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- Asio

template <class Use, class Channel>
asio_coroutine<Use> asio_send_all(Channel& data, counter n) {
    for (counter i = 0; i != n; ++i)
        if (!has_sent<Use>(data, i))
            co_await data.async_send(error_code(), i, await<Use>);
}

template <class Use, class Channel>
asio_coroutine<Use> act_by_or(Channel& data, Channel& commands, Channel& shutdown, counter n, tally& result) {
    using namespace asio::experimental::awaitable_operators;
    tally mine;
    while (mine.count != n) {
        auto const first = co_await (data.async_receive(await<Use>) || commands.async_receive(await<Use>) ||
                                     shutdown.async_receive(await<Use>));
        if (first.index() == 2)
            break;
        mine.take(first.index() == 0 ? std::get<0>(first) : std::get<1>(first));
    }
    result = mine;
}

template <class Use, class Channel>
asio_coroutine<Use> act_by_group(Channel& data, Channel& commands, Channel& shutdown, counter n,
                                 tally& result) {
    tally mine;
    while (mine.count != n) {
        auto const [which, no_data, value, no_command, command, no_shutdown, stop] =
            co_await asio::experimental::make_parallel_group(data.async_receive(asio::deferred),
                                                             commands.async_receive(asio::deferred),
                                                             shutdown.async_receive(asio::deferred))
                .async_wait(asio::experimental::wait_for_one(), await<Use>);
        if (which[0] == 2)
            break;
        mine.take(which[0] == 0 ? value : command);
    }
    result = mine;
}

enum class by { operator_or, parallel_group };

template <template <class> class How, by By>
work asio_actor(counter n) {
    using use = How<one_thread::executor_type>;
    using channel = asio_channel<counter, typename use::executor_type>;
    one_thread where;
    tally received;
    channel data(where.executor(), data_capacity);
    channel commands(where.executor(), command_capacity);
    channel shutdown(where.executor(), 1);
    stopwatch const watch;
    start(where.executor(), asio_send_all<use>(data, n));
    if constexpr (By == by::operator_or)
        start(where.executor(), act_by_or<use>(data, commands, shutdown, n, received));
    else
        start(where.executor(), act_by_group<use>(data, commands, shutdown, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

} // namespace

int main(int argc, char** argv) {
    using weir::multi_threaded;
    using weir::single_threaded;

    suite all;
    auto const add = [&](std::string const& peer, workload run) {
        all.add("W9", "1t", peer, rate("msg/s", std::move(run)));
    };
    add("weir", actor<multi_threaded, weir_task, order::fair>);
    add("weir biased", actor<multi_threaded, weir_task, order::biased>);
    add("weir selector", actor<multi_threaded, weir_task, order::made_once>);
    add("weir receive", actor<multi_threaded, weir_task, order::none>);
    add("weir shutdown by broadcast", actor<multi_threaded, weir_task, order::fair, true>);
    add("weir awaitable", actor<multi_threaded, awaitable, order::fair>);
    add("weir single_threaded", actor<single_threaded, weir_task, order::fair>);
    add("weir single_threaded selector", actor<single_threaded, weir_task, order::made_once>);
    add("weir single_threaded receive", actor<single_threaded, weir_task, order::none>);
    add("asio operator||", asio_actor<as_used, by::operator_or>);
    add("asio parallel_group", asio_actor<as_used, by::parallel_group>);
    add("asio parallel_group try-first", asio_actor<try_first, by::parallel_group>);
    for (std::size_t cases = 1; cases <= 64; cases *= 2)
        all.add_growth("select cases", cases, "weir",
                       cost([cases](counter n) { return range_of(n, cases); }));
    return all.run(argc, argv);
}
