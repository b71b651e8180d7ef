// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/mpsc_core.hpp>

#include "mpsc_scenario.hpp"

#include <support/catch.hpp>

#include <functional>
#include <memory>

// How a bounded channel ends, in every order: protocol [C], and who owns the channel.

namespace mpsc_closing_model {

namespace {

using model::scenario;
using model::woken;
using weir::detail::attempt;
using channel = model::recorded_channel<model::value>;
using channel_ptr = std::shared_ptr<channel>;

void explore(std::size_t capacity, std::function<void(scenario&, channel_ptr const&)> const& describe,
             model::options const& how = {}) {
    auto const result = model::explore(how, [&](scenario& s) {
        auto const c = std::make_shared<channel>(capacity);
        s.finally([c] { c->verify(); });
        describe(s, c); // which may have more to say in the end
    });
    CAPTURE(capacity);
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

void reserve_one(channel& c) { model::check(c.core.try_reserve(1, 0) == attempt::done, "there is room"); }

} // namespace

TEST_CASE("mpsc closing model: the last sender's going wakes a receiver that parks") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] { c->core.release_sender(); });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
    });
}

TEST_CASE("mpsc closing model: a value sent before the last sender goes is received before the end") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->core.release_sender();
        });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
    });
}

TEST_CASE("mpsc closing model: two senders go, and the receiver finds the end once both values are out") {
    explore(
        2,
        [](scenario& s, channel_ptr const& c) {
            c->core.add_sender();
            s.thread("first", [=] {
                c->try_send(10);
                c->core.release_sender();
            });
            s.thread("second", [=] {
                c->try_send(20);
                c->core.release_sender();
            });
            s.thread("receiver", [=] { c->receive_to_the_end(); });
        },
        model::few_preemptions(2));
}

TEST_CASE("mpsc closing model: a closed channel ends when the last reserved slot is given back") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        s.thread("holder", [=] { c->core.return_slots(1); });
        s.thread("receiver", [=] {
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE("mpsc closing model: of two that give slots back, while the channel closes, one finds the end") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        reserve_one(*c);
        s.thread("first", [=] { c->core.return_slots(1); });
        s.thread("second", [=] { c->core.return_slots(1); });
        s.thread("receiver", [=] {
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE("mpsc closing model: the sender's close meets a slot given back and a receiver that parks") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        s.thread("holder", [=] { c->core.return_slots(1); });
        s.thread("sender", [=] { c->core.release_sender(); });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
    });
}

TEST_CASE("mpsc closing model: what a permit sends after the close is received") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        s.thread("holder", [=] { c->send_reserved(10); });
        s.thread("receiver", [=] {
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE(
    "mpsc closing model: of two permits one is used and one not, and the receiver finds value and end") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        reserve_one(*c);
        s.thread("user", [=] { c->send_reserved(10); });
        s.thread("holder", [=] { c->core.return_slots(1); });
        s.thread("receiver", [=] {
            c->core.close();
            // The holder only knows that no slot is reserved any more: it wakes beside the user, who sends.
            c->receive_to_the_end(woken::may_find_nothing);
        });
    });
}

TEST_CASE(
    "mpsc closing model: a close refuses the sender that waits, whether it gets a slot just then or not") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [=](scenario& s, channel_ptr const& c) {
        for (int n = 0; n != static_cast<int>(capacity); ++n) {
            c->try_send(20 + n);
        }
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] {
            c->receive(1);
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE("mpsc closing model: a cancelled sender's slot, given back after the close, is the end") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(20);
        s.thread("cancelled", [=] { c->send_cancelled(10); });
        s.thread("receiver", [=] {
            c->try_receive();
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE("mpsc closing model: a request that had one slot of two gives it back when it is refused") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(20);
        s.thread("sender", [=] {
            if (c->reserve(2)) {
                c->core.return_slots(2);
            }
        });
        s.thread("receiver", [=] {
            c->core.close();
            c->receive_to_the_end();
        });
    });
}

TEST_CASE("mpsc closing model: whoever waits for the close is told") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("watcher", [=] { c->wait_closed(); });
        s.thread("receiver", [=] { c->drop_receiver(); });
    });
}

TEST_CASE("mpsc closing model: a receiver that goes refuses or destroys what is being sent") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->try_send(11);
        });
        s.thread("receiver", [=] { c->drop_receiver(); });
        s.finally([=] { model::check(model::objects() == 0, "nothing stays, although there is a sender"); });
    });
}

TEST_CASE(
    "mpsc closing model: a receiver that goes lets the waiting sender go, and permits send into nothing") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(20);
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] { c->drop_receiver(); });
    });
    explore(2, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        s.thread("holder", [=] { c->send_reserved(20); });
        s.thread("sender", [=] { c->try_send(10); });
        s.thread("receiver", [=] { c->drop_receiver(); });
    });
}

TEST_CASE("mpsc closing model: whoever lets go last destroys the channel and what is in it") {
    auto const result = model::explore({}, [](scenario& s) {
        auto* const core = new channel::core_type(1);
        s.thread("sender", [=] {
            core->try_send(model::value(10), 0);
            core->release_sender();
        });
        s.thread("receiver", [=] {
            core->abandon_receiver();
            core->release();
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

TEST_CASE("mpsc closing model: a weak sender becomes a strong one before the close or never") {
    auto const result = model::explore({}, [](scenario& s) {
        auto const c = std::make_shared<channel>(1);
        s.thread("sender", [=] { c->core.release_sender(); });
        s.thread("weak sender", [=] {
            if (c->core.add_sender_unless_zero()) {
                c->try_send(10);
                model::check(c->was_sent(10), "a strong sender keeps its channel open");
                c->core.release_sender();
            }
        });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
        s.finally([=] { c->verify(); });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace mpsc_closing_model
