// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_MARKET_DATA_PRODUCER_HPP
#define WEIR_MARKET_MARKET_DATA_PRODUCER_HPP

#include <weir/error.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/tick_source.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

/// Sends what a source yields into a channel, as fast as it was recorded, so many times faster, or as fast as it can.
///
/// Time is that of `receive_time`: when the ticks reached the recorder. It counts from the first tick, or from a
/// replay_start that the producers of several parts of a recording share; a tick that is due already, because its time
/// steps back or the channel held the producer up, is sent at once.
///
///     weir::market::market_data_producer producer(weir::market::recorded_file("trades.csv", hub.symbols()), hub.feed());
///     std::uint64_t sent = co_await producer.run();
namespace weir::market {

/// How fast a recording is replayed.
class replay_speed {
public:
    /// As fast as the channel takes it.
    [[nodiscard]] static constexpr replay_speed max() noexcept { return replay_speed(0); }

    /// As it was recorded.
    [[nodiscard]] static constexpr replay_speed real() noexcept { return replay_speed(1); }

    /// `factor` times as fast as it was recorded. Throws std::invalid_argument unless it is positive and finite.
    [[nodiscard]] static replay_speed times(double factor) {
        if (!(factor > 0) || !std::isfinite(factor))
            throw std::invalid_argument("weir: a replay speed must be a positive number");
        return replay_speed(factor);
    }

    [[nodiscard]] constexpr bool is_max() const noexcept { return factor_ == 0; }

    /// How long after the first a tick is due that was recorded so much later than it. Never more than a century
    /// either way, so that it can be added to a time. Requires: not is_max().
    [[nodiscard]] std::chrono::nanoseconds scaled(std::chrono::nanoseconds recorded) const noexcept {
        constexpr double century = 100.0 * 365 * 24 * 3600 * 1e9;
        auto const ns = static_cast<double>(recorded.count()) / factor_;
        return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(ns, -century, century)));
    }

private:
    constexpr explicit replay_speed(double factor) noexcept : factor_(factor) {}

    double factor_; // 0: no pace
};

/// Where a replay begins: what was received at `receive_time` (ns since the Unix epoch, UTC) is due at `due`.
struct replay_start {
    std::int64_t receive_time;
    std::chrono::steady_clock::time_point due;
};

/// Must outlive run().
/// Thread safety: none; it lives where run() was spawned.
template <tick_source Source, class Sender = mpsc::sender<market_tick>>
class market_data_producer {
public:
    /// Without a start the first tick is sent at once, and time counts from it.
    market_data_producer(Source source, Sender to, replay_speed speed = replay_speed::max(),
                         std::optional<replay_start> start = std::nullopt)
        : source_(std::move(source)), to_(std::move(to)), speed_(speed), start_(start) {}

    /// Sends until the source ends, or nobody takes the ticks any more; then lets go of the sender. How many were sent.
    /// Throws: what the source throws, and operation_aborted when the task is cancelled; the sender goes then too.
    [[nodiscard]] task<std::uint64_t> run() {
        auto to = std::move(*std::exchange(to_, std::nullopt));
        while (auto tick = source_.next()) {
            if (!speed_.is_max())
                co_await wait_until(due(*tick), to);
            if (!to.try_send(*tick) && !co_await send(to, *tick))
                break;
            ++sent_;
        }
        co_return sent_;
    }

    /// How many ticks have been sent so far.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

private:
    std::chrono::steady_clock::time_point due(market_tick const& tick) {
        if (!start_)
            start_ = replay_start{tick.receive_time, std::chrono::steady_clock::now()};
        return start_->due +
               speed_.scaled(std::chrono::nanoseconds(tick.receive_time - start_->receive_time));
    }

    /// Waits until `due`, not at all if that has passed, and no longer than somebody takes ticks.
    static task<> wait_until(std::chrono::steady_clock::time_point due, Sender& to) {
        if (due > std::chrono::steady_clock::now())
            co_await select(on(to.async_closed(), [] {}), at(due, [] {}));
    }

    /// False: nobody takes it any more.
    static task<bool> send(Sender& to, market_tick tick) {
        try {
            co_await to.async_send(tick);
            co_return true;
        } catch (boost::system::system_error const& e) {
            if (e.code() != errc::closed)
                throw;
            co_return false;
        }
    }

    Source source_;
    std::optional<Sender> to_; // until run()
    replay_speed speed_;
    std::optional<replay_start> start_; // with a pace, from the first tick on
    std::uint64_t sent_ = 0;
};

} // namespace weir::market

#endif
