// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/operation.hpp>

#include "support/bare.hpp"
#include "support/catch.hpp"
#include "support/counting_allocator.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#if BOOST_VERSION >= 108200
#include <boost/asio/bind_immediate_executor.hpp>
#endif
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tokens_test {

namespace asio = boost::asio;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
using support::allocated;
using support::counted;
using support::counting_allocator;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;

/// One value is sent and received through each, by operations that wait and by operations that need not.
struct channels {
    asio::io_context ctx;
    std::pair<mpsc::sender<int, executor>, mpsc::receiver<int, executor>> queue =
        mpsc::channel<int>(ctx.get_executor(), 1);
    std::pair<oneshot::sender<int, executor>, oneshot::receiver<int, executor>> once =
        oneshot::channel<int>(ctx.get_executor());
    mpsc::sender<int, executor>& tx = queue.first;
    mpsc::receiver<int, executor>& rx = queue.second;
};

/// Lets an awaitable run to its end.
template <class Awaitable>
void run(asio::io_context& ctx, Awaitable what) {
    bool ended = false;
    asio::co_spawn(ctx, std::move(what), [&](std::exception_ptr e) {
        ended = true;
        if (e) {
            std::rethrow_exception(e);
        }
    });
    poll(ctx);
    CHECK(ended);
}

/// Callable only as an rvalue, once.
struct rvalue_handler {
    std::unique_ptr<int> owned;
    int* sum;

    void operator()(weir::error_code, std::optional<int> value) && { *sum += *value + *owned; }
};

} // namespace

TEST_CASE("tokens: callbacks, also move-only ones and such as are called as rvalues") {
    channels c;
    int sum = 0;
    auto const add = [&sum](weir::error_code, std::optional<int> v) { sum += v.value_or(1000); };
    c.rx.async_receive(add); // an lvalue is copied
    CHECK(c.tx.try_send(1));
    poll(c.ctx);
    CHECK(sum == 1);
    c.rx.async_receive(rvalue_handler{std::make_unique<int>(10), &sum});
    CHECK(c.tx.try_send(2));
    poll(c.ctx);
    CHECK(sum == 13);
    c.once.second.async_receive(rvalue_handler{std::make_unique<int>(100), &sum});
    CHECK(c.once.first.send(3));
    poll(c.ctx);
    CHECK(sum == 116);
}

TEST_CASE("tokens: any_completion_handler, which says nothing of its executor") {
    using any_handler = asio::any_completion_handler<void(weir::error_code, std::optional<int>)>;
    asio::io_context other;
    int ran = 0;
    auto const witness = std::make_shared<int>(0);
    {
        channels c;
        outcome<std::optional<int>> got;
        c.rx.async_receive(any_handler(got.handler()));
        CHECK(c.tx.try_send(4));
        poll(c.ctx);
        CHECK(got.value() == 4);
        c.rx.async_receive(any_handler(asio::bind_executor(
            other.get_executor(), [&ran, witness](weir::error_code, std::optional<int>) { ++ran; })));
        CHECK(c.tx.try_send(5));
        poll(c.ctx);
        CHECK(ran == 0);
        poll(other);
        CHECK(ran == 1);
        asio::cancellation_signal signal;
        outcome<std::optional<int>> cancelled;
        c.rx.async_receive(any_handler(asio::bind_cancellation_slot(signal.slot(), cancelled.handler())));
        signal.emit(asio::cancellation_type::terminal);
        poll(c.ctx);
        CHECK(cancelled.is_failure(asio::error::operation_aborted));
        c.rx.async_receive(any_handler([&ran, witness](weir::error_code, std::optional<int>) { ++ran; }));
        CHECK(witness.use_count() == 2);
    }
    CHECK(ran == 1);
    CHECK(witness.use_count() == 1);
}

TEST_CASE("tokens: use_future") {
    channels c;
    std::future<void> sent = c.tx.async_send(1, asio::use_future);
    std::future<std::optional<int>> got = c.rx.async_receive(asio::use_future);
    auto permit = c.tx.async_reserve(asio::use_future);
    poll(c.ctx);
    sent.get();
    CHECK(got.get() == 1);
    auto slot = permit.get();
    c.rx.close();
    std::future<void> closed = c.tx.async_send(1, asio::use_future);
    poll(c.ctx);
    CHECK_THROWS_AS(closed.get(), boost::system::system_error);
}

TEST_CASE("tokens: detached") {
    channels c;
    c.tx.async_send(1, asio::detached);
    c.tx.async_send(2, asio::detached);
    poll(c.ctx);
    CHECK(c.rx.try_receive() == 1);
    poll(c.ctx);
    CHECK(c.rx.try_receive() == 2);
}

TEST_CASE("tokens: use_awaitable, as_tuple, redirect_error and deferred in an awaitable") {
    channels c;
    auto const all = [&]() -> asio::awaitable<void> {
        co_await c.tx.async_send(1, asio::use_awaitable);
        auto first = co_await c.rx.async_receive(asio::use_awaitable);
        CHECK(first == 1);
        auto const sent = co_await c.tx.async_send(2, asio::as_tuple(asio::use_awaitable));
        CHECK_FALSE(std::get<0>(sent));
        auto const second = co_await c.rx.async_receive(asio::as_tuple(asio::use_awaitable));
        CHECK(std::get<1>(second) == 2);
        co_await c.tx.async_send(3, asio::deferred);
        auto const third = co_await c.rx.async_receive(asio::deferred);
        CHECK(third == 3);
        weir::error_code ec;
        c.rx.close();
        co_await c.tx.async_send(4, asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == weir::errc::closed);
        bool thrown = false;
        try {
            co_await c.tx.async_send(5, asio::use_awaitable);
        } catch (boost::system::system_error const& e) {
            thrown = e.code() == weir::errc::closed;
        }
        CHECK(thrown);
    };
    run(c.ctx, all());
}

TEST_CASE("tokens: deferred is started when it is called, and not before") {
    channels c;
    auto send = c.tx.async_send(1, asio::deferred);
    poll(c.ctx);
    CHECK(c.rx.empty());
    outcome<> sent;
    std::move(send)(sent.handler());
    CHECK(c.rx.size() == 1);
    poll(c.ctx);
    CHECK(sent.is_success());
}

TEST_CASE("tokens: yield_context") {
    channels c;
    int sum = 0;
    asio::spawn(
        c.ctx,
        [&](asio::yield_context yield) {
            c.tx.async_send(1, yield);
            sum += *c.rx.async_receive(yield);
            sum += *c.once.second.async_receive(yield); // waits
            weir::error_code ec;
            c.rx.close();
            c.tx.async_send(1, yield[ec]);
            sum += ec == weir::errc::closed ? 100 : 0;
        },
        [](std::exception_ptr e) {
            if (e) {
                std::rethrow_exception(e);
            }
        });
    poll(c.ctx);
    CHECK(c.once.first.send(10));
    poll(c.ctx);
    CHECK(sum == 111);
}

TEST_CASE("tokens: left out, in a task, an awaitable and a coroutine of somebody else") {
    channels c;
    int sum = 0;
    auto const in_task = [&]() -> weir::task<void> {
        co_await c.tx.async_send(1);
        auto const got = co_await c.rx.async_receive();
        sum += *got;
        auto slot = co_await c.tx.async_reserve();
        std::move(*slot).send(2);
    };
    auto const in_awaitable = [&]() -> asio::awaitable<void> {
        auto const got = co_await c.rx.async_receive();
        sum += *got;
        co_await c.tx.async_emplace(4);
    };
    auto const in_bare = [&]() -> support::bare {
        auto const got = co_await c.rx.async_receive();
        sum += *got;
        co_await c.tx.async_send(8); // there is room
        co_await c.tx.async_send(16);
        sum += 100;
    };
    weir::spawn(c.ctx.get_executor(), in_task(), asio::detached);
    poll(c.ctx);
    CHECK(sum == 1);
    run(c.ctx, in_awaitable());
    CHECK(sum == 3);
    auto const bare = in_bare(); // without suspending, since the value is there
    CHECK(sum == 7);
    CHECK_FALSE(bare.is_done());
    CHECK(c.rx.try_receive() == 8);
    CHECK(sum == 7);
    poll(c.ctx);
    CHECK(bare.is_done());
    bare.rethrow();
    CHECK(sum == 107);
    CHECK(c.rx.try_receive() == 16);
}

TEST_CASE("tokens: a coroutine of somebody else gets errors as exceptions, and lets others run") {
    channels c;
    bool closed = false;
    int rounds = 0;
    bool stop = false;
    auto const in_bare = [&]() -> support::bare {
        while (!stop) {
            co_await c.tx.async_send(1);
            co_await c.rx.async_receive();
            ++rounds;
        }
        c.rx.close();
        try {
            co_await c.tx.async_send(1);
        } catch (boost::system::system_error const& e) {
            closed = e.code() == weir::errc::closed;
        }
    };
    asio::post(c.ctx, [&] { stop = true; });
    auto const bare = in_bare();
    CHECK(rounds <= 128);
    poll(c.ctx);
    CHECK(bare.is_done());
    CHECK(closed);
}

TEST_CASE("tokens: bind_executor says where the handler runs") {
    channels c;
    asio::io_context other;
    auto const strand = asio::make_strand(other);
    bool in_strand = false;
    c.rx.async_receive(asio::bind_executor(
        strand, [&](weir::error_code, std::optional<int>) { in_strand = strand.running_in_this_thread(); }));
    CHECK(c.tx.try_send(1));
    CHECK(poll(c.ctx) == 0);
    poll(other);
    CHECK(in_strand);
}

#if BOOST_VERSION >= 108200
TEST_CASE("tokens: bind_immediate_executor says where the handler runs when nothing had to be waited for") {
    channels c;
    asio::system_executor const here; // dispatching to it calls at once
    bool sent = false;
    c.tx.async_send(1, asio::bind_immediate_executor(here, [&](weir::error_code ec) { sent = !ec; }));
    CHECK(sent);
    int received = 0;
    auto const receive = [&](weir::error_code, std::optional<int> v) { received = v.value_or(-1); };
    c.rx.async_receive(asio::bind_immediate_executor(here, receive));
    CHECK(received == 1);
    c.rx.async_receive(asio::bind_immediate_executor(here, receive)); // has to wait
    CHECK(c.tx.try_send(2));
    CHECK(received == 1);
    poll(c.ctx);
    CHECK(received == 2);
    CHECK(c.tx.try_send(3));
    c.rx.async_receive(receive); // nothing said: never inside the call
    CHECK(received == 2);
    poll(c.ctx);
    CHECK(received == 3);
}
#endif

TEST_CASE("tokens: every byte comes from the handler's allocator, and is back before the handler runs") {
    channels c;
    allocated bytes;
    std::size_t in_handler = 1;
    auto const watch = [&](auto&&...) { in_handler = bytes.now; };
    auto const token = [&] { return asio::bind_allocator(counting_allocator<void>(bytes), watch); };
    auto const ends = [&] {
        poll(c.ctx);
        CHECK(bytes.total != 0);
        CHECK(in_handler == 0);
        CHECK(bytes.now == 0);
        in_handler = 1;
        bytes = {};
    };
    SECTION("a receive that waits") {
        c.rx.async_receive(token());
        poll(c.ctx);
        CHECK(bytes.now != 0);
        CHECK(c.tx.try_send(1));
        ends();
    }
    SECTION("a send at once, and one that waits") {
        c.tx.async_send(1, token());
        ends();
        c.tx.async_send(2, token());
        CHECK(c.rx.try_receive());
        ends();
    }
    SECTION("a reserve, a wait for the close") {
        c.tx.async_reserve(token());
        ends();
        c.tx.async_closed(token());
        c.rx.close();
        ends();
    }
    SECTION("a oneshot") {
        c.once.second.async_receive(token());
        CHECK(c.once.first.send(1));
        ends();
    }
    SECTION("cancelled") {
        asio::cancellation_signal signal;
        c.rx.async_receive(asio::bind_cancellation_slot(signal.slot(), token()));
        signal.emit(asio::cancellation_type::terminal);
        ends();
    }
}

TEST_CASE("tokens: every type of cancellation is honoured, none is not") {
    channels c;
    asio::cancellation_signal signal;
    outcome<std::optional<int>> got;
    c.rx.async_receive(asio::bind_cancellation_slot(signal.slot(), got.handler()));
    poll(c.ctx);
    signal.emit(asio::cancellation_type::none);
    poll(c.ctx);
    CHECK(got.is_pending());
    auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                               asio::cancellation_type::total, asio::cancellation_type::all);
    signal.emit(type);
    signal.emit(type);
    CHECK(got.is_pending());
    poll(c.ctx);
    CHECK(got.is_failure(asio::error::operation_aborted));
}

TEST_CASE("tokens: a signal that goes first, or comes when the channel has gone, does no harm") {
    outcome<std::optional<int>> got;
    asio::io_context ctx;
    std::optional<asio::cancellation_signal> signal(std::in_place);
    {
        auto [tx, rx] = mpsc::channel<int>(ctx.get_executor(), 1);
        rx.async_receive(asio::bind_cancellation_slot(signal->slot(), got.handler()));
        poll(ctx);
        SECTION("the signal goes first") { signal.reset(); }
        SECTION("the channel goes first") {}
    }
    if (signal) {
        signal->emit(asio::cancellation_type::terminal); // completed, handler not yet run
    }
    poll(ctx);
    CHECK(got.is_failure(asio::error::operation_aborted));
    if (signal) {
        signal->emit(asio::cancellation_type::terminal);
    }
}

TEST_CASE("tokens: as_default_on brings a token of its own") {
    channels c;
    auto tx = asio::use_awaitable_t<>::as_default_on(c.tx);
    auto rx = asio::use_awaitable_t<>::as_default_on(std::move(c.rx));
    static_assert(std::is_same_v<decltype(rx.async_receive()), asio::awaitable<std::optional<int>>>);
    auto const both = [&]() -> asio::awaitable<void> {
        co_await tx.async_send(3);
        auto const got = co_await rx.async_receive();
        CHECK(got == 3);
    };
    run(c.ctx, both());
    using as_tuple = asio::as_tuple_t<asio::use_awaitable_t<>>;
    auto once = as_tuple::as_default_on(std::move(c.once.second));
    CHECK(c.once.first.send(4));
    auto const one = [&]() -> asio::awaitable<void> {
        auto const got = co_await once.async_receive();
        CHECK(std::get<1>(got) == 4);
    };
    run(c.ctx, one());
}

} // namespace tokens_test
