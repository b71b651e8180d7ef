// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/watch.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What a watch channel shows, what counts as seen, and what senders and values may do. Waiting has a file of its own.

namespace watch_test {

namespace asio = boost::asio;
namespace watch = weir::watch;
using support::counted;

namespace {

using executor = asio::io_context::executor_type;

/// A value that stands in the channel as its bytes, or in a block of its own; with and without locks.
template <class T, class Threading>
struct kind {
    using value = T;
    using threading = Threading;
};

int number(int value) { return value; }

int number(counted const& value) { return value.value(); }

} // namespace

TEMPLATE_TEST_CASE("watch smoke: the newest value, once, and always there to be looked at", "",
                   (kind<int, weir::multi_threaded>), (kind<int, weir::single_threaded>),
                   (kind<counted, weir::multi_threaded>), (kind<counted, weir::single_threaded>)) {
    using value = typename TestType::value;
    {
        asio::io_context ctx;
        auto [tx, rx] = watch::channel<value, typename TestType::threading>(ctx.get_executor(), value(1));
        CHECK_FALSE(rx.has_changed()); // the first counts as seen
        CHECK_FALSE(rx.try_receive());
        CHECK(number(rx.get()) == 1);
        CHECK(tx.send(value(2)));
        CHECK(rx.has_changed());
        CHECK(number(rx.get()) == 2); // looking is not seeing
        CHECK(rx.has_changed());
        CHECK(tx.send(value(3)));
        CHECK(number(*rx.try_receive()) == 3); // one change, the latest
        CHECK_FALSE(rx.has_changed());
        CHECK_FALSE(rx.try_receive());
        value const four(4);
        CHECK(tx.send(four));
        CHECK(number(rx.get_and_update()) == 4);
        CHECK_FALSE(rx.has_changed());
        CHECK(number(tx.get()) == 4);
        CHECK(counted::alive() <= 2); // `four`, and the value
    }
    CHECK(counted::alive() == 0);
}

TEMPLATE_TEST_CASE("watch receivers: copies have seen what the original has, subscribers what there is", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<int, TestType>(ctx.get_executor(), 1);
    tx.send(2);
    auto copy = rx;
    auto late = tx.subscribe();
    CHECK(tx.receiver_count() == 3);
    CHECK(copy.has_changed());
    CHECK_FALSE(late.has_changed());
    CHECK(copy.try_receive() == 2);
    CHECK(rx.has_changed());
    CHECK(rx.try_receive() == 2);
    copy = rx;
    CHECK(tx.receiver_count() == 3);
    auto moved = std::move(copy);
    CHECK(tx.receiver_count() == 3);
    copy = std::move(moved);
    CHECK(tx.receiver_count() == 3);
    CHECK(copy == late);
    auto other = watch::channel<int, TestType>(ctx.get_executor(), 1);
    CHECK_FALSE(other.second == rx);
    CHECK_FALSE(other.first == tx);
    auto again = tx;
    CHECK(again == tx);
    CHECK(tx.strong_count() == 2);
}

TEMPLATE_TEST_CASE("watch marks: change what this receiver has seen, of no other", "", weir::multi_threaded,
                   weir::single_threaded) {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<int, TestType>(ctx.get_executor(), 1);
    auto copy = rx;
    rx.mark_changed();
    rx.mark_changed();
    CHECK(rx.has_changed());
    CHECK_FALSE(copy.has_changed());
    CHECK(rx.try_receive() == 1);
    CHECK_FALSE(rx.has_changed());
    tx.send(2);
    CHECK(rx.try_receive() == 2);
    rx.mark_changed();
    auto unseen = rx;
    rx.mark_unchanged();
    CHECK_FALSE(rx.try_receive());
    CHECK(unseen.try_receive() == 2);
    tx.send(3);
    rx.mark_unchanged();
    CHECK_FALSE(rx.has_changed());
    tx.send(4);
    CHECK(rx.try_receive() == 4);
}

TEMPLATE_TEST_CASE("watch send: without receivers it is refused, the other forms are not", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    auto ends = watch::channel<std::string, TestType>(ctx.get_executor(), "one");
    auto& tx = ends.first;
    { auto const gone = std::move(ends.second); }
    CHECK(tx.is_closed());
    std::string two = "two";
    CHECK_FALSE(tx.send(std::move(two)));
    CHECK(two == "two"); // untouched
    CHECK(tx.get() == "one");
    CHECK(tx.send_replace("three") == "one");
    tx.send_modify([](std::string& s) { s += "!"; });
    CHECK(tx.send_if_modified([](std::string& s) { return !(s += "?").empty(); }));
    auto rx = tx.subscribe();
    CHECK_FALSE(tx.is_closed());
    CHECK(rx.get() == "three!?");
    CHECK_FALSE(rx.has_changed());
    CHECK(tx.send(two));
    CHECK(rx.try_receive() == "two");
}

TEMPLATE_TEST_CASE("watch modifiers: tell if they say so, and what they edit stays when they throw", "",
                   weir::multi_threaded, weir::single_threaded) {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<std::string, TestType>(ctx.get_executor(), "a");
    CHECK_FALSE(tx.send_if_modified([](std::string& s) { return (s += "b").empty(); }));
    CHECK_FALSE(rx.has_changed());
    CHECK(rx.get() == "ab");
    auto const edit_and_throw = [](std::string& s) -> bool {
        s += "c";
        throw std::runtime_error("modifier");
    };
    CHECK_THROWS_AS(tx.send_modify(edit_and_throw), std::runtime_error);
    CHECK_THROWS_AS(tx.send_if_modified(edit_and_throw), std::runtime_error);
    CHECK_FALSE(rx.has_changed());
    CHECK(rx.get() == "abcc");
    tx.send_modify([](std::string& s) { s += "d"; });
    CHECK(rx.try_receive() == "abccd");
}

TEST_CASE("watch modifiers: edit in place, may look at all but the value") {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<std::string>(ctx.get_executor(), std::string(100, 'a'));
    std::string const* where = nullptr;
    tx.send_modify([&where](std::string& s) { where = &s; });
    auto& sender = tx;
    auto& receiver = rx;
    tx.send_modify([&](std::string& s) {
        CHECK(&s == where);
        CHECK(sender.receiver_count() == 1);
        CHECK(receiver.has_changed());
        receiver.mark_unchanged();
        auto const copy = receiver;
        auto const another = sender;
        CHECK_FALSE(copy.is_closed());
    });
    CHECK(rx.has_changed());
}

TEST_CASE("watch handles: convert to those over any_io_executor") {
    asio::io_context ctx;
    auto ends = watch::channel<int>(ctx, 1); // on a strand
    watch::sender<int> const copied = ends.first;
    CHECK(copied.strong_count() == 2);
    watch::sender<int> tx = std::move(ends.first);
    CHECK(tx == copied);
    CHECK(tx.strong_count() == 2);
    tx.send(2);
    watch::receiver<int> copy = ends.second;
    watch::receiver<int> rx = std::move(ends.second);
    CHECK(tx.receiver_count() == 2);
    CHECK(rx.try_receive() == 2);
    CHECK(copy.try_receive() == 2); // not seen there, not seen here
}

TEST_CASE("watch values: are destroyed with the last handle of any kind, replaced ones at once") {
    asio::io_context ctx;
    auto ends = watch::channel<counted>(ctx.get_executor(), counted(1));
    std::optional tx(std::move(ends.first));
    std::optional rx(std::move(ends.second));
    tx->send(counted(2));
    CHECK(counted::alive() == 1);
    CHECK(tx->send_replace(counted(3)).value() == 2);
    CHECK(counted::alive() == 1);
    SECTION("the sender last") {
        rx.reset();
        CHECK(tx->get().value() == 3);
        tx.reset();
    }
    SECTION("the receiver last") {
        tx.reset();
        CHECK(rx->is_closed());
        CHECK(rx->has_changed());
        CHECK(rx->get().value() == 3);
        CHECK(rx->try_receive()->value() == 3);
        CHECK_FALSE(rx->try_receive());
        rx.reset();
    }
    CHECK(counted::alive() == 0);
}

namespace {

struct alignas(128) over_aligned {
    explicit over_aligned(int n) : number(n) {}

    over_aligned(over_aligned const& other) : number(other.number) {
        is_aligned = is_aligned && reinterpret_cast<std::uintptr_t>(&other) % 128 == 0;
    }

    int number;
    static inline bool is_aligned = true;
};

struct unassignable {
    int const number;
};

/// Throws in the n-th copy and in the n-th move from now, calls back in a copy and when it is destroyed.
struct difficult {
    explicit difficult(int value) : number(value) {}

    difficult(difficult const& other) : number(other.number) {
        count_down(copies_left);
        call(on_copy);
    }

    difficult(difficult&& other) : number(other.number) {
        count_down(moves_left);
        other.number = 0;
    }

    ~difficult() {
        if (number != 0) {
            call(on_destruction);
        }
    }

    static void count_down(int& left) {
        if (left > 0 && --left == 0) {
            throw std::runtime_error("thrown");
        }
    }

    static void call(std::function<void()>& callback) {
        if (auto const once = std::exchange(callback, nullptr)) {
            once();
        }
    }

    int number; // 0: moved from
    static inline int copies_left = 0;
    static inline int moves_left = 0;
    static inline std::function<void()> on_copy;
    static inline std::function<void()> on_destruction;
};

} // namespace

TEST_CASE("watch values: over-aligned, large, and such as cannot be assigned") {
    asio::io_context ctx;
    auto [aligned_tx, aligned_rx] = watch::channel<over_aligned>(ctx.get_executor(), over_aligned(1));
    aligned_tx.send(over_aligned(2));
    CHECK(aligned_rx.try_receive()->number == 2);
    CHECK(over_aligned::is_aligned);
    using page = std::array<std::uint64_t, 512>;
    auto [page_tx, page_rx] = watch::channel<page>(ctx.get_executor(), page{});
    page_tx.send_modify([](page& p) { p.fill(7); });
    CHECK(page_rx.try_receive()->back() == 7);
    auto [fixed_tx, fixed_rx] = watch::channel<unassignable>(ctx.get_executor(), unassignable{1});
    CHECK(fixed_tx.send_replace(unassignable{2}).number == 1);
    CHECK(fixed_rx.try_receive()->number == 2);
}

TEST_CASE("watch copies: one that throws leaves the value unseen") {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<difficult>(ctx.get_executor(), difficult(1));
    tx.send(difficult(2));
    int& left = GENERATE(true, false) ? difficult::copies_left : difficult::moves_left;
    left = 1;
    CHECK_THROWS_AS(rx.try_receive(), std::runtime_error);
    CHECK(rx.has_changed());
    difficult::copies_left = 1;
    CHECK_THROWS_AS(rx.get_and_update(), std::runtime_error);
    CHECK(rx.has_changed());
    difficult::copies_left = 1;
    CHECK_THROWS_AS(tx.get(), std::runtime_error);
    CHECK(rx.try_receive()->number == 2);
}

TEST_CASE("watch send: a value whose move throws was not sent") {
    asio::io_context ctx;
    auto [tx, rx] = watch::channel<difficult>(ctx.get_executor(), difficult(1));
    difficult two(2);
    difficult::moves_left = 1;
    CHECK_THROWS_AS(tx.send(std::move(two)), std::runtime_error);
    difficult::copies_left = 1;
    CHECK_THROWS_AS(tx.send(std::as_const(two)), std::runtime_error);
    CHECK_FALSE(rx.has_changed());
    CHECK(tx.get().number == 1);
    CHECK(tx.send(two));
    CHECK(rx.try_receive()->number == 2);
}

TEST_CASE("watch values: may use their channel when they are copied or destroyed") {
    asio::io_context ctx;
    auto ends = watch::channel<difficult>(ctx.get_executor(), difficult(1));
    auto& tx = ends.first;
    auto& rx = ends.second;
    SECTION("destroyed because it is replaced") {
        difficult::on_destruction = [&] { tx.send(difficult(9)); };
        tx.send(difficult(2));
        CHECK(rx.try_receive()->number == 9);
    }
    SECTION("copied, and replaced meanwhile") {
        tx.send(difficult(2));
        difficult::on_copy = [&] { tx.send(difficult(9)); };
        CHECK(rx.try_receive()->number == 2);
        CHECK(rx.try_receive()->number == 9);
    }
    SECTION("copied, and edited meanwhile: the copy is of the old value") {
        tx.send(difficult(2));
        difficult::on_copy = [&] { tx.send_modify([](difficult& d) { d.number = 9; }); };
        auto const before = rx.try_receive();
        CHECK(rx.has_changed());
        CHECK(rx.try_receive()->number == 9);
        CHECK(before->number == 2);
    }
    SECTION("copied for an edit, and replaced meanwhile: the edit is of the new value") {
        difficult::on_copy = [&] {                                // of the reader: somebody holds the value
            difficult::on_copy = [&] { tx.send(difficult(20)); }; // of the modifier
            tx.send_modify([](difficult& d) { ++d.number; });
        };
        CHECK(rx.get().number == 1);
        CHECK(rx.get().number == 21);
    }
    SECTION("copied for an edit, which fails: nothing has changed") {
        difficult::on_copy = [&] {
            difficult::copies_left = 1;
            CHECK_THROWS_AS(tx.send_modify([](difficult& d) { ++d.number; }), std::runtime_error);
        };
        CHECK(rx.get().number == 1);
        CHECK_FALSE(rx.has_changed());
        CHECK(rx.get().number == 1);
    }
    SECTION("replaced while it is read: the old value is copied out") {
        difficult::on_copy = [&] { CHECK(tx.send_replace(difficult(2)).number == 1); };
        CHECK(rx.get().number == 1);
        CHECK(rx.get().number == 2);
    }
    CHECK_FALSE(difficult::on_copy);
    CHECK_FALSE(difficult::on_destruction);
}

TEST_CASE("watch size: an idle channel of int with one receiver has 248 bytes") {
    CHECK(sizeof(weir::detail::watch_core<int, weir::multi_threaded>) +
              sizeof(weir::detail::watch_place<int, weir::multi_threaded>) <=
          248);
}

TEST_CASE("watch traits") {
    using tx = watch::sender<int>;
    using rx = watch::receiver<int>;
    static_assert(std::is_copy_constructible_v<tx> && std::is_copy_assignable_v<tx>);
    static_assert(std::is_copy_constructible_v<rx> && std::is_copy_assignable_v<rx>);
    static_assert(std::is_nothrow_move_constructible_v<tx> && std::is_nothrow_move_constructible_v<rx>);
    static_assert(std::is_same_v<tx::executor_type, asio::any_io_executor>);
    static_assert(std::is_same_v<rx::value_type, int>);
    static_assert(std::is_same_v<tx::rebind_executor<executor>::other, watch::sender<int, executor>>);
    static_assert(std::is_same_v<rx::rebind_executor<executor>::other, watch::receiver<int, executor>>);
    static_assert(std::is_convertible_v<watch::receiver<int, executor>, rx>);
    static_assert(!std::is_convertible_v<rx, watch::receiver<int, executor>>);
    SUCCEED();
}

} // namespace watch_test
