// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/any_operation.hpp"
#include "support/catch.hpp"
#include "support/moved_clock.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

// Everything that one can wait for, given a time, in a select, cancelled, and left with its context: what was meant for
// an operation that does not happen is there for the next.

namespace every_operation_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using support::advance;
using support::nothing;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;

struct result {
    int calls = 0;
    weir::error_code error;
    std::size_t winner = 0; // of a select

    [[nodiscard]] bool is_pending() const { return calls == 0; }

    [[nodiscard]] bool is_success() const { return calls == 1 && !error; }

    template <class Error>
    [[nodiscard]] bool is_failure(Error why) const {
        return calls == 1 && error == why;
    }
};

/// The one type of handler here, which keeps the compiler's work in bounds.
struct handler {
    using executor_type = executor;
    using cancellation_slot_type = asio::cancellation_slot;

    [[nodiscard]] executor_type get_executor() const noexcept { return where; }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    void operator()(weir::error_code ec, std::size_t winner = 0) const {
        ++to->calls;
        to->error = ec;
        to->winner = winner;
    }

    result* to;
    executor where;
    asio::cancellation_slot slot{};
};

// What can be waited for: start() makes the operation, which cannot complete until make_ready().

struct mpsc_full {
    explicit mpsc_full(executor const& ex) : ends(weir::mpsc::channel<int>(ex, 1)) {
        (void)ends.first.try_send(1);
    }

    void make_ready() { (void)ends.second.try_receive(); }

    support::loop_ends ends;
};

struct mpsc_send : mpsc_full {
    using mpsc_full::mpsc_full;

    auto start() { return ends.first.async_send(2); }
};

struct mpsc_reserve : mpsc_full {
    using mpsc_full::mpsc_full;

    auto start() { return ends.first.async_reserve(); }
};

struct mpsc_reserve_many : mpsc_full {
    using mpsc_full::mpsc_full;

    auto start() { return ends.first.async_reserve_many(1); }
};

struct mpsc_closed : mpsc_full {
    using mpsc_full::mpsc_full;

    auto start() { return ends.first.async_closed(); }

    void make_ready() { ends.second.close(); }
};

template <class Ends>
struct receive {
    explicit receive(Ends both) : ends(std::move(both)) {}

    auto start() { return ends.second.async_receive(); }

    void make_ready() {
        if constexpr (requires { ends.first.try_send(1); }) {
            (void)ends.first.try_send(1);
        } else {
            (void)ends.first.send(1);
        }
    }

    Ends ends;
};

struct semaphore_acquire {
    explicit semaphore_acquire(executor const& ex) : s(ex, 1) {}

    auto start() { return s.async_acquire(); }

    void make_ready() { held.release(); }

    weir::semaphore s;
    weir::semaphore_permit held = s.try_acquire();
};

struct mutex_lock {
    explicit mutex_lock(executor const& ex) : m(ex) {}

    auto start() { return m.async_lock(); }

    void make_ready() { held.unlock(); }

    weir::mutex m;
    weir::mutex_lock held = m.try_lock();
};

struct shared_mutex_lock {
    explicit shared_mutex_lock(executor const& ex) : m(ex) {}

    auto start() { return m.async_lock(); }

    void make_ready() { held.unlock(); }

    weir::shared_mutex m;
    weir::read_lock held = m.try_lock_shared();
};

struct shared_mutex_lock_shared {
    explicit shared_mutex_lock_shared(executor const& ex) : m(ex) {}

    auto start() { return m.async_lock_shared(); }

    void make_ready() { held.unlock(); }

    weir::shared_mutex m;
    weir::write_lock held = m.try_lock();
};

struct notified {
    explicit notified(executor const& ex) : n(ex) {}

    auto start() { return n.async_notified(); }

    void make_ready() { n.notify_one(); }

    weir::notify n;
};

struct barrier_wait {
    static constexpr bool has_happened_when_ready = true;

    explicit barrier_wait(executor const& ex) : b(ex, 2) {}

    auto start() { return b.async_wait(); }

    void make_ready() { b.async_wait(nothing); }

    weir::barrier b;
};

struct cancelled {
    explicit cancelled(executor const& ex) : source(ex) {}

    auto start() { return source.async_cancelled(); }

    void make_ready() { source.cancel(); }

    weir::cancellation_source source;
};

struct group_join {
    explicit group_join(executor const&) : go(elsewhere.get_executor()), tasks(elsewhere.get_executor()) {
        tasks.spawn(wait(go));
        poll(elsewhere);
    }

    static weir::task<> wait(weir::notify& go) { co_await go.async_notified(); }

    auto start() { return tasks.async_join(); }

    void make_ready() {
        go.notify_one();
        poll(elsewhere);
    }

    asio::io_context elsewhere;
    weir::notify go;
    weir::task_group tasks;
};

struct watch_wait_for {
    explicit watch_wait_for(executor const& ex) : ends(weir::watch::channel<int>(ex, 0)) {}

    auto start() {
        return ends.second.async_wait_for([](int n) { return n == 1; });
    }

    void make_ready() { (void)ends.first.send(1); }

    std::pair<weir::watch::sender<int, executor>, weir::watch::receiver<int, executor>> ends;
};

struct broadcast_send {
    explicit broadcast_send(executor const& ex) : ends(weir::broadcast::channel<int>(ex, 1)) {
        ends.first.send(1);
    }

    auto start() { return ends.first.async_send(2); }

    void make_ready() { (void)ends.second.try_receive(); }

    std::pair<weir::broadcast::sender<int, executor>, weir::broadcast::receiver<int, executor>> ends;
};

struct receive_many {
    explicit receive_many(executor const& ex) : ends(weir::mpsc::channel<int>(ex, 1)) {}

    auto start() { return ends.second.async_receive_many(out, 2); }

    void make_ready() { (void)ends.first.try_send(1); }

    support::loop_ends ends;
    std::vector<int> out;
};

/// One of them, whichever it is.
class scene {
public:
    virtual ~scene() = default;

    /// Makes the operation.
    virtual weir::operation<support::any_core> start() = 0;
    virtual void make_ready() = 0;

    /// What it waits for has happened when it is ready, and cannot be left to the next.
    [[nodiscard]] virtual bool has_happened_when_ready() const = 0;

    void limited(clock_type::duration d, handler h) { weir::timeout(d, start())(h); }

    /// The second of three cases, of which the first that is ready runs. It may be switched off.
    void selected(support::two_channels& others, bool is_on, handler h) {
        weir::select(weir::biased, weir::on(others.a, nothing), weir::on(start(), nothing).when(is_on),
                     weir::on(others.b, nothing))(h);
    }

    /// Whether one that has no time to wait completes.
    [[nodiscard]] bool can_complete(asio::io_context& ctx) {
        result r;
        limited(0s, {&r, ctx.get_executor()});
        poll(ctx);
        return r.is_success();
    }
};

template <class Thing>
class scene_of final : public scene {
public:
    template <class Arg>
    explicit scene_of(Arg&& arg) : thing_(std::forward<Arg>(arg)) {}

    weir::operation<support::any_core> start() override { return support::any_operation(thing_.start()); }

    void make_ready() override { thing_.make_ready(); }

    [[nodiscard]] bool has_happened_when_ready() const override {
        return requires { Thing::has_happened_when_ready; };
    }

private:
    Thing thing_;
};

template <class Thing>
std::unique_ptr<scene> make(executor const& ex) {
    return std::make_unique<scene_of<Thing>>(ex);
}

template <class Ends>
std::unique_ptr<scene> receiving(Ends ends) {
    return std::make_unique<scene_of<receive<Ends>>>(std::move(ends));
}

struct kind {
    char const* name;
    std::unique_ptr<scene> (*make)(executor const&);
};

constexpr std::array kinds{
    kind{"mpsc receive", [](executor const& ex) { return receiving(weir::mpsc::channel<int>(ex, 1)); }},
    kind{"unbounded receive",
         [](executor const& ex) { return receiving(weir::mpsc::unbounded_channel<int>(ex)); }},
    kind{"mpmc receive", [](executor const& ex) { return receiving(weir::mpmc::channel<int>(ex, 1)); }},
    kind{"oneshot receive", [](executor const& ex) { return receiving(weir::oneshot::channel<int>(ex)); }},
    kind{"broadcast receive",
         [](executor const& ex) { return receiving(weir::broadcast::channel<int>(ex, 1)); }},
    kind{"watch receive", [](executor const& ex) { return receiving(weir::watch::channel<int>(ex, 0)); }},
    kind{"receive_many", make<receive_many>},
    kind{"watch wait_for", make<watch_wait_for>},
    kind{"send", make<mpsc_send>},
    kind{"reserve", make<mpsc_reserve>},
    kind{"reserve_many", make<mpsc_reserve_many>},
    kind{"closed", make<mpsc_closed>},
    kind{"broadcast send", make<broadcast_send>},
    kind{"acquire", make<semaphore_acquire>},
    kind{"lock", make<mutex_lock>},
    kind{"lock of a writer", make<shared_mutex_lock>},
    kind{"lock_shared", make<shared_mutex_lock_shared>},
    kind{"notified", make<notified>},
    kind{"barrier wait", make<barrier_wait>},
    kind{"cancelled", make<cancelled>},
    kind{"join", make<group_join>},
};

/// f(scene, context) for a new scene of each kind.
template <class F>
void with_each(F f) {
    for (auto const& k : kinds) {
        INFO(k.name);
        asio::io_context ctx;
        auto const s = k.make(ctx.get_executor());
        f(*s, ctx);
    }
}

} // namespace

TEST_CASE("every operation: given no time it completes at once or not at all, and has taken nothing") {
    auto const d = GENERATE(clock_type::duration(0), clock_type::duration(-1h), clock_type::duration::min());
    with_each([d](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(d, {&r, ctx.get_executor()});
        CHECK(r.is_pending()); // never inside the call
        poll(ctx);
        CHECK(r.is_failure(weir::errc::timed_out));
        s.make_ready();
        CHECK(s.can_complete(ctx));
    });
}

TEST_CASE("every operation: given more time than there is it waits") {
    with_each([](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(clock_type::duration::max(), {&r, ctx.get_executor()});
        poll(ctx);
        CHECK(r.is_pending());
        s.make_ready();
        CHECK(r.is_pending()); // never inside the call
        poll(ctx);
        CHECK(r.is_success());
        CHECK(ctx.stopped()); // no timer is left
    });
}

TEST_CASE("every operation: it and the clock in one turn, it wins, later it is there for the next") {
    enum class order { ready_first, clock_first, clock_was_heard, too_late };
    auto const when =
        GENERATE(order::ready_first, order::clock_first, order::clock_was_heard, order::too_late);
    with_each([when](scene& s, asio::io_context& ctx) {
        result r;
        s.limited(1ms, {&r, ctx.get_executor()});
        poll(ctx);
        if (when == order::ready_first) {
            s.make_ready();
        }
        advance(1ms);
        if (when == order::clock_was_heard) {
            ctx.restart();
            CHECK(ctx.poll_one() == 1);
            CHECK(r.is_pending());
        }
        if (when == order::too_late) {
            poll(ctx);
            CHECK(r.is_failure(weir::errc::timed_out));
            s.make_ready();
            CHECK(s.can_complete(ctx));
            return;
        }
        s.make_ready();
        poll(ctx);
        CHECK(r.is_success());
    });
}

TEST_CASE(
    "every operation: in a select it wins when it is ready, and leaves to the next what it loses or is off") {
    std::size_t const winner = GENERATE(0U, 1U, 2U);
    with_each([winner](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        result r;
        s.selected(others, winner != 2, {&r, ctx.get_executor()});
        poll(ctx);
        CHECK(r.is_pending());
        s.make_ready();
        if (winner != 1) {
            CHECK((winner == 0 ? others.tx_a : others.tx_b)->try_send(1));
        }
        poll(ctx);
        CHECK(r.is_success());
        CHECK(r.winner == winner);
        if (winner == 2 || (winner == 0 && !s.has_happened_when_ready())) {
            CHECK(s.can_complete(ctx));
        }
    });
}

TEST_CASE("every operation: cancelled when it was ready it has not happened, alone and in a select") {
    bool const is_selected = GENERATE(false, true);
    with_each([is_selected](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        asio::cancellation_signal signal;
        result r;
        if (is_selected) {
            s.selected(others, true, {&r, ctx.get_executor(), signal.slot()});
        } else {
            s.limited(1h, {&r, ctx.get_executor(), signal.slot()});
        }
        poll(ctx);
        s.make_ready();
        signal.emit(asio::cancellation_type::total);
        poll(ctx);
        if (!s.has_happened_when_ready()) {
            CHECK(r.is_failure(asio::error::operation_aborted));
            CHECK(s.can_complete(ctx));
        } else {
            CHECK(r.calls == 1);
        }
    });
}

TEST_CASE(
    "every operation: goes with the context that it waits on, and leaves what was meant for it to the next") {
    bool const is_selected = GENERATE(false, true);
    bool const is_ready_before = GENERATE(false, true);
    with_each([=](scene& s, asio::io_context& ctx) {
        support::two_channels others(ctx);
        result r;
        {
            asio::io_context gone;
            handler const there{&r, gone.get_executor()};
            if (is_selected) {
                s.selected(others, true, there);
            } else {
                s.limited(1h, there);
            }
            poll(gone);
            if (is_ready_before) {
                s.make_ready();
            }
        }
        if (!is_ready_before) {
            s.make_ready();
        }
        CHECK(r.is_pending());
        if (!(is_ready_before && s.has_happened_when_ready())) {
            CHECK(s.can_complete(ctx));
        }
    });
}

} // namespace every_operation_test
