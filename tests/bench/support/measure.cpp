// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "support/measure.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <thread>
#include <utility>

namespace bench {

namespace {

struct options {
    bool is_csv = false;
    bool is_quick = false;
    bool is_growth = false;
    int rounds = 5;
    double seconds = 0.3;
    std::vector<std::string> workloads;
    std::string param;
    std::string peer;
};

void describe(CLI::App& app, options& chosen) {
    app.add_flag("--csv", chosen.is_csv, "Rows peer,workload,param,unit,median,min,max instead of tables");
    app.add_flag("--quick", chosen.is_quick, "One short round, to see that it works");
    app.add_flag("--growth", chosen.is_growth, "How costs grow, instead of the workloads");
    app.add_option("--rounds", chosen.rounds, "How many times each contender is measured")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seconds", chosen.seconds, "How long a measurement takes, about")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--workload", chosen.workloads, "Only these, such as W1,W3")->delimiter(',');
    app.add_option("--param", chosen.param, "Only with this parameter, such as 1t");
    app.add_option("--peer", chosen.peer, "Only this one, such as weir");
}

/// How many operations take about as long as they are wanted to.
counter calibrate(workload const& run, double seconds) {
    double const enough = std::min(0.04, seconds / 4);
    for (counter n = 1024;; n *= 4) {
        double const took = run(n).seconds;
        if (took > enough)
            return static_cast<counter>(static_cast<double>(n) * seconds / took) + 1;
    }
}

/// A measurement of a workload that is calibrated the first time.
template <class Value>
measurement timed(std::string unit, workload run, Value value_of) {
    return [unit = std::move(unit), run = std::move(run), value_of, n = counter(0)](effort e) mutable {
        if (n == 0)
            n = calibrate(run, e.seconds);
        work done = run(n);
        std::vector<figure> figures{{"", unit, value_of(done)}};
        std::move(done.besides.begin(), done.besides.end(), std::back_inserter(figures));
        return figures;
    };
}

/// All rounds of one figure of one contender.
struct series {
    std::string peer;
    std::string workload;
    std::string param;
    std::string unit;
    std::vector<double> values;

    [[nodiscard]] double median() const { return values[values.size() / 2]; }

    [[nodiscard]] bool is_cost() const { return !unit.ends_with("/s"); }
};

std::string number(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3f}", value);
}

void print_rows(std::vector<series> const& all) {
    for (series const& s : all)
        fmt::print("{},{},{},{},{},{},{}\n", s.peer, s.workload, s.param, s.unit, number(s.median()),
                   number(s.values.front()), number(s.values.back()));
    std::fflush(stdout);
}

/// For people: millions, and how often the best that is not weir goes into it.
std::string readable(double value) {
    return value >= 100'000 ? fmt::format("{:.2f} M", value / 1e6)
                            : fmt::format("{:.{}f}", value, value < 10 ? 2 : 1);
}

void print_table(std::vector<series> const& all, std::size_t from, std::size_t to) {
    series const* best = nullptr;
    for (std::size_t i = from; i != to; ++i) {
        series const& s = all[i];
        bool const is_peer = !s.peer.starts_with("weir") && !s.peer.starts_with("raw");
        if (is_peer && (!best || (s.is_cost() ? s.median() < best->median() : s.median() > best->median())))
            best = &s;
    }
    fmt::print("\n{} {} [{}]\n{:<40}{:>14}{:>14}{:>14}{:>10}\n", all[from].workload, all[from].param,
               all[from].unit, "", "median", "min", "max", best ? "x best" : "");
    for (std::size_t i = from; i != to; ++i) {
        series const& s = all[i];
        std::string const ratio =
            best && best->median() > 0 ? fmt::format("{:.2f}", s.median() / best->median()) : "";
        fmt::print("{:<40}{:>14}{:>14}{:>14}{:>10}\n", s.peer, readable(s.median()),
                   readable(s.values.front()), readable(s.values.back()), ratio);
    }
    std::fflush(stdout);
}

/// What belongs into one table stands together: all peers of one figure.
void print_tables(std::vector<series> all) {
    std::vector<series> sorted;
    while (!all.empty()) {
        auto const belongs = [first = all.front()](series const& s) {
            return s.workload == first.workload && s.param == first.param && s.unit == first.unit;
        };
        auto const from = sorted.size();
        std::copy_if(all.begin(), all.end(), std::back_inserter(sorted), belongs);
        std::erase_if(all, belongs);
        print_table(sorted, from, sorted.size());
    }
}

constexpr auto beside_threads = " beside threads";

/// The same where the process has started a thread: from then on each exchange has its price, also on one thread.
measurement after_a_thread(measurement measure) {
    return [measure = std::move(measure)](effort e) {
        std::thread([] {}).join();
        return measure(e);
    };
}

/// Each of the rivals, round after round.
template <class Contenders>
std::vector<series> measure_in_turn(Contenders const& rivals, options const& chosen) {
    std::vector<std::vector<series>> all(rivals.size());
    for (int round = 0; round != chosen.rounds; ++round) {
        for (std::size_t r = 0; r != rivals.size(); ++r) {
            auto const& c = rivals[r];
            std::vector<figure> figures;
            try {
                figures = c.measure({chosen.seconds});
            } catch (wrong_result const& e) {
                throw wrong_result(fmt::format("{} {} {}: {}", c.workload, c.param, c.peer, e.what()));
            }
            for (std::size_t i = 0; i != figures.size(); ++i) {
                if (i == all[r].size())
                    all[r].push_back({c.peer, c.workload, c.param + figures[i].what, figures[i].unit, {}});
                all[r][i].values.push_back(figures[i].value);
            }
        }
    }
    std::vector<series> flat;
    for (auto& mine : all)
        std::move(mine.begin(), mine.end(), std::back_inserter(flat));
    for (series& s : flat)
        std::sort(s.values.begin(), s.values.end());
    return flat;
}

} // namespace

measurement rate(std::string unit, workload run) {
    return timed(std::move(unit), std::move(run),
                 [](work const& done) { return static_cast<double>(done.operations) / done.seconds; });
}

measurement cost(workload run) {
    return timed("ns", std::move(run),
                 [](work const& done) { return done.seconds * 1e9 / static_cast<double>(done.operations); });
}

measurement latency(std::function<std::vector<std::uint32_t>(effort)> run) {
    return [run = std::move(run)](effort e) {
        auto samples = run(e);
        verify(!samples.empty(), "no samples");
        std::sort(samples.begin(), samples.end());
        auto const at = [&](double part) {
            return static_cast<double>(
                samples[static_cast<std::size_t>(static_cast<double>(samples.size() - 1) * part)]);
        };
        return std::vector<figure>{
            {" p50", "ns", at(0.5)}, {" p99", "ns", at(0.99)}, {" p99.9", "ns", at(0.999)}};
    };
}

void suite::add(std::string const& name, std::string const& param, std::string const& peer,
                measurement measure) {
    contenders_.push_back({name, param, peer, std::move(measure), 0});
}

void suite::add_growth(std::string const& name, counter param, std::string const& peer, measurement measure) {
    contenders_.push_back({name, std::to_string(param), peer, std::move(measure), param});
}

bool suite::contender::starts_threads() const {
    auto const has = [](std::string const& text, char const* word) {
        return text.find(word) != std::string::npos;
    };
    return workload == "W11" || has(param, "2t") || has(param, "thread") || has(peer, "2t") ||
           has(peer, beside_threads);
}

void suite::put_threads_last() {
    std::vector<contender> last;
    auto const threaded = [](contender const& c) { return c.starts_threads(); };
    std::copy_if(contenders_.begin(), contenders_.end(), std::back_inserter(last), threaded);
    std::erase_if(contenders_, threaded);
    for (contender const& c : contenders_)
        if (c.peer == "weir" && c.growth == 0)
            last.push_back({c.workload, c.param, c.peer + beside_threads, after_a_thread(c.measure), 0});
    std::move(last.begin(), last.end(), std::back_inserter(contenders_));
}

int suite::run(int argc, char** argv) try {
    options chosen;
    CLI::App app("A benchmark of weir beside its peers; tests/bench/README.md says what it measures.");
    describe(app, chosen);
    CLI11_PARSE(app, argc, argv);
    if (chosen.is_quick) {
        chosen.rounds = 1;
        chosen.seconds = 0.002;
    }
    put_threads_last();
    auto const is_asked_for = [&](contender const& c) {
        bool const is_chosen =
            chosen.workloads.empty() ||
            std::find(chosen.workloads.begin(), chosen.workloads.end(), c.workload) != chosen.workloads.end();
        bool const is_too_large = chosen.is_quick && c.growth > 1000;
        return is_chosen && !is_too_large && (c.growth != 0) == chosen.is_growth &&
               (chosen.param.empty() || c.param == chosen.param) &&
               (chosen.peer.empty() || c.peer == chosen.peer);
    };
    std::erase_if(contenders_, std::not_fn(is_asked_for));

    std::vector<series> all;
    while (!contenders_.empty()) {
        auto const belongs = [first = contenders_.front()](contender const& c) {
            return c.workload == first.workload && c.param == first.param &&
                   c.starts_threads() == first.starts_threads();
        };
        std::vector<contender> rivals;
        std::copy_if(contenders_.begin(), contenders_.end(), std::back_inserter(rivals), belongs);
        std::erase_if(contenders_, belongs);
        auto measured = measure_in_turn(rivals, chosen);
        std::move(measured.begin(), measured.end(), std::back_inserter(all));
    }
    if (chosen.is_csv)
        print_rows(all);
    else
        print_tables(std::move(all));
    return 0;

} catch (wrong_result const& e) {

    fmt::print(stderr, "{}\n", e.what());
    return 1;
}

} // namespace bench
