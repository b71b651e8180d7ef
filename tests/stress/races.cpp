// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/two_threads.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

// Two threads do two things to one channel at the same time, again and again: each time it has to come out as if one had
// been first. Nothing is lost, doubled, leaked or forgotten.

namespace races_test {

namespace asio = boost::asio;
using support::counted;
using support::outcome;
using support::poll;
using support::two_threads;

namespace {

using executor = asio::io_context::executor_type;
using received = outcome<std::optional<counted>>;

constexpr int rounds = support::effort(3'000, 1'500);

/// A channel whose ends can be destroyed one at a time.
template <class Ends>
struct channel {
    explicit channel(Ends ends) : tx(std::move(ends.first)), rx(std::move(ends.second)) {}

    std::optional<typename Ends::first_type> tx;
    std::optional<typename Ends::second_type> rx;
};

struct mpsc {
    static auto make(executor const& ex) { return weir::mpsc::channel<counted>(ex, 2); }
};

struct unbounded {
    static auto make(executor const& ex) { return weir::mpsc::unbounded_channel<counted>(ex); }
};

struct mpmc {
    static auto make(executor const& ex) { return weir::mpmc::channel<counted>(ex, 2); }
};

struct oneshot {
    static auto make(executor const& ex) { return weir::oneshot::channel<counted>(ex); }
};

struct broadcast {
    static auto make(executor const& ex) { return weir::broadcast::channel<counted>(ex, 2); }
};

struct watch {
    static auto make(executor const& ex) { return weir::watch::channel<counted>(ex, counted(0)); }
};

template <class Kind>
using channel_of = channel<decltype(Kind::make(std::declval<executor>()))>;

/// Sends without waiting, as the kind does.
template <class Sender>
bool send(Sender& tx, counted& value) {
    if constexpr (requires { tx.try_send(std::move(value)); }) {
        return tx.try_send(std::move(value));
    } else {
        return static_cast<bool>(tx.send(std::move(value)));
    }
}

/// f(channel, context) for a new channel of each kind, again and again. It returns whether all was right.
template <class... Kinds, class F>
void repeat_with(F f) {
    asio::io_context ctx;
    auto const with = [&]<class Kind>(std::type_identity<Kind>) {
        int wrong = 0;
        for (int n = 0; n != rounds; ++n) {
            channel_of<Kind> c(Kind::make(ctx.get_executor()));
            wrong += f(n, c, ctx) ? 0 : 1;
        }
        CHECK(wrong == 0);
        CHECK(counted::alive() == 0);
    };
    (with(std::type_identity<Kinds>{}), ...);
}

} // namespace

TEST_CASE("race: a receive that starts while the value is sent has it, no wake-up is lost") {
    two_threads both;
    repeat_with<mpsc, unbounded, mpmc, oneshot, broadcast, watch>([&](int n, auto& c, asio::io_context& ctx) {
        received got;
        counted value(n + 1);
        both.run(
            n, [&] { c.rx->async_receive(got.handler()); }, [&] { (void)send(*c.tx, value); });
        poll(ctx);
        return got.is_success() && got.value()->value() == n + 1;
    });
}

TEST_CASE("race: whoever sees that it is closed sees the value that was sent before") {
    two_threads both;
    repeat_with<mpsc, unbounded, mpmc, broadcast, watch>([&](int n, auto& c, asio::io_context&) {
        counted value(n + 1);
        bool right = true;
        both.run(
            n,
            [&] {
                bool got = false;
                for (bool closed = false; !closed;) {
                    closed = c.rx->is_closed();
                    got = c.rx->try_receive().has_value() || got;
                }
                right = got && !c.rx->try_receive();
            },
            [&] {
                (void)send(*c.tx, value);
                c.tx.reset();
            });
        return right;
    });
}

TEST_CASE("race: a receive that waits while the last sender sends and goes has the value, then the end") {
    two_threads both;
    repeat_with<mpsc, unbounded, mpmc, oneshot, broadcast, watch>([&](int n, auto& c, asio::io_context& ctx) {
        received got;
        received end;
        counted value(n + 1);
        both.run(
            n,
            [&] {
                c.rx->async_receive(got.handler());
                poll(ctx);
            },
            [&] {
                (void)send(*c.tx, value);
                c.tx.reset();
            });
        poll(ctx);
        c.rx->async_receive(end.handler());
        poll(ctx);
        return got.is_success() && got.value() && end.is_success() && !end.value();
    });
}

TEST_CASE("race: what is sent while the receiver goes is kept by the sender or destroyed") {
    two_threads both;
    repeat_with<mpsc, unbounded, mpmc, oneshot, watch>([&](int n, auto& c, asio::io_context&) {
        bool right = true;
        both.run(
            n, [&] { c.rx.reset(); },
            [&] {
                for (int i = 0; i != 3; ++i) {
                    counted value(n);
                    right = (send(*c.tx, value) || value.value() == n) && right;
                }
            });
        bool const keeps_one = requires { c.tx->send_replace(counted(n)); }; // a watched value
        right = right && counted::alive() == (keeps_one ? 1 : 0);
        counted late(n);
        return right && !send(*c.tx, late) && late.value() == n;
    });
}

TEST_CASE("race: a permit that sends while the receiver goes") {
    two_threads both;
    repeat_with<mpsc, mpmc>([&](int n, auto& c, asio::io_context&) {
        auto slots = c.tx->try_reserve_many(2);
        both.run(
            n, [&] { c.rx.reset(); },
            [&] {
                slots->send(counted(n));
                slots->send(counted(n));
                slots.reset();
            });
        return counted::alive() == 0 && c.tx->capacity() == 2 && c.tx->size() == 0;
    });
}

TEST_CASE("race: counts are exact while the last sender goes") {
    two_threads both;
    repeat_with<mpsc, unbounded, mpmc, broadcast>([&](int n, auto& c, asio::io_context&) {
        auto inside = static_cast<std::size_t>(n) % 3;
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(c)>, channel_of<unbounded>>) {
            constexpr std::size_t block = weir::detail::slots_per_block<counted, weir::multi_threaded>;
            inside += n % 2 == 0 ? 0 : block - 1; // around the end of a block
        }
        for (std::size_t i = 0; i != inside; ++i) {
            counted value(n);
            (void)send(*c.tx, value);
        }
        bool right = true;
        auto const look = [&] { right = right && c.rx->size() == inside && c.rx->empty() == (inside == 0); };
        both.run(
            n,
            [&] {
                while (!c.rx->is_closed()) {
                    look();
                }
                look();
            },
            [&] { c.tx.reset(); });
        return right;
    });
}

TEST_CASE("race oneshot: a send against a close and a try, either both have the value or neither") {
    two_threads both;
    repeat_with<oneshot>([&](int n, auto& c, asio::io_context&) {
        counted value(n);
        bool sent = false;
        std::optional<counted> got;
        both.run(
            n,
            [&] {
                c.rx->close();
                got = c.rx->try_receive();
            },
            [&] { sent = c.tx->send(std::move(value)); });
        bool const received_late = !got && c.rx->try_receive();
        return sent == (got || received_late) && (sent || value.value() == n);
    });
}

TEST_CASE("race: a receive that moves to another context while the value is sent has it there") {
    two_threads both;
    asio::io_context old;
    repeat_with<mpsc, unbounded, mpmc, oneshot, broadcast, watch>([&](int n, auto& c, asio::io_context& ctx) {
        asio::cancellation_signal signal;
        received before;
        received after;
        counted value(n + 1);
        c.rx->async_receive(asio::bind_executor(
            old.get_executor(), asio::bind_cancellation_slot(signal.slot(), before.handler())));
        poll(old);
        both.run(
            n,
            [&] {
                signal.emit(asio::cancellation_type::terminal);
                poll(old);
                c.rx->async_receive(after.handler());
                poll(ctx);
            },
            [&] { (void)send(*c.tx, value); });
        poll(old); // it may have been woken, and posted only now
        poll(ctx);
        return before.is_failure(asio::error::operation_aborted) && after.is_success() &&
               after.value()->value() == n + 1;
    });
}

TEST_CASE(
    "race: a wait for the close that moves to another context while the receiver goes completes there") {
    two_threads both;
    asio::io_context old;
    repeat_with<mpsc, unbounded, mpmc, oneshot, broadcast, watch>([&](int n, auto& c, asio::io_context& ctx) {
        asio::cancellation_signal signal;
        outcome<> before;
        outcome<> after;
        c.tx->async_closed(asio::bind_executor(
            old.get_executor(), asio::bind_cancellation_slot(signal.slot(), before.handler())));
        poll(old);
        both.run(
            n,
            [&] {
                signal.emit(asio::cancellation_type::terminal);
                poll(old);
                c.tx->async_closed(after.handler());
                poll(ctx);
            },
            [&] { c.rx.reset(); });
        poll(old); // it may have been woken, and posted only now
        poll(ctx);
        return before.calls() == 1 && after.is_success();
    });
}

TEST_CASE("race: a receiver that goes under its receive while the value is sent leaves nothing behind") {
    two_threads both;
    auto const witness = std::make_shared<int>(0);
    repeat_with<mpsc, unbounded, mpmc, oneshot, broadcast, watch>([&](int n, auto& c, asio::io_context& ctx) {
        received got;
        counted value(n + 1);
        c.rx->async_receive(
            [handler = got.handler(), witness](weir::error_code ec, std::optional<counted> v) mutable {
                handler(ec, std::move(v));
            });
        poll(ctx);
        both.run(
            n, [&] { c.rx.reset(); }, [&] { (void)send(*c.tx, value); });
        poll(ctx);
        return got.is_failure(asio::error::operation_aborted) && witness.use_count() == 1;
    });
}

TEST_CASE("race: tasks that have not been started go while their context does") {
    struct setter {
        std::atomic<bool>* is_gone;

        ~setter() { is_gone->store(true, std::memory_order_relaxed); }
    };

    auto const wait_forever = [](std::atomic<bool>& is_gone) -> weir::task<void> {
        setter const at_end{&is_gone};
        auto [tx, rx] = weir::oneshot::channel<int>(co_await asio::this_coro::executor);
        co_await rx.async_receive();
    };
    auto const nothing = [](counted) -> weir::task<void> { co_return; };
    auto const make = [&](asio::io_context& context, int i) {
        return weir::detail::make_spawned(context.get_executor(), nothing(counted(i)));
    };
    two_threads both;
    for (int n = 0; n != rounds / 5; ++n) {
        auto context = std::make_unique<asio::io_context>(1);
        std::atomic<bool> context_goes{false};
        weir::spawn(context->get_executor(), wait_forever(context_goes), asio::detached);
        std::vector<decltype(make(*context, 0))> tasks;
        for (int i = 0; i != 300; ++i) {
            tasks.push_back(make(*context, i));
        }
        poll(*context);
        both.run(
            n, [&] { context.reset(); },
            [&] {
                while (!context_goes.load(std::memory_order_relaxed)) {
                }
                while (!tasks.empty()) {
                    tasks.pop_back();
                }
            });
    }
    CHECK(counted::alive() == 0);
}

} // namespace races_test
