// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Which case runs, and what becomes of the others. How a select ends otherwise, and on several threads:
// select_waiting.cpp.

namespace select_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
using namespace std::chrono_literals;
using support::move_only;
using support::outcome;
using support::poll;
using support::two_channels;
using selected = outcome<std::size_t>;

namespace {

using executor = asio::io_context::executor_type;
using names = std::vector<std::string>;

/// A select over both, which notes what it has received.
auto select_both(two_channels& c, names& seen) {
    return weir::select(weir::on(c.a, [&](int n) { seen.push_back("a" + std::to_string(n)); }),
                        weir::on(c.b, [&](int n) { seen.push_back("b" + std::to_string(n)); }));
}

} // namespace

TEST_CASE("select smoke: runs the case that is ready, and says which one that was") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    selected end;
    bool const to_second = GENERATE(true, false);
    CHECK((to_second ? c.tx_b : c.tx_a)->try_send(7));
    select_both(c, seen)(end.handler());
    CHECK(seen.empty()); // later, never inside the call
    poll(ctx);
    CHECK(end.is_success());
    CHECK(end.value() == (to_second ? 1U : 0U));
    CHECK(seen == names{to_second ? "b7" : "a7"});
}

TEST_CASE("select waiting: the first that comes wakes it") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    selected end;
    select_both(c, seen)(end.handler());
    poll(ctx);
    CHECK(end.is_pending());
    CHECK(c.tx_b->try_send(1));
    CHECK(seen.empty());
    poll(ctx);
    CHECK(end.value() == 1);
    CHECK(seen == names{"b1"});
    CHECK(c.tx_a->try_send(2)); // it has left the other channel
    CHECK(poll(ctx) == 0);
    CHECK(c.a.try_receive() == 2);
}

TEST_CASE("select losers: all ready, one runs, the others keep what they have") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    selected end;
    SECTION("before it looks") {
        CHECK(c.tx_a->try_send(1));
        CHECK(c.tx_b->try_send(2));
        select_both(c, seen)(end.handler());
    }
    SECTION("when it waits already") {
        select_both(c, seen)(end.handler());
        poll(ctx);
        CHECK(c.tx_b->try_send(2));
        CHECK(c.tx_a->try_send(1));
    }
    poll(ctx);
    REQUIRE(end.is_success());
    CHECK(seen == names{end.value() == 0 ? "a1" : "b2"});
    CHECK(c.a.size() + c.b.size() == 1);
    selected next;
    select_both(c, seen)(next.handler());
    poll(ctx);
    std::sort(seen.begin(), seen.end());
    CHECK(seen == names{"a1", "b2"});
}

TEST_CASE("select receivers: of all kinds of channel, and values that only move") {
    asio::io_context ctx;
    auto [tx_one, one] = oneshot::channel<move_only>(ctx.get_executor());
    auto [tx_many, many] = mpsc::channel<move_only, weir::single_threaded>(ctx.get_executor(), 1);
    auto [tx_all, all] = broadcast::channel<std::string>(ctx.get_executor(), 1);
    names seen;
    auto const look = [&, &o = one, &m = many, &a = all](auto&& handler) {
        weir::select(weir::on(o, [&](move_only v) { seen.push_back("one" + std::to_string(v.value())); }),
                     weir::on(m, [&](move_only v) { seen.push_back("many" + std::to_string(v.value())); }),
                     weir::on(a, [&](std::string const& v) { seen.push_back("all" + v); }))(
            std::forward<decltype(handler)>(handler));
    };
    std::array<selected, 5> ends;
    look(ends[0].handler());
    poll(ctx);
    CHECK(tx_all.send("3") == 1);
    poll(ctx);
    CHECK(ends[0].value() == 2);
    CHECK(tx_one.send(move_only(1)));
    CHECK(tx_many.try_send(move_only(2)));
    tx_all.send("4");
    for (auto& end : {&ends[1], &ends[2], &ends[3]}) {
        look(end->handler());
        poll(ctx);
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == names{"all3", "all4", "many2", "one1"});
    look(ends[4].handler()); // the oneshot is off from here on
    poll(ctx);
    CHECK(ends[4].is_pending());
    CHECK(tx_many.try_send(move_only(5)));
    poll(ctx);
    CHECK(ends[4].value() == 1);
}

TEST_CASE("select when: a case that is off takes nothing and holds nothing") {
    asio::io_context ctx;
    two_channels c(ctx);
    CHECK(c.tx_a->try_send(1));
    int ran = 0;
    auto const count = [&](int) { ++ran; };
    selected end;
    SECTION("and the other is chosen") {
        weir::select(weir::on(c.a, count).when(false), weir::on(c.b, count).when(true))(end.handler());
        poll(ctx);
        CHECK(end.is_pending());
        CHECK(c.tx_b->try_send(2));
        poll(ctx);
        CHECK(end.value() == 1);
        CHECK(ran == 1);
    }
    SECTION("and if all are, that is none") {
        weir::select(weir::on(c.a, count).when(false), weir::on(c.b, count).when(false),
                     weir::after(1h, [&] { ++ran; }))(end.handler());
        poll(ctx);
        CHECK(end.is_success());
        CHECK(end.value() == weir::none);
        CHECK(ran == 0);
    }
    SECTION("a timer as well") {
        weir::select(weir::after(0s, [&] { ++ran; }).when(false), weir::on(c.b, count),
                     weir::otherwise([&] { ++ran; }).when(false))(end.handler());
        poll(ctx);
        CHECK(end.is_pending());
        c.tx_b.reset();
        poll(ctx);
        CHECK(end.value() == weir::none);
    }
    CHECK(c.a.try_receive() == 1);
}

TEST_CASE("select closed: a closed channel's case is off, with the last of them it is none") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    CHECK(c.tx_a->try_send(1));
    c.tx_a.reset();
    std::array<selected, 3> ends;
    select_both(c, seen)(ends[0].handler());
    poll(ctx);
    CHECK(seen == names{"a1"}); // what was sent before comes first
    bool const while_it_waits = GENERATE(true, false);
    select_both(c, seen)(ends[1].handler());
    poll(ctx);
    CHECK(ends[1].is_pending());
    if (while_it_waits) {
        c.tx_b.reset();
    } else {
        CHECK(c.tx_b->try_send(2));
        poll(ctx);
        c.tx_b.reset();
        CHECK(ends[1].value() == 1);
        select_both(c, seen)(ends[2].handler());
    }
    poll(ctx);
    auto& last = while_it_waits ? ends[1] : ends[2];
    CHECK(last.is_success());
    CHECK(last.value() == weir::none);
}

TEST_CASE("select closed: is told once over the life of the channel, and counts as the case having run") {
    asio::io_context ctx;
    two_channels c(ctx);
    int closed_a = 0;
    int closed_b = 0;
    int values = 0;
    auto const loop = [&]() -> weir::task<std::vector<std::size_t>> {
        std::vector<std::size_t> ran;
        for (std::size_t i = 0; i != weir::none;) {
            i = co_await weir::select(weir::biased,
                                      weir::on(c.a, [&](int) { ++values; }).closed([&] { ++closed_a; }),
                                      weir::on(c.b, [&](int) { ++values; }).closed([&] { ++closed_b; }));
            ran.push_back(i);
        }
        co_return ran;
    };
    std::vector<std::size_t> ran;
    weir::spawn(ctx.get_executor(), loop(),
                [&](std::exception_ptr, std::vector<std::size_t> r) { ran = std::move(r); });
    poll(ctx);
    CHECK(c.tx_a->try_send(1));
    c.tx_a.reset();
    poll(ctx);
    CHECK(values == 1);
    CHECK(closed_a == 1);
    CHECK(c.tx_b->try_send(2));
    CHECK(c.tx_b->try_send(3));
    poll(ctx);
    CHECK(ran.empty());
    c.tx_b.reset();
    poll(ctx);
    CHECK(ran == std::vector<std::size_t>{0, 0, 1, 1, 1, weir::none});
    CHECK(closed_a == 1);
    CHECK(closed_b == 1);
    CHECK(values == 3);
}

TEST_CASE("select closed: a case that is off is not told, and is when it is on again") {
    asio::io_context ctx;
    two_channels c(ctx);
    c.tx_a.reset();
    int closed = 0;
    std::array<selected, 3> ends;
    for (std::size_t n = 0; n != ends.size(); ++n) {
        weir::select(weir::on(c.a, [](int) {}).when(n != 0).closed([&] { ++closed; }))(ends[n].handler());
        poll(ctx);
        CHECK(ends[n].value() == (n == 1 ? 0 : weir::none));
        CHECK(closed == (n == 0 ? 0 : 1));
    }
}

TEST_CASE("select otherwise: runs when nothing else can, without a wait") {
    asio::io_context ctx;
    two_channels c(ctx);
    names seen;
    selected end;
    auto const start = [&] {
        weir::select(weir::otherwise([&] { seen.push_back("otherwise"); }),
                     weir::on(c.a, [&](int) { seen.push_back("value"); }),
                     weir::after(1h, [&] { seen.push_back("timer"); }))(end.handler());
        poll(ctx);
    };
    SECTION("nothing is there") {
        start();
        CHECK(end.value() == 0);
        CHECK(seen == names{"otherwise"});
    }
    SECTION("something is there") {
        CHECK(c.tx_a->try_send(1));
        start();
        CHECK(end.value() == 1);
        CHECK(seen == names{"value"});
    }
    SECTION("nothing can come any more") {
        c.tx_a.reset();
        start();
        CHECK(end.value() == 0);
    }
}

TEST_CASE("select biased: takes the first in order that is ready") {
    asio::io_context ctx;
    two_channels c(ctx, 100);
    for (int n = 0; n != 100; ++n) {
        CHECK(c.tx_a->try_send(int{n}));
        CHECK(c.tx_b->try_send(int{n}));
    }
    std::vector<std::size_t> ran;
    for (int n = 0; n != 200; ++n) {
        selected end;
        weir::select(weir::biased, weir::on(c.a, [](int) {}), weir::on(c.b, [](int) {}))(end.handler());
        poll(ctx);
        ran.push_back(end.value());
    }
    CHECK(std::is_sorted(ran.begin(), ran.end()));
    CHECK(std::count(ran.begin(), ran.end(), std::size_t{0}) == 100);
}

namespace {

/// A channel that always has something.
struct endless {
    explicit endless(asio::io_context& ctx) : endless(mpsc::channel<int>(ctx.get_executor(), 1)) {}

    explicit endless(support::loop_ends ends) : tx(std::move(ends.first)), rx(std::move(ends.second)) {
        refill();
    }

    void refill() { ready = tx.try_send(0); }

    mpsc::sender<int, executor> tx;
    mpsc::receiver<int, executor> rx;
    bool ready = false;
};

/// How often each of the three has run in so many rounds; the one in the middle may be off.
std::array<int, 3> rounds(asio::io_context& ctx, int n, bool middle, bool another_select_between) {
    std::array<int, 3> ran{};
    endless x(ctx);
    endless y(ctx);
    endless z(ctx);
    endless other(ctx);
    auto const loop = [&]() -> weir::task<void> {
        for (int round = 0; round != n; ++round) {
            auto const i = co_await weir::select(weir::on(x.rx, [&](int) { x.refill(); }),
                                                 weir::on(y.rx, [&](int) { y.refill(); }).when(middle),
                                                 weir::on(z.rx, [&](int) { z.refill(); }));
            ++ran[i];
            if (another_select_between) {
                co_await weir::select(weir::on(other.rx, [&](int) { other.refill(); }),
                                      weir::otherwise([] {}));
            }
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    poll(ctx);
    CHECK((x.ready && y.ready && z.ready && other.ready));
    return ran;
}

/// How often each of three is to run.
constexpr int each = support::effort(100'000, 20'000);

/// Within four standard deviations of what fair draws give; one in a hundred of 100,000.
bool is_each(int n) { return std::abs(n - each) < 4 * std::sqrt(each * 2 / 3.0); }

} // namespace

TEST_CASE("select fairness: three cases that are always ready have a third each") {
    asio::io_context ctx;
    bool const between = GENERATE(false, true);
    auto const ran = rounds(ctx, 3 * each, true, between);
    CAPTURE(ran[0], ran[1], ran[2], between);
    for (int const n : ran) {
        CHECK(is_each(n));
    }
}

TEST_CASE("select fairness: none starves beside one that is off") {
    asio::io_context ctx;
    auto const ran = rounds(ctx, 30'000, false, false);
    CHECK(ran[1] == 0);
    CHECK(ran[0] >= 9'000);
    CHECK(ran[2] >= 9'000);
}

} // namespace select_test
