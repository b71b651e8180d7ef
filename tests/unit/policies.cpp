// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/threading.hpp>

#include "support/all_channels.hpp"
#include "support/catch.hpp"
#include "support/counting_threading.hpp"
#include "support/outcome.hpp"

#include <weir/select.hpp>
#include <weir/task.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

// What matters most of every channel, over the policy without locks and over one of the test's own, which counts: whether
// a lock is taken twice, and whether one is held when the user's code runs. support/all_channels.hpp has the channels.

namespace policies_test {

namespace asio = boost::asio;
using namespace support::all_channels;
using support::counting_threading;
using support::outcome;
using support::poll;
using support::work_of_cores;

TEMPLATE_TEST_CASE("policy receive: gets the value, whoever comes first, and not inside the call", "",
                   weir::single_threaded, counting_threading) {
    bool const receive_first = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        received got;
        if (receive_first) {
            start(c, got);
            c.run();
            CHECK_FALSE(c.context->stopped()); // what waits is work
        }
        CHECK(send(*c.tx, 1));
        if (!receive_first) {
            start(c, got);
        }
        CHECK(got.is_pending());
        c.run();
        REQUIRE(got.is_success());
        CHECK(got.value()->number() == 1);
        CHECK_FALSE(c.rx->try_receive());
        CHECK(c.context->stopped());
    });
}

TEMPLATE_TEST_CASE("policy end: comes when the last sender has gone and what it sent is received", "",
                   weir::single_threaded, counting_threading) {
    bool const sends = GENERATE(true, false);
    bool const waits = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        received got;
        if (waits) {
            start(c, got);
            c.run();
        }
        CHECK((!sends || send(*c.tx, 1)));
        c.tx.reset();
        if (!waits) {
            start(c, got);
        }
        c.run();
        REQUIRE(got.is_success());
        CHECK(got.value().has_value() == sends);
        check_end(c);
    });
}

TEMPLATE_TEST_CASE("policy cancellation: a cancelled receive has taken nothing", "", weir::single_threaded,
                   counting_threading) {
    bool const is_woken = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        asio::cancellation_signal signal;
        received cancelled;
        start(c, cancelled, signal.slot());
        c.run();
        CHECK((!is_woken || send(*c.tx, 1)));
        signal.emit(asio::cancellation_type::partial);
        CHECK(cancelled.is_pending());
        c.run();
        CHECK(cancelled.is_failure(asio::error::operation_aborted));
        CHECK((is_woken || send(*c.tx, 1)));
        CHECK(c.run() == 0); // nobody is woken for nothing
        CHECK(c.rx->try_receive()->number() == 1);
    });
}

TEMPLATE_TEST_CASE("policy receivers: one operation at a time, aborted when its receiver goes", "",
                   weir::single_threaded, counting_threading) {
    with_all<TestType>([](auto& c) {
        received first;
        received second;
        start(c, first);
        if constexpr (std::remove_reference_t<decltype(c)>::kind::one_receive_at_a_time) {
            start(c, second);
            c.run();
            CHECK(second.is_failure(weir::errc::busy));
        }
        c.run();
        CHECK(first.is_pending());
        c.rx.reset();
        CHECK(first.is_pending());
        c.run();
        CHECK(first.is_failure(asio::error::operation_aborted));
        CHECK_FALSE(send(*c.tx, 1));
    });
}

TEMPLATE_TEST_CASE("policy async_closed: completes for all who wait when the receiver goes, can be cancelled",
                   "", weir::single_threaded, counting_threading) {
    with_all<TestType>([](auto& c) {
        outcome<> first;
        outcome<> second;
        outcome<> cancelled;
        asio::cancellation_signal signal;
        c.tx->async_closed(to(c, first));
        c.tx->async_closed(to(c, cancelled, signal.slot()));
        c.tx->async_closed(to(c, second));
        c.run();
        signal.emit(asio::cancellation_type::total);
        c.run();
        CHECK(cancelled.is_failure(asio::error::operation_aborted));
        CHECK(first.is_pending());
        CHECK_FALSE(c.context->stopped());
        c.rx.reset();
        c.run();
        CHECK(first.is_success());
        CHECK(c.context->stopped());
        CHECK(second.is_success());
        outcome<> late;
        c.tx->async_closed(to(c, late));
        c.run();
        CHECK(late.is_success());
    });
}

TEMPLATE_TEST_CASE("policy select: only the case that wins takes a value", "", weir::single_threaded,
                   counting_threading) {
    bool const waits = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        auto other = oneshot::make<TestType>(c.context->get_executor());
        int got = 0;
        auto const take = [&got](touchy const& value) { got += value.number(); };
        outcome<std::size_t> done;
        auto select = weir::select(weir::on(other.second, std::ref(take)), weir::on(*c.rx, std::ref(take)));
        if (waits) {
            std::move(select)(done.handler());
            c.run();
            CHECK(done.is_pending());
        }
        CHECK(send(*c.tx, 1));
        CHECK(other.first.send(touchy(10)));
        if (!waits) {
            std::move(select)(done.handler());
        }
        c.run();
        REQUIRE(done.is_success());
        CHECK(got == (done.value() == 0 ? 10 : 1));
        auto const left = done.value() == 0 ? c.rx->try_receive() : other.second.try_receive();
        CHECK(left->number() == 11 - got);
    });
}

TEMPLATE_TEST_CASE("policy tasks: wait, receive to the end, and are left when their context goes", "",
                   weir::single_threaded, counting_threading) {
    bool const context_goes = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        int sum = 0;
        auto const receive = [](auto& rx, int& all) -> weir::task<void> {
            touchy const held(5);
            while (auto const value = co_await rx.async_receive()) {
                all += value->number();
            }
            all += 100;
        };
        weir::spawn(c.context->get_executor(), receive(*c.rx, sum), asio::detached);
        c.run();
        if (context_goes) {
            c.context.reset();
            CHECK(send(*c.tx, 1)); // the handles stay usable
            CHECK(c.rx->try_receive()->number() == 1);
            CHECK(sum == 0);
        } else {
            CHECK(send(*c.tx, 1));
            c.tx.reset();
            c.run();
            CHECK(sum == 101);
        }
    });
}

TEMPLATE_TEST_CASE("policy contexts: handlers that wait are destroyed and not run, and may use their channel",
                   "", weir::single_threaded, counting_threading) {
    bool const is_woken = GENERATE(true, false);
    with_all<TestType>([&](auto& c) {
        received got;
        outcome<> closed;
        {
            asio::io_context dies;
            c.rx->async_receive(
                handler<std::optional<touchy>>{&got, dies.get_executor(), {}, std::make_unique<touchy>(5)});
            c.tx->async_closed(
                handler<std::monostate>{&closed, dies.get_executor(), {}, std::make_unique<touchy>(5)});
            poll(dies);
            CHECK((!is_woken || send(*c.tx, 1)));
            touchy::on_destruction = [&c] { (void)send(*c.tx, 2); };
        }
        CHECK(got.is_pending());
        CHECK(closed.is_pending());
        CHECK_FALSE(touchy::on_destruction);
        CHECK(c.rx->try_receive());
    });
}

TEMPLATE_TEST_CASE("policy lifetime: operations that were not started outlive their handles, handles move",
                   "", weir::single_threaded, counting_threading) {
    with_all<TestType>([](auto& c) {
        auto const receive = c.rx->async_receive();
        auto const closed = c.tx->async_closed();
        auto moved = std::move(*c.rx);
        c.rx.emplace(std::move(moved));
        auto tx = std::move(*c.tx);
        c.tx.emplace(std::move(tx));
        CHECK(send(*c.tx, 1));
        received got;
        start(c, got);
        c.rx.reset();
        c.tx.reset();
        c.run();
        CHECK(got.is_failure(asio::error::operation_aborted));
    });
}

TEMPLATE_TEST_CASE("policy values: one that is destroyed in its channel may use another handle of it", "",
                   weir::single_threaded, counting_threading) {
    with_all<TestType>([](auto& c) {
        CHECK(send(*c.tx, 1));
        bool called = std::is_same_v<typename std::remove_reference_t<decltype(c)>::kind, watch>; // it stays
        touchy::on_destruction = [&] {
            called = true;
            (void)send(*c.tx, 2);
        };
        c.rx.reset();
        touchy::on_destruction = nullptr;
        CHECK(called);
    });
}

TEMPLATE_TEST_CASE(
    "policy bounded channels: who waits for room sends in order, permits hold it, closing ends it", "",
    weir::single_threaded, counting_threading) {
    with_all<TestType>(
        [](auto& c) {
            CHECK(send(*c.tx, 1));
            CHECK(send(*c.tx, 2));
            CHECK_FALSE(send(*c.tx, 9));
            asio::cancellation_signal signal;
            outcome<> third;
            outcome<> cancelled;
            outcome<> fourth;
            c.tx->async_send(touchy(3), to(c, third));
            c.tx->async_send(touchy(9), to(c, cancelled, signal.slot()));
            c.tx->async_send(touchy(4), to(c, fourth));
            c.run();
            CHECK(third.is_pending());
            signal.emit(asio::cancellation_type::terminal);
            for (int n = 1; n <= 4; ++n) {
                CHECK(c.rx->try_receive()->number() == n);
                c.run();
                CHECK(third.is_pending() == (n < 1));
                CHECK(fourth.is_pending() == (n < 2));
            }
            CHECK(cancelled.is_failure(asio::error::operation_aborted));
            auto one = c.tx->try_reserve();
            auto other = c.tx->try_reserve_many(1);
            CHECK(c.tx->capacity() == 0);
            outcome<> refused;
            c.tx->async_send(touchy(9), to(c, refused));
            c.rx->close();
            received got;
            start(c, got);
            c.run();
            CHECK(refused.is_failure(weir::errc::closed));
            CHECK(got.is_pending());
            std::move(*one).send(touchy(5));
            one.reset();
            c.run();
            CHECK(got.value()->number() == 5);
            received end;
            start(c, end);
            c.run();
            CHECK(end.is_pending());
            auto const weak = c.tx->downgrade();
            CHECK(weak.upgrade());
            other.reset();
            c.run();
            CHECK_FALSE(end.value());
            CHECK(c.tx->capacity() == 2);
            c.tx.reset();
            CHECK_FALSE(weak.upgrade());
        },
        bounded_kinds{});
}

TEMPLATE_TEST_CASE("policy oneshot: one value, which stays when the receiver closes", "",
                   weir::single_threaded, counting_threading) {
    with_all<TestType>(
        [](auto& c) {
            CHECK(send(*c.tx, 1));
            CHECK_FALSE(send(*c.tx, 2));
            c.rx->close();
            CHECK(c.tx->is_closed());
            CHECK(c.rx->try_receive()->number() == 1);
            check_end(c);
        },
        list<oneshot>{});
}

TEMPLATE_TEST_CASE("policy broadcast: who is slow misses the oldest, unless the sender waits", "",
                   weir::single_threaded, counting_threading) {
    with_all<TestType>(
        [](auto& c) {
            auto other = *c.rx;
            for (int n = 1; n <= 3; ++n) {
                CHECK(c.tx->send(touchy(n)) == 2);
            }
            CHECK(c.rx->try_receive()->number() == 2);
            CHECK(c.rx->missed() == 1);
            outcome<> sent;
            c.tx->async_send(touchy(4), to(c, sent));
            c.run();
            CHECK(sent.is_pending()); // for the other
            CHECK(other.try_receive()->number() == 2);
            c.run();
            CHECK(sent.is_success());
            for (int n = 3; n <= 4; ++n) {
                CHECK(c.rx->try_receive()->number() == n);
                CHECK(other.try_receive()->number() == n);
            }
            CHECK(other.total_missed() == 1);
        },
        list<broadcast>{});
}

TEMPLATE_TEST_CASE("policy watch: the newest value, modifiers, predicates, marks", "", weir::single_threaded,
                   counting_threading) {
    with_all<TestType>(
        [](auto& c) {
            received got;
            c.rx->async_wait_for([](touchy const& v) { return v.number() == 103; }, to_receive(c, got));
            c.run();
            c.tx->send_modify([](touchy& v) { v.add_one(); });
            CHECK_FALSE(c.tx->send_if_modified([](touchy&) { return false; }));
            c.run();
            CHECK(got.is_pending());
            CHECK(c.tx->send_replace(touchy(103)).number() == 101);
            CHECK(c.rx->has_changed());
            c.run();
            CHECK(got.value()->number() == 103);
            CHECK_FALSE(c.rx->has_changed());
            auto copy = *c.rx;
            copy.mark_changed();
            CHECK(copy.try_receive()->number() == 103);
            CHECK_FALSE(c.rx->try_receive());
        },
        list<watch>{});
}

TEST_CASE("policy counting: each channel's core synchronises with the policy that it was given") {
    with_all<counting_threading>([](auto& c) {
        auto const before = work_of_cores();
        CHECK(send(*c.tx, 1));
        CHECK(c.rx->try_receive());
        CHECK(work_of_cores().steps() > before.steps());
        auto const locks = work_of_cores().locks;
        received got;
        start(c, got);
        c.run();
        c.tx.reset();
        c.run();
        CHECK(got.is_success());
        if constexpr (requires { c.rx->close(); }) {
            c.rx->close(); // a receiver that is the only one waits without the lock, and closes with it
        }
        CHECK(work_of_cores().locks > locks);
    });
}

// The other direction: what has a policy names no other means.
TEST_CASE("policy sources: no header with a policy names an atomic or a lock that does not come from it") {
    namespace fs = std::filesystem;
    int headers = 0;
    for (auto const& entry :
         fs::directory_iterator(fs::path(WEIR_TEST_DATA_DIR) / "../../../include/weir/detail")) {
        std::ifstream in(entry.path());
        std::string code;
        for (std::string line; std::getline(in, line);) {
            code += line.substr(0, line.find("//")) + '\n';
        }
        if (code.find("class Threading") == std::string::npos) {
            continue;
        }
        ++headers;
        CAPTURE(entry.path().filename().string());
        for (std::string_view const foreign :
             {"std::atomic", "std::mutex", "std::shared_mutex", "std::condition_variable", "std::shared_ptr",
              "thread_local", "multi_threaded::", "reference_count<>"}) {
            CAPTURE(foreign);
            CHECK(code.find(foreign) == std::string::npos);
        }
    }
    CHECK(headers > 10);
}

static_assert(std::is_empty_v<weir::single_threaded::mutex>);
static_assert(sizeof(weir::single_threaded::atomic<int>) == sizeof(int));
static_assert(!std::is_same_v<weir::single_threaded::atomic<int>, weir::multi_threaded::atomic<int>>);

} // namespace policies_test
