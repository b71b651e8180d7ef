// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/watch.hpp>

#include "support/catch.hpp"
#include "support/interrupted_threading.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Waiting for a watch channel: for a new value, for one that satisfies a predicate, for the receivers to go. How it ends,
// and what is left when it does not come to its end.

namespace watch_waiting_test {

namespace asio = boost::asio;
namespace watch = weir::watch;
using support::counted;
using support::outcome;
using support::poll;

namespace {

template <class T>
using received = outcome<std::optional<T>>;

/// A channel whose ends can be destroyed one at a time.
template <class T, class Threading = weir::multi_threaded>
struct channel {
    using executor = asio::io_context::executor_type;

    channel(asio::io_context& ctx, T initial)
        : channel(watch::channel<T, Threading>(ctx.get_executor(), std::move(initial))) {}

    explicit channel(
        std::pair<watch::sender<T, executor, Threading>, watch::receiver<T, executor, Threading>> ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<watch::sender<T, executor, Threading>> tx;
    std::optional<watch::receiver<T, executor, Threading>> rx;
};

/// Receives to the end: completes empty, without an error, and keeps doing so.
template <class Receiver>
void check_end(asio::io_context& ctx, Receiver& rx) {
    for (int n = 0; n != 2; ++n) {
        received<typename Receiver::value_type> end;
        rx.async_receive(end.handler());
        poll(ctx);
        CHECK(end.is_success());
        CHECK_FALSE(end.value());
    }
    CHECK_FALSE(rx.try_receive());
    CHECK(rx.is_closed());
}

auto at_least(int n) {
    return [n](int value) { return value >= n; };
}

} // namespace

TEMPLATE_TEST_CASE("watch receive: waits for a value not yet seen, and completes once, with the newest", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 1);
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK(got.is_pending());
    c.tx->send(2);
    CHECK(got.is_pending()); // later, never inside the call
    c.tx->send(3);           // before it has run
    poll(ctx);
    CHECK(got.value() == 3);
    CHECK_FALSE(c.rx->has_changed());
    c.tx->send(4);
    received<int> at_once;
    c.rx->async_receive(at_once.handler());
    CHECK(at_once.is_pending());
    poll(ctx);
    CHECK(at_once.value() == 4);
    received<int> marked;
    c.rx->async_receive(marked.handler());
    poll(ctx);
    CHECK(marked.is_pending());
    c.rx->mark_changed();
    poll(ctx);
    CHECK(marked.value() == 4);
}

TEMPLATE_TEST_CASE("watch receive: a value that was seen otherwise meanwhile does not complete it", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 1);
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    c.tx->send(2);
    CHECK(c.rx->get_and_update() == 2);
    poll(ctx);
    CHECK(got.is_pending());
    c.tx->send(3);
    poll(ctx);
    CHECK(got.value() == 3);
}

TEST_CASE("watch receive: a modifier that throws or says no wakes nobody, the next that works does") {
    asio::io_context ctx;
    channel<std::string> c(ctx, "a");
    received<std::string> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK_THROWS_AS(c.tx->send_modify([](std::string&) { throw std::runtime_error("modifier"); }),
                    std::runtime_error);
    c.tx->send_if_modified([](std::string&) { return false; });
    CHECK(poll(ctx) == 0);
    c.tx->send_modify([](std::string& s) { s += "b"; });
    poll(ctx);
    CHECK(got.value() == "ab");
}

TEMPLATE_TEST_CASE("watch end: comes when the last sender goes, after a value not yet seen", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 1);
    std::optional copy(*c.tx);
    SECTION("nothing new, nobody waits") {
        c.tx.reset();
        CHECK_FALSE(c.rx->is_closed());
        copy.reset();
    }
    SECTION("nothing new, somebody waits") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        c.tx.reset();
        CHECK(poll(ctx) == 0); // not the last
        copy.reset();
        poll(ctx);
        CHECK(waits.is_success());
        CHECK_FALSE(waits.value());
    }
    SECTION("a new value, and somebody waits") {
        received<int> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        c.tx->send(2);
        c.tx.reset();
        copy.reset();
        poll(ctx);
        CHECK(waits.value() == 2);
    }
    SECTION("a new value, and nobody waits") {
        c.tx->send(2);
        c.tx.reset();
        copy.reset();
        CHECK(c.rx->is_closed());
        CHECK(c.rx->has_changed());
        received<int> got;
        c.rx->async_receive(got.handler());
        poll(ctx);
        CHECK(got.value() == 2);
    }
    check_end(ctx, *c.rx);
    CHECK_FALSE(c.rx->has_changed());
    CHECK(c.rx->get() >= 1); // looking goes on
    c.rx->mark_changed();
    CHECK(c.rx->try_receive());
}

TEST_CASE("watch end: a value that comes just before the end is not taken for one that was seen") {
    asio::io_context ctx;
    channel<int, support::interrupted> c(ctx, 1);
    std::optional<int> got;
    auto const receive = [&]() -> weir::task<void> { got = co_await c.rx->async_receive(); };
    weir::spawn(ctx.get_executor(), receive(), asio::detached);
    support::interrupted::mutex::on_unlock = [&c] { // when the receive has looked
        c.tx->send(2);
        c.tx.reset();
    };
    poll(ctx);
    CHECK(got == 2);
    check_end(ctx, *c.rx);
}

TEMPLATE_TEST_CASE("watch wait_for: takes a value that is there, seen or not, or waits for one", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 1);
    received<int> seen;
    c.rx->async_wait_for(at_least(1), seen.handler());
    poll(ctx);
    CHECK(seen.value() == 1);
    c.tx->send(2);
    received<int> unseen;
    c.rx->async_wait_for(at_least(2), unseen.handler());
    poll(ctx);
    CHECK(unseen.value() == 2);
    CHECK_FALSE(c.rx->has_changed()); // it counts as seen
    received<int> waits;
    int calls = 0;
    c.rx->async_wait_for(
        [&calls](int value) {
            ++calls;
            return value >= 5;
        },
        waits.handler());
    poll(ctx);
    CHECK(calls == 1);
    c.tx->send(3);
    poll(ctx);
    c.tx->send(4);
    c.tx->send(5);
    c.tx->send(6);
    poll(ctx);
    CHECK(waits.value() == 6);
    CHECK(calls == 3); // each version that was looked at once
}

TEMPLATE_TEST_CASE("watch wait_for: what the predicate refuses does not count as seen", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx, 1);
    asio::cancellation_signal signal;
    received<int> cancelled;
    c.rx->async_wait_for(at_least(5), asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    c.tx->send(2);
    poll(ctx);
    SECTION("cancelled while it waits") {}
    SECTION("cancelled when a value that it would accept has woken it") { c.tx->send(5); }
    signal.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK(c.rx->has_changed());
    received<int> got; // and the next receive does not wait past what the predicate had refused
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK(got.value() == c.tx->get());
    received<int> next;
    c.rx->async_receive(next.handler());
    poll(ctx);
    CHECK(next.is_pending());
    c.tx->send(9);
    poll(ctx);
    CHECK(next.value() == 9);
}

TEST_CASE("watch wait_for: at the end the predicate decides about the last value") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    received<int> waits;
    c.rx->async_wait_for(at_least(2), waits.handler());
    poll(ctx);
    SECTION("it accepts it") {
        c.tx->send(2);
        c.tx.reset();
        poll(ctx);
        CHECK(waits.value() == 2);
    }
    SECTION("it refuses it") {
        c.tx->send(0);
        c.tx.reset();
        poll(ctx);
        CHECK(waits.is_success());
        CHECK_FALSE(waits.value());
        received<int> again;
        c.rx->async_wait_for(at_least(2), again.handler());
        poll(ctx);
        CHECK(again.is_success());
        CHECK_FALSE(again.value());
        CHECK(c.rx->try_receive() == 0); // it was not taken
    }
}

TEST_CASE("watch wait_for: what the predicate throws comes out, and the channel works on") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    std::string what;
    auto const wait = [&what](auto& rx) -> weir::task<void> {
        auto const predicate = [](int value) {
            return value == 3 ? throw std::runtime_error("three") : false;
        };
        try {
            (void)co_await rx.async_wait_for(predicate);
        } catch (std::runtime_error const& e) {
            what = e.what();
        }
    };
    weir::spawn(ctx.get_executor(), wait(*c.rx), asio::detached);
    poll(ctx);
    c.tx->send(2);
    poll(ctx);
    CHECK(what.empty());
    c.tx->send(3);
    poll(ctx);
    CHECK(what == "three");
    received<int> got;
    c.rx->async_receive(got.handler());
    poll(ctx);
    CHECK(got.value() == 3);
}

TEST_CASE("watch wait_for: gives the value that its predicate accepted, and counts no later one as seen") {
    asio::io_context ctx;
    channel<std::string> c(ctx, "a");
    received<std::string> got;
    c.rx->async_wait_for([&c](std::string const&) { return c.tx->send("b"); }, got.handler());
    poll(ctx);
    CHECK(got.value() == "a");
    CHECK(c.rx->try_receive() == "b");
}

TEST_CASE("watch wait_for: its predicate may use the channel, and may be movable only") {
    asio::io_context ctx;
    channel<std::string> c(ctx, "a");
    received<std::string> got;
    auto predicate = [&c, limit = std::make_unique<std::size_t>(3)](std::string const& s) {
        if (s.size() < *limit) {
            c.tx->send_modify([](std::string& value) { value += "b"; });
        }
        return s.size() >= *limit;
    };
    c.rx->async_wait_for(std::move(predicate), got.handler());
    poll(ctx);
    CHECK(got.value() == "abb");
}

TEST_CASE("watch cancellation: a cancelled receive has seen nothing") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    asio::cancellation_signal signal;
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    received<int> cancelled;
    c.rx->async_receive(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    SECTION("while it waits") {
        signal.emit(type);
        poll(ctx);
        c.tx->send(2);
        CHECK(poll(ctx) == 0);
    }
    SECTION("when a value has woken it") {
        c.tx->send(2);
        signal.emit(type);
        poll(ctx);
    }
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(cancelled.value());
    CHECK(c.rx->try_receive() == 2);
}

TEST_CASE("watch receiver: one operation at a time") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    received<int> first;
    received<int> second;
    received<int> third;
    c.rx->async_wait_for(at_least(3), first.handler());
    c.rx->async_receive(second.handler());
    c.rx->async_wait_for(at_least(1), third.handler());
    poll(ctx);
    CHECK(first.is_pending());
    CHECK(second.is_failure(weir::errc::busy));
    CHECK(third.is_failure(weir::errc::busy));
    c.tx->send(2);
    poll(ctx);
    CHECK(first.is_pending());
    c.tx->send(3);
    poll(ctx);
    CHECK(first.value() == 3);
}

TEST_CASE("watch receiver: destroyed under an operation aborts it, and disturbs no other") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    auto other = *c.rx;
    received<int> gone;
    received<int> stays;
    bool const with_predicate = GENERATE(true, false);
    if (with_predicate) {
        c.rx->async_wait_for(at_least(2), gone.handler());
    } else {
        c.rx->async_receive(gone.handler());
    }
    other.async_receive(stays.handler());
    poll(ctx);
    SECTION("while it waits") {}
    SECTION("when a value has woken it") { c.tx->send(2); }
    c.rx.reset();
    CHECK(gone.is_pending());
    poll(ctx);
    CHECK(gone.is_failure(asio::error::operation_aborted));
    CHECK(c.tx->receiver_count() == 1);
    c.tx->send(2);
    poll(ctx);
    CHECK(stays.value() == 2);
}

TEST_CASE("watch async_closed: waits for the last receiver to go, and for those who come meanwhile") {
    asio::io_context ctx;
    channel<int> c(ctx, 1);
    outcome<> waits;
    outcome<> cancelled;
    asio::cancellation_signal signal;
    c.tx->async_closed(waits.handler());
    c.tx->async_closed(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    poll(ctx);
    signal.emit(asio::cancellation_type::partial);
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    c.rx.reset();
    CHECK(waits.is_pending());
    c.rx = c.tx->subscribe(); // before it has looked
    poll(ctx);
    CHECK(waits.is_pending());
    c.rx.reset();
    poll(ctx);
    CHECK(waits.is_success());
}

TEST_CASE("watch receivers: a thousand that wait are woken by one value, each once") {
    asio::io_context ctx;
    {
        channel<counted> c(ctx, counted(1));
        std::vector<std::remove_cvref_t<decltype(*c.rx)>> all(1000, *c.rx);
        std::vector<std::unique_ptr<received<counted>>> got;
        for (auto& rx : all) {
            got.push_back(std::make_unique<received<counted>>());
            rx.async_receive(got.back()->handler());
        }
        poll(ctx);
        CHECK(c.tx->receiver_count() == 1001);
        c.tx->send(counted(7));
        poll(ctx);
        CHECK(std::all_of(got.begin(), got.end(),
                          [](auto& g) { return g->is_success() && g->value()->value() == 7; }));
        all.clear();
        CHECK(c.tx->receiver_count() == 1);
    }
    CHECK(counted::alive() == 0);
}

} // namespace watch_waiting_test
