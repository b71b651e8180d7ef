// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/asio_hub.hpp"

#include "support/asio_channel.hpp"
#include "support/loops.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr std::size_t symbols = 64;
constexpr std::size_t subscribers = 4; // of each symbol

struct trade {
    std::string symbol;
    double price = 0;
    double volume = 0;
    counter sequence = 0;
};

struct statistics {
    counter count = 0;
    double low = 0;
    double high = 0;
    double last = 0;
    double volume = 0;
    double turnover = 0;

    void add(trade const& t) {
        low = count == 0 ? t.price : std::min(low, t.price);
        high = count == 0 ? t.price : std::max(high, t.price);
        ++count;
        last = t.price;
        volume += t.volume;
        turnover += t.price * t.volume;
    }
};

template <class Use, template <class, class> class Channel>
class actor {
    using executor = typename Use::executor_type;
    using trades = Channel<trade, executor>;
    using coroutine = asio_coroutine<Use>;
    static constexpr asio::use_awaitable_t<executor> token{};

    struct subscribe {
        std::string symbol;
        std::shared_ptr<trades> to;
    };

public:
    actor(executor ex, std::size_t capacity)
        : executor_(ex), data(ex, capacity), commands_(ex, 64), end_(ex, 1) {}

    std::shared_ptr<trades> add_subscriber(std::string const& symbol) {
        auto to = std::make_shared<trades>(executor_, 1024);
        execute({symbol, to});
        return to;
    }

    /// Selects over the three; ends after n ticks.
    coroutine run_selecting(counter n) {
        while (processed_ != n) {
            auto [order, no_data, one, no_command, command, no_end, end] =
                co_await asio::experimental::make_parallel_group(data.async_receive(asio::deferred),
                                                                 commands_.async_receive(asio::deferred),
                                                                 end_.async_receive(asio::deferred))
                    .async_wait(asio::experimental::wait_for_one(), token);
            if (!no_data)
                process(one);
            if (!no_command)
                execute(std::move(command));
            if (!no_end)
                break;
        }
        co_await end_all();
    }

    coroutine run_data(counter n) {
        while (processed_ != n)
            if (!data.try_receive([this](error_code, trade one) { process(one); }))
                process(co_await data.async_receive(token));
        co_await end_all();
    }

    coroutine run_commands() {
        for (;;) {
            auto [failed, command] = co_await commands_.async_receive(asio::as_tuple(token));
            if (failed)
                break;
            execute(std::move(command));
        }
    }

    coroutine run_end() { co_await end_.async_receive(asio::as_tuple(token)); }

    [[nodiscard]] counter processed() const { return processed_; }

    [[nodiscard]] counter dropped() const { return dropped_; }

private:
    executor executor_;

public:
    trades data;

private:
    void process(trade const& one) {
        ++processed_;
        statistics_[one.symbol].add(one);
        auto const found = subscribers_.find(one.symbol);
        if (found == subscribers_.end())
            return;
        for (auto const& to : found->second)
            if (!to->try_send(error_code(), one))
                ++dropped_;
    }

    void execute(subscribe command) { subscribers_[command.symbol].push_back(std::move(command.to)); }

    /// A closed channel of Asio 1.81 forgets what it holds, so the end is a message: a trade of nothing.
    coroutine end_all() {
        for (auto const& [symbol, all] : subscribers_)
            for (auto const& to : all)
                co_await to->async_send(error_code(), trade(), token);
        commands_.close();
        end_.close();
    }

    Channel<subscribe, executor> commands_;
    Channel<int, executor> end_;
    std::unordered_map<std::string, std::vector<std::shared_ptr<trades>>> subscribers_;
    std::unordered_map<std::string, statistics> statistics_;
    counter processed_ = 0;
    counter dropped_ = 0;
};

template <class Use, class Trades>
asio_coroutine<Use> read(std::shared_ptr<Trades> from, counter& result) {
    counter mine = 0;
    bool has_ended = false;
    auto const take = [&](trade const& one) {
        has_ended = one.symbol.empty();
        mine += has_ended ? 0 : 1;
    };
    while (!has_ended)
        if (!has_received<Use>(*from, take))
            take(co_await from->async_receive(await<Use>));
    result = mine;
}

template <class Use, class Trades>
asio_coroutine<Use> flood(Trades& data, std::vector<std::string> const& names, counter n) {
    for (counter i = 0; i != n; ++i) {
        trade one{names[i % symbols], 61837.63 + static_cast<double>(i % 256),
                  0.02 * static_cast<double>(1 + i % 16), i};
        if (!has_sent<Use>(data, one))
            co_await data.async_send(error_code(), std::move(one), await<Use>);
    }
}

template <class Place, template <class> class How, template <class, class> class Channel>
work throughput(counter n) {
    // On a pool the three coroutines of the hub share a strand, so its state needs no lock.
    using use = How<asio::any_io_executor>;
    Place where;
    asio::any_io_executor own = where.executor();
    if constexpr (std::is_same_v<Place, pool_of_two>)
        own = asio::make_strand(where.executor());
    actor<use, Channel> hub(where.executor(), 1024);
    std::vector<std::string> names;
    std::vector<counter> received(symbols * subscribers);
    for (std::size_t s = 0; s != symbols; ++s) {
        names.push_back("SYM" + std::to_string(s));
        for (std::size_t i = 0; i != subscribers; ++i)
            start(where.executor(),
                  read<use>(hub.add_subscriber(names.back()), received[s * subscribers + i]));
    }
    stopwatch const watch;
    if constexpr (use::tries_first) {
        start(own, hub.run_data(n));
        start(own, hub.run_commands());
        start(own, hub.run_end());
    } else {
        start(own, hub.run_selecting(n));
    }
    start(where.executor(), flood<use>(hub.data, names, n));
    where.run();
    double const seconds = watch.seconds();
    counter delivered = 0;
    for (counter one : received)
        delivered += one;
    verify(hub.processed() == n, "the hub has not had all ticks");
    auto const sent = static_cast<double>(n * subscribers);
    verify(delivered + hub.dropped() == n * subscribers, "subscribers have not had what was sent");
    return {n,
            seconds,
            {{"", "deliveries/s", static_cast<double>(delivered) / seconds},
             {"", "dropped ratio", static_cast<double>(hub.dropped()) / sent}}};
}

} // namespace

void add_asio_hub(suite& all) {
    all.add("W10", "1t", "asio parallel_group",
            rate("ticks/s", throughput<one_thread, as_used, asio_channel>));
    all.add("W10", "1t", "asio coroutine per channel try-first",
            rate("ticks/s", throughput<one_thread, try_first, asio_channel>));
    all.add("W10", "2t-pool", "asio parallel_group",
            rate("ticks/s", throughput<pool_of_two, as_used, asio_concurrent_channel>));
    all.add("W10", "2t-pool", "asio coroutine per channel try-first",
            rate("ticks/s", throughput<pool_of_two, try_first, asio_concurrent_channel>));
}

} // namespace bench
