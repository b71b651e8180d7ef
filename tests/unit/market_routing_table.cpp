// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/detail/routing_table.hpp>

#include "support/catch.hpp"
#include "support/stepped_hub.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace market_routing_table_test {

using namespace weir::market;
using support::sequences;
using support::stepped_hub;
using weir::detail::intrusive_ptr;
using ids = std::vector<instrument_id>;
using numbers = std::vector<std::uint64_t>;

namespace {

/// Counts how many names are asked for.
struct counting_symbols {
    std::size_t size() const { return table.size(); }

    std::string_view name(instrument_id id) const {
        ++names;
        return table.name(id);
    }

    std::optional<instrument_id> find(std::string_view name) const {
        ++finds;
        return table.find(name);
    }

    symbol_table table;
    mutable int names = 0;
    mutable int finds = 0;
};

struct fixture {
    fixture() {
        for (int i = 0; i != 100; ++i)
            symbols.table.intern("venue:" + std::to_string(i));
    }

    ids add(std::vector<std::string> names) {
        ids all;
        routes.add(intrusive_ptr(new detail::subscription_queue(signal, {})), std::move(names),
                   [&](instrument_id id) { all.push_back(id); });
        return all;
    }

    counting_symbols symbols;
    intrusive_ptr<detail::hub_signal> signal{new detail::hub_signal};
    detail::routing_table<counting_symbols> routes{symbols};
};

} // namespace

TEST_CASE("routing table: a subscription to names looks these up, however many instruments and patterns "
          "there are") {
    fixture f;
    CHECK(f.add({"venue:9*"}) == ids{9, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99});
    CHECK(f.symbols.names == 100);
    CHECK(f.symbols.finds == 0);
    f.symbols.names = 0;
    for (instrument_id id = 0; id != 100; ++id)
        CHECK(f.add({"venue:" + std::to_string(id)}) == ids{id});
    CHECK(f.add({"venue:9", "venue:3", "venue:9"}) == ids{3, 9});
    CHECK(f.symbols.names == 0);
    CHECK(f.symbols.finds == 103);
}

TEST_CASE("routing table: an instrument that is new is held against patterns, and not against names") {
    fixture f;
    f.add({"venue:1", "venue:2"});
    market_tick tick;
    tick.instrument = f.symbols.table.intern("venue:new");
    f.routes.stage(tick);
    CHECK(f.symbols.names == 0);
    CHECK(f.routes.staged() == 0);
    f.add({"venue:1", "venue:n*"}); // of 101, one of which is named
    f.add({"okx:*"});
    CHECK(std::exchange(f.symbols.names, 0) == 100 + 101);
    tick.instrument = f.symbols.table.intern("venue:newer");
    f.routes.stage(tick);
    CHECK(f.symbols.names == 2);
    CHECK(f.routes.staged() == 1);
}

TEST_CASE("routing table: a name is taken out of those who have it, without a look at others") {
    fixture f;
    for (int i = 0; i != 100; ++i)
        f.add({"venue:" + std::to_string(i)});
    CHECK(f.routes.size() == 100);
    f.symbols.finds = 0;
    CHECK(f.routes.remove_name("venue:7"));
    CHECK_FALSE(f.routes.remove_name("venue:7"));
    CHECK(f.symbols.names == 0);
    CHECK(f.symbols.finds == 2);
    CHECK(f.routes.size() == 99);
}

TEST_CASE("hub unsubscribe: a symbol that is new is taken out of a pattern before it has traded") {
    stepped_hub h;
    h.run();
    auto all = h.subscribe("*");
    auto const id = h.hub->symbols().intern("okx:BTC-USDT");
    CHECK_FALSE(h.unsubscribe("okx:BTC-USDT"));
    h.send(id);
    h.send_and_step(h.spot_btc);
    CHECK(sequences(all) == numbers{2});
}

TEST_CASE("hub: subscribers go in any order, alone or together, and the others go on") {
    stepped_hub h;
    h.run();
    std::vector<subscription> all;
    for (int i = 0; i != 5; ++i)
        all.push_back(h.subscribe(i % 2 == 0 ? "*" : "binance-spot:BTCUSDT"));
    h.send_and_step(h.spot_btc);
    auto const go = GENERATE(std::vector<int>{0, 3}, std::vector<int>{4, 0}, std::vector<int>{2, 1, 0});
    bool const one_by_one = GENERATE(false, true);
    for (int i : go) {
        all[static_cast<std::size_t>(i)] = {};
        if (one_by_one)
            h.step();
    }
    h.step();
    h.send_and_step(h.spot_btc);
    auto const s = h.statistics();
    CHECK(s.subscriptions == 5 - go.size());
    CHECK(s.routed == 5 + s.subscriptions);
    CHECK(s.dropped == go.size());
    for (auto& one : all)
        if (one)
            CHECK(sequences(one) == numbers{1, 2});
}

TEST_CASE("overflow disconnect: a pattern that has ended takes in no instruments that are new") {
    stepped_hub h;
    h.run();
    subscription_options const options{.capacity = 1, .overflow = overflow::disconnect};
    auto sub = h.subscribe("*", options);
    h.send_and_step(h.spot_btc, 2);
    REQUIRE(sub.is_disconnected());
    auto const before = h.statistics().routed;
    h.send_and_step(h.hub->symbols().intern("okx:BTC-USDT"));
    CHECK(h.statistics().routed == before);
}

} // namespace market_routing_table_test
