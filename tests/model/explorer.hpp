// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_EXPLORER_HPP
#define WEIR_TESTS_MODEL_EXPLORER_HPP

// Runs a small scenario of two or three threads in every order that can make a difference.
//
//   auto const result = model::explore({}, [](model::scenario& s) {
//       auto flag = std::make_shared<model::atomic<int>>(0);             // the state is made anew for each run
//       s.thread("writer", [=] { flag->store(1, std::memory_order_release); });
//       s.thread("reader", [=] { flag->load(std::memory_order_acquire); });
//       s.finally([=] { model::check(flag->load(std::memory_order_relaxed) == 1, "the flag is set"); });
//   });
//   CHECK(result.failure == "");
//
// A thread stops before each access to an atomic, before it locks a mutex and before it waits; which thread goes on,
// and which message a load reads (memory.hpp), is a choice. Choices are explored depth first by running the scenario
// again from the start, so it must do the same when the same is chosen: no clocks, no addresses, no chance.
//
// Orders that differ only in steps that have nothing to do with each other are run once: dynamic partial-order
// reduction (schedule.hpp). Where that is still too much, `preemptions` bounds how often a thread that could go on is
// stopped instead.
//
// A failure is a check() that does not hold, a data race, an access to an atomic that was destroyed, a thread that
// waits while no other can go on, or one that goes round for ever; it comes with the steps that led to it. The
// threads of the failed run cannot be ended, so their stacks and the scenario's state are kept for good.

#include "memory.hpp"
#include "sanitizers.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace model {

inline constexpr unsigned unbounded = std::numeric_limits<unsigned>::max();

/// ThreadSanitizer has nothing to find here, where one thread plays all, and makes it very slow.
#ifdef WEIR_MODEL_TSAN
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif

/// AddressSanitizer looks at what is freed too early; that needs some of the orders, and the build without it runs all.
#ifdef WEIR_MODEL_ASAN
inline constexpr std::size_t runs_that_suffice = 5'000;
#else
inline constexpr std::size_t runs_that_suffice =
    under_thread_sanitizer ? 3000 : std::numeric_limits<std::size_t>::max();
#endif

struct options {
    unsigned stale_reads = 2; ///< how many loads of one run read something else than the newest message
    unsigned preemptions = unbounded;  ///< with a bound there is no reduction
    std::size_t most_runs = 3'000'000; ///< more are a failure
    std::size_t enough_runs = runs_that_suffice;
};

struct outcome {
    std::size_t runs = 0;
    std::string failure; ///< what went wrong and how, or nothing
};

/// What one run consists of.
class scenario {
public:
    virtual void thread(char const* name, std::function<void()> body) = 0;

    /// Runs when all threads have ended, and sees all that they did.
    virtual void finally(std::function<void()> check) = 0;

protected:
    ~scenario() = default;
};

/// Runs what `describe` sets up in every order, until one fails.
[[nodiscard]] outcome explore(options const& how, std::function<void(scenario&)> const& describe);

/// Fails the run unless `holds`. From a thread of the scenario or from finally().
void check(bool holds, char const* what);

/// The thread has looked in vain and looks again after another one has moved.
void yield();

/// Touches the object at `where`, which is not atomic. Fails on a data race.
void plain_read(void const* where);
void plain_write(void const* where);

/// Counts objects of the scenario that have to be gone after the run.
void count_object(int change);
[[nodiscard]] int objects();

// --- what model_threading.hpp is made of ---------------------------------------------------------------------------

using location_id = std::uint8_t;

[[nodiscard]] location_id make_location(std::uint64_t value);
void end_location(location_id);

[[nodiscard]] std::uint64_t load(location_id, std::memory_order);
void store(location_id, std::uint64_t value, std::memory_order);

/// Replaces the newest message by what `change` makes of it, and returns it.
std::uint64_t modify(location_id, std::memory_order,
                     std::function<std::uint64_t(std::uint64_t)> const& change);

/// Replaces the newest message if it is `expected`. On failure `expected` is what was there.
bool compare_exchange(location_id, std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                      std::memory_order failure);

void lock(location_id);
void unlock(location_id);

/// A wake-up that one thread leaves for another.
void post(location_id);
void wait(location_id);

} // namespace model

#endif // WEIR_TESTS_MODEL_EXPLORER_HPP
