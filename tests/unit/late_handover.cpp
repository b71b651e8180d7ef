// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/late_handover.hpp"

#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>

// A value leaves its channel when its receiver really completes. So a program that waits on several channels at once
// loses nothing, also when several are made ready in the same turn: what was sent was received or is still there. Here
// on one thread; on several in stress/late_handover.cpp.

namespace late_handover_test {

namespace asio = boost::asio;
using namespace support::late_handover;

TEST_CASE("late hand-over: nothing is lost on one thread by ||, parallel_group, select and timeout") {
    auto const how = static_cast<way>(GENERATE(range(0, ways)));
    asio::io_context ctx(1);
    scene s(ctx.get_executor(), ctx.get_executor());
    start(how, ctx.get_executor(), s);
    ctx.run();
    CAPTURE(how);
    s.check();
}

} // namespace late_handover_test
