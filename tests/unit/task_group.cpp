// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/task_group.hpp>

#include <weir/notify.hpp>
#include <weir/select.hpp>

#include "support/catch.hpp"
#include "support/meddling_executor.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace task_group_test {

namespace asio = boost::asio;
using support::poll;
using weir::task;

namespace {

/// What a join says.
class joined {
public:
    void operator()(std::exception_ptr const& e) {
        ++calls;
        what = e ? message(e) : "nothing";
    }

    [[nodiscard]] auto handler() {
        return [this](std::exception_ptr const& e) { (*this)(e); };
    }

    static std::string message(std::exception_ptr const& e) {
        try {
            std::rethrow_exception(e);
        } catch (boost::system::system_error const& error) {
            return error.code() == asio::error::operation_aborted ? "aborted" : error.what();
        } catch (std::exception const& error) {
            return error.what();
        }
    }

    int calls = 0;
    std::string what;
};

/// What a join says that yields values, and which.
template <class T>
class collected : public joined {
public:
    [[nodiscard]] auto handler() {
        return [this](std::exception_ptr const& e, std::vector<T> const& values) {
            (*this)(e);
            numbers.clear();
            for (T const& value : values) {
                numbers.push_back(value.value());
            }
        };
    }

    std::vector<int> numbers;
};

/// Returns a number when it is notified.
template <class T>
task<T> number_after(weir::notify& go, int n) {
    co_await go.async_notified();
    co_return T(n);
}

using numbers = std::vector<int>;

/// Waits until it is notified or asked to end, and writes down which.
task<> wait_for(weir::notify& go, std::string& log, char name) {
    try {
        co_await go.async_notified();
        log += name;
    } catch (boost::system::system_error const&) {
        log += '!';
        throw;
    }
}

task<> fail_after(weir::notify& go, char const* what) {
    co_await go.async_notified();
    throw std::runtime_error(what);
}

} // namespace

TEST_CASE("task_group: a join waits for all tasks, also for those that come meanwhile") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    weir::task_group group(ctx.get_executor());
    std::string log;
    joined first;
    group.async_join(first.handler()); // there is nothing to wait for
    poll(ctx);
    CHECK(first.what == "nothing");
    joined all;
    CHECK(group.spawn(wait_for(go, log, 'a')));
    CHECK(group.spawn(wait_for(go, log, 'b')));
    CHECK(group.size() == 2);
    group.async_join(all.handler());
    poll(ctx);
    go.notify_one();
    poll(ctx);
    CHECK(log == "a");
    CHECK(group.spawn(wait_for(go, log, 'c')));
    go.notify_one();
    poll(ctx);
    CHECK(log == "ab");
    CHECK(all.calls == 0);
    go.notify_one();
    poll(ctx);
    CHECK(log == "abc");
    CHECK(all.what == "nothing");
    CHECK(group.size() == 0);
    CHECK_FALSE(group.is_cancelled());
}

TEST_CASE("task_group: the first exception ends the others and comes out of every join") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    weir::notify never(ctx.get_executor());
    weir::task_group group(ctx.get_executor(), 3);
    std::string log;
    joined one;
    joined two;
    group.spawn(fail_after(go, "first"));
    auto fail_at_end = [&]() -> task<> {
        try {
            co_await wait_for(never, log, 'a');
        } catch (boost::system::system_error const&) {
        }
        throw std::runtime_error("second");
    };
    group.spawn(fail_at_end());
    group.spawn(wait_for(never, log, 'd'));
    group.spawn(wait_for(go, log, 'b')); // waits for its turn, which does not come
    group.async_join(one.handler());
    poll(ctx);
    go.notify_one();
    poll(ctx);
    CHECK(log == "!!");
    CHECK(one.what == "first");
    CHECK(group.is_cancelled());
    CHECK_FALSE(group.spawn(wait_for(go, log, 'c')));
    group.async_join(two.handler());
    poll(ctx);
    CHECK(two.what == "first");
}

TEST_CASE("task_group: cancelled, tasks that end because they were asked have not failed, others have") {
    asio::io_context ctx;
    weir::notify never(ctx.get_executor());
    weir::task_group group(ctx.get_executor());
    std::string log;
    joined all;
    group.spawn(wait_for(never, log, 'a'));
    bool const is_bad = GENERATE(true, false);
    auto bad = [&]() -> task<> {
        try {
            co_await never.async_notified();
        } catch (boost::system::system_error const&) {
        }
        if (is_bad) {
            throw std::runtime_error("could not clean up");
        }
    };
    group.spawn(bad());
    group.async_join(all.handler());
    poll(ctx);
    group.cancel();
    group.cancel();
    CHECK(log.empty()); // never inside the call
    poll(ctx);
    CHECK(log == "!");
    CHECK(all.what == (is_bad ? "could not clean up" : "nothing"));
}

TEST_CASE("task_group: a task that ends as if it were cancelled, but nobody has asked it, has failed") {
    asio::io_context ctx;
    weir::task_group group(ctx.get_executor());
    std::optional<weir::notify> gone(std::in_place, ctx.get_executor());
    std::string log;
    joined all;
    group.spawn(wait_for(*gone, log, 'a'));
    group.async_join(all.handler());
    poll(ctx);
    gone.reset();
    poll(ctx);
    CHECK(all.what == "aborted");
}

TEST_CASE("task_group: cancelled while it starts a task, it asks that one to end as well") {
    asio::io_context ctx;
    std::function<void()> meddle;
    weir::notify never(ctx.get_executor());
    weir::basic_task_group<support::meddling_executor> group(
        support::meddling_executor{ctx.get_executor(), &meddle});
    std::string log;
    meddle = [&] { group.cancel(); };
    CHECK(group.spawn(wait_for(never, log, 'a')));
    CHECK(group.is_cancelled());
    poll(ctx);
    CHECK(log == "!");
    CHECK(group.size() == 0);
}

TEST_CASE("task_group: a limit, in the order in which they came") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    std::string log;
    CHECK_THROWS_AS(weir::task_group(ctx, 0), std::invalid_argument);
    weir::task_group group(ctx.get_executor(), 2);
    auto one = [&](char name) -> task<> {
        log += name;
        co_await go.async_notified();
    };
    for (char const name : {'a', 'b', 'c', 'd'}) {
        group.spawn(one(name));
    }
    poll(ctx);
    CHECK(log == "ab");
    CHECK(group.size() == 4);
    go.notify_one();
    poll(ctx);
    CHECK(log == "abc");
    go.notify_all();
    poll(ctx);
    CHECK(log == "abcd");
    group.cancel();
    poll(ctx);
    CHECK(group.size() == 0);
}

TEST_CASE("task_group: a join that is cancelled leaves the tasks alone") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    weir::task_group group(ctx.get_executor());
    std::string log;
    asio::cancellation_signal cancel;
    joined given_up;
    joined all;
    group.spawn(wait_for(go, log, 'a'));
    group.async_join(asio::bind_cancellation_slot(cancel.slot(), given_up.handler()));
    group.async_join(all.handler());
    poll(ctx);
    cancel.emit(asio::cancellation_type::total);
    poll(ctx);
    CHECK(given_up.what == "aborted");
    CHECK(all.calls == 0);
    go.notify_one();
    poll(ctx);
    CHECK(log == "a");
    CHECK(all.what == "nothing");
}

TEST_CASE("task_group: destroyed with tasks running it asks them to end, and a context that dies takes them "
          "along") {
    std::optional<asio::io_context> ctx(std::in_place);
    auto const alive = std::make_shared<int>(0);
    std::string log;
    auto never = std::make_unique<weir::notify>(ctx->get_executor());
    auto hold = [&](std::shared_ptr<int> token) -> task<> {
        co_await wait_for(*never, log, 'a');
        (void)token;
    };
    auto group = std::make_unique<weir::task_group>(ctx->get_executor(), 1);
    group->spawn(hold(alive));
    group->spawn(hold(alive));
    poll(*ctx);
    CHECK(alive.use_count() == 3);
    SECTION("the group first") {
        group.reset();
        CHECK(alive.use_count() == 2); // the one that had not begun is gone
        poll(*ctx);
        CHECK(log == "!");
    }
    SECTION("the context first") {
        ctx.reset();
        CHECK(log.empty());
    }
    CHECK(alive.use_count() == 1);
    group.reset();
    never.reset();
}

TEST_CASE("task_group_of: the results come in the order of the spawns, to one join") {
    asio::io_context ctx;
    std::array<std::unique_ptr<weir::notify>, 3> go;
    weir::task_group_of<support::counted> group(ctx.get_executor());
    for (int n = 0; n != 3; ++n) {
        go[static_cast<std::size_t>(n)] = std::make_unique<weir::notify>(ctx.get_executor());
        group.spawn(number_after<support::counted>(*go[static_cast<std::size_t>(n)], n));
    }
    collected<support::counted> given_up;
    collected<support::counted> all;
    collected<support::counted> more;
    asio::cancellation_signal cancel;
    group.async_join(asio::bind_cancellation_slot(cancel.slot(), given_up.handler()));
    group.async_join(all.handler());
    for (std::size_t const n : {2U, 0U, 1U}) {
        poll(ctx);
        CHECK(all.calls == 0);
        go[n]->notify_one();
    }
    while (support::counted::alive() != 3 || group.size() != 0) {
        REQUIRE(ctx.run_one() == 1);
    }
    cancel.emit(asio::cancellation_type::total); // it had been told to look, and takes nothing
    poll(ctx);
    CHECK(given_up.what == "aborted");
    CHECK(given_up.numbers.empty());
    CHECK(all.what == "nothing");
    CHECK(all.numbers == numbers{0, 1, 2});
    CHECK(support::counted::alive() == 0);
    group.spawn(number_after<support::counted>(*go[0], 7));
    go[0]->notify_one();
    group.async_join(more.handler());
    poll(ctx);
    CHECK(more.numbers == numbers{7});
    group.async_join(more.handler());
    poll(ctx);
    CHECK(more.numbers.empty());
    CHECK(more.calls == 2);
}

TEST_CASE("task_group_of: after an exception there are no results, after cancel those that were there") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    weir::notify never(ctx.get_executor());
    {
        weir::task_group_of<support::counted> group(ctx.get_executor(), 3);
        collected<support::counted> all;
        auto fail = [&]() -> task<support::counted> {
            co_await go.async_notified();
            throw std::runtime_error("failed");
        };
        group.spawn(number_after<support::counted>(never, 1));
        group.spawn(number_after<support::counted>(go, 2));
        bool const fails = GENERATE(true, false);
        if (fails) {
            group.spawn(fail());
        }
        group.spawn(number_after<support::counted>(never, 3));
        group.async_join(all.handler());
        poll(ctx);
        go.notify_all();
        poll(ctx);
        if (!fails) {
            group.cancel();
        }
        poll(ctx);
        CHECK(all.what == (fails ? "failed" : "nothing"));
        CHECK(all.numbers == (fails ? numbers{} : numbers{2}));
        CHECK_FALSE(group.spawn(number_after<support::counted>(go, 4)));
    }
    poll(ctx);
    CHECK(support::counted::alive() == 0);
}

TEST_CASE("task_group_of: a value that throws when it is moved is a task that has failed") {
    int n = 0;
    bool has_thrown = true;
    while (has_thrown) {
        asio::io_context ctx;
        weir::notify go(ctx.get_executor());
        weir::task_group_of<support::throwing> group(ctx.get_executor());
        collected<support::throwing> all;
        group.spawn(number_after<support::throwing>(go, 1));
        group.spawn(number_after<support::throwing>(go, 2));
        group.async_join(all.handler());
        poll(ctx);
        support::throwing::throw_in_move(++n);
        go.notify_all();
        poll(ctx);
        support::throwing::throw_in_move(0);
        CHECK(all.calls == 1);
        has_thrown = all.what == "move";
        CHECK(all.numbers == (has_thrown ? numbers{} : numbers{1, 2}));
    }
    CHECK(n > 8);
    CHECK(support::throwing::alive() == 0);
}

TEST_CASE(
    "task_group_of: a join that loses a select takes nothing, and what nobody takes goes with the group") {
    asio::io_context ctx;
    weir::notify go(ctx.get_executor());
    go.notify_one();
    auto group = std::make_unique<weir::task_group_of<support::counted>>(ctx.get_executor());
    std::size_t taken = 0;
    auto select_both = [&]() -> task<> {
        auto const on_notified = [] {};
        auto const on_join = [&](std::vector<support::counted> const& values) { taken = values.size(); };
        group->spawn(number_after<support::counted>(go, 1));
        while (group->size() != 0) {
            co_await asio::post(asio::deferred);
        }
        go.notify_one();
        co_await weir::select(weir::biased, weir::on(go.async_notified(), on_notified),
                              weir::on(group->async_join(), on_join));
    };
    weir::spawn(ctx.get_executor(), select_both(), asio::detached);
    poll(ctx);
    CHECK(taken == 0);
    CHECK(support::counted::alive() == 1);
    group.reset();
    CHECK(support::counted::alive() == 0);
}

} // namespace task_group_test
