// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/mpsc_core.hpp>

#include "mpsc_scenario.hpp"

#include <support/catch.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

// The bounded channel's data plane and its queue of waiting senders, in every order: protocols [S] [A] [T] [H] [R] [W] [L].
//
// What these tests and those of mpsc_closing_model.cpp say to a core broken on purpose, one line at a time:
//
//   [W] head stored with release, the flag's copy read with      a sender that finds the channel full ...
//       acquire, set with release or not at all,                 a sender that waits twice ...
//       head read again with acquire
//   [W] request() does not look at the head again                a sender that finds the channel full ...
//   [W] the flag is never cleared                                a sender that finds the channel full ...
//   [W] a new send goes past the queue                           a freed slot is the waiting sender's ...
//   [W] return_slots() wakes no sender                           a cancelled request for two slots gives back ...
//   [W] a withdrawn request keeps its slots                      a cancelled sender passes on the slot ...
//   [L] lanes stored after the flag went, or not at all,         a sender's next send waits for the one before ...
//       or looked at before the word
//   [R] try_send leaves the receiver's flag in the word          two senders never get the same slot ...
//   [R] send_reserved leaves it in                               slots that are given back go to the sender ...
//   [R] the wake-up comes before the value is written            a value sent before the last sender goes ...
//   [R] the receiver looks, and then sets its flag               a value sent before the last sender goes ...
//   [T] turn stored or loaded relaxed                            a value sent before the last sender goes ...
//   [T] turn of a position given up stored relaxed               the receiver steps over a value whose move threw ...
//   [H] head loaded relaxed by a sender                          two senders and one slot ...
//   [H] head that was seen, stored or loaded relaxed             a head that one sender has seen ...
//   [H] slot freed before the value has left it                  two senders and one slot ...
//   [A] the slots are stored, not exchanged from null, or        the first senders make the slots once ...
//       exchanged without release
//   [S] "full" is said of a head that is newer than the word     a sender is refused only if the channel was full
//   [S] a sender takes a slot too many                           a close refuses the sender that waits ...
//   [C] return_slots() does not look for the end                 a closed channel ends when the last reserved ...
//   [C] close() does not wake the receiver                       the last sender's going wakes a receiver ...
//   [C] close() refuses nobody                                   whoever waits for the close is told
//   [C] a refused request keeps its slots                        a request that had one slot of two ...
//   [C] the end is told with slots reserved                      what a permit sends after the close is received
//   [C] the end is told with values sent                         a value sent before the last sender goes ...
//   [C] request() or admit() does not see the close              a close refuses the sender that waits ...
//       sender count raised from zero                            a weak sender becomes a strong one ...
//       owner count dropped with release or acquire alone        whoever lets go last destroys the channel ...
//
// Two breaks make no difference: a withdrawn request need not grant (its slots, given back, do), and the exchange of
// admit() could be relaxed as far as any of these scenarios can tell.

namespace mpsc_model {

namespace {

using model::scenario;
using model::woken;
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

} // namespace

TEST_CASE("mpsc model: a receiver that parks is woken by the send that it just missed") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] { c->try_send(10); });
        s.thread("receiver", [=] { c->receive(1); });
    });
}

TEST_CASE("mpsc model: a receiver that parks anew for each value gets them all") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->try_send(11);
        });
        s.thread("receiver", [=] { c->receive(2); });
    });
}

TEST_CASE("mpsc model: two senders never get the same slot, and the receiver gets both values") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        s.thread("first", [=] { c->try_send(10); });
        s.thread("second", [=] { c->try_send(20); });
        s.thread("receiver", [=] { c->receive(2); });
    });
}

TEST_CASE("mpsc model: two senders and one slot: one is refused, or the slot is used again") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("first", [=] { c->try_send(10); });
        s.thread("second", [=] { c->try_send(20); });
        s.thread("receiver", [=] { c->receive(1); });
    });
}

TEST_CASE("mpsc model: a head that one sender has seen is good for the other") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(10);
        s.thread("first", [=] { c->try_send(20); });
        s.thread("second", [=] { c->try_send(30); });
        s.thread("receiver", [=] { c->try_receive(); });
    });
}

TEST_CASE("mpsc model: a sender is refused only if the channel was full") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] { c->try_send(10); });
        s.thread("sender and receiver", [=] { // never has more than one value in the channel
            c->try_send(20);
            c->try_receive();
            c->try_send(21);
            c->try_receive();
        });
        s.finally([=] {
            model::check(c->was_sent(10), "there was room all the time");
            c->verify();
        });
    });
}

TEST_CASE("mpsc model: the receiver takes a run of values while a sender goes round the ring") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [=](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            for (int n = 10; n != 14; ++n) {
                c->try_send(n);
            }
        });
        s.thread("receiver", [=] {
            c->receive(1);
            c->try_receive();
            c->try_receive();
        });
    });
}

TEST_CASE("mpsc model: a sender that finds the channel full gets the slot that is freed meanwhile") {
    auto const capacity = GENERATE(1U, 2U);
    explore(capacity, [=](scenario& s, channel_ptr const& c) {
        for (int n = 0; n != static_cast<int>(capacity); ++n) {
            c->try_send(20 + n);
        }
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] { c->receive(capacity + 1); });
    });
}

TEST_CASE("mpsc model: a sender that waits twice gets both its slots, and the receiver all values") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->send(10);
            c->send(11);
        });
        s.thread("receiver", [=] { c->receive(2); });
    });
}

TEST_CASE("mpsc model: two senders wait, and each gets a slot") {
    explore(
        1,
        [](scenario& s, channel_ptr const& c) {
            c->try_send(30);
            s.thread("first", [=] { c->send(10); });
            s.thread("second", [=] { c->send(20); });
            s.thread("receiver", [=] { c->receive(3); });
        },
        model::few_preemptions(2));
}

TEST_CASE("mpsc model: a freed slot is the waiting sender's, not the next comer's") {
    struct waiting {
        model::blocking_waiter w;
        weir::detail::slot_request r{1, 7, true};
    };

    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        auto const first = std::make_shared<waiting>();
        c->core.request(first->r, first->w);
        s.thread("next comer", [=] {
            c->try_send(20);
            model::check(!c->was_sent(20), "the slot was somebody's already");
        });
        s.thread("receiver", [=] { c->receive(1); });
        s.thread("waiting", [=] {
            first->w.wait();
            model::check(c->core.claim(first->r) == weir::detail::attempt::done, "woken with a slot");
            c->send_reserved(10);
        });
    });
}

TEST_CASE(
    "mpsc model: a sender's next send waits for the one before, which has its slot and has not looked") {
    struct waiting {
        model::blocking_waiter w;
        weir::detail::slot_request r{1, 7, true};
    };

    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        c->try_send(31);
        auto const first = std::make_shared<waiting>();
        c->core.request(first->r, first->w);
        s.thread("sender", [=] {
            model::check(c->core.try_send(model::value(20), 7) == weir::detail::attempt::not_now,
                         "there is a send before it");
            first->w.wait();
            model::check(c->core.claim(first->r) == weir::detail::attempt::done, "woken with a slot");
            c->send_reserved(10);
        });
        s.thread("receiver", [=] { // there is a slot for the first, and one more
            model::check(c->try_receive_many(2) == 2, "both are there");
        });
    });
}

TEST_CASE("mpsc model: a request for two slots collects them one by one") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        c->try_send(31);
        s.thread("sender", [=] {
            model::check(c->reserve(2), "the channel is open");
            c->send_reserved(10);
            c->send_reserved(11);
        });
        s.thread("receiver", [=] { c->receive(4); });
    });
}

TEST_CASE("mpsc model: slots that are given back go to the sender that waits") {
    explore(
        2,
        [](scenario& s, channel_ptr const& c) {
            model::check(c->core.try_reserve(2, 0) == weir::detail::attempt::done, "there is room");
            s.thread("holder", [=] {
                c->core.return_slots(1);
                c->send_reserved(20);
            });
            s.thread("sender", [=] { c->send(10); });
            s.thread("receiver", [=] { c->receive(2); });
        },
        model::few_preemptions(2));
}

TEST_CASE("mpsc model: a cancelled sender passes on the slot that it was given") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        s.thread("cancelled", [=] { c->send_cancelled(10); });
        s.thread("receiver", [=] { c->try_receive(); });
    });
    explore(
        1,
        [](scenario& s, channel_ptr const& c) {
            c->try_send(30);
            s.thread("cancelled", [=] { c->send_cancelled(10); });
            s.thread("sender", [=] { c->send(20); });
            s.thread("receiver", [=] { c->receive(2); });
        },
        model::few_preemptions(2));
}

TEST_CASE("mpsc model: a cancelled request for two slots gives back the one that it had") {
    explore(
        2,
        [](scenario& s, channel_ptr const& c) {
            model::check(c->core.try_reserve(1, 0) == weir::detail::attempt::done, "there is room");
            s.thread("cancelled", [=] { c->reserve_cancelled(2); });
            s.thread("sender", [=] { c->send(20); });
            s.thread("holder", [=] { c->send_reserved(30); });
        },
        model::few_preemptions(3));
}

TEST_CASE("mpsc model: a cancelled receive takes nothing, and the next one gets the value") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] { c->try_send(10); });
        s.thread("receiver", [=] {
            c->receive_cancelled();
            if (c->received().empty()) {
                c->receive(woken::may_find_nothing); // the sender's wake-up may have been meant for the first
            }
        });
    });
}

TEST_CASE("mpsc model: the receiver steps over a value whose move threw, and its slot is used again") {
    using throwing = model::recorded_channel<model::unmovable_if_negative>;
    auto const capacity = GENERATE(1U, 2U);
    auto const result = model::explore(model::few_preemptions(2), [=](scenario& s) {
        auto const c = std::make_shared<throwing>(capacity);
        s.thread("thrower", [=] {
            bool is_full = false;
            bool has_thrown = false;
            try {
                is_full =
                    c->core.try_send(model::unmovable_if_negative(-1), 0) != weir::detail::attempt::done;
            } catch (std::runtime_error const&) {
                has_thrown = true;
            }
            model::check(has_thrown != is_full, "the exception comes out of the send");
        });
        s.thread("sender", [=] { c->send(20); });
        s.thread("receiver", [=] { c->receive(woken::may_find_nothing); });
        s.finally([=] {
            c->verify();
            model::check(c->received().size() == 1, "the other value is received");
        });
    });
    CAPTURE(capacity);
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

TEST_CASE("mpsc model: the first senders make the slots once, and the receiver finds what is in them") {
    auto const capacity = GENERATE(1U, 2U);
    auto const result = model::explore(model::few_preemptions(2), [=](scenario& s) {
        auto const c = std::make_shared<channel>(capacity, false);
        s.finally([c] { c->verify(); });
        s.thread("first", [=] { c->send(10); });
        s.thread("second", [=] { c->try_send(20); });
        s.thread("receiver", [=] { c->receive(1); });
    });
    CAPTURE(capacity);
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace mpsc_model
