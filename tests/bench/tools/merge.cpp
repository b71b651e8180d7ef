// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Puts the rows of several rounds together: merge RAW.csv MERGED.csv
//
// RAW has a row for each round of each contender, MERGED the median of them with the smallest and largest. Prints, for
// each workload that has one, what weir is to reach against its best peer, and what it has reached.

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

/// What the row `weir` of a workload is to reach: `ratio` times the best of the peers, or of those whose name begins with
/// `against`. A cost may be at most that, a rate has to be at least that.
struct target {
    std::string_view workload;
    std::string_view param;
    std::string_view weir;
    std::string_view against;
    double ratio;
};

constexpr std::string_view any_safe; // all but Asio's channel for one thread
constexpr std::string_view any = "*";

constexpr target targets[] = {
    {"W1", "1t", "weir", any_safe, 1.3},
    {"W1", "1t", "weir single_threaded", any, 2},
    {"W1", "1t", "weir awaitable", "asio channel", 4},
    {"W1u", "1t", "weir", any_safe, 1.2},
    {"W1u", "1t", "weir single_threaded", any, 2},
    {"W2", "2t-split", "weir", any_safe, 1.2},
    {"W3", "2t-pool", "weir", any_safe, 1},
    {"W4", "same task", "weir", any, 0.95},
    {"W4", "same task", "weir single_threaded", any, 0.6},
    {"W4", "cross task (receiver waiting)", "weir", any, 0.4},
    {"W4", "cross task (receiver waiting)", "weir single_threaded", any, 0.3},
    {"W5", "1t", "weir", any, 0.6},
    {"W5", "1t", "weir single_threaded", any, 0.4},
    {"W6", "R=1 1t", "weir", any_safe, 1.5},
    {"W6", "R=1 1t", "weir single_threaded", any_safe, 2.5},
    {"W6", "R=16 1t", "weir", any_safe, 1.5},
    {"W6", "R=16 1t", "weir single_threaded", any_safe, 2.5},
    {"W6", "R=64 1t", "weir", any_safe, 1.5},
    {"W6", "R=64 1t", "weir single_threaded", any_safe, 2.5},
    {"W6", "R=4 2t-pool", "weir", any, 1.2},
    {"W6", "R=16 2t-pool", "weir", any, 1.2},
    {"W6", "R=64 2t-pool", "weir", any, 1.2},
    {"W6", "R=16 1t one-by-one", "weir", any, 2},
    {"W6", "R=16 1t one-by-one", "weir single_threaded", any, 3},
    {"W7", "R=8 1t", "weir", any, 2.5},
    {"W7", "R=8 1t", "weir single_threaded", any, 3},
    {"W8", "1t", "weir", any, 0.4},
    {"W8", "1t", "weir single_threaded", any, 0.3},
    {"W8", "1t", "weir awaitable", "asio channel", 0.5},
    {"W8", "2t-split", "weir", any, 0.7},
    {"W9", "1t", "weir", any, 2},
    {"W9", "1t", "weir single_threaded", any, 4},
    {"W10", "1t", "weir", any, 3},
    {"W10", "2t-pool", "weir", any, 4},
    {"W10lat", "1t in-loop yield-paced p50", "weir", any, 0.5},
    {"W10lat", "1t ext-thread spin-paced p50", "weir", any, 0.6},
    {"W10lat", "1t ext-thread spin-paced p99", "weir", any, 0.6},
    {"W11", "one-way gap 200us p50", "weir", any, 0.6},
    {"compile", "weir/mpsc.hpp", "weir", any, 1.15},
    {"compile", "weir/weir.hpp", "weir", any, 1.15},
};

struct figure {
    std::string unit;
    std::vector<double> rounds;

    [[nodiscard]] double median() const { return rounds[rounds.size() / 2]; }

    [[nodiscard]] bool is_cost() const { return !unit.ends_with("/s"); }
};

/// Workload, param, unit, peer.
using key = std::tuple<std::string, std::string, std::string, std::string>;

/// By key, and the keys in the order in which they came.
struct table {
    std::map<key, figure> figures;
    std::vector<key> order;
};

std::vector<std::string> columns_of(std::string const& line) {
    std::vector<std::string> columns;
    std::istringstream rest(line);
    for (std::string column; std::getline(rest, column, ',');)
        columns.push_back(column);
    return columns;
}

table read(std::string const& path) {
    std::ifstream in(path);
    table all;
    for (std::string line; std::getline(in, line);) {
        auto const columns = columns_of(line);
        if (columns.size() != 7)
            throw std::runtime_error(path + ": not a row: " + line);
        if (columns[4] == "median")
            continue; // the header
        key const name{columns[1], columns[2], columns[3], columns[0]};
        auto const [at, is_new] = all.figures.try_emplace(name);
        if (is_new)
            all.order.push_back(name);
        at->second.unit = columns[3];
        at->second.rounds.push_back(std::stod(columns[4]));
    }
    if (!in.eof() || all.order.empty())
        throw std::runtime_error("no rows in " + path);
    for (auto& [name, one] : all.figures)
        std::sort(one.rounds.begin(), one.rounds.end());
    return all;
}

std::string number(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3f}", value);
}

void write(table const& all, std::string const& path) {
    std::ofstream out(path);
    out << "peer,workload,param,unit,median,min,max\n";
    for (key const& name : all.order) {
        auto const& [workload, param, unit, peer] = name;
        figure const& one = all.figures.at(name);
        out << fmt::format("{},{},{},{},{},{},{}\n", peer, workload, param, unit, number(one.median()),
                           number(one.rounds.front()), number(one.rounds.back()));
    }
    if (!out.flush())
        throw std::runtime_error("cannot write " + path);
}

bool is_rival(target const& t, std::string_view peer) {
    if (peer.starts_with("weir") || peer.starts_with("raw"))
        return false;
    if (t.against == any_safe)
        return !peer.starts_with("asio channel");
    return t.against == any || peer == t.against;
}

void print_targets(table const& all) {
    fmt::print("{:<9}{:<30}{:<22}{:>11} {:<36}{:>11}{:>8}{:>8}\n", "", "", "", "weir", "  best peer", "",
               "ratio", "wanted");
    for (target const& t : targets) {
        figure const* weir = nullptr;
        figure const* best = nullptr;
        std::string best_name;
        for (auto const& [name, one] : all.figures) {
            auto const& [workload, param, unit, peer] = name;
            if (workload != t.workload || param != t.param || unit == "ratio" ||
                (unit == "deliveries/s" && workload == "W10"))
                continue;
            if (peer == t.weir)
                weir = &one;
            bool const is_better =
                !best || (one.is_cost() ? one.median() < best->median() : one.median() > best->median());
            if (is_rival(t, peer) && is_better) {
                best = &one;
                best_name = peer;
            }
        }
        if (!weir || !best)
            continue;
        double const ratio = weir->median() / best->median();
        bool const is_reached = weir->is_cost() ? ratio <= t.ratio : ratio >= t.ratio;
        fmt::print("{:<9}{:<30}{:<22}{:>11}   {:<34}{:>11}{:>8.2f}{:>6}{:.2f}{}\n", t.workload, t.param,
                   t.weir, number(weir->median()), best_name, number(best->median()), ratio,
                   weir->is_cost() ? "<= " : ">= ", t.ratio, is_reached ? "" : "  missed");
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        fmt::print(stderr, "usage: merge RAW.csv MERGED.csv\n");
        return 2;
    }
    auto const all = read(argv[1]);
    write(all, argv[2]);
    print_targets(all);
    return 0;

} catch (std::exception const& e) {

    fmt::print(stderr, "merge: {}\n", e.what());
    return 1;
}
