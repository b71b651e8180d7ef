// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// A program that waits on several channels at once, in all the ways that there are, while several of them become ready
/// in the same turn; and the count of what was sent and received.

#ifndef WEIR_TESTS_SUPPORT_LATE_HANDOVER_HPP
#define WEIR_TESTS_SUPPORT_LATE_HANDOVER_HPP

#include "support/catch.hpp"
#include "support/effort.hpp"

#include <weir/mpsc.hpp>
#include <weir/select.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

namespace support::late_handover {

namespace asio = boost::asio;

inline constexpr int rounds = effort(100'000, 3'000);

/// Three channels, of which a round uses two or three.
class scene {
public:
    using ends = std::pair<weir::mpsc::sender<int>, weir::mpsc::receiver<int>>;
    using receiver = ends::second_type;

    /// `reader` is where the program runs; what is sent is sent by `writer`, at the same time if that is another.
    scene(asio::any_io_executor const& reader, asio::any_io_executor const& writer)
        : channels_{weir::mpsc::channel<int>(reader, 4), weir::mpsc::channel<int>(reader, 4),
                    weir::mpsc::channel<int>(reader, 4)},
          writer_(writer),
          is_concurrent_(reader != writer) {}

    [[nodiscard]] receiver& rx(std::size_t n) { return channels_[n].second; }

    /// Makes the first `n` channels ready, at once or when the reader has parked.
    void make_ready(int round, std::size_t n) {
        if (round % 2 == 0 && !is_concurrent_) {
            send(n);
        } else {
            asio::post(writer_, [this, n] { send(n); });
        }
    }

    void count(std::optional<int> const& value) { received_ += value ? 1 : 0; }

    void count(int) { ++received_; }

    /// What was sent is received or still there. Empties the channels now and then, so that they are empty and not.
    void end_round(int round) {
        balanced_ = balanced_ && (is_concurrent_ || is_balanced());
        for (auto& c : channels_) {
            while (round % 3 != 0 && c.second.try_receive()) {
                ++received_;
            }
        }
    }

    /// The completion handler of the program.
    [[nodiscard]] auto note_end() {
        return [this](std::exception_ptr e) {
            ended_ = true;
            if (e) {
                std::rethrow_exception(e);
            }
        };
    }

    /// When nothing runs any more.
    void check() const {
        CHECK(ended_);
        CHECK(balanced_);
        CHECK(is_balanced());
        CHECK(received_ > rounds / 2);
    }

private:
    void send(std::size_t n) {
        for (std::size_t i = 0; i != n; ++i) {
            sent_ += channels_[i].first.try_send(1) ? 1 : 0;
        }
    }

    [[nodiscard]] bool is_balanced() const {
        std::size_t inside = 0;
        for (auto const& c : channels_) {
            inside += c.second.size();
        }
        return sent_ == received_ + static_cast<long>(inside);
    }

    std::array<ends, 3> channels_;
    asio::any_io_executor writer_;
    bool is_concurrent_;
    std::atomic<long> sent_{0}; // the writer's
    long received_ = 0;         // the rest is the reader's
    bool balanced_ = true;
    bool ended_ = false;
};

inline asio::awaitable<void> with_operators(scene& s) {
    using namespace asio::experimental::awaitable_operators;
    for (int n = 0; n != rounds; ++n) {
        s.make_ready(n, 2);
        auto const got = co_await (s.rx(0).async_receive(asio::use_awaitable) ||
                                   s.rx(1).async_receive(asio::use_awaitable));
        std::visit([&s](auto const& value) { s.count(value); }, got);
        s.end_round(n);
    }
}

inline asio::awaitable<void> with_groups(scene& s) {
    for (int n = 0; n != rounds; ++n) {
        s.make_ready(n, 3);
        auto const got =
            co_await asio::experimental::make_parallel_group(
                s.rx(0).async_receive(), s.rx(1).async_receive(asio::deferred), s.rx(2).async_receive())
                .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        s.count(std::get<2>(got));
        s.count(std::get<4>(got));
        s.count(std::get<6>(got));
        s.end_round(n);
    }
}

inline weir::task<void> with_groups_in_a_task(scene& s) {
    for (int n = 0; n != rounds; ++n) {
        s.make_ready(n, 2);
        auto const got =
            co_await asio::experimental::make_parallel_group(s.rx(0).async_receive(), s.rx(1).async_receive())
                .async_wait(asio::experimental::wait_for_one(), asio::deferred);
        s.count(std::get<2>(got));
        s.count(std::get<4>(got));
        s.end_round(n);
    }
}

inline weir::task<void> with_select(scene& s) {
    auto const count = [&s](int value) { s.count(value); };
    for (int n = 0; n != rounds; ++n) {
        s.make_ready(n, 3);
        co_await weir::select(weir::on(s.rx(0), std::ref(count)), weir::on(s.rx(1), std::ref(count)),
                              weir::on(s.rx(2), std::ref(count)));
        s.end_round(n);
    }
}

/// Time is up at about the time when the values come.
inline asio::awaitable<void> with_timeout(scene& s) {
    auto const count = [&s](int value) { s.count(value); };
    for (int n = 0; n != rounds; ++n) {
        auto const time = std::chrono::microseconds(n % 8);
        s.make_ready(n, 2);
        auto const one =
            co_await weir::timeout(time, s.rx(0).async_receive())(asio::as_tuple(asio::use_awaitable));
        s.count(std::get<1>(one));
        s.make_ready(n, 3);
        (void)co_await weir::timeout(
            time, weir::select(weir::on(s.rx(0), std::ref(count)), weir::on(s.rx(1), std::ref(count)),
                               weir::on(s.rx(2), std::ref(count))))(asio::as_tuple(asio::use_awaitable));
        s.end_round(n);
    }
}

enum class way { operators, groups, groups_in_a_task, select, timeout };

inline constexpr int ways = 5;

/// Starts the program. Runs until the rounds are over.
inline void start(way how, asio::any_io_executor const& reader, scene& s) {
    switch (how) {
    case way::operators:
        return asio::co_spawn(reader, with_operators(s), s.note_end());
    case way::groups:
        return asio::co_spawn(reader, with_groups(s), s.note_end());
    case way::groups_in_a_task:
        return weir::spawn(reader, with_groups_in_a_task(s))(s.note_end());
    case way::select:
        return weir::spawn(reader, with_select(s))(s.note_end());
    case way::timeout:
        return asio::co_spawn(reader, with_timeout(s), s.note_end());
    }
}

} // namespace support::late_handover

#endif // WEIR_TESTS_SUPPORT_LATE_HANDOVER_HPP
