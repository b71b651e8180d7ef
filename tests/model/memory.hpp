// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_MEMORY_HPP
#define WEIR_TESTS_MODEL_MEMORY_HPP

// The memory that a scenario's threads see: C++ atomics by views, as in the promising semantics of Kang et al. (POPL
// 2017) without the promises.
//
// Every location keeps all its messages, in modification order. A thread knows, for each location, the oldest message
// that it may still read; a load may read that one or any later one, and the explorer tries them all. A release store
// puts what its thread knows into the message, an acquire load takes it over, a read-modify-write reads the newest
// message and passes on what that one carried. A seq_cst load reads nothing older than what any seq_cst access of its
// location has written or read before it; nothing else sets seq_cst apart, so a pair of store and load that must be
// seq_cst on both sides (store buffering) fails as soon as one of the four is not.
//
// Everything that x86 does is found, and more: a message that is not released with its data is one. Not found is what
// needs a load after which a store was moved up (load buffering), a store that enters the modification order before
// one already made, or a failing compare_exchange that reads an old message or fails for no reason.
//
// What a thread knows also has a clock for each thread: which of its steps happened before. It tells a data race on
// what is not atomic, whatever the order of the steps.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace model {

inline constexpr std::size_t max_threads = 4; // with the one that sets up, which is number 0
inline constexpr std::size_t max_locations = 28;

using thread_id = std::uint8_t;
using moment = std::uint16_t;
using thread_clock = std::array<moment, max_threads>;

inline bool releases(std::memory_order o) noexcept {
    return o == std::memory_order_release || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
}

inline bool acquires(std::memory_order o) noexcept {
    return o == std::memory_order_acquire || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
}

template <std::size_t N>
void join(std::array<moment, N>& to, std::array<moment, N> const& from) noexcept {
    for (std::size_t i = 0; i != N; ++i) {
        to[i] = std::max(to[i], from[i]);
    }
}

/// What a thread knows, or passes on with a message.
struct knowledge {
    thread_clock clock{};                     // the steps of each thread that happened before
    std::array<moment, max_locations> seen{}; // the oldest message of each location that may still be read

    void join(knowledge const& other) noexcept {
        model::join(clock, other.clock);
        model::join(seen, other.seen);
    }
};

struct message {
    std::uint64_t value = 0;
    knowledge carried; // what a thread knows that reads it with acquire
};

/// An atomic, a mutex or a wake-up.
struct location {
    std::vector<message> messages; // in modification order
    moment sequential = 0;         // the newest message that a seq_cst access has touched
    thread_clock accessed{};       // the last access of each thread
    thread_id maker = 0;           // who made it, and when
    moment made = 0;
    bool is_alive = false;

    [[nodiscard]] moment newest() const noexcept { return static_cast<moment>(messages.size() - 1); }
};

/// An object that is not atomic: who has touched it, and when.
struct plain_object {
    void const* where = nullptr;
    thread_id writer = 0;
    moment written = 0;
    thread_clock read{};
};

/// The plain objects of one run. False from an access: it races with an earlier one.
class race_detector {
public:
    bool on_read(void const* where, thread_id who, thread_clock const& clock) {
        plain_object& o = find(where);
        o.read[who] = clock[who];
        return o.written <= clock[o.writer];
    }

    bool on_write(void const* where, thread_id who, thread_clock const& clock) {
        plain_object& o = find(where);
        bool const ordered = o.written <= clock[o.writer] && is_before(o.read, clock);
        o.writer = who;
        o.written = clock[who];
        return ordered;
    }

    static bool is_before(thread_clock const& a, thread_clock const& b) noexcept {
        for (std::size_t i = 0; i != max_threads; ++i) {
            if (a[i] > b[i]) {
                return false;
            }
        }
        return true;
    }

    void clear() noexcept { objects_.clear(); }

private:
    plain_object& find(void const* where) {
        auto const it = std::find_if(objects_.begin(), objects_.end(),
                                     [=](plain_object const& o) { return o.where == where; });
        return it != objects_.end() ? *it : objects_.emplace_back(plain_object{where, 0, 0, {}});
    }

    std::vector<plain_object> objects_; // a few dozen
};

} // namespace model

#endif // WEIR_TESTS_MODEL_MEMORY_HPP
