// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_EXAMPLES_HUB_OPTIONS_HPP
#define WEIR_EXAMPLES_HUB_OPTIONS_HPP

#include <weir/market.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <vector>

/// The command line of the example hub.

namespace example {

struct hub_arguments {
    std::vector<std::string> files;
    std::vector<std::string> patterns; ///< what is subscribed to
    weir::market::replay_speed speed = weir::market::replay_speed::max();
    weir::market::subscription_options subscriptions{.overflow = weir::market::overflow::backpressure};
    std::size_t producers = 1; ///< for each file
    std::size_t threads = 2;
    std::chrono::microseconds busy_poll{0}; ///< for how long to look for work before sleeping
    bool json = false;
};

/// "max", "real", or how many times faster than recorded. Throws std::exception on anything else.
inline weir::market::replay_speed parse_speed(std::string const& text) {
    if (text == "max")
        return weir::market::replay_speed::max();
    if (text == "real")
        return weir::market::replay_speed::real();
    double factor = 0;
    if (!CLI::detail::lexical_cast(text, factor))
        throw CLI::ValidationError(text + " is none of max, real and a number");
    return weir::market::replay_speed::times(factor);
}

/// For CLI11: what is wrong with a speed; empty if nothing is.
inline std::string fault_in_speed(std::string const& text) try {
    (void)parse_speed(text);
    return {};

} catch (std::exception const& e) {

    return e.what();
}

/// For CLI11: what is wrong with a name or pattern of instruments; empty if nothing is.
inline std::string fault_in_pattern(std::string const& text) {
    return weir::market::is_pattern(text) ? std::string() : weir::market::symbol_table::fault_in(text);
}

/// Describes the arguments to `app`, which fills in `a` when it parses a command line.
inline void describe_arguments(CLI::App& app, hub_arguments& a) {
    using weir::market::overflow;
    static std::map<std::string, overflow> const rules{{"drop_newest", overflow::drop_newest},
                                                       {"drop_oldest", overflow::drop_oldest},
                                                       {"conflate", overflow::conflate},
                                                       {"backpressure", overflow::backpressure},
                                                       {"disconnect", overflow::disconnect}};
    auto const at_least_one = [](std::size_t most) { return CLI::Range(std::size_t{1}, most); };

    app.add_option("FILE", a.files, "Recorded trades, CSV")->required();
    app.add_option_function<std::string>(
           "--speed", [&a](std::string const& text) { a.speed = parse_speed(text); },
           "How fast to replay: max, real, or N times as fast as recorded (default: max)")
        ->check(CLI::Validator(fault_in_speed, "max|real|N"));
    app.add_option(
           "--subscribe", a.patterns,
           "A name (binance-spot:BTCUSDT) or pattern (*:BTC*) to subscribe to; may be given more than once "
           "(default: *, everything in one subscription)")
        ->check(CLI::Validator(fault_in_pattern, "PATTERN"))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--producers", a.producers,
                   "How many producers read each file, an instrument each in turn")
        ->check(at_least_one(1024))
        ->capture_default_str();
    app.add_option("--threads", a.threads, "1: a loop on the main thread, else a pool of so many threads")
        ->check(at_least_one(1024))
        ->capture_default_str();
    app.add_option("--capacity", a.subscriptions.capacity, "How many ticks may wait for a subscriber")
        ->check(at_least_one(std::size_t{1} << 27))
        ->capture_default_str();
    app.add_option_function<std::string>(
           "--overflow", [&a](std::string const& rule) { a.subscriptions.overflow = rules.at(rule); },
           "What happens beyond that (default: backpressure, so nothing is lost)")
        ->check(CLI::IsMember(&rules));
    app.add_option_function<unsigned>(
           "--busy-poll", [&a](unsigned n) { a.busy_poll = std::chrono::microseconds(n); },
           "For how long a thread looks for ticks before it sleeps, which costs a processor (default: 0)")
        ->option_text("MICROSECONDS");
    app.add_flag("--json", a.json, "Print the instruments as one JSON object in place of tables");
    app.footer("Ctrl-C shuts the hub down in order; the figures are then those of the ticks that it took.\n"
               "Exit code: 0; 2 for a bad row or file, which stops everything, with FILE:LINE: and what is "
               "wrong on\n"
               "stderr and nothing on stdout; 1 for other failures; 100 and more for wrong arguments.");
}

} // namespace example

#endif
