// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market.hpp>

#include "support/catch.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hub_replay_test {

using namespace weir::market;
namespace asio = boost::asio;

namespace {

std::string const recording = WEIR_EXAMPLE_DATA_DIR "/binance_trades_20240808_excerpt.csv";
constexpr std::size_t recorded_ticks = 11344;

std::vector<market_tick> read_all(symbol_table& symbols) {
    std::vector<market_tick> all;
    recorded_file file(recording, symbols);
    while (auto const tick = file.next())
        all.push_back(*tick);
    return all;
}

/// The ticks of some instruments.
class part {
public:
    part(std::vector<market_tick> const& ticks, std::size_t index, std::size_t count)
        : ticks_(&ticks), index_(index), count_(count) {}

    std::optional<market_tick> next() {
        while (at_ != ticks_->size())
            if (auto const& tick = (*ticks_)[at_++]; tick.instrument % count_ == index_)
                return tick;
        return std::nullopt;
    }

private:
    std::vector<market_tick> const* ticks_;
    std::size_t index_;
    std::size_t count_;
    std::size_t at_ = 0;
};

/// A subscriber, and what it got.
struct subscriber {
    subscription sub;
    std::vector<market_tick> got;
    std::uint64_t missed = 0;
    std::exception_ptr failure;

    weir::task<> run() {
        while (auto const tick = co_await sub.async_receive()) {
            got.push_back(*tick);
            missed += sub.missed();
        }
    }
};

/// A completion handler that keeps what a task has thrown.
auto recorder(std::exception_ptr& failure) {
    return [&failure](std::exception_ptr e) {
        if (e)
            failure = e;
    };
}

/// The recording through a hub, by several producers, with a subscriber for each instrument.
class replay {
public:
    using executor_source = std::function<asio::any_io_executor()>;

    replay(executor_source place, std::size_t producers, subscription_options options)
        : place_(std::move(place)),
          hub_(place_(), hub_options{.data_capacity = 512}),
          ticks_(read_all(hub_.symbols())),
          producers_(producers),
          options_(options) {
        weir::spawn(place_(), hub_.run(), recorder(hub_failure_));
        weir::spawn(place_(), conduct(), recorder(failure_));
    }

    /// When the executors have run out of work.
    void check_that_nothing_failed() const {
        CHECK_FALSE(hub_failure_);
        CHECK_FALSE(failure_);
        for (auto const& s : subscribers_)
            CHECK_FALSE(s->failure);
        REQUIRE(subscribers_.size() == hub_.symbols().size());
    }

    [[nodiscard]] auto const& subscribers() const noexcept { return subscribers_; }

    [[nodiscard]] std::vector<market_tick> const& ticks() const noexcept { return ticks_; }

    [[nodiscard]] hub_statistics statistics() const { return hub_.statistics(); }

private:
    weir::task<> conduct() {
        auto client = hub_.client();
        for (instrument_id id = 0; id < hub_.symbols().size(); ++id) {
            std::string const name(hub_.symbols().name(id));
            auto s = std::make_unique<subscriber>();
            s->sub = co_await client.async_subscribe(name, options_);
            weir::spawn(place_(), s->run(), recorder(s->failure));
            subscribers_.push_back(std::move(s));
        }
        auto [ended, results] = weir::mpsc::channel<std::exception_ptr>(place_(), producers_);
        for (std::size_t i = 0; i < producers_; ++i)
            weir::spawn(place_(), produce(i),
                        [ended](std::exception_ptr e) mutable { (void)ended.try_send(e); });
        { auto const last_of_ours = std::move(ended); }
        while (auto const result = co_await results.async_receive())
            if (*result)
                std::rethrow_exception(*result);
        co_await client.async_shutdown();
    }

    weir::task<> produce(std::size_t index) {
        market_data_producer producer(part(ticks_, index, producers_), hub_.feed());
        co_await producer.run();
    }

    executor_source place_;
    market_data_hub hub_;
    std::vector<market_tick> ticks_;
    std::size_t producers_;
    subscription_options options_;
    std::vector<std::unique_ptr<subscriber>> subscribers_;
    std::exception_ptr hub_failure_;
    std::exception_ptr failure_;
};

/// Runs a replay on one thread or on a pool of two, and hands it to `check` when it has ended.
void run_replay(bool on_pool, std::size_t producers, subscription_options options,
                std::function<void(replay const&)> const& check) {
    if (on_pool) {
        asio::thread_pool pool(2);
        replay r([&pool] { return asio::make_strand(pool); }, producers, options);
        pool.join();
        check(r);
    } else {
        asio::io_context loop;
        replay r([&loop] { return loop.get_executor(); }, producers, options);
        loop.run();
        check(r);
    }
}

std::vector<market_tick> of_instrument(std::vector<market_tick> const& ticks, instrument_id id) {
    std::vector<market_tick> some;
    for (auto const& tick : ticks)
        if (tick.instrument == id)
            some.push_back(tick);
    return some;
}

/// Whether `some` is what remains of `all` when some are left out.
bool is_subsequence(std::vector<market_tick> const& some, std::vector<market_tick> const& all) {
    auto at = all.begin();
    for (auto const& tick : some) {
        while (at != all.end() && *at != tick)
            ++at;
        if (at == all.end())
            return false;
        ++at;
    }
    return true;
}

} // namespace

TEST_CASE(
    "hub replay: statistics and streams are those of the file, on any number of producers and threads") {
    bool const on_pool = GENERATE(false, true);
    std::size_t const producers = GENERATE(1U, 2U, 4U);
    bool const with_backpressure = GENERATE(false, true);
    CAPTURE(on_pool, producers, with_backpressure);
    subscription_options const options{.capacity = with_backpressure ? 7 : recorded_ticks,
                                       .overflow = with_backpressure ? overflow::backpressure
                                                                     : overflow::drop_newest};
    run_replay(on_pool, producers, options, [](replay const& r) {
        r.check_that_nothing_failed();
        price_aggregator plain;
        for (auto const& tick : r.ticks())
            plain.add_tick(tick);
        auto const s = r.statistics();
        CHECK(s.instruments == plain.statistics());
        CHECK(s.received == recorded_ticks);
        CHECK(s.routed == recorded_ticks);
        CHECK(s.delivered == recorded_ticks);
        CHECK(s.dropped == 0);
        CHECK(s.queued == 0);
        for (instrument_id id = 0; id < r.subscribers().size(); ++id) {
            auto const& one = *r.subscribers()[id];
            CHECK(one.got == of_instrument(r.ticks(), id));
            CHECK(one.missed == 0);
            CHECK(one.sub.dropped() == 0);
        }
    });
}

TEST_CASE("hub replay: with too little room every tick is delivered or counted, by every rule, and told in "
          "its place") {
    bool const on_pool = GENERATE(false, true);
    std::size_t const producers = GENERATE(1U, 2U);
    overflow const rule =
        GENERATE(overflow::drop_newest, overflow::drop_oldest, overflow::conflate, overflow::disconnect);
    CAPTURE(on_pool, producers, static_cast<int>(rule));
    subscription_options const options{.capacity = 3, .overflow = rule};
    run_replay(on_pool, producers, options, [on_pool, rule](replay const& r) {
        r.check_that_nothing_failed();
        auto const s = r.statistics();
        CHECK(s.received == recorded_ticks);
        CHECK(s.delivered + s.dropped == s.routed);
        if (!on_pool) // there a subscriber may be quick enough
            CHECK(s.dropped > 0);
        for (instrument_id id = 0; id < r.subscribers().size(); ++id) {
            auto const& one = *r.subscribers()[id];
            auto const sent = of_instrument(r.ticks(), id);
            CHECK(is_subsequence(one.got, sent));
            CHECK(one.sub.delivered() == one.got.size());
            CHECK(one.missed <= one.sub.dropped()); // the rest was lost behind the last that was received
            if (rule == overflow::disconnect)
                continue;
            CHECK(one.sub.delivered() + one.sub.dropped() == sent.size());
            if (rule != overflow::drop_newest) { // the last tick is never lost, so neither is a count
                CHECK(one.missed == one.sub.dropped());
                REQUIRE_FALSE(one.got.empty());
                CHECK(one.got.back() == sent.back());
            }
        }
    });
}

} // namespace hub_replay_test
