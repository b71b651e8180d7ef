// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/every_operation.hpp"

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>

// Everything that one can wait for, beside a receive in Asio's own combinations: when both are ready in the same turn
// one of them happens, and what was meant for the other is there for the next. With weir's own combinations, and with the
// clock, the same is in time/every_operation.cpp.

namespace every_operation_in_groups_test {

namespace asio = boost::asio;
using support::poll;
using support::two_channels;
using support::every_operation::scene;
using support::every_operation::with_each;

namespace {

enum class way { operators, operators_other_way_round, group, group_other_way_round };

/// What came of the two.
struct end {
    bool has_come = false;
    bool has_happened = false; // the operation
    bool has_received = false;
};

asio::awaitable<void> by_operators(scene& s, two_channels& other, bool is_first, end& e) {
    using namespace asio::experimental::awaitable_operators;
    std::size_t winner = 0;
    if (is_first) {
        auto const got =
            co_await (s.start()(asio::use_awaitable) || other.a.async_receive(asio::use_awaitable));
        winner = got.index();
    } else {
        auto const got =
            co_await (other.a.async_receive(asio::use_awaitable) || s.start()(asio::use_awaitable));
        winner = 1 - got.index();
    }
    e = {true, winner == 0, winner == 1};
}

void by_group(scene& s, two_channels& other, bool is_first, end& e) {
    using order = std::array<std::size_t, 2>;
    using value = std::optional<int>;
    asio::experimental::wait_for_one const one;
    if (is_first) {
        asio::experimental::make_parallel_group(s.start(), other.a.async_receive())
            .async_wait(one, [&e](order, weir::error_code ec, weir::error_code, value const& v) {
                e = {true, !ec, v.has_value()};
            });
    } else {
        asio::experimental::make_parallel_group(other.a.async_receive(), s.start())
            .async_wait(one, [&e](order, weir::error_code, value const& v, weir::error_code ec) {
                e = {true, !ec, v.has_value()};
            });
    }
}

} // namespace

TEST_CASE(
    "every operation: in || or a parallel_group, with a receive in one turn, what does not happen is left") {
    auto const how =
        GENERATE(way::operators, way::operators_other_way_round, way::group, way::group_other_way_round);
    bool const is_ready_first = GENERATE(false, true);
    CAPTURE(how, is_ready_first);
    with_each([=](scene& s, asio::io_context& ctx) {
        two_channels other(ctx);
        end e;
        bool const is_first = how == way::operators || how == way::group;
        if (how == way::operators || how == way::operators_other_way_round) {
            asio::co_spawn(ctx, by_operators(s, other, is_first, e),
                           [](std::exception_ptr const& thrown) { CHECK(thrown == nullptr); });
        } else {
            by_group(s, other, is_first, e);
        }
        poll(ctx);
        CHECK_FALSE(e.has_come);
        if (is_ready_first) {
            s.make_ready();
        }
        CHECK(other.tx_a->try_send(1));
        if (!is_ready_first) {
            s.make_ready();
        }
        poll(ctx);
        CHECK(e.has_come);
        CHECK((e.has_happened ||
               e.has_received)); // both, where a group's cancellation comes from another context
        CHECK(other.a.try_receive().has_value() != e.has_received);
        if (!e.has_happened && !s.has_happened_when_ready()) {
            CHECK(s.can_complete(ctx));
        }
    });
}

} // namespace every_operation_in_groups_test
