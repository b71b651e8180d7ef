// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpmc.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

// The shared queue's transitions one by one where no schedule of a program leads to them for certain, and long random walks
// through all that can be done with it: after each stretch everything that can have ended has, and nothing is missing.

namespace mpmc_walk_test {

namespace asio = boost::asio;
namespace mpmc = weir::mpmc;
using support::counted;
using support::outcome;
using support::poll;
using weir::detail::attempt;
using weir::detail::wait_result;

namespace {

using executor = asio::io_context::executor_type;

/// A channel without executors, and one receiver of it.
template <class T>
struct bare_channel {
    using core_type = weir::detail::mpmc_core<T, weir::multi_threaded>;

    explicit bare_channel(std::size_t capacity) : place(*new core_type(capacity)) {}

    ~bare_channel() {
        if (!place.has_gone) {
            place.abandon_receiver();
        }
        core().release_sender();
    }

    core_type& core() { return place.channel(); }

    weir::detail::mpmc_place<T, weir::multi_threaded> place;
};

struct counting_waiter final : weir::detail::waiter {
    int woken = 0;

    void wake(weir::detail::wake_batch&) noexcept override { ++woken; }

    [[nodiscard]] asio::any_io_executor executor() const override { return {}; }
};

} // namespace

TEST_CASE("mpmc core: a receive that was promised a value, or whose receiver has gone, does not park again") {
    bare_channel<int> c(2);
    counting_waiter w;
    weir::detail::value_request r(c.place);
    CHECK(c.core().park(r, w) == wait_result::parked);
    CHECK(c.core().park(r, w) == wait_result::parked); // where it is
    CHECK(c.core().try_send(1, 0) == attempt::done);
    CHECK(w.woken == 1);
    bool const goes = GENERATE(false, true);
    weir::detail::mpmc_place<int, weir::multi_threaded> other(c.place);
    if (goes) {
        c.place.abandon_receiver();
        c.core().withdraw(r);
        CHECK(other.try_take([](int&&) {}) == attempt::done); // so that there is nothing to look for
    }
    CHECK(c.core().park(r, w) == wait_result::look_again);
    CHECK(c.core().try_take(r, [](int&&) {}) == (goes ? attempt::closed : attempt::done));
    CHECK(r.refused == goes);
    CHECK(w.woken == 1);
    c.core().withdraw(r);
    other.abandon_receiver();
}

TEST_CASE("mpmc core: what a consumer refuses goes back to where it was, and is promised to who waits") {
    struct full {};

    bare_channel<counted> c(4);
    for (int n = 1; n != 5; ++n) {
        CHECK(c.core().try_send(counted(n), 0) == attempt::done);
    }
    std::vector<int> taken;
    counting_waiter w;
    weir::detail::value_request r(c.place);
    auto const take_one = [&](counted&& v) {
        if (!taken.empty()) {
            c.core().park(r, w); // somebody comes while the values are out
            throw full();        // as a vector that cannot grow
        }
        taken.push_back(counted(std::move(v)).value());
    };
    std::size_t const limit = GENERATE(3U, 4U); // one value is left in the queue, or none
    CHECK_THROWS_AS(c.place.try_take_many(take_one, limit), full);
    CHECK(w.woken == (limit == 4 ? 1 : 0));
    CHECK((c.core().size() == 3 && c.core().capacity() == 1));
    auto const take = [&](counted&& v) { taken.push_back(counted(std::move(v)).value()); };
    CHECK(c.place.try_take_many(take, 4) == 2); // another is promised to who came meanwhile
    c.core().try_take(r, take);
    CHECK(taken == std::vector{1, 2, 3, 4});
}

namespace {

/// One operation that has been started.
struct started {
    outcome<std::optional<counted>> receive;
    outcome<std::size_t> many;
    std::vector<counted> out;
    outcome<> send;
    outcome<std::optional<mpmc::permit<counted, executor>>> reserve;
    asio::cancellation_signal cancel;

    enum kind { receives, receives_many, sends, reserves } what = receives;

    [[nodiscard]] int calls() const {
        return receive.calls() + many.calls() + send.calls() + reserve.calls();
    }

    [[nodiscard]] bool is_pending() const { return calls() == 0; }

    [[nodiscard]] bool is_receive() const { return what == receives || what == receives_many; }
};

class walk {
public:
    walk(unsigned seed, std::size_t capacity) : random_(seed), capacity_(capacity) {
        auto both = mpmc::channel<counted>(loops_[0].get_executor(), capacity);
        tx_.emplace(std::move(both.first));
        receivers_.push_back(std::move(both.second));
    }

    void step() {
        switch (below(16)) {
        case 0:
        case 1:
            sent_ += tx_ && tx_->try_emplace(1) ? 1 : 0;
            break;
        case 2:
        case 3:
            start(started::sends);
            break;
        case 4:
            start(started::reserves);
            break;
        case 5:
            use_permit();
            break;
        case 6:
        case 7:
        case 8:
            start(started::receives);
            break;
        case 9:
            start(started::receives_many);
            break;
        case 10:
            if (!operations_.empty()) {
                operations_[below(operations_.size())]->cancel.emit(asio::cancellation_type::total);
            }
            break;
        case 11:
            if (!receivers_.empty()) {
                received_ += receivers_[below(receivers_.size())].try_receive().has_value() ? 1 : 0;
            }
            break;
        case 12:
            add_or_drop_receiver();
            break;
        default:
            loops_[below(2)].restart();
            loops_[below(2)].poll_one();
        }
    }

    /// Lets everything run that can, and looks whether it all adds up.
    void check_settled() {
        settle();
        auto const pending = [this](bool receives) {
            return std::any_of(operations_.begin(), operations_.end(), [receives](auto const& o) {
                return o->is_pending() && o->is_receive() == receives;
            });
        };
        for (auto const& o : operations_) {
            CHECK(o->calls() <= 1);
        }
        if (!receivers_.empty()) {
            auto const& rx = receivers_.front();
            CHECK(received_ + static_cast<int>(rx.size()) == sent_);
            bool const is_at_end = rx.is_closed() && rx.capacity() == capacity_;
            CHECK((!pending(true) || (rx.empty() && !is_at_end)));
            CHECK((!pending(false) || (rx.capacity() == 0 && !rx.is_closed())));
            CHECK(rx.size() + permits_.size() + rx.capacity() == capacity_);
        } else {
            CHECK_FALSE((pending(true) || pending(false)));
        }
    }

    void close() {
        if (!receivers_.empty() && below(2) == 0) {
            receivers_.back().close();
        } else {
            tx_.reset();
        }
        permits_.clear();
    }

    /// Nothing has been left open: everything has ended.
    void check_end() {
        while (!receivers_.empty()) {
            receivers_.pop_back();
        }
        tx_.reset();
        permits_.clear();
        settle();
        for (auto const& o : operations_) {
            CHECK(o->calls() == 1);
        }
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    void start(started::kind what) {
        bool const receives = what == started::receives || what == started::receives_many;
        if (receives ? receivers_.empty() : !tx_) {
            return;
        }
        auto& op = *operations_.emplace_back(std::make_unique<started>());
        op.what = what;
        auto const bound = [&](auto handler) {
            return asio::bind_cancellation_slot(
                op.cancel.slot(), asio::bind_executor(loops_[below(2)].get_executor(), std::move(handler)));
        };
        if (what == started::sends) {
            tx_->async_send(counted(1), bound(op.send.handler()));
        } else if (what == started::reserves) {
            tx_->async_reserve(bound(op.reserve.handler()));
        } else if (what == started::receives) {
            receivers_[below(receivers_.size())].async_receive(bound(op.receive.handler()));
        } else {
            receivers_[below(receivers_.size())].async_receive_many(op.out, 1 + below(3),
                                                                    bound(op.many.handler()));
        }
    }

    /// What has ended is counted, and forgotten.
    void collect() {
        for (auto& o : operations_) {
            if (o->is_pending()) {
                continue;
            }
            sent_ += o->what == started::sends && !o->send.error() ? 1 : 0;
            received_ += o->what == started::receives && o->receive.value() ? 1 : 0;
            received_ += static_cast<int>(o->out.size());
            if (o->what == started::reserves && o->reserve.value()) {
                permits_.push_back(std::move(*o->reserve.value()));
            }
        }
        std::erase_if(operations_, [](auto const& o) { return o->calls() == 1; });
    }

    void settle() {
        while (poll(loops_[0]) + poll(loops_[1]) != 0) {
        }
        collect();
    }

    void use_permit() {
        collect();
        if (!permits_.empty()) {
            if (below(3) != 0) {
                std::move(permits_.back()).send(counted(1));
                ++sent_;
            }
            permits_.pop_back();
        }
    }

    void add_or_drop_receiver() {
        if (receivers_.size() > 1 && below(2) == 0) {
            receivers_.erase(receivers_.begin() + static_cast<std::ptrdiff_t>(below(receivers_.size())));
        } else if (!receivers_.empty() && receivers_.size() < 3) {
            receivers_.push_back(receivers_.front());
        }
    }

    std::mt19937 random_;
    std::size_t capacity_;
    std::array<asio::io_context, 2> loops_;
    std::optional<mpmc::sender<counted, executor>> tx_;
    std::vector<mpmc::receiver<counted, executor>> receivers_;
    std::vector<mpmc::permit<counted, executor>> permits_;
    std::deque<std::unique_ptr<started>> operations_;
    int sent_ = 0;
    int received_ = 0;
};

} // namespace

TEST_CASE("mpmc walk: whatever is done in whatever order, everything ends in time and nothing is missing") {
    for (unsigned seed = 0; seed != support::effort(1500U, 200U); ++seed) {
        CAPTURE(seed);
        {
            walk w(seed, 1 + seed % 3);
            for (int stretch = 0; stretch != 6; ++stretch) {
                for (unsigned n = 0; n != 5 + seed % 40; ++n) {
                    w.step();
                }
                if (stretch == 4) {
                    w.close();
                }
                w.check_settled();
            }
            w.check_end();
        }
        CHECK(counted::alive() == 0);
    }
}

} // namespace mpmc_walk_test
