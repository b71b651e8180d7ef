// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Recorded trades through the market data hub: several producers, subscribers that come and go, statistics, and an
// orderly end.
//
//     hub FILE... [--speed max|real|N] [--subscribe PATTERN]... [--producers N] [--threads N] [--capacity N]
//         [--overflow RULE] [--busy-poll MICROSECONDS] [--json]
//
// prints what happens on stderr while it happens. At the end stdout gets a table of the instruments (count, open, high,
// low, last, volume and VWAP, all of them exact) and one of the subscriptions (delivered and dropped); with --json one
// JSON object with a member for each instrument. A row that is wrong stops the replay in order: `FILE:LINE: what is
// wrong` on stderr, exit code 2, and nothing on stdout.
//
// The roles are in hub/replay.hpp, the command line in hub/options.hpp, the output in hub/report.hpp.

#include "hub/options.hpp"
#include "hub/replay.hpp"
#include "hub/report.hpp"

#include <weir/busy_poll.hpp>
#include <weir/market.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <exception>

namespace {

namespace asio = boost::asio;

/// Prints the end of a replay; throws what a producer threw.
void report(example::replay const& replay, example::hub_arguments const& arguments) {
    if (replay.error())
        std::rethrow_exception(replay.error());
    example::write_to_stdout(arguments.json ? example::as_json(replay)
                                            : example::as_tables(replay, arguments.patterns));
}

/// Everything on this thread, so without a lock or a strand.
void run_on_loop(example::hub_arguments const& arguments) {
    asio::io_context loop(1);
    weir::busy_poll(loop, arguments.busy_poll);
    example::replay replay(arguments, [&loop] { return loop.get_executor(); });
    replay.start();
    loop.run();
    report(replay, arguments);
}

/// Every role on a strand of its own.
void run_on_pool(example::hub_arguments const& arguments) {
    asio::thread_pool pool(arguments.threads);
    weir::busy_poll(pool, arguments.busy_poll);
    example::replay replay(arguments, [&pool] { return asio::make_strand(pool); });
    replay.start();
    pool.join();
    report(replay, arguments);
}

} // namespace

int main(int argc, char** argv) try {
    example::hub_arguments arguments;
    CLI::App app("Replays recorded trades through a market data hub.");
    example::describe_arguments(app, arguments);
    CLI11_PARSE(app, argc, argv);
    if (arguments.patterns.empty())
        arguments.patterns.emplace_back("*");
    if (arguments.threads == 1)
        run_on_loop(arguments);
    else
        run_on_pool(arguments);
    return 0;

} catch (weir::market::bad_input const& e) {

    fmt::print(stderr, "{}\n", e.what());
    return 2;

} catch (std::exception const& e) {

    fmt::print(stderr, "hub: {}\n", e.what());
    return 1;
}
