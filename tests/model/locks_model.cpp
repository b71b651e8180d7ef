// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/semaphore_core.hpp>

#include "model_threading.hpp"

#include <weir/mutex.hpp>
#include <weir/semaphore.hpp>
#include <weir/shared_mutex.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

// Permits in every order: what semaphore, mutex and shared_mutex are made of.
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   a try overtakes who waits                            a large request is not overtaken ...
//   the queue is last in, first out                      a large request is not overtaken ...
//   the front is passed if it wants more than there is   a large request is not overtaken ...
//   a request parks although there is enough             a mutex lets one in after the other ...
//   what is granted stays free                           a mutex lets one in after the other ...
//   a request that is granted is not woken               a mutex lets one in after the other ...
//   permits come back, or are added, and nobody is told  permits that are given back or added ...
//   one is granted at a time, and none by who withdraws  all readers who wait behind a writer ...
//   a withdrawn request keeps its permits                a lock that is cancelled ...
//   a withdrawn request leaves who waits behind it       a writer or reader who gives up ...
//   a close does not wake, or one parks after it         a close refuses who waits ...
//   a try succeeds after a close                         a close refuses who waits ...
//   a writer that goes on as a reader keeps too much     a writer goes on as a reader ...
//
// Whether claim() and request() lock is not seen here: what is not atomic is no step.

namespace locks_model {

namespace {

using model::scenario;
using weir::detail::failure;

/// Permits, and what they guard.
class lock {
public:
    using core_type = weir::detail::semaphore_core<model::threading>;
    using permit = weir::basic_semaphore_permit<model::threading>;
    using mutex_lock = weir::basic_mutex_lock<model::threading>;
    using read_lock = weir::basic_read_lock<model::threading>;
    using write_lock = weir::basic_write_lock<model::threading>;

    template <class Guard>
    using acquire_operation = weir::detail::acquire_core<Guard, model::no_executor, core_type>;

    explicit lock(std::uint64_t permits) : core(*new core_type(permits)) {}

    lock(lock const&) = delete;

    ~lock() { core.release(); }

    /// Waits for so many. An empty guard: closed.
    template <class Guard = permit>
    Guard acquire(std::uint64_t n) {
        acquire_operation<Guard> op(core, executor, n);
        return finish(op);
    }

    /// Waits, but not for long.
    template <class Guard = permit>
    Guard acquire_cancelled(std::uint64_t n) {
        acquire_operation<Guard> op(core, executor, n);
        return model::await_cancelled(op) ? std::get<1>(op.take()) : Guard();
    }

    template <class Guard>
    static Guard finish(acquire_operation<Guard>& op) {
        model::await(op);
        auto [ec, guard] = op.take();
        model::check(static_cast<bool>(guard) == !ec, "a guard or an error");
        return std::move(guard);
    }

    /// Somebody has so many already.
    void hold(std::uint64_t n) { held = acquire(n); }

    void write() { model::plain_write(&guarded); }

    void read() const { model::plain_read(&guarded); }

    core_type& core;
    model::no_executor executor;
    permit held;
    int guarded = 0; // plain
};

using lock_ptr = std::shared_ptr<lock>;

/// All permits are back in the end.
void explore(std::uint64_t permits, std::function<void(scenario&, lock_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) {
        auto const l = std::make_shared<lock>(permits);
        describe(s, l);
        s.finally([=] {
            l->held.release();
            model::check(l->core.available() == permits, "all permits are back");
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

/// Somebody arrives, and another waits for that.
struct meeting_place {
    meeting_place() = default;
    meeting_place(meeting_place const&) = delete;

    ~meeting_place() { model::end_location(arrived); }

    model::location_id const arrived = model::make_location(0);
};

constexpr std::uint64_t all = 8; // more than readers here

} // namespace

TEST_CASE("locks model: a mutex lets one in after the other, and each sees what the one before did") {
    auto const change = [](lock_ptr const& l) {
        auto const held = l->acquire<lock::mutex_lock>(1);
        l->write();
    };
    explore(1, [=](scenario& s, lock_ptr const& l) {
        s.thread("first", [=] { change(l); });
        s.thread("second", [=] { change(l); });
        s.thread("third", [=] { change(l); });
    });
    explore(1, [=](scenario& s, lock_ptr const& l) {
        s.thread("first", [=] {
            change(l);
            change(l);
        });
        s.thread("second", [=] {
            change(l);
            change(l);
        });
    });
}

TEST_CASE("locks model: a try takes what is free, and nothing that is promised") {
    explore(1, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("waits", [=] {
            auto const mine = l->acquire(1);
            l->write();
        });
        s.thread("holder", [=] { l->held.release(); });
        s.thread("tries", [=] {
            if (auto const mine = lock::acquire_operation<lock::permit>::try_now(l->core, 1)) {
                l->write();
            }
        });
    });
}

TEST_CASE("locks model: a lock that is cancelled while its turn comes leaves it to the next") {
    explore(1, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("holder", [=] { l->held.release(); });
        s.thread("cancelled", [=] { l->acquire_cancelled(1); });
        s.thread("next", [=] {
            auto const mine = l->acquire(1);
            model::check(static_cast<bool>(mine), "its turn comes");
        });
    });
}

TEST_CASE("locks model: a large request is not overtaken, and lets pass who waits behind it when it goes") {
    explore(2, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        auto const large = std::make_shared<lock::acquire_operation<lock::permit>>(l->core, l->executor, 2U);
        auto const w = std::make_shared<model::blocking_waiter>();
        auto const has_passed = std::make_shared<bool>(false);
        model::check(!large->try_complete(), "there is too little");
        large->start_waiting(*w); // before all who come
        s.thread("large", [=] {
            w->wait();
            model::check(large->try_complete(), "woken for something");
            auto const mine = std::get<1>(large->take());
            large->stop_waiting(*w);
            *has_passed = true;
            l->write();
        });
        s.thread("holder", [=] { l->held.release(); });
        s.thread("small", [=] {
            auto const mine = l->acquire(1);
            model::check(*has_passed, "behind the large one");
            l->write();
        });
    });
    explore(2, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("large", [=] { l->acquire_cancelled(2); });
        s.thread("small", [=] { l->acquire(1); });
    });
}

TEST_CASE("locks model: permits that are given back or added one at a time reach who wants two") {
    explore(2, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        auto const other = std::make_shared<lock::permit>(l->acquire(1));
        s.thread("holder", [=] { l->held.release(); });
        s.thread("other holder", [=] { other->release(); });
        s.thread("waits", [=] { model::check(l->acquire(2).size() == 2, "both"); });
    });
    explore(2, [](scenario& s, lock_ptr const& l) {
        l->acquire(1).forget();
        l->hold(1);
        s.thread("holder", [=] { l->held.release(); });
        s.thread("adds", [=] { l->core.add(1); });
        s.thread("waits", [=] { model::check(l->acquire(2).size() == 2, "both"); });
    });
}

TEST_CASE("locks model: a close refuses who waits, whether its turn comes just then or not") {
    auto const why = GENERATE(failure::closed, failure::aborted);
    explore(1, [=](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("holder", [=] { l->held.release(); });
        s.thread("closes", [=] {
            l->core.close(why);
            model::check(!l->acquire(1), "refused from then on");
        });
        s.thread("waits", [=] { l->acquire(1); });
    });
    explore(1, [=](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("closes", [=] { l->core.close(why); });
        s.thread("waits", [=] { model::check(!l->acquire(1), "refused"); });
        s.thread("waits too", [=] { model::check(!l->acquire(1), "refused"); });
    });
}

TEST_CASE("locks model: readers together, a writer alone, and each goes on in the end") {
    explore(all, [](scenario& s, lock_ptr const& l) {
        s.thread("writer", [=] {
            auto const mine = l->acquire<lock::write_lock>(all);
            l->write();
        });
        for (auto const* name : {"reader", "other reader"}) {
            s.thread(name, [=] {
                auto const mine = l->acquire<lock::read_lock>(1);
                l->read();
            });
        }
    });
    explore(all, [](scenario& s, lock_ptr const& l) {
        s.thread("reader", [=] {
            auto const mine = l->acquire<lock::read_lock>(1);
            l->read();
        });
        for (auto const* name : {"writer", "other writer"}) {
            s.thread(name, [=] {
                auto const mine = l->acquire<lock::write_lock>(all);
                l->write();
            });
        }
    });
}

TEST_CASE("locks model: all readers who wait behind a writer come in together") {
    explore(all, [](scenario& s, lock_ptr const& l) {
        l->hold(all);
        auto const first = std::make_shared<meeting_place>();
        auto const second = std::make_shared<meeting_place>();
        s.thread("writer", [=] {
            l->write();
            l->held.release();
        });
        s.thread("reader", [=] {
            auto const mine = l->acquire<lock::read_lock>(1);
            l->read();
            model::post(first->arrived);
            model::wait(second->arrived);
        });
        s.thread("other reader", [=] {
            auto const mine = l->acquire<lock::read_lock>(1);
            l->read();
            model::post(second->arrived);
            model::wait(first->arrived);
        });
    });
}

TEST_CASE("locks model: a writer goes on as a reader, and no other writes in between") {
    explore(all, [](scenario& s, lock_ptr const& l) {
        auto const change = [=](int n) {
            auto mine = l->acquire<lock::write_lock>(all);
            l->write();
            l->guarded = n;
            auto const still = std::move(mine).downgrade();
            l->read();
            model::check(l->guarded == n, "nobody wrote in between");
        };
        s.thread("writer", [=] { change(1); });
        s.thread("other writer", [=] { change(2); });
        s.thread("reader", [=] {
            auto const mine = l->acquire<lock::read_lock>(1);
            l->read();
        });
    });
}

TEST_CASE("locks model: a writer or reader who gives up lets in who waits behind it") {
    explore(all, [](scenario& s, lock_ptr const& l) {
        l->hold(1);
        s.thread("writer", [=] { l->acquire_cancelled<lock::write_lock>(all); });
        s.thread("reader", [=] {
            auto const mine = l->acquire<lock::read_lock>(1);
            l->read();
        });
    });
    explore(all, [](scenario& s, lock_ptr const& l) {
        l->hold(all);
        s.thread("holder", [=] {
            l->write();
            l->held.release();
        });
        s.thread("reader", [=] { l->acquire_cancelled<lock::read_lock>(1); });
        s.thread("writer", [=] {
            auto const mine = l->acquire<lock::write_lock>(all);
            l->write();
        });
    });
}

TEST_CASE("locks model: whoever lets go last, a guard, an operation or the owner, destroys it") {
    auto const result = model::explore({}, [](scenario& s) {
        auto owned = std::make_unique<lock>(1U);
        auto const held = std::make_shared<lock::permit>(owned->acquire(1));
        auto const op = std::make_shared<std::optional<lock::acquire_operation<lock::permit>>>(
            std::in_place, owned->core, owned->executor, 1U);
        (*op)->retain();
        auto const l = std::make_shared<std::unique_ptr<lock>>(std::move(owned));
        s.thread("holder", [=] { held->release(); });
        s.thread("waits", [=] {
            lock::finish(**op);
            op->reset();
        });
        s.thread("owner", [=] {
            (*l)->core.close(failure::aborted);
            l->reset();
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace locks_model
