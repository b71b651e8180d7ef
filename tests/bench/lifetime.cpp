// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// lifetime: a channel is made and destroyed, unused or after one value has gone through it. How many bytes each has is
// counted in tests/allocations/memory.cpp.

#include "support/asio_channel.hpp"
#include "support/measure.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/watch.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace {

using namespace bench;

constexpr std::size_t capacity = 16;

/// `live(executor, number)` makes a channel, sends the number if it uses it, and returns what came out, or the number.
template <class Live>
measurement lives(Live live) {
    return cost([live](counter n) {
        asio::io_context loop(1);
        tally received;
        stopwatch const watch;
        for (counter i = 0; i != n; ++i)
            received.take(live(loop.get_executor(), i));
        double const seconds = watch.seconds();
        received.verify_all(1, n);
        return work{n, seconds};
    });
}

/// Sends by `send(tx, number)` and takes what comes.
template <class Make, class Send>
auto used(Make make, Send send) {
    return [make, send](auto executor, counter number) {
        auto [tx, rx] = make(executor);
        send(tx, number);
        auto const value = rx.try_receive();
        return value.value_or(number + 1);
    };
}

template <class Make>
auto unused(Make make) {
    return [make](auto executor, counter number) {
        auto const ends = make(executor);
        return ends.first.get_executor() == executor ? number : 0;
    };
}

template <class Make, class Send>
void add(suite& all, std::string const& channel, Make make, Send send) {
    all.add("lifetime", channel + " unused", "weir", lives(unused(make)));
    all.add("lifetime", channel + " used once", "weir", lives(used(make, send)));
}

} // namespace

int main(int argc, char** argv) {
    suite all;
    auto const try_send = [](auto& tx, counter value) { verify(tx.try_send(value), "no room"); };
    auto const send = [](auto& tx, counter value) { tx.send(value); };
    add(
        all, "mpsc", [](auto ex) { return weir::mpsc::channel<counter>(ex, capacity); }, try_send);
    add(
        all, "unbounded mpsc", [](auto ex) { return weir::mpsc::unbounded_channel<counter>(ex); }, send);
    add(
        all, "mpmc", [](auto ex) { return weir::mpmc::channel<counter>(ex, capacity); }, try_send);
    add(
        all, "oneshot", [](auto ex) { return weir::oneshot::channel<counter>(ex); }, send);
    add(
        all, "broadcast", [](auto ex) { return weir::broadcast::channel<counter>(ex, capacity); }, send);
    add(
        all, "watch", [](auto ex) { return weir::watch::channel<counter>(ex, 0); }, send);
    using executor = asio::io_context::executor_type;
    all.add("lifetime", "mpsc unused", "asio channel", lives([](executor ex, counter number) {
                asio_channel<counter, executor> const channel(ex, capacity);
                return channel.is_open() ? number : 0;
            }));
    all.add("lifetime", "mpsc used once", "asio channel", lives([](executor ex, counter number) {
                asio_channel<counter, executor> channel(ex, capacity);
                channel.try_send(error_code(), number);
                channel.try_receive([&number](error_code, counter value) { number = value; });
                return number;
            }));
    return all.run(argc, argv);
}
