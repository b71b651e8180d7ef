// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market/detail/tick_ring.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <cstdint>
#include <memory>
#include <utility>

// The hub that writes ticks and the subscriber that reads them, in every order: protocols [Q], [F], [C] and [G].
//
// What these tests say to a ring broken on purpose, one line at a time:
//
//   the tail or the head stored or loaded relaxed                a data race
//   closed stored or loaded relaxed                              all is accounted for
//   the front moves though one is not read                       all is accounted for
//   gone stored or loaded relaxed                                what was read stays read
//   count() loads the head relaxed                               no more is left than was published

namespace tick_ring_model {

namespace {

using model::scenario;

/// Plain data that tells of races.
struct tick {
    int n = 0;

    tick() = default;

    explicit tick(int number) : n(number) {}

    tick(tick const& other) noexcept : n(other.read()) {}

    tick& operator=(tick const& other) noexcept {
        int const number = other.read();
        model::plain_write(&n);
        n = number;
        return *this;
    }

    [[nodiscard]] int read() const noexcept {
        model::plain_read(&n);
        return n;
    }
};

using ring = weir::market::detail::basic_tick_ring<tick, model::atomic>;

/// A ring and where its subscriber waits, as a subscription's queue has them.
class queue {
public:
    explicit queue(std::size_t capacity) : ring_(capacity) {}

    ~queue() { model::end_location(woken_); }

    // --- the hub ---

    void write(int n) {
        if (!ring_.write(tick(n))) {
            ring_.miss();
            ++lost;
        }
    }

    void publish() {
        mutex_.lock();
        ring_.publish();
        wake();
    }

    void close() {
        mutex_.lock();
        ring_.close();
        wake();
    }

    // --- the subscriber ---

    /// The next number, or 0 at the end; says with each how many were lost before it.
    int receive() {
        for (;;) {
            if (auto const* e = look(); e != nullptr) {
                missed += e->missed;
                int const n = e->tick.read();
                ring_.pop();
                return n;
            }
            if (is_at_end_) {
                return 0;
            }
            mutex_.lock();
            bool const waits = ring_.front() == nullptr && !ring_.is_closed();
            is_parked_ = waits;
            mutex_.unlock();
            if (waits) {
                model::wait(woken_);
            }
        }
    }

    void go() { ring_.go(); }

    ring const& all() const noexcept { return ring_; }

    std::uint64_t lost = 0;     // the hub's
    std::uint64_t missed = 0;   // the subscriber's
    std::uint64_t received = 0; // the subscriber's

private:
    ring::entry const* look() {
        auto const* e = ring_.front();
        if (e == nullptr && ring_.is_closed()) {
            e = ring_.front();
            is_at_end_ = e == nullptr;
        }
        return e;
    }

    void wake() {
        bool const was_parked = std::exchange(is_parked_, false);
        mutex_.unlock();
        if (was_parked) {
            model::post(woken_);
        }
    }

    ring ring_;
    model::mutex mutex_;
    model::location_id const woken_ = model::make_location(0);
    bool is_parked_ = false; // mutex_
    bool is_at_end_ = false; // the subscriber's
};

} // namespace

TEST_CASE("tick ring, every order: runs are received in order, and what was lost is told") {
    std::size_t const capacity = GENERATE(1U, 2U);
    auto const result = model::explore({}, [=](scenario& s) {
        auto const q = std::make_shared<queue>(capacity);
        s.thread("hub", [=] {
            q->write(1);
            q->publish();
            q->write(2);
            q->write(3);
            q->publish();
            q->write(4);
            q->close();
        });
        s.thread("subscriber", [=] {
            while (int const n = q->receive()) {
                ++q->received;
                model::check(static_cast<std::uint64_t>(n) == q->received + q->missed,
                             "received in order, and each gap is told");
            }
        });
        s.finally([=] {
            model::check(q->received + q->lost == 4, "all is accounted for");
            auto const now = q->all().count();
            model::check(now.left == q->received && now.published == q->received,
                         "all that was published is received");
        });
    });
    CHECK(result.failure == "");
}

TEST_CASE("tick ring, every order: a subscriber that goes, and one who counts meanwhile") {
    auto const result = model::explore({.preemptions = 4}, [](scenario& s) {
        auto const q = std::make_shared<queue>(2);
        s.thread("hub", [=] {
            q->write(1);
            q->publish();
            q->write(2);
            q->publish();
        });
        s.thread("subscriber", [=] {
            q->receive();
            q->go();
        });
        s.thread("counts", [=] {
            auto const once = q->all().count();
            model::check(once.left <= once.published, "no more is left than was published");
            model::check(!once.is_gone || once.left == 1, "what was read stays read");
        });
        s.finally([=] {
            auto const now = q->all().count();
            model::check(now.is_gone && now.left == 1 && now.published == 2, "the rest is dropped");
        });
    });
    CHECK(result.failure == "");
}

} // namespace tick_ring_model
