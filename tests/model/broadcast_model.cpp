// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/broadcast_operations.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// Broadcast channels of values that are taken without the mutex, in every order: protocols [S], [N] and [W].
//
// What these tests say to a ring broken on purpose, one line at a time:
//
//   a value that is needed is overwritten without taking the state away  what was missed is told at once
//   a receiver reads the tail relaxed                                    a value is whole
//   the tail is stored before the state, or relaxed                      what all have passed is free
//   who goes stores the state instead of exchanging it                   all that have not ended wait
//   who is copied stores the state instead of exchanging it              what all have passed is free
//   the last to pass does not look whether somebody waits, or looks or
//   exchanges with less than seq_cst                                     all that have not ended wait
//   who waits for room says so after it has looked, or says so or looks
//   with less than seq_cst                                               all that have not ended wait
//
// That who overwrites must acquire, and a receiver's exchange release, is not found here: it would take a load that is done
// after the store that it reads (memory.hpp).

namespace broadcast_model {

namespace {

using model::scenario;
using weir::detail::attempt;

/// Two words, which belong together.
struct twin {
    explicit twin(std::uint64_t n) noexcept : number(n), again(n) {}

    std::uint64_t number;
    std::uint64_t again;
};

class channel {
    using core_type = weir::detail::broadcast_core<twin, model::threading>;
    using place = weir::detail::broadcast_place<twin, model::threading>;

public:
    explicit channel(std::size_t capacity) : core_(*new core_type(capacity)) {
        core_.add_ref();
        for (std::size_t who = 0; who != 2; ++who) {
            places_[who] = new place(core_);
        }
    }

    channel(channel const&) = delete;

    ~channel() {
        for (std::size_t who = 0; who != places_.size(); ++who) {
            drop_receiver(who);
        }
        close();
        core_.release();
    }

    /// Over the oldest, if need be.
    void send(std::uint64_t n) { core_.send(twin(n)); }

    /// Waits for the slowest receiver.
    void send_lossless(std::uint64_t n) {
        weir::detail::broadcast_send_core<twin, model::no_executor, core_type> op(core_, executor_, twin(n));
        model::await(op, model::woken::may_find_nothing);
    }

    void close() noexcept {
        if (core_.strong_count() != 0) {
            core_.release_sender();
        }
    }

    /// False: the end.
    bool receive(std::size_t who) {
        weir::detail::receive_core<twin, model::no_executor, place> op(*places_[who], executor_);
        model::await(op);
        auto const v = op.value();
        if (v) {
            note(who, *v);
        }
        return v.has_value();
    }

    /// Waits for that number, and misses nothing.
    void take(std::size_t who, std::uint64_t number) {
        model::check(receive(who) && received_[who].back() == number && places_[who]->missed() == 0,
                     "the next value comes");
    }

    attempt try_receive(std::size_t who) {
        return places_[who]->try_take([&](twin&& v) { note(who, v); });
    }

    /// Makes receiver 2 of another.
    void copy_receiver(std::size_t who) {
        places_[2] = new place(*places_[who]);
        received_[2] = received_[who];
        missed_before_[2] = places_[who]->total_missed();
    }

    void drop_receiver(std::size_t who) noexcept {
        if (auto* const p = std::exchange(places_[who], nullptr)) {
            p->abandon_receiver();
            p->release();
        }
    }

    /// All that is there, by each receiver: with what it has missed that is what was sent, 1 to n.
    void verify(std::uint64_t n) {
        for (std::size_t who = 0; who != places_.size(); ++who) {
            if (places_[who] != nullptr) {
                while (try_receive(who) == attempt::done) {
                }
                auto const missed = places_[who]->total_missed() + missed_before_[who];
                model::check(received_[who].size() + missed == n, "nothing is taken twice or lost");
                model::check(places_[who]->size() == 0, "nothing is left");
            }
        }
        verify_room(n);
    }

private:
    void verify_room(std::uint64_t n) {
        for (std::size_t sent = 0; sent != core_.capacity() && core_.receiver_count() != 0; ++sent) {
            weir::detail::broadcast_send_core<twin, model::no_executor, core_type> op(core_, executor_,
                                                                                      twin(++n));
            model::check(op.try_complete(), "what all have passed is free");
        }
    }

    void note(std::size_t who, twin const& v) {
        model::check(v.number == v.again, "a value is whole");
        auto& values = received_[who];
        auto const skipped = values.empty() ? v.number - 1 : v.number - values.back() - 1;
        model::check(places_[who]->missed() == skipped || who == 2, "what was missed is told at once");
        model::check(values.empty() || values.back() < v.number, "values come in their order");
        values.push_back(v.number);
    }

    core_type& core_;
    model::no_executor executor_;
    std::array<place*, 3> places_{}; // null once dropped
    std::array<std::vector<std::uint64_t>, 3> received_;
    std::array<std::uint64_t, 3> missed_before_{}; // by whom it is a copy of
};

using channel_ptr = std::shared_ptr<channel>;

void explore(std::size_t capacity, std::uint64_t sent,
             std::function<void(scenario&, channel_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) {
        auto const c = std::make_shared<channel>(capacity);
        s.finally([c, sent] { c->verify(sent); });
        describe(s, c);
    });
    CAPTURE(capacity);
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE(
    "broadcast model: values that are overwritten while they are taken are whole, or missed and counted") {
    explore(1, 3, [](scenario& s, channel_ptr const& c) {
        c->drop_receiver(1);
        c->send(1);
        s.thread("sender", [=] {
            c->send(2);
            c->send(3);
        });
        s.thread("receiver", [=] {
            c->try_receive(0);
            c->try_receive(0);
        });
    });
    explore(1, 2, [](scenario& s, channel_ptr const& c) {
        c->send(1);
        s.thread("sender", [=] { c->send(2); });
        s.thread("first", [=] { c->try_receive(0); });
        s.thread("second", [=] { c->try_receive(1); });
    });
}

TEST_CASE("broadcast model: a sender that waits for the slowest receiver goes on when that has passed") {
    explore(1, 2, [](scenario& s, channel_ptr const& c) {
        c->send(1);
        s.thread("sender", [=] { c->send_lossless(2); });
        s.thread("first", [=] { c->take(0, 1); });
        s.thread("second", [=] {
            c->take(1, 1);
            c->take(1, 2);
        });
    });
    explore(2, 3, [](scenario& s, channel_ptr const& c) {
        c->drop_receiver(1);
        c->send(1);
        c->send(2);
        s.thread("sender", [=] { c->send_lossless(3); });
        s.thread("receiver", [=] {
            c->take(0, 1);
            c->take(0, 2);
            c->take(0, 3);
        });
    });
}

TEST_CASE("broadcast model: a receiver that goes makes room as one that passes does") {
    explore(1, 2, [](scenario& s, channel_ptr const& c) {
        c->send(1);
        s.thread("sender", [=] { c->send_lossless(2); });
        s.thread("first", [=] { c->try_receive(0); });
        s.thread("second", [=] { c->drop_receiver(1); });
    });
}

TEST_CASE("broadcast model: a receiver may be copied while others pass") {
    explore(2, 2, [](scenario& s, channel_ptr const& c) {
        c->send(1);
        c->send(2);
        s.thread("copied", [=] {
            c->copy_receiver(0);
            c->try_receive(0);
            c->try_receive(2);
        });
        s.thread("second", [=] {
            c->try_receive(1);
            c->try_receive(1);
        });
    });
    explore(2, 3, [](scenario& s, channel_ptr const& c) {
        c->send(1);
        c->send(2);
        s.thread("sender", [=] { c->send(3); });
        s.thread("copied", [=] {
            c->copy_receiver(0);
            c->try_receive(2);
        });
        s.thread("second", [=] { c->try_receive(1); });
    });
}

TEST_CASE("broadcast model: the end comes after what was sent") {
    explore(2, 1, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->send(1);
            c->close();
        });
        s.thread("first", [=] { model::check(c->receive(0) && !c->receive(0), "one value, and the end"); });
        s.thread("second", [=] { c->try_receive(1); });
    });
}

} // namespace broadcast_model
