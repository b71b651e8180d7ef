// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/queue_peers.hpp"
#include "support/spinning_ring.hpp"

#if defined(WEIR_BENCH_HAS_FIBER)
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#endif
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#endif

#include <memory>
#include <thread>
#include <vector>

namespace bench {

namespace {

/// `producers` threads beside this one, which consumes.
template <class Push, class Pop>
work on_threads(counter n, counter producers, Push push, Pop pop) {
    counter const each = n / producers + 1;
    std::vector<std::thread> threads;
    tally received;
    stopwatch const watch;
    for (counter p = 0; p != producers; ++p)
        threads.emplace_back([&push, each] {
            for (counter i = 0; i != each; ++i)
                push(i);
        });
    while (received.count != producers * each)
        received.take(pop());
    for (std::thread& t : threads)
        t.join();
    double const seconds = watch.seconds();
    received.verify_all(producers, each);
    return {received.count, seconds};
}

work spinning_threads(counter n) {
    auto const ring = std::make_unique<spinning_ring<1024>>();
    auto const push = [&](counter i) {
        for (spinning s; !ring->push(i);)
            s.again();
    };
    auto const pop = [&] {
        counter value = 0;
        for (spinning s; !ring->pop(value);)
            s.again();
        return value;
    };
    return on_threads(n, 1, push, pop);
}

#if defined(WEIR_BENCH_HAS_FIBER)
void add_fibers(suite& all) {
    namespace fibers = boost::fibers;
    using channel = fibers::buffered_channel<counter>;
    auto const send_all = [](channel& to, counter each) {
        for (counter i = 0; i != each; ++i)
            to.push(i);
    };
    auto const receive_all = [](channel& from, counter n) {
        tally received;
        counter value = 0;
        while (received.count != n && from.pop(value) == fibers::channel_op_status::success)
            received.take(value);
        return received;
    };
    auto const on_one_thread = [=](counter n, counter producers) {
        channel queue(1024);
        counter const each = n / producers + 1;
        std::vector<fibers::fiber> running;
        stopwatch const watch;
        for (counter p = 0; p != producers; ++p)
            running.emplace_back([&] { send_all(queue, each); });
        tally const received = receive_all(queue, producers * each);
        for (fibers::fiber& f : running)
            f.join();
        double const seconds = watch.seconds();
        received.verify_all(producers, each);
        return work{received.count, seconds};
    };
    auto const on_two_threads = [=](counter n) {
        channel queue(1024);
        stopwatch const watch;
        std::thread other([&] { fibers::fiber([&] { send_all(queue, n); }).join(); });
        tally received;
        fibers::fiber([&] { received = receive_all(queue, n); }).join();
        other.join();
        double const seconds = watch.seconds();
        received.verify_all(1, n);
        return work{n, seconds};
    };
    all.add("W1", "1t", "boost fiber", rate("msg/s", [=](counter n) { return on_one_thread(n, 1); }));
    all.add("W2", "2t-split", "boost fiber", rate("msg/s", on_two_threads));
    all.add("W3", "1t", "boost fiber", rate("msg/s", [=](counter n) { return on_one_thread(n, 4); }));
}
#else
void add_fibers(suite&) {}
#endif

#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
void add_moodycamel(suite& all) {
    auto const blocking = [](counter n, counter producers) {
        moodycamel::BlockingConcurrentQueue<counter> queue;
        auto const pop = [&] {
            counter value = 0;
            queue.wait_dequeue(value);
            return value;
        };
        return on_threads(
            n, producers, [&](counter i) { queue.enqueue(i); }, pop);
    };
    all.add("W2u", "1+1 threads", "moodycamel blocking",
            rate("msg/s", [=](counter n) { return blocking(n, 1); }));
    all.add("W3u", "4+1 threads", "moodycamel blocking",
            rate("msg/s", [=](counter n) { return blocking(n, 4); }));
}
#else
void add_moodycamel(suite&) {}
#endif

#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
void add_reader_writer_queue(suite& all) {
    all.add("W2u", "1+1 threads", "moodycamel reader-writer blocking", rate("msg/s", [](counter n) {
                moodycamel::BlockingReaderWriterQueue<counter> queue;
                auto const pop = [&] {
                    counter value = 0;
                    queue.wait_dequeue(value);
                    return value;
                };
                return on_threads(
                    n, 1, [&](counter i) { queue.enqueue(i); }, pop);
            }));
}
#else
void add_reader_writer_queue(suite&) {}
#endif

} // namespace

void add_queue_peers(suite& all) {
    all.add("W2", "2 threads", "raw ring spinning", rate("msg/s", spinning_threads));
    add_fibers(all);
    add_moodycamel(all);
    add_reader_writer_queue(all);
}

} // namespace bench
