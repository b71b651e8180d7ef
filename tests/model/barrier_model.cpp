// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/barrier_core.hpp>

#include "model_threading.hpp"

#include <boost/asio/cancellation_type.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>

// A barrier in every order.
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   the last to arrive parks, or wakes nobody, or leads not     all pass when the last has come ...
//   a wait passes although one is missing                       all pass when the last has come ...
//   the lead is told twice                                      all pass when the last has come ...
//   the next generation is counted from where this one ended    nobody begins a generation ...
//   a withdrawn wait is counted, or one that passed is not      a wait that is cancelled ...
//   a wait that has passed is cancelled                         a wait that is cancelled ...
//   a wait that was cancelled stays                             a wait that is cancelled ...
//   a leader that goes leaves the lead to nobody                who goes before it was told ...
//   those who have passed are not in a circle any more          who goes before it was told ...
//   close() wakes nobody, or one arrives after it               when it goes ...
//
// Whether try_pass() and claim() lock is not seen here: what is not atomic is no step.

namespace barrier_model {

namespace {

using model::scenario;

/// A barrier, and what each who arrives has done before.
struct meeting {
    using core_type = weir::detail::barrier_core<model::threading>;
    using wait_operation = weir::detail::barrier_wait_core<model::no_executor, core_type>;

    explicit meeting(std::size_t n) : core(*new core_type(n)) {}

    meeting(meeting const&) = delete;

    ~meeting() { core.release(); }

    void work(std::size_t who) { model::plain_write(&parts.at(who)); }

    void look_at(std::size_t who) { model::plain_read(&parts.at(who)); }

    /// False: the barrier has gone.
    bool wait() {
        wait_operation op(core, executor);
        model::await(op);
        return note(op);
    }

    /// Waits, and is asked to end. True: it had passed.
    bool wait_cancelled() {
        wait_operation op(core, executor);
        model::blocking_waiter w;
        bool has_passed = op.try_complete();
        if (!has_passed) {
            bool const has_parked = op.start_waiting(w) == weir::detail::wait_result::parked;
            has_passed = !op.cancel(boost::asio::cancellation_type::total);
            if (has_passed) {
                if (has_parked) {
                    w.wait();
                }
                model::check(op.try_complete(), "a wait that has passed completes");
            }
        }
        if (has_passed) {
            note(op);
        }
        op.stop_waiting(w);
        w.settle();
        return has_passed;
    }

    /// Arrives, and goes without being told of anything. True: all had come.
    bool arrive_and_go() {
        wait_operation op(core, executor);
        model::blocking_waiter w;
        op.start_waiting(w);
        bool const has_passed = !op.cancel(boost::asio::cancellation_type::total);
        op.stop_waiting(w);
        w.settle();
        return has_passed;
    }

    /// What an operation came to. False: the barrier has gone.
    bool note(wait_operation& op) {
        auto const [ec, leads] = op.take();
        passed += ec ? 0 : 1;
        leaders += leads ? 1 : 0;
        model::check(!ec || !leads, "who was refused does not lead");
        return !ec;
    }

    core_type& core;
    model::no_executor executor;
    std::array<int, 3> parts{}; // plain
    int passed = 0;             // of those who were told; threads run one at a time
    int leaders = 0;
};

using meeting_ptr = std::shared_ptr<meeting>;

/// A wait that has begun before all else.
struct early_wait {
    explicit early_wait(meeting& meets) : m(meets), op(meets.core, meets.executor) {
        model::check(op.start_waiting(w) == weir::detail::wait_result::parked, "others are missing");
    }

    early_wait(early_wait const&) = delete;

    ~early_wait() { model::end_location(other_has_gone); }

    void end() {
        w.wait();
        model::check(op.try_complete(), "woken for something");
        op.stop_waiting(w);
        m.note(op);
    }

    meeting& m;
    meeting::wait_operation op;
    model::blocking_waiter w;
    model::location_id const other_has_gone = model::make_location(0);
};

void explore(std::size_t n, std::function<void(scenario&, meeting_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) { describe(s, std::make_shared<meeting>(n)); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

/// `generations`: how many have passed, all of whom were told.
std::function<void()> all_have_passed(meeting_ptr const& m, int of, int generations = 1) {
    return [=] {
        model::check(m->passed == of * generations, "all pass");
        model::check(m->leaders == generations, "one of each generation leads");
    };
}

} // namespace

TEST_CASE("barrier model: all pass when the last has come, one leads, and each sees what all have done") {
    explore(3, [](scenario& s, meeting_ptr const& m) {
        auto const one_of_three = [=](std::size_t who) {
            m->work(who);
            m->wait();
            for (std::size_t other : {0U, 1U, 2U}) {
                m->look_at(other);
            }
        };
        s.thread("first", [=] { one_of_three(0); });
        s.thread("second", [=] { one_of_three(1); });
        s.thread("third", [=] { one_of_three(2); });
        s.finally(all_have_passed(m, 3));
    });
}

TEST_CASE("barrier model: nobody begins a generation before the last has come to the one before") {
    explore(2, [](scenario& s, meeting_ptr const& m) {
        auto const rounds = [=](std::size_t mine, std::size_t theirs) {
            m->work(mine);
            m->wait();
            m->look_at(theirs);
            m->wait();
            m->work(mine);
        };
        s.thread("first", [=] { rounds(0, 1); });
        s.thread("second", [=] { rounds(1, 0); });
        s.finally(all_have_passed(m, 2, 2));
    });
}

TEST_CASE("barrier model: a wait that is cancelled has passed or has not arrived") {
    explore(2, [](scenario& s, meeting_ptr const& m) {
        s.thread("cancelled", [=] {
            if (!m->wait_cancelled()) {
                m->wait();
            }
        });
        s.thread("other", [=] { m->wait(); });
        s.finally(all_have_passed(m, 2));
    });
    explore(3, [](scenario& s, meeting_ptr const& m) {
        s.thread("cancelled", [=] {
            if (!m->wait_cancelled()) {
                m->wait();
            }
        });
        s.thread("second", [=] { m->wait(); });
        s.thread("third", [=] { m->wait(); });
        s.finally(all_have_passed(m, 3));
    });
    explore(2, [](scenario& s, meeting_ptr const& m) {
        for (auto const* name : {"first", "second", "third"}) {
            s.thread(name, [=] { m->wait_cancelled(); });
        }
        s.finally([=] {
            model::check(m->passed == 0 || m->passed == 2, "two pass or none");
            model::check(m->leaders == m->passed / 2, "one leads if they pass");
        });
    });
}

TEST_CASE(
    "barrier model: who goes before it was told counts if all had come, and leaves the lead to another") {
    explore(3, [](scenario& s, meeting_ptr const& m) {
        s.thread("goes", [=] {
            if (!m->arrive_and_go()) {
                m->wait();
            }
        });
        s.thread("second", [=] { m->wait(); });
        s.thread("third", [=] { m->wait(); });
        s.finally([=] {
            model::check(m->passed >= 2, "all that stay pass");
            model::check(m->leaders <= 1, "one of a generation leads");
            model::check(m->leaders == 1 || m->passed == 2, "one leads if all were told");
        });
    });
    explore(3, [](scenario& s, meeting_ptr const& m) {
        auto const early = std::make_shared<early_wait>(*m);
        auto const late = std::make_shared<early_wait>(*m);
        s.thread("leads and goes", [=] {
            model::check(m->arrive_and_go(), "the last has come");
            model::post(late->other_has_gone);
        });
        s.thread("is told meanwhile", [=] { early->end(); });
        s.thread("is told later", [=] {
            model::wait(late->other_has_gone);
            late->end();
        });
        s.finally([=] { model::check(m->passed == 2 && m->leaders == 1, "one of those who stay leads"); });
    });
}

TEST_CASE("barrier model: when it goes who waits is told, unless all have come") {
    explore(2, [](scenario& s, meeting_ptr const& m) {
        auto const arrive = [=] {
            if (!m->wait()) {
                model::check(!m->wait(), "refused from then on");
            }
        };
        s.thread("first", arrive);
        s.thread("second", arrive);
        s.thread("owner", [=] { m->core.close(); });
        s.finally([=] {
            model::check(m->passed == 0 || m->passed == 2, "both pass or none");
            model::check(m->leaders == m->passed / 2, "one leads if they pass");
        });
    });
}

} // namespace barrier_model
