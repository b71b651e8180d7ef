// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/shared_mutex.hpp>

#include <weir/select.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace shared_mutex_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using weir::read_lock;
using weir::task;
using weir::write_lock;

namespace {

template <class Threading>
using shared_mutex = weir::basic_shared_mutex<asio::io_context::executor_type, Threading>;

template <class Threading>
using reader = outcome<weir::basic_read_lock<Threading>>;

template <class Threading>
using writer = outcome<weir::basic_write_lock<Threading>>;

static_assert(!std::is_copy_constructible_v<read_lock> && std::is_nothrow_move_assignable_v<read_lock>);
static_assert(!std::is_copy_constructible_v<write_lock> && std::is_nothrow_move_assignable_v<write_lock>);
static_assert(!std::is_convertible_v<write_lock, read_lock> && !std::is_convertible_v<read_lock, write_lock>);
static_assert(!std::is_aggregate_v<read_lock>); // g++ 12 destroys aggregate temporaries of co_await twice

} // namespace

TEMPLATE_TEST_CASE("shared_mutex: readers together, a writer alone, whoever came first first", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    shared_mutex<TestType> m(ctx.get_executor());
    auto first = m.try_lock_shared();
    auto second = m.try_lock_shared();
    CHECK(first.owns_lock());
    CHECK(second);
    CHECK_FALSE(m.try_lock());
    writer<TestType> write;
    std::array<reader<TestType>, 2> behind;
    writer<TestType> last;
    m.async_lock(write.handler());
    m.async_lock_shared(behind[0].handler()); // others read, but a writer came before
    m.async_lock_shared(behind[1].handler());
    m.async_lock(last.handler());
    poll(ctx);
    CHECK_FALSE(m.try_lock_shared());
    first.unlock();
    first.unlock(); // holds nothing any more
    poll(ctx);
    CHECK(write.is_pending());
    second = {};
    CHECK(write.is_pending()); // never inside the call
    poll(ctx);
    REQUIRE(write.is_success());
    CHECK(write.value().owns_lock());
    CHECK_FALSE(m.try_lock());
    CHECK_FALSE(m.try_lock_shared());
    CHECK(behind[0].is_pending());
    write.value().unlock();
    poll(ctx);
    CHECK(behind[0].is_success());
    CHECK(behind[1].is_success());
    CHECK(last.is_pending());
    behind[0].value().unlock();
    behind[1].value().unlock();
    poll(ctx);
    REQUIRE(last.is_success());
    last.value().unlock();
    CHECK(m.try_lock());
}

TEMPLATE_TEST_CASE(
    "shared_mutex: a writer goes on as a reader, with the readers who wait and before a writer", "",
    weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    shared_mutex<TestType> m(ctx.get_executor());
    auto write = m.try_lock();
    reader<TestType> together;
    writer<TestType> next;
    reader<TestType> late;
    m.async_lock_shared(together.handler());
    m.async_lock(next.handler());
    m.async_lock_shared(late.handler());
    poll(ctx);
    auto read = std::move(write).downgrade();
    CHECK_FALSE(write); // NOLINT: it says that it is empty
    CHECK(read);
    poll(ctx);
    CHECK(together.is_success());
    CHECK(next.is_pending());
    CHECK(late.is_pending());
    CHECK_FALSE(std::move(write).downgrade()); // NOLINT
    together.value().unlock();
    poll(ctx);
    CHECK(next.is_pending()); // for the one who was a writer
    read.unlock();
    poll(ctx);
    CHECK(next.is_success());
    CHECK(late.is_pending());
}

TEST_CASE("shared_mutex: a writer who gives up lets the readers in who wait behind it") {
    asio::io_context ctx;
    weir::shared_mutex m(ctx);
    auto held = m.try_lock_shared();
    outcome<write_lock> write;
    std::array<outcome<read_lock>, 2> read;
    asio::cancellation_signal cancel;
    m.async_lock(asio::bind_cancellation_slot(cancel.slot(), write.handler()));
    m.async_lock_shared(read[0].handler());
    m.async_lock_shared(read[1].handler());
    poll(ctx);
    bool const is_granted_first = GENERATE(false, true);
    if (is_granted_first) {
        held.unlock();
    }
    cancel.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(write.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(write.value());
    CHECK(read[0].is_success());
    CHECK(read[1].is_success());
}

TEST_CASE("shared_mutex: a reader whose turn came and who is gone makes room for the writer") {
    asio::io_context ctx;
    weir::shared_mutex m(ctx.get_executor());
    auto held = m.try_lock();
    outcome<write_lock> next;
    {
        asio::io_context gone;
        auto read = [](weir::shared_mutex& of) -> task<> { auto lock = co_await of.async_lock_shared(); };
        weir::spawn(gone, read(m), asio::detached);
        poll(gone);
        m.async_lock(next.handler());
        held.unlock();
        poll(ctx);
        CHECK(next.is_pending()); // the reader's turn, which it does not look at
    }
    poll(ctx);
    CHECK(next.is_success());
}

TEST_CASE("shared_mutex: destroyed while it is held, who waits is aborted, and locks can go later") {
    asio::io_context ctx;
    auto m = std::make_unique<weir::shared_mutex>(ctx);
    std::optional<read_lock> held(m->try_lock_shared());
    outcome<write_lock> write;
    outcome<read_lock> read;
    m->async_lock(write.handler());
    m->async_lock_shared(read.handler());
    poll(ctx);
    m.reset();
    poll(ctx);
    CHECK(write.is_failure(asio::error::operation_aborted));
    CHECK(read.is_failure(asio::error::operation_aborted));
    CHECK(held->owns_lock());
    held.reset();
}

TEST_CASE("shared_mutex: a context that dies destroys who waits, and the mutex stays usable") {
    std::optional<asio::io_context> ctx(std::in_place);
    weir::shared_mutex m(*ctx);
    auto held = m.try_lock_shared();
    outcome<write_lock> write;
    outcome<read_lock> read;
    m.async_lock(write.handler());
    m.async_lock_shared(read.handler());
    if (GENERATE(false, true)) {
        poll(*ctx);
        held.unlock();
    }
    ctx.reset();
    CHECK(write.is_pending());
    CHECK(read.is_pending());
    held.unlock();
    CHECK(m.try_lock());
}

TEST_CASE("shared_mutex: in a task, an awaitable, a callback, a future") {
    asio::io_context ctx;
    weir::shared_mutex m(ctx.get_executor());
    std::string order;
    auto held = m.try_lock();
    auto in_task = [&]() -> task<> {
        auto lock = co_await m.async_lock_shared();
        order += 't';
        co_await asio::post(asio::deferred); // the next reader comes meanwhile
        order += 'T';
    };
    auto in_awaitable = [&]() -> asio::awaitable<void> {
        auto lock = co_await m.async_lock_shared(asio::use_awaitable);
        order += 'a';
        co_await asio::post(asio::use_awaitable);
        order += 'A';
    };
    weir::spawn(ctx.get_executor(), in_task(), asio::detached);
    asio::co_spawn(ctx, in_awaitable(), asio::detached);
    poll(ctx);
    m.async_lock([&](weir::error_code ec, write_lock lock) { order += lock.owns_lock() && !ec ? 'c' : '-'; });
    auto future = m.async_lock_shared(asio::use_future);
    poll(ctx);
    CHECK(order.empty());
    held.unlock();
    poll(ctx);
    CHECK(order == "taTAc");
    CHECK(future.get().owns_lock());
}

TEST_CASE("shared_mutex: a case of select that loses holds nothing") {
    asio::io_context ctx;
    weir::shared_mutex a(ctx.get_executor());
    weir::shared_mutex b(ctx.get_executor());
    int wrote = 0;
    int read = 0;
    auto loop = [&]() -> task<> {
        for (int n = 0; n != 100; ++n) {
            auto const write = [&](write_lock) { ++wrote; };
            auto const look = [&](read_lock) { ++read; };
            co_await weir::select(weir::on(a.async_lock(), write), weir::on(b.async_lock_shared(), look));
        }
    };
    weir::spawn(ctx.get_executor(), loop(), asio::detached);
    poll(ctx);
    CHECK(wrote + read == 100);
    CHECK(wrote >= 49); // it goes on in turn from where earlier selects on this thread have left off
    CHECK(read >= 49);
    CHECK(a.try_lock());
    CHECK(b.try_lock());
}

} // namespace shared_mutex_test
