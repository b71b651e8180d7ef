// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/cancellation.hpp>

#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace cancellation_test {

namespace asio = boost::asio;
using support::outcome;
using support::poll;
using weir::task;

TEMPLATE_TEST_CASE("cancellation: goes down the tree, not up and not sideways", "", weir::multi_threaded,
                   weir::single_threaded) {
    asio::io_context ctx;
    using source = weir::basic_cancellation_source<asio::io_context::executor_type, TestType>;
    source root(ctx.get_executor());
    auto left = root.child();
    auto right = root.token().child();
    auto below = left.token().child();
    outcome<> waits_left;
    outcome<> waits_below;
    outcome<> waits_right;
    left.async_cancelled(waits_left.handler());
    below.token().async_cancelled(waits_below.handler());
    right.async_cancelled(waits_right.handler());
    poll(ctx);
    left.cancel();
    CHECK(left.is_cancelled());
    CHECK(below.is_cancelled());
    CHECK_FALSE(right.is_cancelled());
    CHECK_FALSE(root.is_cancelled());
    CHECK(waits_left.is_pending()); // never inside the call
    poll(ctx);
    CHECK(waits_left.is_success());
    CHECK(waits_below.is_success());
    CHECK(waits_right.is_pending());
    left.cancel();
    CHECK(left.child().is_cancelled()); // from the start
    root.cancel();
    poll(ctx);
    CHECK(waits_right.is_success());
    outcome<> late;
    root.async_cancelled(late.handler());
    poll(ctx);
    CHECK(late.is_success());
}

TEST_CASE("cancellation: copies and tokens are of one source, which goes without cancelling") {
    asio::io_context ctx;
    std::optional<weir::cancellation_source> root(std::in_place, ctx);
    auto const copy = *root;
    auto const token = root->token();
    CHECK(copy == *root);
    CHECK(token == *root);
    CHECK_FALSE(root->child() == *root);
    root.reset();
    CHECK_FALSE(token.is_cancelled());
    auto again = copy;
    again.cancel();
    CHECK(token.is_cancelled());
}

TEST_CASE("cancellation: what is below one that nobody holds any more is cancelled from above") {
    asio::io_context ctx;
    weir::cancellation_source root(ctx);
    auto leaf = root.child().child().child();
    outcome<> waits;
    leaf.async_cancelled(waits.handler());
    poll(ctx);
    root.cancel();
    poll(ctx);
    CHECK(waits.is_success());
}

TEST_CASE("cancellation: ten thousand below one, and ten thousand in a line") {
    asio::io_context ctx;
    weir::cancellation_source root(ctx.get_executor());
    constexpr std::size_t count = 10'000;
    std::vector<weir::cancellation_source> children;
    std::deque<outcome<>> waits(count);
    for (auto& w : waits) {
        children.push_back(root.child());
        children.back().async_cancelled(w.handler());
    }
    auto last = children.front();
    for (std::size_t n = 0; n != count; ++n) {
        last = last.child();
    }
    for (std::size_t n = 0; n < count; n += 2) { // some go before
        children[n] = root;
    }
    poll(ctx);
    root.cancel();
    poll(ctx);
    for (auto const& w : waits) {
        REQUIRE(w.is_success());
    }
    CHECK(last.is_cancelled());
}

TEST_CASE("cancellation: a wait can be cancelled itself, or be a case that loses") {
    asio::io_context ctx;
    weir::cancellation_source source(ctx.get_executor());
    asio::cancellation_signal cancel;
    outcome<> waits;
    source.async_cancelled(asio::bind_cancellation_slot(cancel.slot(), waits.handler()));
    poll(ctx);
    cancel.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(waits.is_failure(asio::error::operation_aborted));
    CHECK_FALSE(source.is_cancelled());

    auto [tx, rx] = weir::mpsc::channel<int>(ctx.get_executor(), 4);
    auto& from = rx;
    int received = 0;
    bool running = true;
    auto loop = [&](weir::cancellation_token token) -> task<void> {
        while (running) {
            auto const stop = [&] { running = false; };
            auto const take = [&](int) { ++received; };
            co_await weir::select(weir::on(token.async_cancelled(), stop), weir::on(from, take));
        }
    };
    weir::spawn(ctx.get_executor(), loop(source.token()), asio::detached);
    CHECK(tx.try_send(1));
    CHECK(tx.try_send(2));
    poll(ctx);
    CHECK(received == 2);
    source.cancel();
    poll(ctx);
    CHECK_FALSE(running);
}

TEST_CASE("cancellation: from a handler of the same tree, and when the context has gone") {
    std::optional<asio::io_context> ctx(std::in_place);
    weir::cancellation_source source(*ctx);
    auto child = source.child();
    int seen = 0;
    child.async_cancelled([&](weir::error_code) {
        ++seen;
        child.cancel();
        source.cancel();
        (void)source.child();
    });
    outcome<> never;
    auto other = source.child();
    child.cancel();
    poll(*ctx);
    CHECK(seen == 1);
    CHECK(other.is_cancelled());
    weir::cancellation_source second(*ctx);
    second.async_cancelled(never.handler());
    poll(*ctx);
    ctx.reset();
    second.cancel();
    CHECK(second.is_cancelled());
    CHECK(never.is_pending());
}

} // namespace cancellation_test
