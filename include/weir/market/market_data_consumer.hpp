// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_MARKET_DATA_CONSUMER_HPP
#define WEIR_MARKET_MARKET_DATA_CONSUMER_HPP

#include <weir/market/market_tick.hpp>
#include <weir/market/subscription.hpp>
#include <weir/mpsc.hpp>
#include <weir/task.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

/// Receives ticks until its channel closes, and keeps counts.
///
/// From a subscription, or straight from the receiving end of a channel of ticks. What else shall be done with each tick
/// is a function that the consumer calls.
///
///     weir::market::market_data_consumer consumer(std::move(subscription));
///     co_await consumer.run();
///     use(consumer.received());
namespace weir::market {

/// Must outlive run().
/// Thread safety: none; it lives where run() was spawned. Read the counts when run() has ended.
template <class Receiver = subscription>
class market_data_consumer {
public:
    explicit market_data_consumer(Receiver from) : from_(std::move(from)) {}

    /// Receives until the channel is closed and drained.
    /// Throws: operation_aborted when the task is cancelled.
    [[nodiscard]] task<> run() {
        return run([](market_tick const&) {});
    }

    /// The same, calling `each(tick)` for every tick; what it throws ends the run.
    template <class F>
    [[nodiscard]] task<> run(F each) {
        while (std::optional<market_tick> tick = co_await from_.async_receive()) {
            count(*tick);
            each(*tick);
        }
    }

    /// How many ticks have been received.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

    /// How many of one instrument.
    [[nodiscard]] std::uint64_t received(instrument_id instrument) const noexcept {
        return instrument < by_instrument_.size() ? by_instrument_[instrument] : 0;
    }

    /// The tick received last.
    [[nodiscard]] std::optional<market_tick> const& last() const noexcept { return last_; }

    /// Where the ticks come from.
    [[nodiscard]] Receiver const& source() const noexcept { return from_; }

private:
    void count(market_tick const& tick) {
        ++received_;
        if (tick.instrument >= by_instrument_.size())
            by_instrument_.resize(std::size_t{tick.instrument} + 1);
        ++by_instrument_[tick.instrument];
        last_ = tick;
    }

    Receiver from_;
    std::uint64_t received_ = 0;
    std::vector<std::uint64_t> by_instrument_;
    std::optional<market_tick> last_;
};

} // namespace weir::market

#endif
