// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// W4: a oneshot is made, sent and received, by one task or with the receiver waiting in another. W5: a call of an actor,
// the request through a queue of 1024, the reply through a oneshot.

#include "support/asio_channel.hpp"
#include "support/loops.hpp"
#include "support/measure.hpp"

#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace bench;

using weir_task = weir::task<>;
using awaitable = asio::awaitable<void>;

// ---- weir

template <class Coroutine, class Threading, class Executor>
Coroutine exchange_with_itself(Executor executor, counter n, tally& result) {
    for (counter i = 0; i != n; ++i) {
        auto [tx, rx] = weir::oneshot::channel<counter, Threading>(executor);
        tx.send(i);
        auto const value = co_await rx.async_receive();
        result.take(*value);
    }
}

template <class Threading, class Executor>
using reply_sender = weir::oneshot::sender<counter, Executor, Threading>;

template <class Coroutine, class Threading, class Executor>
Coroutine receive_from_another(Executor executor, std::optional<reply_sender<Threading, Executor>>& slot,
                               counter n, tally& result) {
    for (counter i = 0; i != n; ++i) {
        auto [tx, rx] = weir::oneshot::channel<counter, Threading>(executor);
        slot.emplace(std::move(tx));
        auto const value = co_await rx.async_receive();
        result.take(*value);
    }
}

/// Looks once a turn whether somebody waits.
template <class Coroutine, class Slot, class Executor>
Coroutine send_to_who_waits(Executor executor, std::optional<Slot>& slot, counter n) {
    for (counter i = 0; i != n;) {
        if (slot) {
            auto tx = std::move(*slot);
            slot.reset();
            tx.send(i++);
        }
        co_await yield<Coroutine>(executor);
    }
}

template <class Threading, class Coroutine>
work same_task(counter n) {
    one_thread where;
    tally received;
    stopwatch const watch;
    start(where.place(), exchange_with_itself<Coroutine, Threading>(where.executor(), n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Threading, class Coroutine>
work across_tasks(counter n) {
    one_thread where;
    tally received;
    std::optional<reply_sender<Threading, one_thread::executor_type>> slot;
    stopwatch const watch;
    start(where.place(), send_to_who_waits<Coroutine>(where.executor(), slot, n));
    start(where.place(), receive_from_another<Coroutine, Threading>(where.executor(), slot, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Threading, class Executor>
struct request {
    request(counter n, reply_sender<Threading, Executor> to) : number(n), answer(std::move(to)) {}

    counter number;
    reply_sender<Threading, Executor> answer;
};

template <class Coroutine, class Receiver>
Coroutine serve(Receiver requests) {
    while (auto r = co_await requests.async_receive())
        r->answer.send(r->number + 1);
}

template <class Coroutine, class Threading, class Executor, class Sender>
Coroutine call(Executor executor, Sender actor, counter n, tally& result) {
    for (counter i = 0; i != n; ++i) {
        auto [tx, rx] = weir::oneshot::channel<counter, Threading>(executor);
        co_await actor.async_emplace(i, std::move(tx));
        auto const answer = co_await rx.async_receive();
        result.take(*answer - 1);
    }
}

template <class Threading, class Coroutine>
work actor(counter n) {
    one_thread where;
    using executor = one_thread::executor_type;
    tally received;
    stopwatch const watch;
    {
        auto [tx, rx] = weir::mpsc::channel<request<Threading, executor>, Threading>(where.place(), 1024);
        start(where.place(), serve<Coroutine>(std::move(rx)));
        start(where.place(), call<Coroutine, Threading>(where.executor(), std::move(tx), n, received));
    }
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Coroutine>
work actor_on_pool(counter n) {
    pool_of_two where;
    using executor = pool_of_two::executor_type;
    tally received;
    stopwatch const watch;
    {
        auto [tx, rx] = weir::mpsc::channel<request<weir::multi_threaded, executor>>(where.place(), 1024);
        start(where.place(), serve<Coroutine>(std::move(rx)));
        start(where.place(),
              call<Coroutine, weir::multi_threaded>(where.executor(), std::move(tx), n, received));
    }
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Coroutine>
work actor_split(counter n) {
    two_loops loops;
    using executor = one_thread::executor_type;
    tally received;
    {
        auto [tx, rx] =
            weir::mpsc::channel<request<weir::multi_threaded, executor>>(loops.there.place(), 1024);
        start(loops.there.place(), serve<Coroutine>(std::move(rx)));
        start(loops.here.place(),
              call<Coroutine, weir::multi_threaded>(loops.here.executor(), std::move(tx), n, received));
    }
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

// ---- Asio has no oneshot: a channel of capacity 1 for each exchange

template <class Use>
asio_coroutine<Use> asio_with_itself(counter n, tally& result) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n; ++i) {
        asio_channel<counter, typename Use::executor_type> channel(executor, 1);
        channel.try_send(error_code(), i);
        result.take(co_await channel.async_receive(await<Use>));
    }
}

template <class Use>
using asio_reply = std::shared_ptr<asio_channel<counter, typename Use::executor_type>>;

template <class Use>
asio_coroutine<Use> asio_receive_from_another(asio_reply<Use>& slot, counter n, tally& result) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n; ++i) {
        auto const channel = std::make_shared<typename asio_reply<Use>::element_type>(executor, 1);
        slot = channel;
        result.take(co_await channel->async_receive(await<Use>));
    }
}

template <class Use>
asio_coroutine<Use> asio_send_to_who_waits(asio_reply<Use>& slot, counter n) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n;) {
        if (auto const channel = std::exchange(slot, nullptr))
            channel->try_send(error_code(), i++);
        co_await asio::post(executor, await<Use>);
    }
}

template <class Use>
work asio_same_task(counter n) {
    one_thread where;
    tally received;
    stopwatch const watch;
    start(where.executor(), asio_with_itself<Use>(n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Use>
work asio_across_tasks(counter n) {
    one_thread where;
    tally received;
    asio_reply<Use> slot;
    stopwatch const watch;
    start(where.executor(), asio_send_to_who_waits<Use>(slot, n));
    start(where.executor(), asio_receive_from_another<Use>(slot, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <class Use, template <class, class> class Channel>
struct asio_request {
    counter number = 0;
    std::shared_ptr<Channel<counter, typename Use::executor_type>> answer;
};

template <class Use, template <class, class> class Channel>
using asio_requests = Channel<asio_request<Use, Channel>, typename Use::executor_type>;

template <class Use, template <class, class> class Channel>
asio_coroutine<Use> asio_serve(asio_requests<Use, Channel>& requests, counter n) {
    for (counter i = 0; i != n; ++i) {
        asio_request<Use, Channel> r;
        if (!has_received<Use>(requests, [&r](auto one) { r = std::move(one); }))
            r = co_await requests.async_receive(await<Use>);
        r.answer->try_send(error_code(), r.number + 1);
    }
}

template <class Use, template <class, class> class Channel>
asio_coroutine<Use> asio_call(asio_requests<Use, Channel>& actor, counter n, tally& result) {
    auto const executor = co_await asio::this_coro::executor;
    for (counter i = 0; i != n; ++i) {
        auto const answer = std::make_shared<Channel<counter, typename Use::executor_type>>(executor, 1);
        asio_request<Use, Channel> r{i, answer};
        if (!has_sent<Use>(actor, r))
            co_await actor.async_send(error_code(), std::move(r), await<Use>);
        result.take(co_await answer->async_receive(await<Use>) - 1);
    }
}

template <class Place, template <class> class How, template <class, class> class Channel>
work asio_actor(counter n) {
    using use = How<typename Place::executor_type>;
    Place where;
    tally received;
    asio_requests<use, Channel> requests(where.executor(), 1024);
    stopwatch const watch;
    start(where.executor(), asio_serve<use, Channel>(requests, n));
    start(where.executor(), asio_call<use, Channel>(requests, n, received));
    where.run();
    double const seconds = watch.seconds();
    received.verify_all(1, n);
    return {n, seconds};
}

template <template <class> class How>
work asio_actor_split(counter n) {
    using use = How<one_thread::executor_type>;
    two_loops loops;
    tally received;
    asio_requests<use, asio_concurrent_channel> requests(loops.there.executor(), 1024);
    start(loops.there.executor(), asio_serve<use, asio_concurrent_channel>(requests, n));
    start(loops.here.executor(), asio_call<use, asio_concurrent_channel>(requests, n, received));
    double const seconds = loops.run();
    received.verify_all(1, n);
    return {n, seconds};
}

} // namespace

int main(int argc, char** argv) {
    using weir::multi_threaded;
    using weir::single_threaded;
    using used = as_used<one_thread::executor_type>;
    using tried = try_first<one_thread::executor_type>;

    suite all;
    all.add("W4", "same task", "weir", cost(same_task<multi_threaded, weir_task>));
    all.add("W4", "same task", "weir single_threaded", cost(same_task<single_threaded, weir_task>));
    all.add("W4", "same task", "weir awaitable", cost(same_task<multi_threaded, awaitable>));
    all.add("W4", "same task", "asio channel", cost(asio_same_task<used>));
    all.add("W4", "same task", "asio channel try-first", cost(asio_same_task<tried>));

    std::string const across = "cross task (receiver waiting)";
    all.add("W4", across, "weir", cost(across_tasks<multi_threaded, weir_task>));
    all.add("W4", across, "weir single_threaded", cost(across_tasks<single_threaded, weir_task>));
    all.add("W4", across, "weir awaitable", cost(across_tasks<multi_threaded, awaitable>));
    all.add("W4", across, "asio channel", cost(asio_across_tasks<used>));
    all.add("W4", across, "asio channel try-first", cost(asio_across_tasks<tried>));

    all.add("W5", "1t", "weir", cost(actor<multi_threaded, weir_task>));
    all.add("W5", "1t", "weir single_threaded", cost(actor<single_threaded, weir_task>));
    all.add("W5", "1t", "weir awaitable", cost(actor<multi_threaded, awaitable>));
    all.add("W5", "1t", "asio channel", cost(asio_actor<one_thread, as_used, asio_channel>));
    all.add("W5", "1t", "asio channel try-first", cost(asio_actor<one_thread, try_first, asio_channel>));

    all.add("W5", "2t-pool", "weir", cost(actor_on_pool<weir_task>));
    all.add("W5", "2t-pool", "weir awaitable", cost(actor_on_pool<awaitable>));
    all.add("W5", "2t-pool", "asio concurrent_channel",
            cost(asio_actor<pool_of_two, as_used, asio_concurrent_channel>));
    all.add("W5", "2t-pool", "asio concurrent_channel try-first",
            cost(asio_actor<pool_of_two, try_first, asio_concurrent_channel>));

    all.add("W5", "2t-split", "weir", cost(actor_split<weir_task>));
    all.add("W5", "2t-split", "weir awaitable", cost(actor_split<awaitable>));
    all.add("W5", "2t-split", "asio concurrent_channel", cost(asio_actor_split<as_used>));
    all.add("W5", "2t-split", "asio concurrent_channel try-first", cost(asio_actor_split<try_first>));
    return all.run(argc, argv);
}
