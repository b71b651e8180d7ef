// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_MARKET_DATA_HUB_HPP
#define WEIR_MARKET_MARKET_DATA_HUB_HPP

#include <weir/broadcast.hpp>
#include <weir/detail/bound_executor.hpp>
#include <weir/market/detail/hub_signal.hpp>
#include <weir/market/detail/routing_table.hpp>
#include <weir/market/detail/subscription_queue.hpp>
#include <weir/market/hub_client.hpp>
#include <weir/market/hub_statistics.hpp>
#include <weir/market/market_command.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/price_aggregator.hpp>
#include <weir/market/subscription.hpp>
#include <weir/market/symbol_table.hpp>
#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The actor that market data flows through.
///
/// Producers send ticks into one mpsc channel; run() is one loop that selects over these, over commands, and over a
/// broadcast shutdown. Each tick goes to the subscribers of its instrument and into a price_aggregator. The loop owns
/// all of the hub's state, so nothing of it needs a lock; subscribers on other threads share only their own queue.
///
///   data       taken in runs of up to hub_options::run_size; the channel holds producers back when it is full. Subscribers
///              get a run as soon as it is taken, or after some more if one after the other is long
///   commands   subscribe, unsubscribe, get statistics, shut down: see hub_client
///   shutdown   by command or by a value on the broadcast; new ticks and commands are refused from then on, ticks that
///              were accepted are processed and delivered, then every subscription is closed and run() ends
///
/// A slow subscriber loses ticks, which are counted and told to it, unless it asked for another rule
/// (subscription_options). The order of one producer's ticks is kept for every subscriber.
///
///     weir::market::market_data_hub hub(pool, {.data_capacity = 4096});
///     weir::spawn(pool, hub.run(), asio::detached);
///     auto feed = hub.feed();     // one copy a producer
///     auto client = hub.client(); // copyable
namespace weir::market {

struct hub_options {
    /// How many ticks may wait for the hub; producers wait beyond that.
    std::size_t data_capacity = 4096;
    /// How many commands may wait; clients wait beyond that.
    std::size_t command_capacity = 64;
    /// How many ticks the hub takes before it looks for commands again; at least 1.
    std::size_t run_size = 256;
    /// How long a shutdown may take to process and deliver what was accepted.
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(10);
};

/// What is broadcast when the hub is to end. Producers that subscribe to it know when to stop.
struct shutdown_notice {};

/// Not movable. Must outlive run(), or be destroyed where run() cannot run meanwhile: on its executor, or when the
/// context has stopped. Feeds, clients and subscriptions may outlive the hub.
/// Thread safety: feed(), client(), shutdown_sender() and symbols() may be used from any thread.
class market_data_hub {
public:
    /// A context gives the hub a strand; an executor is used as it is.
    /// Throws std::invalid_argument for a capacity or run size of 0.
    template <weir::detail::executor_or_context ExecutorOrContext>
    explicit market_data_hub(ExecutorOrContext&& where, hub_options options = {})
        : market_data_hub(
              asio::any_io_executor(weir::detail::to_executor(std::forward<ExecutorOrContext>(where))),
              options, private_tag{}) {}

    market_data_hub(market_data_hub const&) = delete;
    market_data_hub& operator=(market_data_hub const&) = delete;

    ~market_data_hub() {
        if (ending_)
            ending_->hub = nullptr; // its run() is destroyed later, or fails with operation_aborted
        close();
    }

    /// Where a producer sends its ticks: one copy for each. Ticks name instruments by their id in symbols().
    [[nodiscard]] mpsc::sender<market_tick> feed() const { return feed_; }

    /// A handle for commands.
    [[nodiscard]] hub_client client() const { return hub_client(client_commands_); }

    /// Shuts the hub down when something is sent on it; whoever subscribes to it sees every shutdown, by command too.
    [[nodiscard]] broadcast::sender<shutdown_notice> shutdown_sender() const { return shutdown_sender_; }

    /// The names of the instruments.
    [[nodiscard]] symbol_table& symbols() noexcept { return symbols_; }

    [[nodiscard]] symbol_table const& symbols() const noexcept { return symbols_; }

    /// The hub's loop: to be spawned once. Ends after a shutdown; an exception out of it (memory) ends the hub too.
    /// Throws std::logic_error when called again.
    [[nodiscard]] task<> run() {
        if (std::exchange(has_run_, true))
            throw std::logic_error("weir: a market_data_hub runs once");
        return loop();
    }

    /// What the hub has done, once run() has ended (before that, ask a client). The counts of deliveries go on while
    /// subscribers receive what was queued.
    [[nodiscard]] hub_statistics statistics() const;

private:
    struct private_tag {};

    /// Closes the hub, whatever ends its loop, unless the hub has gone before.
    struct at_end {
        explicit at_end(market_data_hub& h) noexcept : hub(&h) { h.ending_ = this; }

        ~at_end() {
            if (!hub)
                return;
            hub->ending_ = nullptr;
            hub->close();
        }

        market_data_hub* hub;
    };

    market_data_hub(asio::any_io_executor ex, hub_options const& options, private_tag)
        : market_data_hub(ex, options, mpsc::channel<market_tick>(ex, options.data_capacity),
                          mpsc::channel<market_command>(ex, options.command_capacity),
                          broadcast::channel<shutdown_notice>(ex, 1)) {}

    template <class Data, class Commands, class Shutdown>
    market_data_hub(asio::any_io_executor const& ex, hub_options const& options, Data data, Commands commands,
                    Shutdown shutdown);

    task<> loop();
    task<> drain();
    void process_run();
    void hand_over();
    void look_after_subscribers();
    void close() noexcept;
    void refuse_commands();

    void execute(subscribe& command);
    void execute(unsubscribe& command);
    void execute(get_statistics& command);
    void execute(shutdown& command);

    [[nodiscard]] bool is_valid(market_tick const& tick) const noexcept {
        return tick.instrument < symbols_.size() && tick.price > decimal() && tick.volume > decimal();
    }

    // Ticks are handed over run by run, so that a subscriber is woken once for all that it gets of a run. A run that is long
    // and still all that there was says that its producers have had to stop for others, and will send more: the hub lets them
    // run, and hands over together, where that costs no subscriber a tick (routing_table::has_room()). A command, a shutdown
    // or a subscriber that goes ends it.
    static constexpr std::size_t least_held = 64;
    static constexpr std::size_t most_held = 512;

    hub_options const options_;
    weir::detail::bound_executor<asio::any_io_executor> executor_;
    symbol_table symbols_;

    mpsc::sender<market_tick> feed_;
    mpsc::receiver<market_tick> data_;
    mpsc::sender<market_command> client_commands_;
    std::optional<mpsc::receiver<market_command>> commands_; // until it takes none any more
    broadcast::sender<shutdown_notice> shutdown_sender_;
    broadcast::receiver<shutdown_notice> shutdown_;
    weir::detail::intrusive_ptr<detail::hub_signal> signal_; // raised by subscribers

    // the loop's own
    detail::routing_table<> routes_;
    price_aggregator prices_;
    std::vector<market_tick> last_; // the last tick of each instrument, for snapshots; no volume: none yet
    std::vector<market_tick> run_;  // the ticks being processed
    std::vector<reply_sender<done>> shutdown_answers_;
    std::size_t held_ = 0; // ticks processed and not handed over
    std::uint64_t received_ = 0;
    std::uint64_t rejected_ = 0;
    std::uint64_t left_behind_ = 0;
    at_end* ending_ = nullptr; // while the loop is there
    bool is_running_ = true;   // false: asked to end
    bool has_run_ = false;
};

template <class Data, class Commands, class Shutdown>
market_data_hub::market_data_hub(asio::any_io_executor const& ex, hub_options const& options, Data data,
                                 Commands commands, Shutdown shutdown)
    : options_(options),
      executor_(ex),
      feed_(std::move(data.first)),
      data_(std::move(data.second)),
      client_commands_(std::move(commands.first)),
      commands_(std::move(commands.second)),
      shutdown_sender_(std::move(shutdown.first)),
      shutdown_(std::move(shutdown.second)),
      signal_(new detail::hub_signal),
      routes_(symbols_, options.run_size) {
    if (options.run_size == 0)
        throw std::invalid_argument("weir: the run size of a hub must be at least 1");
    run_.reserve(options.run_size);
}

inline task<> market_data_hub::loop() {
    at_end ending(*this);
    auto on_shutdown = [this](shutdown_notice) { is_running_ = false; };
    auto on_command = [this](market_command c) {
        hand_over();
        std::visit([this](auto& one) { execute(one); }, c);
    };
    auto on_data = [this](std::size_t) { process_run(); };
    auto on_signal = [this] { look_after_subscribers(); };
    while (is_running_) {
        if (held_ != 0) {
            co_await yield_now();
            if (!ending.hub) // which has gone meanwhile
                throw boost::system::system_error(asio::error::operation_aborted);
            if (data_.empty())
                hand_over();
        }
        bool const takes_data = held_ != 0 || !routes_.is_blocked();
        co_await select(on(shutdown_, on_shutdown), on(*commands_, on_command),
                        on(data_.async_receive_many(run_, options_.run_size), on_data).when(takes_data),
                        on(operation(detail::signal_core(*signal_)), on_signal));
    }
    hand_over();
    co_await drain();
}

inline void market_data_hub::process_run() {
    for (market_tick const& tick : run_) {
        ++received_;
        if (!is_valid(tick)) {
            ++rejected_;
            continue;
        }
        prices_.add_tick(tick);
        if (tick.instrument >= last_.size())
            last_.resize(symbols_.size());
        last_[tick.instrument] = tick;
        routes_.stage(tick);
    }
    std::size_t const n = run_.size();
    run_.clear();
    held_ += n;
    bool const is_held =
        is_running_ && n >= least_held && n < options_.run_size && held_ < most_held && routes_.has_room();
    if (!is_held)
        hand_over();
}

inline void market_data_hub::hand_over() {
    held_ = 0;
    routes_.flush();
}

/// One has gone, or has room again.
inline void market_data_hub::look_after_subscribers() {
    signal_->take_gone([this](detail::hub_signal::leaver& gone) {
        routes_.forget(static_cast<detail::subscription_queue&>(gone));
    });
    hand_over();
}

inline void market_data_hub::execute(subscribe& command) {
    namespace code = boost::system::errc;
    auto const is_wrong = [](std::string const& name) {
        return !is_pattern(name) && !symbol_table::fault_in(name).empty();
    };
    if (command.symbols.empty() || std::any_of(command.symbols.begin(), command.symbols.end(), is_wrong)) {
        command.answer.send(errc::unknown_symbol);
        return;
    }
    weir::detail::intrusive_ptr<detail::subscription_queue> queue;
    try {
        queue = weir::detail::intrusive_ptr(new detail::subscription_queue(signal_, command.options));
    } catch (std::invalid_argument const&) { // a command that was not made by hub_client
        command.answer.send(make_error_code(code::invalid_argument));
        return;
    } catch (std::bad_alloc const&) { // so large a capacity is the subscriber's problem, not everybody's
        command.answer.send(make_error_code(code::not_enough_memory));
        return;
    }
    for (auto const& name : command.symbols)
        if (!is_pattern(name))
            symbols_.intern(name); // so that it can be subscribed to before it trades
    routes_.add(queue, std::move(command.symbols), [&](instrument_id id) {
        if (command.options.snapshot && id < last_.size() && last_[id].volume > decimal())
            queue->offer_snapshot(last_[id]);
    });
    command.answer.send(subscription(std::move(queue), executor_.get()));
}

inline void market_data_hub::execute(unsubscribe& command) {
    bool const found = routes_.remove_name(command.symbol);
    command.answer.send(found ? reply<done>() : reply<done>(errc::unknown_symbol));
}

inline void market_data_hub::execute(get_statistics& command) { command.answer.send(statistics()); }

inline void market_data_hub::execute(shutdown& command) {
    shutdown_answers_.push_back(std::move(command.answer));
    is_running_ = false;
}

/// Processes and delivers what was accepted, within the drain timeout.
inline task<> market_data_hub::drain() {
    shutdown_sender_.send(shutdown_notice{});
    commands_->close();
    data_.close();
    auto const deadline = weir::detail::from_now(options_.drain_timeout);
    bool is_drained = false;
    bool is_late = false;
    auto on_data = [&](std::size_t n) {
        process_run();
        is_drained = n == 0;
    };
    auto on_signal = [this] { look_after_subscribers(); };
    auto on_deadline = [&] { is_late = true; };
    while (!(is_drained && !routes_.is_blocked()) && !is_late) {
        bool const takes_data = !is_drained && !routes_.is_blocked();
        co_await select(biased,
                        on(data_.async_receive_many(run_, options_.run_size), on_data).when(takes_data),
                        on(operation(detail::signal_core(*signal_)), on_signal), at(deadline, on_deadline));
    }
    left_behind_ = data_.size();
    auto answers = std::exchange(shutdown_answers_, {});
    close();
    for (auto& answer : answers)
        answer.send(reply<done>());
}

/// Closes everything that others hold an end of. Who asked for a shutdown and was not answered sees that. Idempotent.
inline void market_data_hub::close() noexcept {
    data_.close();
    refuse_commands();
    routes_.close_all();
    shutdown_answers_.clear();
}

/// Commands that came behind the shutdown: a shutdown has been done, the others see that their answer was dropped. Whoever has
/// room for one and has not sent it yet finds nobody.
inline void market_data_hub::refuse_commands() {
    if (!commands_)
        return;
    commands_->close();
    while (auto command = commands_->try_receive())
        if (auto* s = std::get_if<shutdown>(&*command))
            s->answer.send(reply<done>());
    commands_.reset();
}

inline hub_statistics market_data_hub::statistics() const {
    auto const counts = routes_.counts();
    return {.received = received_,
            .rejected = rejected_,
            .routed = counts.routed + routes_.staged(),
            .delivered = counts.delivered,
            .dropped = counts.dropped,
            .queued = counts.queued,
            .staged = routes_.staged(),
            .subscriptions = routes_.size(),
            .left_behind = left_behind_,
            .instruments = prices_.statistics()};
}

} // namespace weir::market

#endif
