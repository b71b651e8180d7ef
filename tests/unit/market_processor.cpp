// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/high_throughput_processor.hpp>

#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace market_processor_test {

namespace asio = boost::asio;
using namespace weir::market;
using weir::task;

namespace {

std::vector<market_tick> made_up_ticks(std::uint32_t instruments, std::size_t count) {
    std::vector<market_tick> ticks;
    for (std::size_t n = 0; n < count; ++n) {
        auto const i = static_cast<std::int64_t>(n);
        ticks.push_back({.instrument = static_cast<instrument_id>(n * 7 % instruments),
                         .event_time = 1'000 + i * 13 % 101,
                         .price = decimal::from_parts(100 + i * 17 % 89, 2),
                         .volume = decimal::from_parts(1 + i % 5, 1),
                         .sequence = n});
    }
    return ticks;
}

std::vector<instrument_statistics> added_up(std::vector<market_tick> const& ticks) {
    price_aggregator all;
    for (auto const& tick : ticks)
        all.add_tick(tick);
    return all.statistics();
}

task<> send_all(weir::mpmc::sender<market_tick> to, std::vector<market_tick> const& ticks) {
    for (auto const& tick : ticks)
        co_await to.async_send(tick);
}

std::uint64_t count_of(std::vector<instrument_statistics> const& all) {
    std::uint64_t sum = 0;
    for (auto const& s : all)
        sum += s.count;
    return sum;
}

} // namespace

TEST_CASE("processor: comes to what one aggregator comes to, however the ticks are spread") {
    auto const ticks = made_up_ticks(11, 5'000);
    auto const aggregate = GENERATE(aggregation::one_each, aggregation::shared);
    auto const workers = GENERATE(std::size_t{1}, std::size_t{3});
    asio::thread_pool pool(2);
    auto [tx, rx] = weir::mpmc::channel<market_tick>(pool, 64);
    high_throughput_processor processor(pool, std::move(rx),
                                        {.workers = workers, .aggregate = aggregate, .run_length = 16});
    weir::spawn(pool, send_all(std::move(tx), ticks), asio::detached);
    auto ended = weir::spawn(pool, processor.run(), asio::use_future);
    CHECK(count_of(processor.statistics()) <= ticks.size()); // may be asked while the workers work
    CHECK_NOTHROW(ended.get());
    CHECK(processor.statistics() == added_up(ticks));
    CHECK(processor.statistics(3) == added_up(ticks)[3]);
    CHECK(processor.statistics(11) == std::nullopt);
    CHECK(processor.processed() == ticks.size());
    std::uint64_t sum = 0;
    for (std::size_t worker = 0; worker < processor.workers(); ++worker)
        sum += processor.processed(worker);
    CHECK(sum == ticks.size());
    CHECK(processor.processed(workers) == 0);
}

TEST_CASE("processor: on one thread every worker has its share") {
    auto const ticks = made_up_ticks(3, 300);
    asio::io_context ctx(1);
    auto [tx, rx] = weir::mpmc::channel<market_tick>(ctx.get_executor(), 1);
    high_throughput_processor processor(ctx.get_executor(), std::move(rx), {.workers = 3});
    weir::spawn(ctx.get_executor(), processor.run(), asio::detached);
    ctx.poll(); // all three wait
    weir::spawn(ctx.get_executor(), send_all(std::move(tx), ticks), asio::detached);
    ctx.run();
    CHECK(processor.statistics() == added_up(ticks));
    for (std::size_t worker = 0; worker < 3; ++worker)
        CHECK(processor.processed(worker) >= 50);
}

TEST_CASE("processor: cancelled, it ends with all of its workers and has counted what they took") {
    auto const ticks = made_up_ticks(3, 10);
    asio::io_context ctx(1);
    auto [tx, rx] = weir::mpmc::channel<market_tick>(ctx.get_executor(), 16);
    high_throughput_processor processor(ctx, std::move(rx), {.workers = 2});
    asio::cancellation_signal cancel;
    std::optional<boost::system::error_code> ended;
    weir::spawn(ctx.get_executor(), processor.run(),
                asio::bind_cancellation_slot(cancel.slot(), [&ended](std::exception_ptr e) {
                    try {
                        std::rethrow_exception(e);
                    } catch (boost::system::system_error const& error) {
                        ended = error.code();
                    }
                }));
    for (auto const& tick : ticks)
        REQUIRE(tx.try_send(tick));
    ctx.poll();
    CHECK_FALSE(ended);
    CHECK(processor.processed() == ticks.size());
    cancel.emit(asio::cancellation_type::terminal);
    ctx.run();
    CHECK(ended == asio::error::operation_aborted);
    CHECK(tx.is_closed()); // the workers had the last receivers
    CHECK(processor.statistics() == added_up(ticks));
}

TEST_CASE("processor: cancelled, whoever awaits it is cancelled like anybody else afterwards") {
    asio::io_context ctx(1);
    auto [tx, rx] = weir::mpmc::channel<market_tick>(ctx.get_executor(), 16);
    high_throughput_processor processor(ctx, std::move(rx), {.workers = 2});
    asio::cancellation_signal cancel;
    bool is_processed = false;
    bool is_over = false;
    auto const process_and_wait = [&](weir::mpmc::sender<market_tick> to) -> weir::task<> {
        try {
            co_await processor.run();
        } catch (boost::system::system_error const&) {
            is_processed = true;
        }
        auto [ticks, none] = weir::mpmc::channel<market_tick>(to.get_executor(), 1);
        co_await none.async_receive();
    };
    weir::spawn(
        ctx.get_executor(), process_and_wait(tx),
        asio::bind_cancellation_slot(cancel.slot(), [&is_over](std::exception_ptr) { is_over = true; }));
    ctx.poll();
    cancel.emit(asio::cancellation_type::terminal);
    cancel.emit(asio::cancellation_type::total);
    ctx.poll();
    CHECK(is_processed);
    CHECK(is_over);
    CHECK(tx.is_closed());
}

TEST_CASE("processor: its context goes while the workers wait, and the processor before or after it") {
    bool const processor_first = GENERATE(false, true);
    bool const on_strand = GENERATE(false, true);
    std::optional<asio::io_context> ctx(std::in_place, 1);
    auto [tx, rx] = weir::mpmc::channel<market_tick>(*ctx, 16);
    std::optional<high_throughput_processor> processor;
    if (on_strand)
        processor.emplace(asio::make_strand(*ctx), std::move(rx));
    else
        processor.emplace(*ctx, std::move(rx));
    weir::spawn(*ctx, processor->run(), asio::detached);
    for (auto const& tick : made_up_ticks(3, 10))
        REQUIRE(tx.try_send(tick));
    ctx->poll();
    CHECK(processor->processed() == 10);
    if (processor_first)
        processor.reset();
    ctx.reset();
    CHECK(tx.is_closed());
    if (processor)
        CHECK(processor->processed() == 10);
}

TEST_CASE("processor: runs once") {
    asio::io_context ctx;
    auto [tx, rx] = weir::mpmc::channel<market_tick>(ctx, 1);
    high_throughput_processor processor(ctx, std::move(rx));
    { auto const last = std::move(tx); }
    auto first = weir::spawn(ctx, processor.run(), asio::use_future);
    auto second = weir::spawn(ctx, processor.run(), asio::use_future);
    ctx.run();
    CHECK_NOTHROW(first.get());
    CHECK_THROWS_AS(second.get(), std::logic_error);
}

TEST_CASE("processor: refuses to have no workers, and runs of nothing") {
    asio::io_context ctx;
    auto make = [&ctx](processor_options options) {
        auto [tx, rx] = weir::mpmc::channel<market_tick>(ctx, 1);
        high_throughput_processor(ctx, std::move(rx), options);
    };
    CHECK_THROWS_AS(make({.workers = 0}), std::invalid_argument);
    CHECK_THROWS_AS(make({.run_length = 0}), std::invalid_argument);
}

} // namespace market_processor_test
