// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/unbounded_core.hpp>

#include "mpsc_scenario.hpp"

#include <support/catch.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

// The unbounded channel with blocks of one and of three slots, in every order: protocols [S] [B] [L] [K] [T] [H] [R]
// [C] [G].
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   [S] a block is appended without a look at the index          two senders append a block at once ...
//   [S] the index moves past a block with acquire alone          two senders append a block at once ...
//   [B] the last block is looked up before the word              a receiver that parks is woken ...
//   [L] the link to the next block stored relaxed                every one that receives
//   [K] the kept block exchanged relaxed, or not reset           a receiver follows a sender from block to block ...
//   [T] turn stored relaxed                                      every one that receives
//   [T] a position given up is not told of                       the receiver steps over a value whose move threw
//   [H] what was taken stored or loaded relaxed                  size never counts what is not there
//   [H] it is never stored                                       nearly all, in the end
//   [R] a send leaves the receiver's flag in the word            two senders append a block at once ...
//   [R] the receiver parks without a look at what was sent       a receiver that parks is woken ...
//   [R] a send that throws does not wake                         the receiver steps over a value whose move threw
//   [G] any of the four accesses acquire or release, or no look   what is sent while the receiver goes ...
//   [G] who comes while another sweeps is not served             what is sent while the receiver goes ...
//   [C] close() does not wake the receiver                       the last sender's going wakes a receiver ...
//   [C] the end is told with values sent                         the last sender's going wakes a receiver ...
//   [C] close() does not tell those who wait for it              a close refuses a send ...
//
// One break makes no difference: the last block stored relaxed, [B], for nobody looks at it before the word.

namespace unbounded_model {

namespace {

using model::scenario;
using model::woken;

template <class T, std::size_t Slots>
class recorded_unbounded
    : public model::recorded_ends<weir::detail::basic_unbounded_core<T, model::threading, Slots>> {
    using ends = model::recorded_ends<weir::detail::basic_unbounded_core<T, model::threading, Slots>>;

public:
    recorded_unbounded() : ends(*new typename ends::core_type) {}

    void send(int n) {
        T v(n);
        bool const sent = this->core.send(std::move(v));
        model::check(sent || v.number() == n, "a refused value is as it was");
        this->note(n, sent);
    }

    void verify() {
        this->verify_values();
        model::check(!this->has_receiver() || this->core.size() == 0, "nothing is counted that is not there");
    }
};

template <class Channel>
void explore(std::function<void(scenario&, std::shared_ptr<Channel> const&)> const& describe,
             model::options const& how = {}) {
    auto const result = model::explore(how, [&](scenario& s) {
        auto const c = std::make_shared<Channel>();
        s.finally([c] { c->verify(); });
        describe(s, c);
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

using tiny = recorded_unbounded<model::value, 1>; // a block a value
using small = recorded_unbounded<model::value, 3>;
using tiny_ptr = std::shared_ptr<tiny>;
using small_ptr = std::shared_ptr<small>;
using throwing = recorded_unbounded<model::unmovable_if_negative, 1>;

/// False: closed.
bool throw_in_send(throwing& c) {
    try {
        return c.core.send(model::unmovable_if_negative(-1));
    } catch (std::runtime_error const&) {
        return true;
    }
}

} // namespace

TEST_CASE("unbounded model: a receiver that parks is woken by the send that it just missed") {
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] { c->receive(1); });
    });
}

TEST_CASE("unbounded model: a receiver follows a sender from block to block, and each block is used again") {
    explore<tiny>(
        [](scenario& s, tiny_ptr const& c) {
            s.thread("sender", [=] {
                for (int n = 10; n != 14; ++n) {
                    c->send(n);
                }
            });
            s.thread("receiver", [=] { c->receive(4); });
        },
        model::few_preemptions(2));
}

TEST_CASE("unbounded model: two senders append a block at once, and both values arrive") {
    explore<tiny>(
        [](scenario& s, tiny_ptr const& c) {
            s.thread("first", [=] { c->send(10); });
            s.thread("second", [=] { c->send(20); });
            s.thread("receiver", [=] { c->receive(2); });
        },
        model::few_preemptions(2));
}

TEST_CASE("unbounded model: a sender that was held up finds its block, however many came since") {
    explore<tiny>(
        [](scenario& s, tiny_ptr const& c) {
            s.thread("held up", [=] { c->send(10); });
            s.thread("sender and receiver", [=] {
                for (int n = 20; n != 23; ++n) {
                    c->send(n);
                    c->try_receive();
                }
            });
        },
        model::few_preemptions(3));
}

TEST_CASE("unbounded model: two senders share a block") {
    explore<small>(
        [](scenario& s, small_ptr const& c) {
            s.thread("first", [=] {
                c->send(10);
                c->send(11);
            });
            s.thread("second", [=] {
                c->send(20);
                c->send(21);
            });
            s.thread("receiver", [=] { c->try_receive(); });
        },
        model::few_preemptions(2));
}

TEST_CASE(
    "unbounded model: the last sender's going wakes a receiver that parks, and what was sent comes first") {
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] { c->core.release_sender(); });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
    });
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] {
            c->send(10);
            c->core.release_sender();
        });
        s.thread("receiver", [=] { c->receive_to_the_end(); });
    });
}

TEST_CASE("unbounded model: a close refuses a send, or the value is received before the end") {
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] {
            c->core.close();
            c->receive_to_the_end();
        });
    });
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("waits for the close", [=] { c->wait_closed(); });
        s.thread("receiver", [=] { c->core.close(); });
    });
}

TEST_CASE("unbounded model: what is sent while the receiver goes is destroyed, and the channel with it") {
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] {
            c->send(10);
            c->send(11);
            c->core.release_sender();
        });
        s.thread("receiver", [=] { c->drop_receiver(); });
    });
    auto how = model::few_preemptions(2);
    how.stale_reads = 2; // each look at a slot is two
    explore<tiny>(
        [](scenario& s, tiny_ptr const& c) {
            s.thread("first", [=] { c->send(10); });
            s.thread("second", [=] { c->send(20); });
            s.thread("receiver", [=] { c->drop_receiver(); });
            s.finally(
                [=] { model::check(model::objects() == 0, "nothing stays, although there is a sender"); });
        },
        how);
    explore<throwing>(
        [](scenario& s, std::shared_ptr<throwing> const& c) {
            s.thread("thrower", [=] { throw_in_send(*c); });
            s.thread("sender", [=] { c->send(20); });
            s.thread("receiver", [=] { c->drop_receiver(); });
            s.finally([=] { model::check(model::objects() == 0, "nothing stays behind what was given up"); });
        },
        how);
}

TEST_CASE("unbounded model: a cancelled receive takes nothing, and the next one gets the value") {
    explore<tiny>([](scenario& s, tiny_ptr const& c) {
        s.thread("sender", [=] { c->send(10); });
        s.thread("receiver", [=] {
            c->receive_cancelled();
            if (c->received().empty()) {
                c->receive(woken::may_find_nothing); // the sender's wake-up may have been meant for the first
            }
        });
    });
}

TEST_CASE("unbounded model: size never counts what is not there") {
    explore<small>([](scenario& s, small_ptr const& c) {
        s.thread("sender", [=] {
            c->send(10);
            c->send(11);
        });
        s.thread("receiver", [=] {
            c->try_receive();
            c->try_receive();
        });
        s.thread("observer", [=] { model::check(c->core.size() <= 2, "what was taken was sent"); });
    });
}

TEST_CASE("unbounded model: the receiver steps over a value whose move threw") {
    explore<throwing>(
        [](scenario& s, std::shared_ptr<throwing> const& c) {
            s.thread("thrower",
                     [=] { model::check(throw_in_send(*c), "the exception comes out of the send"); });
            s.thread("sender", [=] { c->send(20); });
            s.thread("receiver", [=] { c->receive(woken::may_find_nothing); });
        },
        model::few_preemptions(2));
}

} // namespace unbounded_model
