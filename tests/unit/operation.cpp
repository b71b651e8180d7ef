// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/operation.hpp>

#include "support/catch.hpp"

#include <weir/broadcast.hpp>
#include <weir/error.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What lazy operations and their completion promise, whatever the channel.

namespace operation_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

weir::task<int> give(std::shared_ptr<int> value) { co_return *value; }

} // namespace

TEST_CASE("operation: dropped before it was started, also after its handle, it does nothing") {
    asio::io_context ctx;
    auto ends =
        std::make_unique<decltype(weir::mpsc::channel<int>(ctx, 1))>(weir::mpsc::channel<int>(ctx, 1));
    REQUIRE(ends->first.try_send(1));
    {
        auto const send = ends->first.async_send(2);
        auto const receive = ends->second.async_receive();
        auto const timed = weir::timeout(1s, ends->second.async_receive());
        CHECK(ends->second.size() == 1);
        ends.reset();
    }
    CHECK(ctx.poll() == 0);
}

TEST_CASE("operation: called with a token it may outlive the handle that made it") {
    asio::io_context ctx;
    std::optional<weir::error_code> result;
    {
        auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
        REQUIRE(tx.try_send(1));
        auto op = tx.async_send(2);
        std::move(op)([&result](weir::error_code ec) { result = ec; });
    }
    ctx.run();
    REQUIRE(result);
    CHECK(*result == weir::errc::closed); // the receiver has gone
}

TEST_CASE("operation: one receiver twice in a select is refused, as two receives at once are") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 1);
    int runs = 0;
    auto const count = [&runs](int) { ++runs; };
    std::optional<weir::error_code> result;
    weir::select(weir::on(rx, count),
                 weir::on(rx, count))([&result](weir::error_code ec, std::size_t) { result = ec; });
    ctx.run();
    REQUIRE(result);
    CHECK(*result == weir::errc::busy);
    CHECK(runs == 0);
}

TEST_CASE("spawn: completes when the task's parameters are gone, so that who joins may destroy what they "
          "refer to") {
    asio::io_context tasks;
    asio::io_context joiners;
    auto value = std::make_shared<int>(7);
    std::weak_ptr<int> const watched = value;
    bool were_gone = false;
    int result = 0;
    weir::spawn(tasks.get_executor(), give(std::move(value)),
                asio::bind_executor(joiners.get_executor(), [&](std::exception_ptr, int n) {
                    were_gone = watched.expired();
                    result = n;
                }));
    tasks.poll(); // run() would wait for the handler, too
    joiners.run();
    CHECK(were_gone);
    CHECK(result == 7);
}

TEST_CASE("operation: asio::awaitable is not suspended for what is there, but lets others run now and then") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<int>(ctx, 1000);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(tx.try_send(i));
    }
    int received = 0;
    std::vector<int> when_others_ran;
    auto const receive_all = [](auto from, int& count) -> asio::awaitable<void> {
        while (co_await from.async_receive()) {
            ++count;
        }
    };
    auto const note = [&](auto& self) -> void {
        when_others_ran.push_back(received);
        if (received < 1000) {
            asio::post(ctx, [&self] { self(self); });
        }
    };
    asio::co_spawn(ctx, receive_all(std::move(rx), received), asio::detached);
    asio::post(ctx, [&note] { note(note); });
    ctx.poll();
    CHECK(received == 1000);
    int longest = 0;
    for (std::size_t i = 1; i < when_others_ran.size(); ++i) {
        longest = std::max(longest, when_others_ran[i] - when_others_ran[i - 1]);
    }
    CHECK(longest > 64); // a coroutine that is suspended each time has one in a turn
    CHECK(longest <= 128 + 1);
}

TEST_CASE(
    "operation: a send that asio::awaitable starts and that is refused at once may outlive its channel") {
    asio::io_context ctx;
    auto ends = weir::broadcast::channel<std::string>(ctx.get_executor(), 1);
    std::optional sender(std::move(ends.first));
    std::optional(std::move(ends.second)).reset();
    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 200);
    bool is_refused = false;
    auto const send = [&, &to = tx]() -> asio::awaitable<void> {
        for (int i = 0; i != 128; ++i) { // from here on it is suspended once
            co_await to.async_send(i);
        }
        asio::post(ctx, [&sender] { sender.reset(); });
        try {
            co_await sender->async_send("longer than what a string keeps in itself");
        } catch (boost::system::system_error const& e) {
            is_refused = e.code() == weir::errc::closed;
        }
    };
    asio::co_spawn(ctx, send(), asio::detached);
    ctx.poll();
    CHECK(!sender);
    CHECK(is_refused);
}

TEST_CASE("operation: in asio::awaitable, results and errors are the same whether it has to wait or not") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpsc::channel<std::string>(ctx, 1);
    std::vector<std::string> log;
    auto const receive = [](auto from, auto to, auto& out) -> asio::awaitable<void> {
        for (int n = 0; n < 2; ++n) {
            std::optional<std::string> const value = co_await from.async_receive();
            out.push_back(value.value_or("none"));
        }
        from.close();
        for (int n = 0; n < 2; ++n) {
            try {
                auto send = to.async_send("late");
                co_await std::move(send);
            } catch (boost::system::system_error const& e) {
                out.emplace_back(e.code() == weir::errc::closed ? "closed" : "other");
            }
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        }
        std::optional<std::string> const end = co_await from.async_receive();
        out.push_back(end.value_or("end"));
    };
    REQUIRE(tx.try_send("there"));
    asio::co_spawn(ctx, receive(std::move(rx), tx, log), asio::detached);
    ctx.poll();
    CHECK(log == std::vector<std::string>{"there"});
    REQUIRE(tx.try_send("awaited"));
    ctx.poll();
    CHECK(log == std::vector<std::string>{"there", "awaited", "closed", "closed", "end"});
}

TEST_CASE("operation: what asio::awaitable waits for keeps the channel when all handles go") {
    asio::io_context ctx;
    auto full =
        std::make_unique<decltype(weir::mpsc::channel<int>(ctx, 1))>(weir::mpsc::channel<int>(ctx, 1));
    auto empty =
        std::make_unique<decltype(weir::mpsc::channel<int>(ctx, 1))>(weir::mpsc::channel<int>(ctx, 1));
    REQUIRE(full->first.try_send(1));
    std::vector<weir::error_code> errors;
    auto const send = [&errors](auto& to) -> asio::awaitable<void> {
        try {
            co_await to.async_send(2);
        } catch (boost::system::system_error const& e) {
            errors.push_back(e.code());
        }
    };
    auto const receive = [&errors](auto& from) -> asio::awaitable<void> {
        try {
            co_await from.async_receive();
        } catch (boost::system::system_error const& e) {
            errors.push_back(e.code());
        }
    };
    asio::co_spawn(ctx, send(full->first), asio::detached);
    asio::co_spawn(ctx, receive(empty->second), asio::detached);
    ctx.poll();
    REQUIRE(errors.empty());
    CHECK(full->first.strong_count() == 2);

    full.reset();
    ctx.poll();
    REQUIRE(errors == std::vector<weir::error_code>{weir::errc::closed});
    empty.reset();
    ctx.poll();
    CHECK(errors == std::vector<weir::error_code>{weir::errc::closed, asio::error::operation_aborted});
}

TEST_CASE("operation: a value that asio::awaitable has to wait to send is the value that was given") {
    asio::io_context ctx;
    auto const ex = ctx.get_executor();
    std::string const longest(100, 'x'); // more than a string keeps in itself, so it is gone once it is moved
    std::vector<std::string> received;
    auto const send_three = [](auto to, std::string value) -> asio::awaitable<void> {
        for (int n = 0; n < 3; ++n) {
            co_await to.async_send(value);
        }
    };
    auto const receive_all = [](auto from, auto& all) -> asio::awaitable<void> {
        while (auto value = co_await from.async_receive()) {
            all.push_back(*std::move(value));
        }
    };
    auto const send_and_receive = [&](auto ends) {
        asio::co_spawn(ex, send_three(std::move(ends.first), longest), asio::detached);
        ctx.restart();
        ctx.poll(); // the second waits for room
        asio::co_spawn(ex, receive_all(std::move(ends.second), received), asio::detached);
        ctx.restart();
        ctx.poll();
    };
    SECTION("mpsc") { send_and_receive(weir::mpsc::channel<std::string>(ex, 1)); }
    SECTION("broadcast") { send_and_receive(weir::broadcast::channel<std::string>(ex, 1)); }
    CHECK(received == std::vector<std::string>(3, longest));
}

TEMPLATE_TEST_CASE("operation work: a loop runs on while any of its operations waits, and no longer", "",
                   asio::io_context::executor_type, asio::any_io_executor) {
    asio::io_context ctx;
    TestType const executor = ctx.get_executor();
    auto [first, from_first] = weir::mpsc::channel<int>(executor, 1);
    auto [second, from_second] = weir::mpsc::channel<int>(executor, 1);
    int sum = 0;
    auto const add = [&](weir::error_code, std::optional<int> value) { sum += value.value_or(1000); };

    from_first.async_receive(add);
    from_second.async_receive([&, &rx = from_first](weir::error_code, std::optional<int> value) {
        sum += *value;
        rx.async_receive(add); // when no other waits any more
    });
    ctx.poll();
    CHECK_FALSE(ctx.stopped());
    REQUIRE(first.try_send(1));
    ctx.poll();
    CHECK(sum == 1);
    CHECK_FALSE(ctx.stopped());
    REQUIRE(second.try_send(10));
    ctx.poll();
    CHECK(sum == 11);
    CHECK_FALSE(ctx.stopped());
    REQUIRE(first.try_send(100));
    ctx.run();
    CHECK(sum == 111);
    CHECK(ctx.stopped());

    // what is left waiting goes with the loop, and no longer counts
    ctx.restart();
    from_first.async_receive(add);
    asio::cancellation_signal stop;
    from_second.async_receive(asio::bind_cancellation_slot(stop.slot(), add));
    ctx.poll();
    stop.emit(asio::cancellation_type::total);
    ctx.poll();
    CHECK(sum == 1111);
    CHECK_FALSE(ctx.stopped());
}

TEST_CASE("operation: an optional that is moved out in one piece is what it was") {
    auto const same = [](auto value) {
        std::optional<decltype(value)> full(value);
        std::optional<decltype(value)> empty;
        return weir::detail::moved_out(full) == value && !weir::detail::moved_out(empty).has_value();
    };
    int const here = 0;
    CHECK(same(std::uint64_t{0}));
    CHECK(same(std::uint64_t{0x0123'4567'89AB'CDEF}));
    CHECK(same(std::int64_t{-1}));
    CHECK(same(0.1));
    CHECK(same(&here));
    CHECK(same(std::int32_t{-1}));
    CHECK(same(std::string("longer than what a string keeps in itself")));
}

namespace {

/// As plain as a number, but there shall be one of it.
template <std::size_t Size>
class plain_handle {
public:
    explicit plain_handle(int n) noexcept : numbers_{n} {}

    plain_handle(plain_handle&&) noexcept = default;
    plain_handle& operator=(plain_handle&&) noexcept = default;

    [[nodiscard]] int number() const noexcept { return numbers_[0]; }

private:
    std::array<int, Size> numbers_;
};

} // namespace

TEMPLATE_TEST_CASE("operation: a plain value that can only be moved is moved out", "", plain_handle<1>,
                   plain_handle<2>, plain_handle<3>) {
    static_assert(std::is_trivially_copyable_v<TestType> && !std::is_copy_constructible_v<TestType>);
    std::optional<TestType> full(TestType(7));
    CHECK(weir::detail::moved_out(full).value().number() == 7);
}

} // namespace operation_test
