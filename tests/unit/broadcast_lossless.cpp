// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/broadcast.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

// async_send waits for the slowest receiver, so that nobody misses a value for it; also beside send, which overwrites.

namespace broadcast_lossless_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;

/// A channel whose ends can be destroyed one at a time.
template <class T = int, class Threading = weir::multi_threaded>
struct channel {
    channel(asio::io_context& ctx, std::size_t capacity)
        : channel(broadcast::channel<T, Threading>(ctx.get_executor(), capacity)) {}

    explicit channel(
        std::pair<broadcast::sender<T, executor, Threading>, broadcast::receiver<T, executor, Threading>>
            ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<broadcast::sender<T, executor, Threading>> tx;
    std::optional<broadcast::receiver<T, executor, Threading>> rx;
};

/// Sends that wait, in order: values 1 to n.
template <class Channel>
auto start_sends(asio::io_context& ctx, Channel& c, int n) {
    std::vector<std::unique_ptr<outcome<>>> sent;
    for (int value = 1; value <= n; ++value) {
        sent.push_back(std::make_unique<outcome<>>());
        c.tx->async_send(typename decltype(c.tx)::value_type::value_type(value), sent.back()->handler());
    }
    poll(ctx);
    return sent;
}

template <class Receiver>
std::vector<int> drain(asio::io_context& ctx, Receiver& rx) {
    std::vector<int> all;
    while (auto value = rx.try_receive()) {
        all.push_back(*value);
        poll(ctx); // a sender that waits may come in now
    }
    return all;
}

} // namespace

TEMPLATE_TEST_CASE("broadcast async_send: waits for the slowest receiver, first come first served", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 2);
    auto slow = *c.rx;
    auto const sent = start_sends(ctx, c, 5);
    CHECK(sent[1]->is_success());
    CHECK(sent[2]->is_pending());
    CHECK(drain(ctx, *c.rx) == std::vector{1, 2}); // the fast one makes no room
    CHECK(sent[2]->is_pending());
    CHECK(slow.try_receive() == 1);
    CHECK(sent[2]->is_pending()); // later, never inside the call
    poll(ctx);
    CHECK(sent[2]->is_success());
    CHECK(sent[3]->is_pending());
    CHECK(drain(ctx, slow) == std::vector{2, 3, 4}); // value 5 waits for the other one now
    CHECK(sent[3]->is_success());
    CHECK(sent[4]->is_pending());
    CHECK(drain(ctx, *c.rx) == std::vector{3, 4, 5});
    CHECK(sent[4]->is_success());
    CHECK(drain(ctx, slow) == std::vector{5});
    CHECK(slow.total_missed() + c.rx->total_missed() == 0);
}

TEST_CASE(
    "broadcast async_send: room comes when the slowest receiver goes, is assigned to, or subscribes anew") {
    asio::io_context ctx;
    channel<> c(ctx, 2);
    std::optional slow(*c.rx);
    auto const sent = start_sends(ctx, c, 4);
    CHECK(drain(ctx, *c.rx) == std::vector{1, 2});
    SECTION("goes") { slow.reset(); }
    SECTION("is assigned to") { slow = *c.rx; }
    SECTION("subscribes anew") { slow = slow->resubscribe(); }
    poll(ctx);
    CHECK(sent[3]->is_success());
    CHECK(drain(ctx, *c.rx) == std::vector{3, 4});
}

TEST_CASE("broadcast async_send: a copy of the slowest receiver has to be waited for as well") {
    asio::io_context ctx;
    channel<> c(ctx, 1);
    auto const sent = start_sends(ctx, c, 2);
    std::optional copy(*c.rx);
    auto late = c.tx->subscribe();
    CHECK(drain(ctx, *c.rx) == std::vector{1});
    CHECK(sent[1]->is_pending());
    copy.reset();
    poll(ctx);
    CHECK(sent[1]->is_success());
    CHECK(drain(ctx, late) == std::vector{2}); // it waited for nobody's sake when this one was sent
}

TEST_CASE(
    "broadcast async_send: errc::closed where there are no receivers, and for those who wait when the last "
    "goes") {
    {
        asio::io_context ctx;
        channel<counted> c(ctx, 1);
        auto const sent = start_sends(ctx, c, 3);
        c.rx.reset();
        CHECK(sent[1]->is_pending());
        poll(ctx);
        CHECK(sent[1]->is_failure(weir::errc::closed));
        CHECK(sent[2]->is_failure(weir::errc::closed));
        CHECK(counted::alive() == 0);
        outcome<> late;
        c.tx->async_send(counted(4), late.handler());
        poll(ctx);
        CHECK(late.is_failure(weir::errc::closed));
        CHECK(counted::alive() == 0);
        auto rx = c.tx->subscribe();
        outcome<> again;
        c.tx->async_send(counted(5), again.handler());
        poll(ctx);
        CHECK(again.is_success());
        CHECK(rx.try_receive()->value() == 5);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("broadcast async_send: those who wait learn that the last receiver went, also behind one that does "
          "not run") {
    asio::io_context ctx;
    asio::io_context idle;
    channel<> c(ctx, 1);
    c.tx->send(1);
    outcome<> first;
    outcome<> second;
    c.tx->async_send(2, asio::bind_executor(idle.get_executor(), first.handler()));
    c.tx->async_send(3, second.handler());
    c.rx.reset();
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::closed));
    poll(idle);
    CHECK(first.is_failure(weir::errc::closed));
}

TEST_CASE("broadcast async_send: one that waits counts as a sender") {
    asio::io_context ctx;
    channel<> c(ctx, 1);
    auto const sent = start_sends(ctx, c, 2);
    c.tx.reset();
    CHECK_FALSE(c.rx->is_closed());
    CHECK(c.rx->try_receive() == 1);
    poll(ctx);
    CHECK(sent[1]->is_success());
    CHECK(c.rx->is_closed());
    CHECK(c.rx->try_receive() == 2);
}

TEST_CASE("broadcast async_send: a cancelled one has sent nothing, and passes its slot on") {
    asio::io_context ctx;
    channel<> c(ctx, 1);
    c.tx->send(1);
    asio::cancellation_signal signal;
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    outcome<> cancelled;
    outcome<> next;
    c.tx->async_send(2, asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    c.tx->async_send(3, next.handler());
    poll(ctx);
    SECTION("while it waits") {
        signal.emit(type);
        poll(ctx);
        CHECK(next.is_pending());
        CHECK(c.rx->try_receive() == 1);
    }
    SECTION("when the slot was promised to it") {
        CHECK(c.rx->try_receive() == 1);
        signal.emit(type);
    }
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK(next.is_success());
    CHECK(c.rx->try_receive() == 3);
    CHECK(c.rx->missed() == 0);
}

TEST_CASE("broadcast async_send: comes behind those who wait, also when there is room for it") {
    asio::io_context ctx;
    channel<> c(ctx, 1);
    auto const sent = start_sends(ctx, c, 2);
    CHECK(c.rx->try_receive() == 1); // value 2 has not run yet
    outcome<> late;
    c.tx->async_send(3, late.handler());
    poll(ctx);
    CHECK(sent[1]->is_success());
    CHECK(late.is_pending());
    CHECK(drain(ctx, *c.rx) == std::vector{2, 3});
}

TEST_CASE(
    "broadcast send beside async_send: takes a promised slot, whose sender is first in the queue again") {
    asio::io_context ctx;
    channel<> c(ctx, 2);
    auto const sent = start_sends(ctx, c, 5);
    CHECK(c.rx->try_receive() == 1); // for value 3
    CHECK(c.rx->try_receive() == 2); // for value 4
    int const overwriting = GENERATE(1, 2, 3);
    CAPTURE(overwriting);
    for (int n = 0; n != overwriting; ++n) {
        c.tx->send(100 + n);
    }
    poll(ctx);
    CHECK(sent[2]->is_pending() == (overwriting > 1));
    CHECK(sent[3]->is_pending());
    std::vector<int> const expected = overwriting == 1   ? std::vector{100, 3, 4, 5}
                                      : overwriting == 2 ? std::vector{100, 101, 3, 4, 5}
                                                         : std::vector{101, 102, 3, 4, 5};
    CHECK(drain(ctx, *c.rx) == expected);
    CHECK(c.rx->total_missed() == (overwriting == 3 ? 1U : 0U));
    for (auto const& s : sent) {
        CHECK(s->is_success());
    }
}

TEST_CASE("broadcast send beside async_send: those who come later stay behind the ones that were put back") {
    asio::io_context ctx;
    channel<> c(ctx, 4);
    auto const sent = start_sends(ctx, c, 8); // 5 to 8 wait
    for (int n = 1; n <= 3; ++n) {
        CHECK(c.rx->try_receive() == n); // for 5, 6 and 7
    }
    for (int n = 0; n != 4; ++n) {
        c.tx->send(100 + n); // all promised slots, and over value 4
    }
    outcome<> late;
    c.tx->async_send(9, late.handler());
    CHECK(drain(ctx, *c.rx) == std::vector{100, 101, 102, 103, 5, 6, 7, 8, 9});
    CHECK(c.rx->total_missed() == 1);
    CHECK(late.is_success());
}

TEST_CASE("broadcast lossless: abandoned after any number of steps, nothing is left") {
    auto const send = [](auto& tx) -> weir::task<void> {
        for (int n = 0; n != 4; ++n) {
            co_await tx.async_emplace(n);
        }
    };
    auto const receive = [](auto& rx) -> weir::task<void> {
        while (co_await rx.async_receive()) {
        }
    };
    int steps = 0;
    for (bool finished = false; !finished; ++steps) {
        auto ctx = std::make_unique<asio::io_context>();
        channel<counted> c(*ctx, 1);
        auto other = *c.rx;
        outcome<> sent;
        outcome<std::optional<counted>> closed;
        weir::spawn(ctx->get_executor(), send(*c.tx), asio::detached);
        c.tx->async_send(counted(9), sent.handler());
        weir::spawn(ctx->get_executor(), receive(*c.rx), asio::detached);
        weir::spawn(ctx->get_executor(), receive(other), asio::detached);
        int done = 0;
        while (done != steps && ctx->poll_one() != 0) {
            ++done;
        }
        finished = done != steps;
        ctx.reset();
        CHECK(c.tx->send(counted(10)) == 2); // the handles stay usable
        c.rx.reset();
    }
    CHECK(steps > 5);
    CHECK(counted::alive() == 0);
}

namespace {

struct cancellable {
    outcome<> done;
    asio::cancellation_signal signal;
};

/// Random operations of which several run in one turn. Whether it was right after each turn, and in the end.
bool run_random_turns(asio::io_context& ctx, unsigned seed) {
    std::mt19937 random(seed);
    std::size_t const capacity = std::size_t{1} << seed % 3;
    channel<counted> c(ctx, capacity);
    std::vector<broadcast::receiver<counted, executor>> all(2, *c.rx);
    std::deque<cancellable> sends;
    std::unique_ptr<outcome<std::optional<counted>>> waits; // on c.rx
    std::uint64_t overwriting = 0;
    bool right = true;
    for (int n = 0; n != 150; ++n) {
        auto const what = random() % 13;
        auto const who = random() % all.size();
        if (what < 4) {
            auto& s = sends.emplace_back();
            c.tx->async_send(counted(n), asio::bind_cancellation_slot(s.signal.slot(), s.done.handler()));
        } else if (what == 4) {
            c.tx->send(counted(n));
            ++overwriting;
        } else if (what == 5 && !sends.empty()) {
            sends[random() % sends.size()].signal.emit(asio::cancellation_type::terminal);
        } else if (what == 6 && all.size() < 4) {
            all.push_back(random() % 2 == 0 ? all[who] : c.tx->subscribe());
        } else if (what == 7 && all.size() > 1) {
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(who));
        } else if (what == 8) {
            if (!waits || !waits->is_pending()) {
                waits = std::make_unique<outcome<std::optional<counted>>>();
                c.rx->async_receive(waits->handler());
            }
        } else if (what < 12) {
            (void)all[who].try_receive();
            (void)(what == 11 && c.rx->try_receive());
        } else {
            poll(ctx);
            bool const has_room =
                c.rx->size() < capacity &&
                std::all_of(all.begin(), all.end(), [&](auto const& rx) { return rx.size() < capacity; });
            bool const somebody_waits =
                std::any_of(sends.begin(), sends.end(), [](auto const& s) { return s.done.is_pending(); });
            right = right && !(has_room && somebody_waits);
            right = right && !(waits && waits->is_pending() && !c.rx->empty());
            right = right && c.rx->total_missed() <= overwriting;
        }
    }
    c.rx.reset();
    all.clear();
    poll(ctx);
    return right && (!waits || waits->calls() == 1) &&
           std::all_of(sends.begin(), sends.end(), [](auto const& s) { return s.done.calls() == 1; });
}

} // namespace

TEST_CASE("broadcast lossless: in random turns nobody waits for a slot that is free, or for a value that is "
          "there") {
    asio::io_context ctx;
    for (unsigned seed = 0; seed != support::effort(3000U, 300U); ++seed) {
        CAPTURE(seed);
        REQUIRE(run_random_turns(ctx, seed));
        REQUIRE(counted::alive() == 0);
    }
}

} // namespace broadcast_lossless_test
