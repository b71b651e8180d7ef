// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_HIGH_THROUGHPUT_PROCESSOR_HPP
#define WEIR_MARKET_HIGH_THROUGHPUT_PROCESSOR_HPP

#include <weir/detail/bound_executor.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/price_aggregator.hpp>
#include <weir/mpmc.hpp>
#include <weir/synchronized.hpp>
#include <weir/task.hpp>
#include <weir/task_group.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

/// Workers that share one channel of ticks and add them up: for more ticks than one task can take in.
///
/// Each worker has a receiver of the same mpmc channel, takes a run of ticks whenever it is free, and adds it to an
/// aggregator: its own, or one that all share behind a lock. Sums that are exact and do not depend on order make both
/// come to the same, however the ticks were spread.
///
///     auto [tx, rx] = weir::mpmc::channel<weir::market::market_tick>(pool, 4096);
///     weir::market::high_throughput_processor processor(pool, std::move(rx), {.workers = 4});
///     co_await processor.run();
///     for (auto const& s : processor.statistics())
///         std::cout << symbols.name(s.instrument) << ' ' << s.vwap << '\n';
namespace weir::market {

/// Where the workers add up.
enum class aggregation {
    one_each, ///< each in an aggregator of its own, merged when somebody asks: workers do not wait for one another
    shared ///< all in one, behind a lock that is taken once a run: asking is cheap
};

struct processor_options {
    /// How many workers; more than the executor has threads brings nothing.
    std::size_t workers = 4;
    aggregation aggregate = aggregation::one_each;
    /// How many ticks a worker takes at most before it adds them up.
    std::size_t run_length = 256;
};

/// Must outlive run().
/// Thread safety: the members that only ask may be called on any thread, also while run() runs.
class high_throughput_processor {
public:
    /// The workers run on the executor, or on that of the execution context: side by side if it has several threads.
    /// Throws: std::invalid_argument without workers, or with runs of nothing.
    template <weir::detail::executor_or_context ExecutorOrContext>
    high_throughput_processor(ExecutorOrContext&& where, mpmc::receiver<market_tick> from,
                              processor_options options = {})
        : executor_(executor_of(where)),
          from_(std::move(from)),
          options_(checked(options)),
          results_(std::make_shared<results>(options_)) {}

    /// Works until the channel is closed and drained. To be called once; std::logic_error if it is awaited again.
    /// Throws: operation_aborted when the task is cancelled; what a worker has taken is added up then, what nobody has
    /// taken is in the channel still or, if these were its last receivers, gone with it. std::bad_alloc.
    [[nodiscard]] task<> run() {
        if (!from_)
            throw std::logic_error("weir: a high_throughput_processor runs once");
        task_group workers(executor_.get());
        {
            auto const from =
                std::move(*std::exchange(from_, std::nullopt)); // the workers' copies close the channel
            for (std::size_t worker = 0; worker < options_.workers; ++worker)
                workers.spawn(work(results_, worker, from, options_.run_length));
        }
        std::exception_ptr failure;
        try {
            co_await workers.async_join();
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            workers.cancel();
            bool const throws = co_await asio::this_coro::throw_if_cancelled();
            co_await asio::this_coro::throw_if_cancelled(false);
            while (workers.size() != 0) // who cancels once more only ends a wait
                co_await rest_of(workers);
            co_await asio::this_coro::throw_if_cancelled(throws);
            std::rethrow_exception(failure);
        }
    }

    /// The statistics of all ticks that have been added up so far, of every instrument, by ascending id.
    /// Complexity: linear in the number of instruments, and of aggregators.
    [[nodiscard]] std::vector<instrument_statistics> statistics() const { return merged().statistics(); }

    /// Those of one instrument, or nothing if it has not traded.
    [[nodiscard]] std::optional<instrument_statistics> statistics(instrument_id instrument) const {
        return merged().statistics(instrument);
    }

    /// How many ticks have been added up so far.
    [[nodiscard]] std::uint64_t processed() const noexcept {
        std::uint64_t sum = 0;
        for (std::size_t worker = 0; worker < options_.workers; ++worker)
            sum += processed(worker);
        return sum;
    }

    /// How many by one worker, counted from 0.
    [[nodiscard]] std::uint64_t processed(std::size_t worker) const noexcept {
        return worker < options_.workers ? results_->processed[worker].load(std::memory_order_relaxed) : 0;
    }

    /// How many workers there are.
    [[nodiscard]] std::size_t workers() const noexcept { return options_.workers; }

private:
    /// Owned by the workers too: they may be destroyed after this object, with their context.
    struct results {
        explicit results(processor_options const& options)
            : aggregators(options.aggregate == aggregation::shared ? 1 : options.workers),
              processed(options.workers) {}

        synchronized<price_aggregator>& aggregator_of(std::size_t worker) {
            return aggregators[worker % aggregators.size()];
        }

        std::vector<synchronized<price_aggregator>> aggregators;
        std::vector<std::atomic<std::uint64_t>> processed; // by worker, who alone adds; relaxed: only counts
    };

    static task<> work(std::shared_ptr<results> into, std::size_t worker, mpmc::receiver<market_tick> from,
                       std::size_t run_length) {
        std::vector<market_tick> run;
        run.reserve(run_length);
        auto& aggregator = into->aggregator_of(worker);
        while (co_await from.async_receive_many(run, run_length) != 0) {
            aggregator.with([&run](price_aggregator& a) {
                for (market_tick const& tick : run)
                    a.add_tick(tick);
            });
            into->processed[worker].fetch_add(run.size(), std::memory_order_relaxed);
            run.clear();
        }
    }

    /// Waits for those who have been asked to end. What they throw then has been told already.
    static task<> rest_of(task_group& workers) {
        try {
            co_await workers.async_join();
        } catch (...) {
        }
    }

    [[nodiscard]] price_aggregator merged() const {
        price_aggregator all;
        for (auto const& one : results_->aggregators)
            one.with([&all](price_aggregator const& a) { all.merge(a); });
        return all;
    }

    template <class ExecutorOrContext>
    static asio::any_io_executor executor_of(ExecutorOrContext& where) {
        if constexpr (weir::detail::execution_context_like<ExecutorOrContext>)
            return where.get_executor();
        else
            return where;
    }

    static processor_options checked(processor_options options) {
        if (options.workers == 0)
            throw std::invalid_argument("weir: a processor without workers");
        if (options.run_length == 0)
            throw std::invalid_argument("weir: a processor that takes runs of nothing");
        return options;
    }

    weir::detail::bound_executor<asio::any_io_executor> executor_;
    std::optional<mpmc::receiver<market_tick>> from_; // until run()
    processor_options options_;
    std::shared_ptr<results> results_;
};

} // namespace weir::market

#endif
