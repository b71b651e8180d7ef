// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// How to write co_await expressions that g++ 12 compiles correctly.
//
// g++ 12 (and 11) destroys some temporaries of a co_await expression twice: GCC bugs 99576, 100611, 101367 and their
// relatives, fixed in version 13. No library can detect that or prevent it, whatever its parameters are. What follows
// is undefined behaviour with these compilers, so it can only be described. T is any type with a destructor.
//
//   an aggregate       co_await tx.async_send(message{1, T()});        also {1, T()}, {.body = T()}, message(1, T()),
//                      co_await tx.async_send(std::move(message{...}));    as a part of another argument, or converted
//   a captured value   co_await weir::select(weir::on(rx, [value](message) {}));       a lambda that captures a T
//                      co_await weir::spawn(ex, [value]() -> weir::task<> {...}());
//   does not compile   co_await f({"a", "b"}) where f takes a std::vector<std::string>
//
// The tests below are the other half: spellings that are right with every compiler, one a coroutine. Each is run with
// values that know when they are destroyed twice or not at all.

#if !defined(__clang__) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
// False alarms about values in coroutine frames: GCC's manual says that its sanitizers bring such about.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <weir/weir.hpp>

#include "support/catch.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gcc12_coroutines_test {

namespace asio = boost::asio;

namespace {

/// Knows the addresses of its living objects, so that a second destruction shows without a sanitizer too.
class tracked {
public:
    tracked() { born(); }

    tracked(tracked const& other) : text_(other.text_) { born(); }

    tracked(tracked&& other) noexcept : text_(std::move(other.text_)) { born(); }

    tracked& operator=(tracked const&) = default;
    tracked& operator=(tracked&&) = default;

    ~tracked() { wrong_ += alive_.erase(this) == 0; }

    [[nodiscard]] static std::size_t alive() { return alive_.size(); }

    [[nodiscard]] bool is_intact() const { return text_ == std::string(64, 'x'); }

    /// Objects that were destroyed without being alive, or made where one was.
    [[nodiscard]] static std::size_t wrong() { return wrong_; }

private:
    void born() { wrong_ += !alive_.insert(this).second; }

    std::string text_ = std::string(64, 'x'); // on the heap, for AddressSanitizer
    static inline std::set<tracked const*> alive_;
    static inline std::size_t wrong_ = 0;
};

/// The kind of type that the trouble is with.
struct message {
    int id;
    tracked body;
};

/// The same with a constructor, which is never wrong.
class constructed {
public:
    constructed(int number) // implicit, for braces
        : id(number) {}

    int id;
    tracked body;
};

message make_message(int id) { return message{id, tracked()}; }

template <class T>
T make(int id) {
    return T{id, tracked()};
}

template <class T>
using sender = weir::mpsc::sender<T>;
template <class T>
using receiver = weir::mpsc::receiver<T>;

using namespace std::chrono_literals;

/// What a coroutine sends, by its ids. Checks that every value was destroyed once.
template <class T, class Coroutine>
std::vector<int> ids_sent_by(Coroutine coroutine) {
    std::vector<int> ids;
    {
        asio::io_context ctx;
        auto [tx, rx] = weir::mpsc::channel<T>(asio::any_io_executor(ctx.get_executor()), 8);
        if constexpr (requires { weir::spawn(ctx.get_executor(), coroutine(tx), asio::detached); }) {
            weir::spawn(ctx.get_executor(), coroutine(std::move(tx)), asio::detached);
        } else {
            asio::co_spawn(ctx, coroutine(std::move(tx)), asio::detached);
        }
        ctx.run();
        while (auto const value = rx.try_receive()) {
            ids.push_back(value->body.is_intact() ? value->id : -1);
        }
    }
    CHECK(tracked::alive() == 0);
    CHECK(tracked::wrong() == 0);
    return ids;
}

/// What a coroutine makes of three messages that were sent to it, the first of which has the id 1. Checks the same.
template <class Coroutine>
int sum_received_by(Coroutine coroutine) {
    int sum = 0;
    {
        asio::io_context ctx;
        auto [tx, rx] = weir::mpsc::channel<message>(asio::any_io_executor(ctx.get_executor()), 8);
        for (int id = 1; id <= 3; ++id) {
            REQUIRE(tx.try_emplace(id, tracked()));
        }
        weir::spawn(ctx.get_executor(), coroutine(std::move(rx), sum), asio::detached);
        { auto const last = std::move(tx); }
        ctx.run();
    }
    CHECK(tracked::alive() == 0);
    CHECK(tracked::wrong() == 0);
    return sum;
}

// --- sending ---

weir::task<> emplace(sender<message> tx) {
    co_await tx.async_emplace(1, tracked());
    tracked body;
    co_await tx.async_emplace(2, std::move(body));
}

weir::task<> named_variables(sender<message> tx) {
    message first{1, tracked()};
    message const second{2, tracked()};
    co_await tx.async_send(std::move(first));
    co_await tx.async_send(second);
}

weir::task<> factories(sender<message> tx) {
    co_await tx.async_send(make_message(1));
    co_await tx.async_send(make<message>(2));
}

weir::task<> constructors(sender<constructed> tx) {
    co_await tx.async_send(constructed(1));
    co_await tx.async_send(constructed{2});
    co_await tx.async_send({3});
    co_await tx.async_emplace(4);
}

weir::task<> named_operations(sender<message> tx) {
    auto send = tx.async_send(message{1, tracked()});
    auto emplace = tx.async_emplace(2, tracked());
    auto dropped = tx.async_send(message{3, tracked()});
    co_await std::move(send);
    co_await std::move(emplace);
}

weir::task<> permits(sender<message> tx) {
    auto one = co_await tx.async_reserve();
    std::move(*one).send(message{1, tracked()}); // no co_await in this expression
    auto more = co_await tx.async_reserve_many(2);
    more->send(message{2, tracked()});
}

weir::task<> timeouts(sender<message> tx) {
    co_await weir::timeout(1h, tx.async_emplace(1, tracked()));
    auto send = tx.async_send(message{2, tracked()});
    co_await weir::timeout(1h, std::move(send));
}

weir::task<> pass_on(sender<message>& tx, message value) { co_await tx.async_send(std::move(value)); }

weir::task<> arguments_of_tasks(sender<message> tx) {
    message first{1, tracked()};
    co_await pass_on(tx, std::move(first));
    co_await pass_on(tx, make_message(2));
    auto third = pass_on(tx, message{3, tracked()});
    co_await std::move(third);
}

weir::task<> by_callback(sender<message> tx) {
    tx.async_send(message{1, tracked()}, [](weir::error_code) {});
    tx.async_send(message{2, tracked()}, [kept = tracked()](weir::error_code) {});
    co_return;
}

asio::awaitable<void> in_an_awaitable(sender<message> tx) {
    message first{1, tracked()};
    co_await tx.async_send(std::move(first), asio::use_awaitable);
    co_await tx.async_send(make_message(2), asio::deferred);
    co_await tx.async_emplace(3, tracked());
    auto fourth = tx.async_send(message{4, tracked()}, asio::use_awaitable);
    co_await std::move(fourth);
}

// --- receiving ---

weir::task<> loop(receiver<message> rx, int& sum) {
    while (auto value = co_await rx.async_receive()) {
        sum += value->id;
    }
}

weir::task<> several_in_an_expression(receiver<message> rx, int& sum) {
    sum = (co_await rx.async_receive())->id + (co_await rx.async_receive())->id;
    if (auto last = co_await rx.async_receive(); last && !co_await rx.async_receive()) {
        sum += last->id;
    }
}

weir::task<> reference_captures(receiver<message> rx, int& sum) {
    tracked const kept;
    bool closed = false;
    while (co_await weir::select(
               weir::on(rx, [&](message value) { sum += kept.is_intact() ? value.id : -1000; }).closed([&] {
                   closed = true;
               }),
               weir::after(1h, [&] { sum = -1; })) != weir::none) {
    }
    sum = closed ? sum : -1;
}

auto add_to(int& sum, tracked kept) {
    return [&sum, kept = std::move(kept)](message value) { sum += kept.is_intact() ? value.id : -1000; };
}

weir::task<> named_handlers(receiver<message> rx, int& sum) {
    auto const add = [&sum, kept = tracked()](message value) { sum += kept.is_intact() ? value.id : -1000; };
    co_await weir::select(weir::on(rx, add));
    auto adding_once = add_to(sum, tracked());
    co_await weir::select(weir::on(rx, std::move(adding_once)));
    auto select = weir::select(weir::on(
        rx, [&sum, kept = tracked()](message value) { sum += kept.is_intact() ? value.id : -1000; }));
    co_await std::move(select);
}

weir::task<> operations_in_cases(receiver<message> rx, int& sum) {
    auto const add = [&](message value) { sum += value.id; };
    for (int i = 0; i < 3; ++i) {
        co_await weir::select(weir::on(weir::timeout(1h, rx.async_receive()), add));
    }
}

weir::task<> sends_in_cases(sender<message> tx) {
    auto const nothing = [] {};
    co_await weir::select(weir::on(tx.async_emplace(1, tracked()), nothing));
    auto send = tx.async_send(message{2, tracked()});
    co_await weir::select(weir::on(std::move(send), nothing), weir::after(1h, nothing));
}

using ids = std::vector<int>;

} // namespace

TEST_CASE("g++ 12 send: what is sent by a safe spelling arrives and is destroyed once") {
    CHECK(ids_sent_by<message>(emplace) == ids{1, 2});
    CHECK(ids_sent_by<message>(named_variables) == ids{1, 2});
    CHECK(ids_sent_by<message>(factories) == ids{1, 2});
    CHECK(ids_sent_by<constructed>(constructors) == ids{1, 2, 3, 4});
    CHECK(ids_sent_by<message>(named_operations) == ids{1, 2});
    CHECK(ids_sent_by<message>(permits) == ids{1, 2});
    CHECK(ids_sent_by<message>(by_callback) == ids{1, 2});
}

TEST_CASE("g++ 12 send: inside other operations, tasks and coroutines of Asio") {
    CHECK(ids_sent_by<message>(timeouts) == ids{1, 2});
    CHECK(ids_sent_by<message>(arguments_of_tasks) == ids{1, 2, 3});
    CHECK(ids_sent_by<message>(in_an_awaitable) == ids{1, 2, 3, 4});
    CHECK(ids_sent_by<message>(sends_in_cases) == ids{1, 2});
}

TEST_CASE("g++ 12 receive: what is received is destroyed once, wherever the co_await stands") {
    CHECK(sum_received_by(loop) == 6);
    CHECK(sum_received_by(several_in_an_expression) == 6);
}

TEST_CASE("g++ 12 select: handlers that capture by reference or have a name are destroyed once") {
    CHECK(sum_received_by(reference_captures) == 6);
    CHECK(sum_received_by(named_handlers) == 6);
    CHECK(sum_received_by(operations_in_cases) == 6);
}

TEST_CASE("g++ 12 broadcast: an emplaced value is destroyed once for every receiver") {
    {
        asio::io_context ctx;
        auto [tx, rx] = weir::broadcast::channel<message>(asio::any_io_executor(ctx.get_executor()), 4);
        auto const send = [](weir::broadcast::sender<message> to) -> weir::task<> {
            co_await to.async_emplace(1, tracked());
            message second{2, tracked()};
            co_await to.async_send(std::move(second));
        };
        auto another = rx;
        weir::spawn(ctx.get_executor(), send(std::move(tx)), asio::detached);
        ctx.run();
        CHECK(rx.try_receive()->id == 1);
        CHECK(rx.try_receive()->id == 2);
        CHECK(another.try_receive()->id == 1);
    }
    CHECK(tracked::alive() == 0);
    CHECK(tracked::wrong() == 0);
}

} // namespace gcc12_coroutines_test
