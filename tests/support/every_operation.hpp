// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Everything that one can wait for, as scenes of one type.

#ifndef WEIR_TESTS_SUPPORT_EVERY_OPERATION_HPP
#define WEIR_TESTS_SUPPORT_EVERY_OPERATION_HPP

#include "support/any_operation.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/weir.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace support::every_operation {

namespace asio = boost::asio;

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

    loop_ends ends;
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

    loop_ends ends;
    std::vector<int> out;
};

/// One of them, whichever it is.
class scene {
public:
    virtual ~scene() = default;

    /// Makes the operation.
    virtual weir::operation<any_core> start() = 0;
    virtual void make_ready() = 0;

    /// What it waits for has happened when it is ready, and cannot be left to the next.
    [[nodiscard]] virtual bool has_happened_when_ready() const = 0;

    void limited(std::chrono::steady_clock::duration d, handler h) { weir::timeout(d, start())(h); }

    /// The second of three cases, of which the first that is ready runs. It may be switched off.
    void selected(two_channels& others, bool is_on, handler h) {
        weir::select(weir::biased, weir::on(others.a, nothing), weir::on(start(), nothing).when(is_on),
                     weir::on(others.b, nothing))(h);
    }

    /// Whether one that has no time to wait completes.
    [[nodiscard]] bool can_complete(asio::io_context& ctx) {
        result r;
        limited(std::chrono::seconds(0), {&r, ctx.get_executor()});
        poll(ctx);
        return r.is_success();
    }
};

template <class Thing>
class scene_of final : public scene {
public:
    template <class Arg>
    explicit scene_of(Arg&& arg) : thing_(std::forward<Arg>(arg)) {}

    weir::operation<any_core> start() override { return any_operation(thing_.start()); }

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

inline constexpr std::array kinds{
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

} // namespace support::every_operation

#endif // WEIR_TESTS_SUPPORT_EVERY_OPERATION_HPP
