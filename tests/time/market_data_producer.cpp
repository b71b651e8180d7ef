// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/market_data_producer.hpp>

#include <weir/market/market_data_consumer.hpp>

#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace market_data_producer_test {

using namespace std::chrono_literals;
using namespace weir::market;
namespace asio = boost::asio;

namespace {

market_tick at_time(std::int64_t receive_time, instrument_id instrument = 0) {
    return {.instrument = instrument,
            .event_time = 0,
            .receive_time = receive_time,
            .price = decimal(1),
            .volume = decimal(1)};
}

/// Ticks of given times, then the end or an exception.
class scripted {
public:
    explicit scripted(std::vector<market_tick> ticks, bool fails = false)
        : ticks_(std::move(ticks)), fails_(fails) {}

    std::optional<market_tick> next() {
        if (next_ != ticks_.size())
            return ticks_[next_++];
        if (fails_)
            throw std::runtime_error("bad row");
        return std::nullopt;
    }

private:
    std::vector<market_tick> ticks_;
    std::size_t next_ = 0;
    bool fails_;
};

/// A producer at the sending end of a channel, on a loop that the test steps.
class producing {
public:
    producing(scripted source, std::size_t capacity, replay_speed speed = replay_speed::max(),
              std::optional<replay_start> start = std::nullopt) {
        auto [tx, from] = weir::mpsc::channel<market_tick>(loop.get_executor(), capacity);
        rx = std::move(from);
        producer.emplace(std::move(source), std::move(tx), speed, start);
        weir::spawn(
            loop, producer->run(),
            asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e, std::uint64_t n) {
                is_done = true;
                failure = e;
                sent = n;
            }));
        step();
    }

    void step() { support::poll(loop); }

    asio::io_context loop;
    asio::cancellation_signal cancel;
    std::optional<weir::mpsc::receiver<market_tick>> rx;
    std::optional<market_data_producer<scripted>> producer;
    bool is_done = false;
    std::exception_ptr failure;
    std::uint64_t sent = 0;
};

std::int64_t const hour = std::chrono::nanoseconds(1h).count();

} // namespace

TEST_CASE("replay_speed: scales the time between ticks, and refuses what is no speed") {
    CHECK(replay_speed::max().is_max());
    CHECK_FALSE(replay_speed::real().is_max());
    CHECK(replay_speed::real().scaled(3s) == 3s);
    CHECK(replay_speed::times(2).scaled(3s) == 1500ms);
    CHECK(replay_speed::times(0.5).scaled(-3s) == -6s);
    double const infinity = std::numeric_limits<double>::infinity();
    double const wrong = GENERATE_COPY(0.0, -1.0, infinity, -infinity, std::nan(""));
    CHECK_THROWS_AS(replay_speed::times(wrong), std::invalid_argument);
}

TEST_CASE("replay_speed: a factor however small or large gives a time that can be added to the clock") {
    auto const slow = replay_speed::times(std::numeric_limits<double>::denorm_min());
    CHECK(slow.scaled(1ns) > 24h * 365);
    CHECK(slow.scaled(-1ns) < -24h * 365);
    CHECK(slow.scaled(std::chrono::nanoseconds::max()) < std::chrono::nanoseconds::max() / 2);
    CHECK(replay_speed::times(std::numeric_limits<double>::max()).scaled(std::chrono::nanoseconds::max()) ==
          0ns);
}

TEST_CASE("producer: sends the source in order, waits for room, and lets go of the channel") {
    producing p(scripted({at_time(1), at_time(2), at_time(3), at_time(4)}), 2);
    CHECK(p.producer->sent() == 2);
    std::vector<std::int64_t> got;
    for (int round = 0; round < 3; ++round) {
        while (auto const tick = p.rx->try_receive())
            got.push_back(tick->receive_time);
        p.step();
    }
    CHECK(got == std::vector<std::int64_t>{1, 2, 3, 4});
    CHECK(p.is_done);
    CHECK_FALSE(p.failure);
    CHECK(p.sent == 4);
    CHECK(p.rx->is_closed());
}

TEST_CASE("producer: what the source throws comes out of run, behind what was sent, and the channel closes") {
    producing p(scripted({at_time(1)}, true), 2);
    CHECK(p.is_done);
    CHECK(p.failure);
    CHECK(p.rx->try_receive());
    CHECK(p.rx->is_closed());
}

TEST_CASE("producer: ends without an error when nobody takes the ticks any more") {
    bool const by_close = GENERATE(true, false);
    producing p(scripted({at_time(1), at_time(2), at_time(3)}), 1);
    REQUIRE_FALSE(p.is_done);
    if (by_close)
        p.rx->close();
    else
        p.rx.reset();
    p.step();
    CHECK(p.is_done);
    CHECK_FALSE(p.failure);
    CHECK(p.sent == 1);
}

TEST_CASE("producer: keeps the pace, which starts with the first tick, what is due already goes at once") {
    // The second tick steps back, the third comes at the same time as the first, the fourth is an hour away.
    producing p(scripted({at_time(5 * hour), at_time(4 * hour), at_time(5 * hour), at_time(6 * hour)}), 8,
                replay_speed::real());
    CHECK(p.producer->sent() == 3);
    support::advance(1h - 1ns);
    p.step();
    CHECK_FALSE(p.is_done);
    support::advance(1ns);
    p.step();
    CHECK(p.is_done);
    CHECK(p.sent == 4);
}

TEST_CASE("producer: a part of a recording keeps the pace of the whole, from the start that it is given") {
    replay_start const start{5 * hour, std::chrono::steady_clock::now()};
    producing part(scripted({at_time(6 * hour), at_time(7 * hour)}), 8, replay_speed::times(2), start);
    CHECK(part.producer->sent() == 0);
    support::advance(30min - 1ns);
    part.step();
    CHECK(part.producer->sent() == 0);
    support::advance(1ns);
    part.step();
    CHECK(part.producer->sent() == 1);
    support::advance(30min);
    part.step();
    CHECK(part.is_done);
    CHECK(part.sent == 2);
}

TEST_CASE("producer: a thousand times the speed is a thousandth of the time") {
    producing p(scripted({at_time(0), at_time(20'000'000'000)}), 8, replay_speed::times(1000));
    CHECK_FALSE(p.is_done);
    support::advance(20ms - 1ns);
    p.step();
    CHECK_FALSE(p.is_done);
    support::advance(1ns);
    p.step();
    CHECK(p.is_done);
    CHECK(p.sent == 2);
}

TEST_CASE("producer: notices that its channel closes while it waits for the time of the next tick") {
    producing p(scripted({at_time(0), at_time(hour)}), 8, replay_speed::real());
    REQUIRE_FALSE(p.is_done);
    p.rx->close();
    p.step();
    CHECK(p.is_done);
    CHECK_FALSE(p.failure);
    CHECK(p.sent == 1);
}

TEST_CASE("producer: can be cancelled while it waits, for room or for the time") {
    bool const for_room = GENERATE(true, false);
    producing p(scripted({at_time(0), at_time(hour)}), for_room ? 1 : 8,
                for_room ? replay_speed::max() : replay_speed::real());
    REQUIRE_FALSE(p.is_done);
    p.cancel.emit(asio::cancellation_type::terminal);
    p.step();
    CHECK(p.is_done);
    CHECK(p.failure);
    CHECK(p.rx->is_closed());
}

TEST_CASE("consumer: counts all and by instrument, keeps the last, and ends with the channel") {
    asio::io_context loop;
    auto [tx, rx] = weir::mpsc::channel<market_tick>(loop.get_executor(), 8);
    market_data_consumer consumer(std::move(rx));
    bool is_done = false;
    std::vector<std::int64_t> seen;
    auto const see = [&seen](market_tick const& tick) { seen.push_back(tick.receive_time); };
    weir::spawn(loop, consumer.run(see), [&is_done](std::exception_ptr e) { is_done = !e; });
    for (std::int64_t n = 1; n <= 3; ++n)
        REQUIRE(tx.try_send(at_time(n, n == 2 ? 7 : 0)));
    support::poll(loop);
    CHECK(consumer.received() == 3);
    CHECK(consumer.received(0) == 2);
    CHECK(consumer.received(7) == 1);
    CHECK(consumer.received(1) == 0);
    CHECK(consumer.received(1000) == 0);
    CHECK(consumer.last()->receive_time == 3);
    CHECK(seen == std::vector<std::int64_t>{1, 2, 3});
    CHECK_FALSE(is_done);
    { auto const last = std::move(tx); }
    support::poll(loop);
    CHECK(is_done);
}

TEST_CASE("consumer: what the function throws ends the run") {
    asio::io_context loop;
    auto [tx, rx] = weir::mpsc::channel<market_tick>(loop.get_executor(), 8);
    market_data_consumer consumer(std::move(rx));
    std::exception_ptr failure;
    auto const refuse = [](market_tick const&) { throw std::runtime_error("no"); };
    weir::spawn(loop, consumer.run(refuse), [&failure](std::exception_ptr e) { failure = e; });
    REQUIRE(tx.try_send(at_time(1)));
    REQUIRE(tx.try_send(at_time(2)));
    support::poll(loop);
    CHECK(failure);
    CHECK(consumer.received() == 1);
}

} // namespace market_data_producer_test
