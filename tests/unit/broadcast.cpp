// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/broadcast.hpp>

#include "support/catch.hpp"
#include "support/interrupted_threading.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What receivers of a broadcast channel see: order, lag, places. Closing and the lossless send have files of their own.

namespace broadcast_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
using support::counted;
using support::interrupted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;
template <class T>
using received = outcome<std::optional<T>>;

/// A value that stands in the ring as its bytes, or in a block of its own; with and without locks.
template <class T, class Threading>
struct kind {
    using value = T;
    using threading = Threading;
};

int number(int value) { return value; }

int number(counted const& value) { return value.value(); }

/// What a try gives: the number, -1 if there is none now.
template <class Receiver>
int next(Receiver& rx) {
    auto const value = rx.try_receive();
    return value ? number(*value) : -1;
}

template <class Receiver>
std::vector<int> drain(Receiver& rx) {
    std::vector<int> all;
    for (int n = next(rx); n != -1; n = next(rx)) {
        all.push_back(n);
    }
    return all;
}

std::vector<int> range(int first, int last) {
    std::vector<int> all;
    for (int n = first; n <= last; ++n) {
        all.push_back(n);
    }
    return all;
}

template <class Sender>
void send_range(Sender& tx, int first, int last) {
    for (int n = first; n <= last; ++n) {
        tx.send(typename Sender::value_type(n));
    }
}

} // namespace

TEMPLATE_TEST_CASE("broadcast smoke: every receiver gets every value, in the order sent", "",
                   (kind<int, weir::multi_threaded>), (kind<int, weir::single_threaded>),
                   (kind<counted, weir::multi_threaded>), (kind<counted, weir::single_threaded>)) {
    using value = typename TestType::value;
    {
        asio::io_context ctx;
        auto [tx, rx] = broadcast::channel<value, typename TestType::threading>(ctx.get_executor(), 4);
        auto other = tx.subscribe();
        auto copy = tx;
        CHECK(tx.send(value(1)) == 2);
        CHECK(copy.send(value(2)) == 2);
        CHECK(tx.send(value(3)) == 2);
        CHECK(drain(rx) == range(1, 3));
        CHECK(drain(other) == range(1, 3));
        received<value> waits;
        received<value> waits_too;
        rx.async_receive(waits.handler());
        other.async_receive(waits_too.handler());
        poll(ctx);
        CHECK(copy.send(value(4)) == 2);
        CHECK(waits.is_pending()); // later, never inside the call
        poll(ctx);
        CHECK(waits.is_success());
        CHECK(number(*waits.value()) == 4);
        CHECK(number(*waits_too.value()) == 4);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("broadcast channel: refuses a capacity of nothing, and an absurd one") {
    asio::io_context ctx;
    CHECK_THROWS_AS(broadcast::channel<int>(ctx, 0), std::invalid_argument);
    CHECK_THROWS_AS(broadcast::channel<int>(ctx, (std::size_t{1} << 27) + 1), std::invalid_argument);
    CHECK_THROWS_AS(broadcast::channel<int>(ctx, SIZE_MAX), std::invalid_argument);
}

TEST_CASE("broadcast capacity: is rounded up to a power of two, and lag is measured against that") {
    asio::io_context ctx;
    std::pair<int, int> const asked = GENERATE(std::pair(1, 1), std::pair(2, 2), std::pair(3, 4),
                                               std::pair(4, 4), std::pair(5, 8), std::pair(1000, 1024));
    auto [tx, rx] = broadcast::channel<int>(ctx.get_executor(), static_cast<std::size_t>(asked.first));
    int const capacity = asked.second;
    CHECK(tx.capacity() == static_cast<std::size_t>(capacity));
    send_range(tx, 1, capacity);
    CHECK(rx.size() == tx.capacity());
    CHECK(next(rx) == 1);
    CHECK(rx.missed() == 0);
    send_range(tx, capacity + 1, capacity + 2); // one fits, one overwrites
    CHECK(rx.size() == tx.capacity());
    CHECK(next(rx) == 3);
    CHECK(rx.missed() == 1);
    CHECK(drain(rx) == range(4, capacity + 2));
    CHECK(rx.total_missed() == 1);
}

TEST_CASE("broadcast send: says how many receivers there were, and with none destroys the value") {
    asio::io_context ctx;
    auto ends = broadcast::channel<counted>(ctx.get_executor(), 2);
    auto& tx = ends.first;
    std::vector<decltype(tx.subscribe())> more;
    std::optional rx(std::move(ends.second));
    for (std::size_t n = 1; n != 5; ++n) {
        CHECK(tx.receiver_count() == n);
        CHECK(tx.send(counted(0)) == n);
        more.push_back(tx.subscribe());
    }
    more.clear();
    rx.reset();
    CHECK(tx.receiver_count() == 0);
    CHECK(counted::alive() == 0);
    CHECK(tx.send(counted(1)) == 0);
    CHECK(counted::alive() == 0);
    auto late = tx.subscribe();
    CHECK(late.empty()); // it was not kept for those who come
}

TEST_CASE("broadcast receive: on a new channel there is nothing, what comes is found without a wait") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<int>(ctx.get_executor(), 1);
    CHECK(rx.empty());
    CHECK_FALSE(rx.try_receive());
    CHECK_FALSE(rx.is_closed());
    tx.send(1);
    CHECK(poll(ctx) == 0); // nobody waits, nobody is woken
    CHECK(rx.size() == 1);
    received<int> got;
    rx.async_receive(got.handler());
    poll(ctx);
    CHECK(got.value() == 1);
    CHECK(rx.empty());
    CHECK(next(rx) == -1);
}

TEMPLATE_TEST_CASE("broadcast lag: only what was overwritten unread counts, gap by gap", "",
                   (kind<int, weir::multi_threaded>), (kind<counted, weir::multi_threaded>)) {
    using value = typename TestType::value;
    {
        asio::io_context ctx;
        auto [tx, rx] = broadcast::channel<value>(ctx.get_executor(), 4);
        send_range(tx, 1, 3);
        CHECK(drain(rx) == range(1, 3));
        send_range(tx, 4, 7); // over 1 to 3, which were received
        CHECK(next(rx) == 4);
        CHECK(rx.missed() == 0);
        send_range(tx, 8, 10);         // over 5 and 6
        CHECK(rx.total_missed() == 0); // not observed yet
        CHECK(next(rx) == 7);
        CHECK(rx.missed() == 2);
        CHECK(rx.size() == 3);
        CHECK(drain(rx) == range(8, 10));
        CHECK(rx.missed() == 0);
        send_range(tx, 11, 15);
        send_range(tx, 16, 17); // more before it looks
        CHECK(next(rx) == 14);
        CHECK(rx.missed() == 3);
        CHECK(rx.total_missed() == 5);
        CHECK(drain(rx) == range(15, 17));
        CHECK(rx.total_missed() == 5);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("broadcast lag: with one slot the last value is what there is") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<std::string>(ctx.get_executor(), 1);
    tx.send("one");
    CHECK(rx.try_receive() == "one");
    tx.send("two");
    tx.send("three");
    CHECK(rx.try_receive() == "three");
    CHECK(rx.missed() == 1);
    CHECK_FALSE(rx.try_receive());
    tx.send("four"); // it stays subscribed
    CHECK(rx.try_receive() == "four");
    CHECK(rx.missed() == 0);
}

TEST_CASE("broadcast lag: a receive that was woken and is overtaken gets the oldest that is left") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<int>(ctx.get_executor(), 2);
    received<int> got;
    rx.async_receive(got.handler());
    poll(ctx);
    send_range(tx, 1, 5);
    poll(ctx);
    CHECK(got.value() == 4);
    CHECK(rx.missed() == 3);
    CHECK(next(rx) == 5);
}

TEST_CASE("broadcast subscribe: sees what is sent from now on, a copy sees what the original sees") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<int>(ctx.get_executor(), 4);
    send_range(tx, 1, 3);
    auto late = tx.subscribe();
    auto again = rx.resubscribe();
    auto copy = rx;
    CHECK(late.empty());
    CHECK(again.empty());
    CHECK(copy.size() == 3);
    CHECK(tx.receiver_count() == 4);
    tx.send(4);
    CHECK(drain(late) == range(4, 4));
    CHECK(drain(again) == range(4, 4));
    CHECK(drain(copy) == range(1, 4));
    CHECK(drain(rx) == range(1, 4)); // the others did not disturb it
    send_range(tx, 5, 10);
    auto lags_too = rx;
    CHECK(next(rx) == 7);
    CHECK(next(lags_too) == 7);
    CHECK(lags_too.missed() == 2);
    CHECK(late.total_missed() == 0);
}

TEST_CASE("broadcast handles: a moved receiver keeps its place, an assigned one gives its own up") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<counted>(ctx.get_executor(), 4);
    auto other = tx.subscribe();
    send_range(tx, 1, 2);
    CHECK(next(rx) == 1);
    auto moved = std::move(rx);
    CHECK(tx.receiver_count() == 2);
    other = moved; // nobody needs the first value any more
    CHECK(tx.receiver_count() == 2);
    CHECK(counted::alive() == 1);
    CHECK(next(other) == 2);
    CHECK(next(moved) == 2);
    CHECK(counted::alive() == 0);
    other = std::move(moved);
    CHECK(tx.receiver_count() == 1);
}

TEST_CASE("broadcast handles: convert to those over any_io_executor, and know their channel") {
    asio::io_context ctx;
    auto ends = broadcast::channel<int>(ctx, 2); // on a strand
    auto others = broadcast::channel<int>(ctx, 2);
    CHECK(ends.first == ends.first);
    CHECK_FALSE(ends.first == others.first);
    CHECK(ends.first.strong_count() == 1);
    broadcast::sender<int> const copied = ends.first;
    CHECK(ends.first.strong_count() == 2);
    broadcast::sender<int> tx = std::move(ends.first);
    CHECK(tx == copied);
    CHECK(tx.strong_count() == 2);
    broadcast::receiver<int> rx = std::move(ends.second);
    CHECK(tx.receiver_count() == 1);
    tx.send(1);
    CHECK(rx.try_receive() == 1);
    broadcast::receiver<int> copy = others.second; // a receiver is copied too
    CHECK(others.first.receiver_count() == 2);
    others.first.send(2);
    CHECK(copy.try_receive() == 2);
    CHECK(others.second.try_receive() == 2);
}

namespace {

/// A receiver as it should be: all values that were sent, and where it stands.
struct model_receiver {
    std::uint64_t place;
    std::uint64_t missed = 0;
    std::uint64_t total = 0;

    /// The position that it takes now; none if it has seen all.
    std::optional<std::uint64_t> take(std::uint64_t tail, std::uint64_t capacity) {
        auto const oldest = tail - std::min(tail, capacity);
        if (place == tail) {
            return std::nullopt;
        }
        missed = oldest - std::min(place, oldest);
        total += missed;
        place = std::max(place, oldest);
        return place++;
    }

    [[nodiscard]] std::uint64_t size(std::uint64_t tail, std::uint64_t capacity) const {
        return std::min(tail - place, capacity);
    }
};

/// How many values have to be alive: those in the ring that somebody has not passed.
std::uint64_t needed(std::deque<model_receiver> const& all, std::uint64_t tail, std::uint64_t capacity) {
    std::uint64_t most = 0;
    for (auto const& m : all) {
        most = std::max(most, m.size(tail, capacity));
    }
    return most;
}

} // namespace

TEST_CASE("broadcast model: random sends, receives, copies and departures, against a list of all values") {
    unsigned const seed = GENERATE(Catch::Generators::range(1U, 21U));
    CAPTURE(seed);
    std::mt19937 random(seed);
    asio::io_context ctx;
    std::size_t const capacity = std::size_t{1} << (seed % 4);
    auto ends = broadcast::channel<counted>(ctx.get_executor(), capacity);
    auto& tx = ends.first;
    std::deque<decltype(tx.subscribe())> real;
    std::deque<model_receiver> model;
    real.push_back(std::move(ends.second));
    model.push_back({0});
    std::uint64_t tail = 0;
    bool right = true;
    for (int step = 0; step != 3000; ++step) {
        auto const what = random() % 16;
        auto const who = random() % real.size();
        if (what < 6) {
            right = tx.send(counted(static_cast<int>(tail))) == real.size() && right;
            ++tail;
        } else if (what < 13) {
            auto const expected = model[who].take(tail, capacity);
            int const got = next(real[who]);
            right = got == (expected ? static_cast<int>(*expected) : -1) && right;
            right = right && real[who].missed() == model[who].missed;
            right = right && real[who].total_missed() == model[who].total;
        } else if (what == 13 && real.size() < 6) {
            real.push_back(real[who]);
            model.push_back({model[who].place});
        } else if (what == 14 && real.size() < 6) {
            real.push_back(random() % 2 == 0 ? real[who].resubscribe() : tx.subscribe());
            model.push_back({tail});
        } else if (what == 15 && real.size() > 1) {
            real.erase(real.begin() + static_cast<std::ptrdiff_t>(who));
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(who));
        }
        for (std::size_t n = 0; n != real.size(); ++n) {
            right = right && real[n].size() == model[n].size(tail, capacity);
        }
        right = right && static_cast<std::uint64_t>(counted::alive()) == needed(model, tail, capacity);
        if (!right) {
            CAPTURE(step, what, who);
            REQUIRE(right);
        }
    }
    CHECK(right);
}

TEST_CASE("broadcast receivers: a thousand that wait are woken by one value, each once") {
    {
        asio::io_context ctx;
        auto ends = broadcast::channel<counted>(ctx.get_executor(), 1);
        auto& tx = ends.first;
        std::vector<decltype(tx.subscribe())> all(999, ends.second);
        all.push_back(std::move(ends.second));
        std::vector<std::unique_ptr<received<counted>>> got;
        for (auto& rx : all) {
            got.push_back(std::make_unique<received<counted>>());
            rx.async_receive(got.back()->handler());
        }
        poll(ctx);
        CHECK(tx.send(counted(7)) == 1000);
        poll(ctx);
        CHECK(std::all_of(got.begin(), got.end(),
                          [](auto& g) { return g->is_success() && g->value()->value() == 7; }));
        CHECK(counted::alive() == 1000); // all in outcomes, none in the ring
        all.clear();
        CHECK(tx.receiver_count() == 0);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("broadcast traits") {
    using tx = broadcast::sender<int>;
    using rx = broadcast::receiver<int>;
    static_assert(std::is_copy_constructible_v<tx> && std::is_copy_assignable_v<tx>);
    static_assert(std::is_copy_constructible_v<rx> && std::is_copy_assignable_v<rx>);
    static_assert(std::is_nothrow_move_constructible_v<tx> && std::is_nothrow_move_constructible_v<rx>);
    static_assert(std::is_same_v<tx::executor_type, asio::any_io_executor>);
    static_assert(std::is_same_v<rx::value_type, int>);
    static_assert(std::is_same_v<tx::rebind_executor<executor>::other, broadcast::sender<int, executor>>);
    static_assert(std::is_same_v<rx::rebind_executor<executor>::other, broadcast::receiver<int, executor>>);
    static_assert(std::is_convertible_v<broadcast::receiver<int, executor>, rx>);
    static_assert(!std::is_convertible_v<rx, broadcast::receiver<int, executor>>);
    static_assert(!std::is_default_constructible_v<counted>); // and still a value
    SUCCEED();
}

TEST_CASE("broadcast send: whatever happens while the first send makes the slots, they are made once") {
    asio::io_context ctx;
    auto [tx, rx] = broadcast::channel<int, interrupted>(ctx.get_executor(), 4);
    SECTION("another send") {
        interrupted::mutex::on_unlock = [&to = tx] { to.send(2); };
        CHECK(tx.send(1) == 1);
        CHECK(drain(rx) == std::vector<int>{2, 1});
    }
    SECTION("the receiver goes") {
        interrupted::mutex::on_unlock = [&from = rx] { auto const gone = std::move(from); };
        CHECK(tx.send(1) == 0);
        CHECK(tx.send(2) == 0);
    }
}

} // namespace broadcast_test
