// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// How a benchmark measures and what it prints: contenders for one workload take turns, round after round, so that what
/// else the machine does hits all of them; a figure is the median of the rounds, beside its smallest and largest.

#ifndef WEIR_TESTS_BENCH_SUPPORT_MEASURE_HPP
#define WEIR_TESTS_BENCH_SUPPORT_MEASURE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using counter = std::uint64_t;

/// What one measurement says. `what` stands behind the parameter of the workload, such as "p50"; it is mostly empty.
struct figure {
    std::string what;
    std::string unit;
    double value;
};

/// How long a measurement may take, in seconds.
struct effort {
    double seconds;
};

using measurement = std::function<std::vector<figure>(effort)>;

/// What a workload has done: so many operations in so many seconds.
struct work {
    counter operations;
    double seconds;
    std::vector<figure> besides = {};
};

/// Does about as many operations as it is asked for.
using workload = std::function<work(counter)>;

/// The same with at least so many operations, so that what is done once does not count.
[[nodiscard]] inline workload at_least(counter operations, workload run) {
    return [operations, run = std::move(run)](counter n) { return run(std::max(n, operations)); };
}

/// Operations a second, such as "msg/s".
[[nodiscard]] measurement rate(std::string unit, workload run);

/// Nanoseconds an operation.
[[nodiscard]] measurement cost(workload run);

/// Nanoseconds, as samples of which the median and two percentiles are reported.
[[nodiscard]] measurement latency(std::function<std::vector<std::uint32_t>(effort)> run);

/// A result that is not what it has to be: the benchmark fails.
struct wrong_result : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void verify(bool is_right, char const* what) {
    if (!is_right)
        throw wrong_result(what);
}

/// What a benchmark program consists of.
class suite {
public:
    /// A contender for the workload `name`. Those with the same name and parameter are compared, in the order in which they come.
    void add(std::string const& name, std::string const& param, std::string const& peer, measurement measure);

    /// One that is measured only with --growth: how the cost of something grows with `param`, which is at least 1.
    void add_growth(std::string const& name, counter param, std::string const& peer, measurement measure);

    /// Reads the command line, measures, prints. What main() returns.
    int run(int argc, char** argv);

private:
    struct contender {
        std::string workload; // its name
        std::string param;
        std::string peer;
        measurement measure;
        counter growth; // its parameter as a number; 0: not of --growth

        /// By its names.
        [[nodiscard]] bool starts_threads() const;
    };

    /// What starts no thread comes first, in a process that has had none; weir's own such rows come again at the end.
    void put_threads_last();

    std::vector<contender> contenders_;
};

/// Seconds since it was made.
class stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Of the steady clock.
[[nodiscard]] inline counter nanoseconds() {
    return static_cast<counter>(std::chrono::steady_clock::now().time_since_epoch().count());
}

/// What was received: as many as were sent, and the same.
struct tally {
    counter count = 0;
    counter sum = 0;

    void take(counter value) {
        ++count;
        sum += value;
    }

    /// Each of `senders` has sent 0, 1, ... each - 1.
    void verify_all(counter senders, counter each) const {
        verify(count == senders * each, "not as many were received as were sent");
        verify(sum == senders * (each * (each - 1) / 2), "what was received is not what was sent");
    }
};

} // namespace bench

#endif // WEIR_TESTS_BENCH_SUPPORT_MEASURE_HPP
