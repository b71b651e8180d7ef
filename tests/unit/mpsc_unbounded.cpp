// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// The unbounded channel: what it has in common with all channels is in policies.cpp.

namespace mpsc_unbounded_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
using support::counted;
using support::move_only;
using support::outcome;
using support::poll;
using support::throwing;

/// One thread; counts the atomics that there are, of which each slot of each block has one. With a name that other files
/// could see: g++ warns of a policy without one in files that are compiled together.
struct counting_atomics : weir::single_threaded {
    template <class T>
    class atomic : public weir::detail::plain_atomic<T> {
    public:
        atomic(T value) noexcept : weir::detail::plain_atomic<T>(value) {
            ++alive;
            ++made;
        }

        ~atomic() { --alive; }
    };

    static inline std::size_t alive = 0;
    static inline std::size_t made = 0;
};

namespace {

using executor = asio::io_context::executor_type;
template <class T>
using received = outcome<std::optional<T>>;

/// A channel whose ends can be destroyed one at a time.
template <class T, class Threading = weir::multi_threaded>
struct channel {
    explicit channel(asio::io_context& ctx)
        : channel(mpsc::unbounded_channel<T, Threading>(ctx.get_executor())) {}

    explicit channel(std::pair<mpsc::unbounded_sender<T, executor, Threading>,
                               mpsc::unbounded_receiver<T, executor, Threading>>
                         ends)
        : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<mpsc::unbounded_sender<T, executor, Threading>> tx;
    std::optional<mpsc::unbounded_receiver<T, executor, Threading>> rx;
};

constexpr std::size_t block = weir::detail::slots_per_block<int, weir::multi_threaded>;

/// Throws when it is copied.
struct uncopyable_now {
    explicit uncopyable_now(int n) : number(n) {}

    uncopyable_now(uncopyable_now const&) : number(0) { throw std::runtime_error("copy"); }

    uncopyable_now(uncopyable_now&&) noexcept = default;

    int number;
};

template <class Handle>
concept has_capacity = requires(Handle& h) {
    h.capacity();
};

template <class Sender>
concept has_permits = requires(Sender& tx) {
    tx.try_reserve();
};

static_assert(!has_capacity<mpsc::unbounded_sender<int>> && !has_permits<mpsc::unbounded_sender<int>>);
static_assert(!has_capacity<mpsc::unbounded_receiver<int>> && has_capacity<mpsc::receiver<int>>);
static_assert(
    std::is_same_v<mpsc::weak_unbounded_sender<int, executor>::rebind_executor<asio::any_io_executor>::other,
                   mpsc::weak_unbounded_sender<int>>);
static_assert(std::is_nothrow_move_constructible_v<mpsc::weak_unbounded_sender<move_only>>);
static_assert(!std::is_copy_constructible_v<mpsc::unbounded_receiver<int>>);
static_assert(std::is_convertible_v<mpsc::unbounded_receiver<int, executor>, mpsc::unbounded_receiver<int>>);
static_assert(!std::is_convertible_v<mpsc::unbounded_sender<int>, mpsc::unbounded_sender<int, executor>>);

} // namespace

TEMPLATE_TEST_CASE(
    "unbounded order: values come as they were sent, whatever stands in the channel, over many blocks", "",
    weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    channel<int, TestType> c(ctx);
    std::size_t const depth =
        GENERATE(std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, 3 * block);
    int next_in = 0;
    int next_out = 0;
    for (std::size_t n = 0; n != depth; ++n) {
        REQUIRE(c.tx->send(next_in++));
    }
    bool in_order = true;
    bool is_counted = true;
    for (std::size_t n = 0; n != 4 * block; ++n) {
        in_order = in_order && c.tx->send(next_in++);
        in_order = in_order && c.rx->try_receive() == next_out++;
        is_counted =
            is_counted && c.rx->size() == depth && c.tx->size() == depth && c.rx->empty() == (depth == 0);
    }
    CHECK(in_order);
    CHECK(is_counted);
    std::vector<int> rest;
    CHECK(c.rx->try_receive_many(rest, depth / 2) == depth / 2);
    CHECK(c.rx->try_receive_many(rest, depth + 1) == depth - depth / 2);
    CHECK((rest.empty() || (rest.front() == next_out && rest.back() == next_in - 1)));
    CHECK_FALSE(c.rx->try_receive());
    CHECK(c.rx->empty());
}

TEST_CASE("unbounded end: comes after what was sent, at the edges of blocks too") {
    asio::io_context ctx;
    channel<int> c(ctx);
    std::size_t const n = GENERATE(std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, 2 * block);
    for (std::size_t i = 0; i != n; ++i) {
        CHECK(c.tx->send(static_cast<int>(i)));
    }
    CHECK(c.rx->size() == n);
    CHECK(c.rx->empty() == (n == 0));
    bool const is_closed_by_receiver = GENERATE(false, true);
    if (is_closed_by_receiver) {
        c.rx->close();
        CHECK_FALSE(c.tx->send(-1));
    } else {
        c.tx.reset();
    }
    CHECK(c.rx->is_closed());
    std::vector<int> out;
    outcome<std::size_t> many;
    c.rx->async_receive_many(out, 3 * block, many.handler());
    poll(ctx);
    CHECK(many.value() == n);
    CHECK(out.size() == n);
    CHECK(c.rx->size() == 0);
    received<int> end;
    c.rx->async_receive(end.handler());
    poll(ctx);
    CHECK(end.is_success());
    CHECK_FALSE(end.value());
}

TEST_CASE("unbounded send: a closed channel leaves the argument alone") {
    asio::io_context ctx;
    channel<move_only> c(ctx);
    CHECK(c.tx->emplace(1));
    bool const goes = GENERATE(false, true);
    if (goes) {
        c.rx.reset();
    } else {
        c.rx->close();
    }
    CHECK(c.tx->is_closed());
    move_only kept(2);
    CHECK_FALSE(c.tx->send(std::move(kept)));
    CHECK(kept.value() == 2);
    CHECK_FALSE(c.tx->emplace(3));
}

TEST_CASE("unbounded values: a move that throws has sent nothing, and is stepped over") {
    asio::io_context ctx;
    {
        channel<throwing> c(ctx);
        received<throwing> waits;
        c.rx->async_receive(waits.handler());
        poll(ctx);
        for (std::size_t n = 0; n != 2 * block; ++n) { // also as the last of a block
            throwing value(1);
            throwing::throw_in_move(1);
            CHECK_THROWS_AS(c.tx->send(std::move(value)), std::runtime_error);
        }
        throwing::throw_in_move(0);
        poll(ctx);
        CHECK(waits.is_pending());
        CHECK(c.tx->emplace(1));
        CHECK(c.tx->emplace(2));
        CHECK(c.tx->emplace(3));
        poll(ctx);
        CHECK(waits.value()->value() == 1);
        throwing::throw_in_move(1);
        CHECK_THROWS_AS(c.rx->try_receive(), std::runtime_error); // that one is gone
        throwing::throw_in_move(0);
        CHECK(c.rx->size() == 1);
        CHECK(c.rx->try_receive()->value() == 3);
        c.tx.reset();
        CHECK_FALSE(c.rx->try_receive());
        CHECK(c.rx->is_closed());
    }
    CHECK(throwing::alive() == 0);
    channel<uncopyable_now> c(ctx);
    uncopyable_now const value(7);
    CHECK_THROWS_AS(c.tx->send(value), std::runtime_error);
    CHECK(c.tx->emplace(8));
    auto const got = c.rx->try_receive();
    REQUIRE(got);
    CHECK(got->number == 8);
}

TEST_CASE(
    "unbounded values: what nobody received is destroyed with the receiver, what comes later is not taken") {
    asio::io_context ctx;
    channel<counted> c(ctx);
    for (std::size_t n = 0; n != 3 * block; ++n) {
        c.tx->emplace(1);
    }
    CHECK(c.rx->try_receive()->value() == 1);
    CHECK(counted::alive() == static_cast<int>(3 * block) - 1);
    bool const sender_first = GENERATE(false, true);
    if (sender_first) {
        c.tx.reset();
    }
    c.rx.reset();
    CHECK(counted::alive() == 0);
    CHECK((sender_first || !c.tx->emplace(1)));
    CHECK(counted::alive() == 0);
}

TEST_CASE(
    "unbounded memory: none before the first value, blocks are used again, a burst gives its blocks back") {
    asio::io_context ctx;
    constexpr std::size_t a_block = block + 1; // its link too
    {
        channel<int, counting_atomics> c(ctx);
        auto const idle = counting_atomics::alive;
        CHECK(idle < a_block);
        c.tx->send(1);
        CHECK(counting_atomics::alive == idle + a_block);
        (void)c.rx->try_receive();
        for (std::size_t n = 0; n != 3 * block; ++n) {
            c.tx->send(1);
            (void)c.rx->try_receive();
        }
        auto const made = counting_atomics::made;
        for (std::size_t n = 0; n != 100 * block; ++n) {
            c.tx->send(1);
            (void)c.rx->try_receive();
        }
        CHECK(counting_atomics::made == made); // steady state
        for (std::size_t n = 0; n != 100 * block; ++n) {
            c.tx->send(1);
        }
        CHECK(counting_atomics::alive >= idle + 99 * a_block);
        std::vector<int> out;
        CHECK(c.rx->try_receive_many(out, 200 * block) == 100 * block);
        CHECK(counting_atomics::alive <= idle + 3 * a_block);
    }
    CHECK(counting_atomics::alive == 0);
}

TEST_CASE("unbounded tokens: a callback, use_future, deferred, and the plain thread's") {
    asio::io_context ctx;
    channel<std::string> c(ctx);
    received<std::string> got;
    c.rx->async_receive(got.handler());
    CHECK(c.tx->send("one"));
    CHECK(got.is_pending());
    poll(ctx);
    CHECK(got.value() == "one");
    std::future<std::optional<std::string>> future = c.rx->async_receive(asio::use_future);
    std::string const two = "two";
    CHECK(c.tx->send(two));
    poll(ctx);
    CHECK(future.get() == "two");
    auto later = c.rx->async_receive(asio::deferred);
    CHECK(c.tx->emplace(std::size_t{3}, 'x'));
    poll(ctx);
    CHECK(c.rx->size() == 1);
    received<std::string> last;
    std::move(later)(last.handler());
    poll(ctx);
    CHECK(last.value() == "xxx");
    CHECK(c.tx->send("four"));
    CHECK(c.rx->blocking_receive() == "four");
    std::future<void> closed = c.tx->async_closed(asio::use_future);
    c.rx->close();
    poll(ctx);
    closed.get();
}

TEST_CASE("unbounded receive: one at a time, a cancelled one takes nothing") {
    asio::io_context ctx;
    channel<int> c(ctx);
    asio::cancellation_signal signal;
    received<int> cancelled;
    received<int> second;
    c.rx->async_receive(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    c.rx->async_receive(second.handler());
    poll(ctx);
    CHECK(second.is_failure(weir::errc::busy));
    bool const is_woken = GENERATE(false, true);
    CHECK((!is_woken || c.tx->send(5)));
    signal.emit(asio::cancellation_type::terminal);
    CHECK((is_woken || c.tx->send(5)));
    poll(ctx);
    CHECK(cancelled.is_failure(asio::error::operation_aborted));
    CHECK(c.rx->blocking_receive() == 5);
}

TEST_CASE("unbounded late hand-over: of two that are ready only the one that wins is taken from") {
    using namespace asio::experimental::awaitable_operators;
    using namespace std::chrono_literals;
    asio::io_context ctx;
    channel<int> a(ctx);
    channel<int> b(ctx);
    int sum = 0;
    auto const with_asio = [&]() -> asio::awaitable<void> {
        auto const first =
            co_await (a.rx->async_receive(asio::use_awaitable) || b.rx->async_receive(asio::use_awaitable));
        sum += first.index() == 0 ? *std::get<0>(first) : *std::get<1>(first);
    };
    auto const with_select = [&]() -> weir::task<void> {
        auto const take = [&sum](int n) { sum += n; };
        co_await weir::select(weir::on(*a.rx, take), weir::on(*b.rx, take));
        auto const one = co_await weir::timeout(1h, a.rx->async_receive());
        sum += one.value_or(1000);
    };
    bool const in_task = GENERATE(false, true);
    if (in_task) {
        weir::spawn(ctx.get_executor(), with_select(), asio::detached);
    } else {
        asio::co_spawn(ctx, with_asio(), asio::detached);
    }
    poll(ctx);
    a.tx->send(1);
    b.tx->send(10);
    a.tx->send(100);
    poll(ctx);
    auto const left = a.rx->size() + b.rx->size();
    CHECK(left == (in_task ? 1 : 2));
    while (auto const n = a.rx->try_receive()) {
        sum += *n;
    }
    while (auto const n = b.rx->try_receive()) {
        sum += *n;
    }
    CHECK(sum == 111);
}

} // namespace mpsc_unbounded_test
