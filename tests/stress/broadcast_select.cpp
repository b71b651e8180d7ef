// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/broadcast.hpp>
#include <weir/select.hpp>

#include "support/catch.hpp"
#include "support/values.hpp"

#include <weir/mpsc.hpp>
#include <weir/task.hpp>
#include <weir/timeout.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

// Several threads, few slots: what select takes and what broadcast delivers adds up, in the order of each sender.

namespace broadcast_select_test {

namespace asio = boost::asio;
namespace broadcast = weir::broadcast;
namespace mpsc = weir::mpsc;
using namespace std::chrono_literals;
using support::counted;

namespace {

constexpr std::size_t threads = 3;

struct stop {};

/// A value says who sent it and which of its values it is.
struct message {
    int sender;
    int number;
};

/// Checks that each sender's numbers come in order, with gaps or without.
class in_order {
public:
    explicit in_order(bool gaps) : gaps_(gaps) {}

    void see(message m) {
        auto& next = next_[static_cast<std::size_t>(m.sender)];
        right_ = right_ && (next == -1 || m.number == next || (gaps_ && m.number > next));
        next = m.number + 1;
        ++count_;
    }

    [[nodiscard]] bool is_right() const { return right_; }

    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    bool gaps_;
    bool right_ = true;
    std::uint64_t count_ = 0;
    std::array<int, 4> next_{-1, -1, -1, -1};
};

/// Sends until it has sent all or is told that the receiver has gone. How many were sent.
weir::task<int> send_all(mpsc::sender<message> tx, int sender, int n) {
    for (int number = 0; number != n; ++number) {
        try {
            co_await tx.async_emplace(sender, number);
        } catch (boost::system::system_error const& e) {
            if (e.code() != weir::errc::closed) {
                throw;
            }
            co_return number;
        }
    }
    co_return n;
}

/// Has no constructors and destructors to count, but takes several words: -1 if they are not of one value.
class whole {
public:
    explicit whole(int n) { words_.fill(n); }

    [[nodiscard]] int value() const {
        return std::all_of(words_.begin(), words_.end(), [this](int n) { return n == words_[0]; }) ? words_[0]
                                                                                                   : -1;
    }

private:
    std::array<int, 5> words_;
};

struct worker_inputs {
    mpsc::receiver<message> a;
    mpsc::receiver<message> b;
    broadcast::receiver<stop> shutdown;
};

/// Receives from two channels until both have closed or the shutdown comes; then what is left is counted too.
weir::task<int> work(worker_inputs in) {
    int received = 0;
    bool running = true;
    in_order a(false);
    in_order b(false);
    while (running) {
        auto const ran = co_await weir::select(
            weir::on(in.a, [&](message m) { a.see(m); }), weir::on(in.b, [&](message m) { b.see(m); }),
            weir::on(in.shutdown, [&](stop) { running = false; }), weir::after(20us, [] {}));
        running = running && ran != weir::none;
    }
    in.a.close();
    in.b.close();
    while (auto m = co_await in.a.async_receive()) {
        a.see(*m);
    }
    while (auto m = co_await in.b.async_receive()) {
        b.see(*m);
    }
    received = static_cast<int>(a.count() + b.count());
    co_return a.is_right() && b.is_right() ? received : -1;
}

} // namespace

TEST_CASE("stress select: what was sent was received, whenever the shutdown comes") {
    int const rounds = 30;
    for (int round = 0; round != rounds; ++round) {
        asio::thread_pool pool(threads);
        auto [everybody, nobody] = broadcast::channel<stop>(pool, 1);
        std::vector<std::future<int>> sent;
        std::vector<std::future<int>> received;
        for (std::size_t w = 0; w != 2; ++w) {
            auto [tx_a, a] = mpsc::channel<message>(pool, 1 + w);
            auto [tx_b, b] = mpsc::channel<message>(pool, 2);
            received.push_back(
                weir::spawn(pool, work(worker_inputs{std::move(a), std::move(b), everybody.subscribe()}),
                            asio::use_future));
            for (int s = 0; s != 2; ++s) {
                sent.push_back(weir::spawn(pool, send_all(tx_a, s, 300), asio::use_future));
                sent.push_back(weir::spawn(pool, send_all(tx_b, s, 300), asio::use_future));
            }
        }
        for (int spin = 0; spin != round * 200; ++spin) {
            (void)everybody.receiver_count();
        }
        everybody.send(stop());
        int balance = 0;
        for (auto& s : sent) {
            balance += s.get();
        }
        for (auto& r : received) {
            int const n = r.get();
            REQUIRE(n >= 0);
            balance -= n;
        }
        pool.join();
        REQUIRE(balance == 0);
    }
}

TEST_CASE(
    "stress select: cancelled again and again it loses nothing, nor does a send that is one of its cases") {
    constexpr int n = 3000;
    asio::thread_pool pool(threads);
    auto [tx_in, in] = mpsc::channel<message>(pool, 2);
    auto [tx_out, out] = mpsc::channel<message>(pool, 1);
    auto [tx_all, all] = broadcast::channel<message>(pool, 1);

    // Takes from `in` and passes on, by one of two ways; what it holds is always one value or none.
    auto const pass_on = [](mpsc::receiver<message> from, mpsc::sender<message> to,
                            broadcast::sender<message> or_to) -> weir::task<void> {
        std::optional<message> held;
        std::mt19937 random(1);
        for (bool open = true; open || held;) {
            auto const patience = std::chrono::microseconds(random() % 20);
            try {
                if (held) {
                    co_await weir::timeout(
                        patience, weir::select(weir::on(to.async_send(*held), [&] { held.reset(); }),
                                               weir::on(or_to.async_send(*held), [&] { held.reset(); })));
                } else {
                    auto const ran = co_await weir::timeout(
                        patience, weir::select(weir::on(from, [&](message m) { held = m; })));
                    open = ran != weir::none;
                }
            } catch (boost::system::system_error const& e) {
                if (e.code() != weir::errc::timed_out) {
                    throw;
                }
            }
        }
    };
    auto const collect = [](mpsc::receiver<message> x, broadcast::receiver<message> y) -> weir::task<bool> {
        in_order from_x(true);
        in_order from_y(true);
        while (co_await weir::select(weir::on(x, [&](message m) { from_x.see(m); }),
                                     weir::on(y, [&](message m) { from_y.see(m); })) != weir::none) {
        }
        co_return from_x.is_right() && from_y.is_right() && y.total_missed() == 0 &&
            from_x.count() + from_y.count() == n;
    };
    auto right = weir::spawn(pool, collect(std::move(out), std::move(all)), asio::use_future);
    weir::spawn(pool, pass_on(std::move(in), std::move(tx_out), std::move(tx_all)), asio::detached);
    CHECK(weir::spawn(pool, send_all(std::move(tx_in), 0, n), asio::use_future).get() == n);
    CHECK(right.get());
    pool.join();
}

namespace {

/// Everything of it on the strand: starts a select, and another function of the strand cancels it.
struct consumer {
    asio::strand<asio::thread_pool::executor_type> strand;
    mpsc::receiver<int> a;
    mpsc::receiver<int> b;
    std::promise<int> done;
    asio::cancellation_signal signal;
    int sum = 0;
    unsigned rounds = 0;

    void next() {
        weir::select(weir::on(a, [this](int v) { sum += v; }),
                     weir::on(b, [this](int v) { sum += v; }))(asio::bind_executor(
            strand, asio::bind_cancellation_slot(signal.slot(), [this](weir::error_code, std::size_t i) {
                if (i == weir::none && a.is_closed() && a.empty() && b.is_closed() && b.empty()) {
                    done.set_value(sum);
                } else {
                    next();
                }
            })));
        if (++rounds % 3 != 0) { // each time would be for ever
            asio::post(strand, [this] { signal.emit(asio::cancellation_type::total); });
        }
    }
};

} // namespace

TEST_CASE("stress select: cancelled through its slot while values come, it has run or taken nothing") {
    constexpr int n = 4000;
    asio::thread_pool pool(threads);
    auto const strand = asio::make_strand(pool);
    auto [tx, rx] = mpsc::channel<int>(pool, 4);
    auto [tx_other, other] = mpsc::channel<int>(pool, 4);

    consumer c{strand, std::move(rx), std::move(other), {}, {}};

    auto const send = [](mpsc::sender<int> to) -> weir::task<void> {
        for (int i = 0; i != n; ++i) {
            co_await to.async_send(1);
        }
    };
    auto sum = c.done.get_future();
    asio::post(strand, [&c] { c.next(); });
    weir::spawn(pool, send(std::move(tx)), asio::detached);
    weir::spawn(pool, send(std::move(tx_other)), asio::detached);
    CHECK(sum.get() == 2 * n);
    pool.join();
}

TEST_CASE("stress broadcast: lossless while receivers come and go") {
    constexpr int n = 1500;
    {
        asio::thread_pool pool(threads);
        auto ends = broadcast::channel<std::shared_ptr<message const>>(pool, 4);
        using value = std::shared_ptr<message const>;
        using sender = broadcast::sender<value>;
        using receiver = broadcast::receiver<value>;
        auto const send = [](sender tx, int who) -> weir::task<void> {
            for (int number = 0; number != n; ++number) {
                auto m = std::make_shared<message const>(message{who, number});
                co_await tx.async_send(std::move(m));
            }
        };
        auto const stay = [](receiver rx) -> weir::task<bool> {
            in_order seen(false);
            while (auto m = co_await rx.async_receive()) {
                seen.see(**m);
            }
            co_return seen.is_right() && seen.count() == 2 * n&& rx.total_missed() == 0;
        };
        // Sees a few values, continues as a copy of itself, goes, comes again.
        auto const visit = [](receiver first) -> weir::task<bool> {
            std::optional<receiver> rx(std::move(first));
            bool right = true;
            for (unsigned round = 0;; ++round) {
                in_order seen(false);
                for (unsigned i = 0; i != round % 7; ++i) {
                    auto m = co_await rx->async_receive();
                    if (!m) {
                        co_return right;
                    }
                    seen.see(**m);
                    rx = receiver(*rx);
                }
                right = right && seen.is_right() && rx->total_missed() == 0;
                rx = rx->resubscribe();
                if (round % 7 == 0 && rx->is_closed()) {
                    co_return right;
                }
            }
        };
        std::vector<std::future<bool>> right;
        for (int i = 0; i != 2; ++i) {
            right.push_back(weir::spawn(pool, stay(ends.second), asio::use_future));
            right.push_back(weir::spawn(pool, visit(ends.second), asio::use_future));
        }
        for (int who = 0; who != 2; ++who) {
            weir::spawn(pool, send(ends.first, who), asio::detached);
        }
        { auto const gone = std::move(ends); }
        for (auto& r : right) {
            CHECK(r.get());
        }
        pool.join();
    }
}

TEMPLATE_TEST_CASE("stress broadcast: received and missed make all that was sent, by both kinds of send", "",
                   counted, whole) {
    constexpr int n = 3000;
    {
        asio::thread_pool pool(threads);
        auto ends = broadcast::channel<TestType>(pool, 2);
        std::atomic<bool> right{true};
        auto const overwrite = [](broadcast::sender<TestType> tx) {
            for (int i = 0; i != n; ++i) {
                tx.send(TestType(i));
            }
        };
        auto const lossless = [](broadcast::sender<TestType> tx) -> weir::task<void> {
            for (int i = 0; i != n; ++i) {
                co_await tx.async_emplace(n + i);
            }
        };
        auto const receive = [](broadcast::receiver<TestType> rx,
                                std::atomic<bool>& is_right) -> weir::task<void> {
            in_order seen(true);
            while (auto v = co_await rx.async_receive()) {
                seen.see(message{v->value() / n, v->value() % n});
            }
            if (!seen.is_right() || seen.count() + rx.total_missed() != 2 * n) {
                is_right = false;
            }
        };
        for (int i = 0; i != 3; ++i) {
            weir::spawn(pool, receive(ends.second, right), asio::detached);
        }
        weir::spawn(pool, lossless(ends.first), asio::detached);
        std::thread outside(overwrite, ends.first);
        { auto const gone = std::move(ends); }
        outside.join();
        pool.join();
        CHECK(right);
    }
    CHECK(counted::alive() == 0);
}

TEST_CASE("stress broadcast: receivers go under their receives, on one slot that two threads overwrite") {
    constexpr int n = 2000;
    {
        asio::thread_pool pool(2);
        auto ends = broadcast::channel<counted>(pool, 1);
        auto const strand = asio::make_strand(pool);
        std::atomic<int> completed{0};
        auto const overwrite = [](broadcast::sender<counted> tx) {
            for (int i = 0; i != n; ++i) {
                tx.send(counted(i));
            }
        };
        std::thread first(overwrite, ends.first);
        std::thread second(overwrite, ends.first);
        std::promise<void> over;
        asio::post(strand, [&] {
            for (int i = 0; i != n; ++i) {
                auto rx = ends.first.subscribe();
                rx.async_receive(asio::bind_executor(
                    strand, [&](weir::error_code, std::optional<counted>) { ++completed; }));
            }
            over.set_value();
        });
        over.get_future().get();
        first.join();
        second.join();
        { auto const gone = std::move(ends); }
        pool.join();
        CHECK(completed == n);
    }
    CHECK(counted::alive() == 0);
}

} // namespace broadcast_select_test
