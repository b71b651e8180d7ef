// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/select.hpp>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/barrier.hpp>
#include <weir/mutex.hpp>
#include <weir/notify.hpp>
#include <weir/operation.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

// What happens to a case of a select while the select still registers in the cases behind it, as another thread can make
// it happen: here the last case does.

namespace select_registration_test {

namespace asio = boost::asio;
using support::nothing;
using support::outcome;
using support::poll;
using selected = outcome<std::size_t>;

namespace {

/// Never completes. When it is to wait for the first time it calls a function, and asks the select to look again.
class interruption {
public:
    using signature = void(weir::error_code);
    using executor_type = asio::io_context::executor_type;
    static constexpr bool eager = false;

    interruption(executor_type ex, std::function<void()> f) : executor_(ex), f_(std::move(f)) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

    bool try_complete() noexcept { return false; }

    weir::detail::wait_result start_waiting(weir::detail::waiter&) {
        if (auto const f = std::exchange(f_, nullptr)) {
            f();
            return weir::detail::wait_result::look_again;
        }
        return weir::detail::wait_result::parked;
    }

    void stop_waiting(weir::detail::waiter&) noexcept {}

    void retain() noexcept {}

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(weir::detail::failure) noexcept {}

    std::tuple<weir::error_code> take() noexcept { return {}; }

private:
    executor_type executor_;
    std::function<void()> f_;
};

/// Selects between `op` and nothing, with `f` called when the select has registered in `op`.
template <class Operation, class F>
void select_interrupted(asio::io_context& ctx, Operation op, F f, selected& end) {
    weir::select(weir::on(std::move(op), nothing),
                 weir::on(weir::operation(interruption(ctx.get_executor(), std::move(f))), nothing))(
        end.handler());
    poll(ctx);
}

} // namespace

TEST_CASE("select registering: who waits when all are notified is notified") {
    asio::io_context ctx;
    weir::notify n(ctx.get_executor());
    selected end;
    select_interrupted(
        ctx, n.async_notified(), [&] { n.notify_all(); }, end);
    CHECK(end.is_success());
    CHECK(end.value() == 0);
}

TEST_CASE("select registering: a barrier that it passes counts it once, and tells it") {
    asio::io_context ctx;
    weir::barrier b(ctx.get_executor(), 2);
    selected end;
    outcome<bool> other;
    outcome<bool> next;
    select_interrupted(
        ctx, b.async_wait(), [&] { b.async_wait(other.handler()); }, end);
    CHECK(other.is_success());
    CHECK(end.is_success());
    CHECK(end.value() == 0);
    b.async_wait(next.handler());
    poll(ctx);
    CHECK(next.is_pending()); // for one more
}

TEST_CASE("select registering: its place in the queue of a lock is kept") {
    asio::io_context ctx;
    weir::mutex m(ctx.get_executor());
    auto held = m.try_lock();
    selected end;
    outcome<weir::mutex_lock> later;
    select_interrupted(
        ctx, m.async_lock(), [&] { m.async_lock(later.handler()); }, end);
    held.unlock();
    poll(ctx);
    CHECK(end.is_success());
    CHECK(later.is_success()); // the select's handler has taken the lock and let go of it
    CHECK(end.value() == 0);
}

} // namespace select_registration_test
