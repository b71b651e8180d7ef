// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Recorded trades spread over several workers by a shared receiver, and added up.
//
// Every worker has a receiver of the same mpmc channel: a tick goes to the one that has waited longest, so who is busy
// gets nothing more to do. The processor adds up in an aggregator for each worker, or in one that they share behind a
// lock: the statistics are the same, to the last digit, because they are exact.
//
//     load_balancing FILE [--workers N] [--threads N] [--capacity N]
//
// does it both ways, prints on stderr how many ticks each worker had, and at the end a table of the statistics on
// stdout. Exit code: 2 for a bad row or file, with `FILE:LINE: what is wrong`; 1 if the two ways should differ.

#include "hub/instrument_table.hpp"

#include <weir/market.hpp>
#include <weir/weir.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace market = weir::market;

struct arguments {
    std::string file;
    std::size_t workers = 4;
    std::size_t threads = 2;
    std::size_t capacity = 4096;
};

using recorded_producer =
    market::market_data_producer<market::recorded_file, weir::mpmc::sender<market::market_tick>>;

/// One producer into a channel, the workers out of it. Throws what the file throws.
std::vector<market::instrument_statistics> process(arguments const& a, market::aggregation way,
                                                   market::symbol_table& symbols) {
    asio::thread_pool pool(a.threads);
    auto [tx, rx] = weir::mpmc::channel<market::market_tick>(pool, a.capacity);
    recorded_producer producer(market::recorded_file(a.file, symbols), std::move(tx));
    market::high_throughput_processor processor(pool, std::move(rx),
                                                {.workers = a.workers, .aggregate = way});

    auto sent = weir::spawn(pool, producer.run(), asio::use_future);
    weir::spawn(pool, processor.run(), asio::detached); // ends when the producer has let go of the channel
    pool.join();

    fmt::print(stderr, "{} ticks sent, {}\n", sent.get(),
               way == market::aggregation::shared ? "one aggregator for all"
                                                  : "an aggregator for each worker");
    for (std::size_t worker = 0; worker < processor.workers(); ++worker)
        fmt::print(stderr, "  worker {}: {}\n", worker + 1, processor.processed(worker));
    return processor.statistics();
}

} // namespace

int main(int argc, char** argv) try {
    arguments a;
    CLI::App app("Spreads recorded trades over workers that share a channel.");
    auto const at_least_one = [](std::size_t most) { return CLI::Range(std::size_t{1}, most); };
    app.add_option("FILE", a.file, "Recorded trades, CSV")->required();
    app.add_option("--workers", a.workers, "How many workers")
        ->check(at_least_one(1024))
        ->capture_default_str();
    app.add_option("--threads", a.threads, "How many threads")
        ->check(at_least_one(1024))
        ->capture_default_str();
    app.add_option("--capacity", a.capacity, "How many ticks may wait in the channel")
        ->check(at_least_one(std::size_t{1} << 27))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    market::symbol_table symbols;
    auto const merged = process(a, market::aggregation::one_each, symbols);
    auto const shared = process(a, market::aggregation::shared, symbols);
    auto const sorted = example::sorted_by_name(merged, symbols);
    fmt::print("{}", example::instrument_table(sorted, symbols,
                                               example::width_of_names(sorted, symbols, "instrument")));
    fmt::print("\n{} workers, an aggregator each or one for all: {}\n", a.workers,
               merged == shared ? "the same" : "NOT THE SAME");
    return merged == shared ? 0 : 1;

} catch (market::bad_input const& e) {

    fmt::print(stderr, "{}\n", e.what());
    return 2;

} catch (std::exception const& e) {

    fmt::print(stderr, "load_balancing: {}\n", e.what());
    return 1;
}
