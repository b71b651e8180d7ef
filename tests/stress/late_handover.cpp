// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/late_handover.hpp"

#include "support/catch.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

// Waiting on several channels at once on a pool of two: nothing is lost, whether the values are sent on the strand that
// receives them or by another thread at the same time.

namespace stress_late_handover_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using namespace support::late_handover;

TEST_CASE("late hand-over: nothing is lost on a pool of two by ||, parallel_group, select and timeout") {
    auto const how = static_cast<way>(GENERATE(range(0, ways)));
    bool const at_the_same_time = GENERATE(false, true);
    asio::thread_pool pool(2);
    asio::any_io_executor const reader = asio::make_strand(pool);
    scene s(reader, at_the_same_time ? asio::any_io_executor(asio::make_strand(pool)) : reader);
    start(how, reader, s);
    pool.join();
    CAPTURE(how);
    s.check();
}

TEST_CASE("late hand-over: values of two tasks on other strands are received in order by ||") {
    using namespace asio::experimental::awaitable_operators;
    constexpr int each = rounds / 5;
    asio::thread_pool pool(2);
    auto const strand = asio::make_strand(pool);
    auto a = mpsc::channel<int>(strand, 4);
    auto b = mpsc::channel<int>(strand, 4);
    auto const send = [](mpsc::sender<int> to) -> weir::task<void> {
        for (int n = 0; n != each; ++n) {
            co_await to.async_send(n);
        }
    };
    int next_a = 0;
    int next_b = 0;
    bool in_order = true;
    auto const receive = [&]() -> asio::awaitable<void> {
        while (next_a + next_b != 2 * each) {
            auto const got = co_await (a.second.async_receive(asio::use_awaitable) ||
                                       b.second.async_receive(asio::use_awaitable));
            if (got.index() == 0) {
                in_order = in_order && std::get<0>(got) == next_a++;
            } else {
                in_order = in_order && std::get<1>(got) == next_b++;
            }
        }
    };
    weir::spawn(pool, send(a.first), asio::detached);
    weir::spawn(pool, send(b.first), asio::detached);
    asio::co_spawn(strand, receive(), asio::detached);
    pool.join();
    CHECK(in_order);
    CHECK(next_a == each);
    CHECK(next_b == each);
}

} // namespace stress_late_handover_test
