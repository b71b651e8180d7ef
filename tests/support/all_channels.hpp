// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Every channel over any threading policy, in a form that one test can be written for all of them: how each is made, how
/// something is sent, and a value that notes under which locks it is touched. A new channel is one more in `kinds`.

#ifndef WEIR_TESTS_SUPPORT_ALL_CHANNELS_HPP
#define WEIR_TESTS_SUPPORT_ALL_CHANNELS_HPP

#include "support/catch.hpp"
#include "support/counting_threading.hpp"
#include "support/outcome.hpp"

#include <weir/broadcast.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/watch.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace support::all_channels {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;

/// A value that notes under how many locks it is touched, and calls back when it is destroyed.
class touchy {
public:
    explicit touchy(int n) : number_(n) { begin(); }

    touchy(touchy const& other) : number_(other.number_) { begin(); }

    touchy(touchy&& other) noexcept : number_(std::exchange(other.number_, 0)) { begin(); }

    touchy& operator=(touchy const&) = default;

    ~touchy() {
        note_locks();
        --alive;
        if (auto const once = number_ != 0 ? std::exchange(on_destruction, nullptr) : nullptr) {
            once();
        }
    }

    [[nodiscard]] int number() const { return number_; }

    void add_one() { ++number_; }

    static void note_locks() { under_lock += work_of_cores().held != 0 ? 1 : 0; }

    static inline int alive = 0;
    static inline int under_lock = 0;
    static inline std::function<void()> on_destruction;

private:
    static void begin() {
        note_locks();
        ++alive;
    }

    int number_; // 0: moved from
};

using received = outcome<std::optional<touchy>>;

/// What all kinds have unless they say otherwise.
struct kind {
    static constexpr bool one_receive_at_a_time = true;
};

struct mpsc : kind {
    static constexpr auto name = "mpsc";

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::mpsc::channel<touchy, Policy>(ex, 2);
    }
};

struct unbounded : kind {
    static constexpr auto name = "unbounded";

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::mpsc::unbounded_channel<touchy, Policy>(ex);
    }
};

struct mpmc : kind {
    static constexpr auto name = "mpmc";
    static constexpr bool one_receive_at_a_time = false;

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::mpmc::channel<touchy, Policy>(ex, 2);
    }
};

struct oneshot : kind {
    static constexpr auto name = "oneshot";

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::oneshot::channel<touchy, Policy>(ex);
    }
};

struct broadcast : kind {
    static constexpr auto name = "broadcast";

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::broadcast::channel<touchy, Policy>(ex, 2);
    }
};

struct watch : kind {
    static constexpr auto name = "watch";

    template <class Policy>
    static auto make(executor const& ex) {
        return weir::watch::channel<touchy, Policy>(ex, touchy(100));
    }
};

template <class... Kinds>
struct list {};

using kinds = list<mpsc, unbounded, mpmc, oneshot, broadcast, watch>;
using bounded_kinds = list<mpsc, mpmc>;

/// Sends without waiting, as the kind does.
template <class Sender>
bool send(Sender& tx, int n) {
    if constexpr (requires { tx.try_send(touchy(n)); }) {
        return tx.try_send(touchy(n));
    } else {
        return static_cast<bool>(tx.send(touchy(n)));
    }
}

/// A channel whose ends can be destroyed one at a time. Checks in the end that the policy was used as it has to be.
template <class Kind, class Policy>
struct channel {
    using kind = Kind;
    using ends = decltype(Kind::template make<Policy>(std::declval<executor>()));

    channel() : channel(Kind::template make<Policy>(context->get_executor())) {}

    explicit channel(ends both) : tx(std::move(both.first)), rx(std::move(both.second)) {}

    ~channel() {
        rx.reset();
        tx.reset();
        run();
        CHECK(work_of_cores().held == 0);
        CHECK(work_of_cores().deadlocks == 0);
        CHECK(work_of_cores().wrong_orders == 0);
        CHECK(std::exchange(touchy::under_lock, 0) == 0);
        CHECK(touchy::alive == 0);
    }

    std::size_t run() { return context ? poll(*context) : 0; }

    static inline std::unique_ptr<asio::io_context> context;
    std::optional<typename ends::first_type> tx;
    std::optional<typename ends::second_type> rx;
};

/// f(channel) for a new channel of each kind.
template <class Policy, class F, class... Kinds>
void with_all(F f, list<Kinds...>) {
    auto const with = [&f]<class Kind>(std::type_identity<Kind>) {
        INFO(Kind::name);
        channel<Kind, Policy>::context = std::make_unique<asio::io_context>();
        channel<Kind, Policy> c;
        f(c);
    };
    (with(std::type_identity<Kinds>{}), ...);
}

template <class Policy, class F>
void with_all(F f) {
    with_all<Policy>(f, kinds{});
}

/// Notes under which locks memory is wanted: nothing may be posted under a core's.
template <class T>
struct noting_allocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = noting_allocator<U>;
    };

    noting_allocator() = default;

    template <class U>
    noting_allocator(noting_allocator<U> const&) noexcept {}

    T* allocate(std::size_t n) {
        touchy::note_locks();
        return std::allocator<T>::allocate(n);
    }
};

/// The one type of handler here, which keeps the compiler's work in bounds.
template <class Value>
struct handler {
    using executor_type = executor;
    using cancellation_slot_type = asio::cancellation_slot;
    using allocator_type = noting_allocator<void>;

    [[nodiscard]] executor_type get_executor() const noexcept { return where; }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    [[nodiscard]] allocator_type get_allocator() const noexcept { return {}; }

    template <class... Results>
    void operator()(Results&&... results) {
        touchy::note_locks();
        result->handler()(std::forward<Results>(results)...);
    }

    outcome<Value>* result;
    executor where;
    asio::cancellation_slot slot;
    std::unique_ptr<touchy> held;
};

template <class Channel>
auto to_receive(Channel& c, received& r, asio::cancellation_slot slot = {}) {
    return handler<std::optional<touchy>>{&r, c.context->get_executor(), slot, nullptr};
}

template <class Channel>
auto to(Channel& c, outcome<>& r, asio::cancellation_slot slot = {}) {
    return handler<std::monostate>{&r, c.context->get_executor(), slot, nullptr};
}

template <class Channel>
void start(Channel& c, received& got, asio::cancellation_slot slot = {}) {
    c.rx->async_receive(to_receive(c, got, slot));
}

/// The end, for a receive and a try.
template <class Channel>
void check_end(Channel& c) {
    for (int n = 0; n != 2; ++n) {
        received end;
        start(c, end);
        c.run();
        CHECK(end.is_success());
        CHECK_FALSE(end.value());
    }
    CHECK_FALSE(c.rx->try_receive());
}

} // namespace support::all_channels

#endif // WEIR_TESTS_SUPPORT_ALL_CHANNELS_HPP
