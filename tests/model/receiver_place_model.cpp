// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/receiver_place.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

// The one who waits for a channel's values, and those who wake it, in every order: protocol [P].
//
// What these tests say to a place broken on purpose, one line at a time:
//
//   enter() overwrites who is busy                      a receiver that waits anew ...
//   enter() stores relaxed                              a receiver that finds something ...
//   take_back() always says that it has left            a receiver that finds something ...
//   wake() sets busy without an exchange                a receiver that finds something ...
//   wake() loads and exchanges relaxed                  a receiver that finds something ...
//   wake() empties the place first, or relaxed          a receiver that stops waiting ...
//   leave() does not wait for who is busy               a receiver that stops waiting ...
//   leave() loads relaxed                               a receiver that stops waiting ...

namespace receiver_place_model {

namespace {

using model::scenario;
using weir::detail::wait_result;

/// Waits once. Nobody may touch it once it has been woken, or has left.
class waiting final : public weir::detail::waiter {
public:
    waiting() : posted_(model::make_location(0)) { model::plain_write(&mark_); }

    ~waiting() {
        model::plain_write(&mark_);
        model::end_location(posted_);
    }

    void wake(weir::detail::wake_batch&) noexcept override {
        model::plain_write(&mark_);
        model::post(posted_); // from here on it may run, and be gone
    }

    [[nodiscard]] boost::asio::any_io_executor executor() const override { return {}; }

    void wait() noexcept { model::wait(posted_); }

private:
    model::location_id const posted_;
    char mark_ = 0; // plain: what waits
};

/// A channel that counts.
class channel {
public:
    // --- anybody ---------------------------------------------------------------------------------------------------

    void send() {
        unsigned s = word_.load(std::memory_order_relaxed);
        while (!word_.compare_exchange_weak(s, (s + one_sent) & ~waits, std::memory_order_acq_rel,
                                            std::memory_order_relaxed)) {
        }
        if ((s & waits) != 0) {
            wake();
        }
    }

    void close() {
        word_.fetch_or(closed, std::memory_order_acq_rel);
        wake(); // whether somebody says that it waits or not
    }

    // --- the receiver ----------------------------------------------------------------------------------------------

    /// False: that was the end.
    bool receive() {
        auto const w = std::make_unique<waiting>();
        while (!has_something(word_.load(std::memory_order_acquire))) {
            if (park(*w) == wait_result::parked) {
                w->wait();
            } else {
                model::yield();
            }
        }
        return take();
    }

    /// Starts to wait, and stops.
    void receive_cancelled() {
        auto const w = std::make_unique<waiting>();
        if (park(*w) == wait_result::parked) {
            place_.leave(*w);
        }
    }

    [[nodiscard]] unsigned taken() const noexcept { return taken_; }

private:
    static constexpr unsigned waits = 1;
    static constexpr unsigned closed = 2;
    static constexpr unsigned one_sent = 4;

    [[nodiscard]] bool has_something(unsigned s) const noexcept {
        return s / one_sent != taken_ || (s & closed) != 0;
    }

    bool take() {
        if (word_.load(std::memory_order_acquire) / one_sent == taken_) {
            return false;
        }
        ++taken_;
        return true;
    }

    wait_result park(waiting& w) {
        if (!place_.enter(w)) {
            return wait_result::look_again;
        }
        unsigned s = word_.load(std::memory_order_acquire);
        do {
            if (has_something(s)) {
                return place_.take_back(w) ? wait_result::look_again : wait_result::parked;
            }
        } while (
            !word_.compare_exchange_weak(s, s | waits, std::memory_order_acq_rel, std::memory_order_acquire));
        return wait_result::parked;
    }

    void wake() {
        weir::detail::wake_batch woken;
        place_.wake(woken);
    }

    weir::detail::receiver_place<model::threading> place_;
    model::atomic<unsigned> word_{0};
    unsigned taken_ = 0; // the receiver's
};

void explore(std::function<void(scenario&, channel&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) {
        auto const c = std::make_shared<channel>();
        s.finally([c] {});
        describe(s, *c);
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("receiver place model: a receiver that waits anew for each value is woken each time") {
    explore([](scenario& s, channel& c) {
        s.thread("sender", [&c] {
            c.send();
            c.send();
        });
        s.thread("receiver", [&c] {
            c.receive();
            c.receive();
            model::check(c.taken() == 2, "both are received");
        });
    });
}

TEST_CASE("receiver place model: a receiver that finds something, or is told by two, waits for neither") {
    explore([](scenario& s, channel& c) {
        s.thread("sender", [&c] { c.send(); });
        s.thread("closer", [&c] { c.close(); });
        s.thread("receiver", [&c] {
            while (c.receive()) {
            }
        });
    });
}

TEST_CASE("receiver place model: a receiver that stops waiting may go, and the next is woken") {
    explore([](scenario& s, channel& c) {
        s.thread("first", [&c] { c.send(); });
        s.thread("second", [&c] { c.send(); });
        s.thread("receiver", [&c] {
            c.receive_cancelled();
            c.receive();
        });
    });
}

} // namespace receiver_place_model
