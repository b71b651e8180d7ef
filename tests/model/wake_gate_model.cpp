// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/wake_gate.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

// An operation that waits in two places and is woken from both, in every order: protocol [G].
//
// What these tests say to a gate broken on purpose, one line at a time:
//
//   close() or wake() exchanges relaxed                 an operation that parks is made ready ...
//   close() fails relaxed                               an operation that was woken early has seen ...
//   close() or wake() stores without an exchange        an operation that parks is made ready ...
//   open() does nothing; an early wake-up is forgotten  an operation that parks is made ready ...
//   an early wake-up makes ready                        an operation that parks is made ready ...
//   every wake-up makes ready                           two wake-ups make an operation ready once
//   stay_awake() says woken, close() says nothing       an operation that was woken was taken out ...
//
// stay_awake() may do nothing: a wake-up of a gate that is neither closed nor awake makes nobody ready either.

namespace wake_gate_model {

namespace {

using model::scenario;

/// An operation between two cores. Whoever makes it ready owns it until it has looked, and nobody else may touch it.
struct operation {
    struct core {
        model::mutex m;
        bool knows_operation = false; // m
        bool has_news = false;        // m
        int news = 0;                 // plain: written by its waker, read by the operation when it looks
    };

    std::array<core, 2> cores;
    weir::detail::basic_wake_gate<model::atomic> gate;
    model::atomic<int> readied{0};
    model::location_id const posted = model::make_location(0);
    int own = 0; // plain: the operation's own state
    std::size_t looks = 0;
    std::size_t found = 0;

    operation() = default;
    operation(operation const&) = delete;

    ~operation() { model::end_location(posted); }

    // --- a waker ---------------------------------------------------------------------------------------------------

    void wake(std::size_t i) {
        bool is_mine = false;
        model::plain_write(&cores[i].news);
        {
            std::lock_guard lock(cores[i].m);
            cores[i].has_news = true;
            if (cores[i].knows_operation) {
                cores[i].knows_operation = false;
                is_mine = gate.wake();
            }
        }
        if (is_mine) {
            make_ready();
        }
    }

    void make_ready() {
        model::plain_write(&own);
        model::check(readied.fetch_add(1, std::memory_order_relaxed) == 0, "made ready once");
        model::post(posted);
    }

    // --- the operation's own side ----------------------------------------------------------------------------------

    /// Takes the news that there are. Stays registered where it is.
    void look() {
        ++looks;
        model::plain_write(&own);
        for (core& c : cores) {
            std::lock_guard lock(c.m);
            if (c.has_news) {
                c.has_news = false;
                model::plain_read(&c.news);
                ++found;
            }
        }
    }

    /// Registers in both cores. False: one has news already.
    bool start_waiting() {
        for (core& c : cores) {
            std::lock_guard lock(c.m);
            if (c.has_news) {
                return false;
            }
            c.knows_operation = true;
        }
        return true;
    }

    void stop_waiting() {
        for (core& c : cores) {
            std::lock_guard lock(c.m);
            c.knows_operation = false;
        }
    }

    void wait_until_posted() {
        model::wait(posted);
        readied.fetch_sub(1, std::memory_order_relaxed);
        model::plain_write(&own);
    }

    /// As weir's drivers do. False: parked.
    bool wait_or_look_again() {
        gate.open();
        bool const has_parked = start_waiting();
        model::plain_write(
            &own); // what the operation writes until it closes the gate is seen by whoever wakes it
        if (has_parked && gate.close()) {
            return false;
        }
        gate.stay_awake(); // one of the cores may know it still
        return true;
    }

    void wait_for_news(std::size_t n) {
        for (look(); found < n; look()) {
            if (!wait_or_look_again()) {
                wait_until_posted();
            }
        }
        stop_waiting();
    }
};

using operation_ptr = std::shared_ptr<operation>;

void explore(std::function<void(scenario&, operation_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) { describe(s, std::make_shared<operation>()); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("wake gate model: an operation that parks is made ready by the wake-up that comes meanwhile") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] { op->wait_for_news(1); });
        s.thread("waker", [=] { op->wake(1); });
    });
}

TEST_CASE("wake gate model: two wake-ups make an operation ready once") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] {
            op->wait_for_news(1);
            model::check(op->looks <= 2, "woken for something");
        });
        s.thread("first", [=] { op->wake(0); });
        s.thread("second", [=] { op->wake(1); });
    });
}

TEST_CASE("wake gate model: an operation that waits again is made ready again") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] { op->wait_for_news(2); });
        s.thread("first", [=] { op->wake(0); });
        s.thread("second", [=] { op->wake(1); });
    });
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] {
            op->wait_for_news(1);
            op->wait_for_news(2);
        });
        s.thread("first", [=] { op->wake(0); });
        s.thread("second", [=] { op->wake(1); });
    });
}

TEST_CASE("wake gate model: a parked operation that is cancelled is made ready by one side only") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] {
            if (op->wait_or_look_again()) {
                op->stop_waiting();
                return;
            }
            op->stop_waiting(); // from here on nobody wakes
            if (op->gate.wake_self()) {
                op->make_ready();
            }
            op->wait_until_posted();
        });
        s.thread("first", [=] { op->wake(0); });
        s.thread("second", [=] { op->wake(1); });
    });
}

TEST_CASE("wake gate model: a parked operation belongs to whoever destroys it or to whoever has woken it") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("destroyer", [=] {
            if (op->wait_or_look_again()) {
                op->stop_waiting();
            } else if (op->gate.wake()) { // as the shutdown of a context does, before it leaves the cores
                model::plain_write(&op->own);
                op->stop_waiting();
            } else {
                op->wait_until_posted();
            }
        });
        s.thread("first", [=] { op->wake(0); });
        s.thread("second", [=] { op->wake(1); });
    });
}

TEST_CASE(
    "wake gate model: an operation that was woken was taken out by its waker, and knows it without a lock") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] {
            op->gate.open();
            if (!op->start_waiting()) {
                op->gate.stay_awake();
                model::check(!op->gate.was_woken(), "stays in the other place");
            } else {
                if (op->gate.close()) {
                    op->wait_until_posted();
                }
                model::check(op->gate.was_woken() && !op->cores[1].knows_operation, "was taken out");
            }
            op->stop_waiting();
        });
        s.thread("waker", [=] { op->wake(1); });
    });
}

TEST_CASE("wake gate model: an operation that was woken early has seen what its waker wrote") {
    explore([](scenario& s, operation_ptr const& op) {
        s.thread("owner", [=] {
            op->gate.open();
            op->start_waiting();
            if (!op->gate.close()) {
                model::plain_read(&op->cores[1].news);
            }
            op->stop_waiting();
        });
        s.thread("waker", [=] { op->wake(1); });
    });
}

} // namespace wake_gate_model
