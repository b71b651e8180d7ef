// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/notify_core.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <functional>
#include <memory>
#include <tuple>

// Notifications in every order.
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   nothing is stored, or what is stored is not seen or kept   who waits is notified ...
//   who waits is notified and one is stored as well            who waits is notified ...
//   a notification is claimed twice                            two notifications for two ...
//   a withdrawn wait passes on nothing                         a cancelled wait passes on ...
//   a stored one that is taken counts as one of all            a cancelled wait passes on ...
//   a withdrawn wait stays in the queue                        a cancelled wait passes on ...
//   what notify_all() meant is passed on, or it is stored      all who wait go on ...
//   notify_all() tells the first only                          all who wait go on ...
//   the object that goes tells nobody, or not who comes        when the object goes ...
//   notify_one() does not lock                                 who waits is notified ...
//
// Whether park() and claim() lock is not seen here: what is not atomic is no step.

namespace notify_model {

namespace {

using model::scenario;

/// What somebody does before it notifies, and the notification.
struct notification {
    using core_type = weir::detail::notify_core<model::threading>;
    using wait_operation = weir::detail::notified_core<model::no_executor, core_type>;

    notification() : core(*new core_type) {}

    notification(notification const&) = delete;

    ~notification() { core.release(); }

    void write_and_notify_one() {
        model::plain_write(&written);
        core.notify_one();
    }

    /// False: the object has gone.
    bool wait() {
        wait_operation op(core, executor);
        model::await(op);
        return !std::get<0>(op.take());
    }

    void wait_and_read() {
        model::check(wait(), "nobody has closed");
        model::plain_read(&written);
    }

    /// Waits, but not for long. True: it was notified.
    bool wait_cancelled() {
        wait_operation op(core, executor);
        return model::await_cancelled(op);
    }

    core_type& core;
    model::no_executor executor;
    int written = 0; // plain
};

using notification_ptr = std::shared_ptr<notification>;

/// A wait that has begun before all else.
struct early_wait {
    explicit early_wait(notification& n) : op(n.core, n.executor) {
        model::check(!op.try_complete(), "nothing is stored");
        op.start_waiting(w);
    }

    void end() {
        w.wait();
        model::check(op.try_complete(), "woken for something");
        op.stop_waiting(w);
    }

    void withdraw() {
        op.stop_waiting(w);
        w.settle();
    }

    notification::wait_operation op;
    model::blocking_waiter w;
};

std::shared_ptr<early_wait> begin_to_wait(notification_ptr const& n) {
    return std::make_shared<early_wait>(*n);
}

enum class left { nothing, one };

/// `expected`: what is stored in the end.
void explore(left expected, std::function<void(scenario&, notification_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) {
        auto const n = std::make_shared<notification>();
        describe(s, n);
        s.finally([=] {
            model::check(n->core.try_take() == (expected == left::one), "stored when nobody took it");
            model::check(!n->core.try_take(), "stored once");
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("notify model: who waits is notified, whoever was first, and sees what was done before") {
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        s.thread("notifier", [=] { n->write_and_notify_one(); });
        s.thread("waits", [=] { n->wait_and_read(); });
    });
}

TEST_CASE("notify model: two notifications for two who wait, and never two for one") {
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const first = begin_to_wait(n);
        auto const second = begin_to_wait(n);
        s.thread("notifier", [=] {
            n->core.notify_one();
            n->core.notify_one();
        });
        s.thread("first", [=] { first->end(); });
        s.thread("second", [=] { second->end(); });
    });
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const waits = begin_to_wait(n);
        s.thread("notifier", [=] { n->core.notify_one(); });
        s.thread("other notifier", [=] { n->core.notify_one(); });
        s.thread("first", [=] {
            waits->end();
            n->wait(); // the other one, stored or not
        });
    });
    explore(left::one, [](scenario& s, notification_ptr const& n) {
        s.thread("notifier", [=] { n->core.notify_one(); });
        s.thread("other notifier", [=] { n->core.notify_one(); });
    });
}

TEST_CASE("notify model: a cancelled wait passes on what was meant for it, to who waits or to who comes") {
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const cancelled = begin_to_wait(n);
        auto const next = begin_to_wait(n);
        s.thread("notifier", [=] { n->write_and_notify_one(); });
        s.thread("cancelled", [=] { cancelled->withdraw(); });
        s.thread("next", [=] {
            next->end();
            model::plain_read(&n->written);
        });
    });
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        s.thread("notifier", [=] { n->core.notify_one(); });
        s.thread("cancelled", [=] {
            if (n->wait_cancelled()) {
                n->core.notify_one();
            }
        });
        s.thread("comes", [=] { n->wait(); });
    });
    explore(left::one, [](scenario& s, notification_ptr const& n) {
        auto const cancelled = begin_to_wait(n);
        s.thread("notifier", [=] { n->core.notify_one(); });
        s.thread("cancelled", [=] { cancelled->withdraw(); });
    });
}

TEST_CASE("notify model: all who wait go on, and nothing is left for who comes later") {
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const first = begin_to_wait(n);
        auto const second = begin_to_wait(n);
        s.thread("notifier", [=] { n->core.notify_all(); });
        s.thread("first", [=] { first->end(); });
        s.thread("second", [=] { second->end(); });
    });
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const cancelled = begin_to_wait(n);
        s.thread("notifier", [=] { n->core.notify_all(); });
        s.thread("cancelled", [=] { cancelled->withdraw(); });
        s.thread("comes", [=] { n->wait_cancelled(); });
    });
}

TEST_CASE("notify model: when the object goes who waits is told, and so is who comes") {
    explore(left::nothing, [](scenario& s, notification_ptr const& n) {
        auto const early = begin_to_wait(n);
        s.thread("owner", [=] { n->core.close(); });
        s.thread("early", [=] { early->end(); });
        s.thread("comes", [=] { model::check(!n->wait(), "it has gone"); });
    });
}

} // namespace notify_model
