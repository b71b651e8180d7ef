// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/oneshot_core.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

// A oneshot in every order: protocol [O].
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   the receiver looks, and then sets its flag          a receiver that parks gets the value ...
//   the value is published, or read, relaxed            a receiver that parks gets the value ...
//   send() does not wake                                a receiver that parks gets the value ...
//   the dropped sender does not wake                    a receiver that parks is told ...
//   a close in the middle of send() is overlooked       a value is either refused by the close or received after it
//   a refused value is not moved back                   a value is either refused by the close or received after it
//   an abandoned value is not destroyed                 a value sent to a receiver that goes ...
//   close() or wait_closed() overlooks the other        whoever waits for the close is told
//   a receiver that goes overlooks who waits            whoever waits for the close is told
//   ... or destroys no value that came meanwhile        a value sent to a receiver that goes ...
//   ... or exchanges relaxed                            whoever lets go last ...
//
// drop_value() could load relaxed: who calls it has changed the state, or dropped the last count, just before. So could
// release(), which looks whether its caller is alone, because drop_value() does not.

namespace oneshot_model {

namespace {

using model::no_executor;
using model::scenario;
using model::woken;

/// A oneshot and what became of its value.
struct oneshot {
    using core_type = weir::detail::oneshot_core<model::value, model::threading>;
    using receive_operation = weir::detail::receive_core<model::value, no_executor, core_type>;
    using wait_closed_operation = weir::detail::wait_closed_core<no_executor, core_type>;

    oneshot() : core(*new core_type) { core.add_ref(); }

    oneshot(oneshot const&) = delete;

    ~oneshot() { core.release(); }

    void send() {
        model::value v(7);
        was_sent = core.send(std::move(v));
        model::check(was_sent || v.number() == 7, "a refused value is as it was");
        model::check(!core.send(model::value(8)), "a second value is refused");
    }

    void drop_sender() {
        core.abandon_sender();
        core.release();
    }

    void receive(woken expectation = woken::finds_something) {
        receive_operation op(core, executor);
        await(op, expectation);
        note_received(std::get<1>(op.take()));
    }

    void receive_cancelled() {
        receive_operation op(core, executor);
        if (await_cancelled(op)) {
            note_received(std::get<1>(op.take()));
        }
    }

    void try_receive() {
        core.try_take([this](model::value&& v) { received = v.number(); });
    }

    void drop_receiver() { drop_receiver(core); }

    /// As its handle does.
    static void drop_receiver(core_type& core) {
        if (!core.abandon_and_release_receiver()) {
            core.abandon_receiver();
            core.release();
        }
    }

    void wait_closed() {
        wait_closed_operation op(core, executor);
        await(op);
    }

    core_type& core;
    no_executor executor;
    bool was_sent = false;
    bool has_seen_end = false;
    int received = 0;

private:
    void note_received(std::optional<model::value>&& v) {
        if (v) {
            model::check(received == 0 && v->number() == 7, "the value arrives once, as it was sent");
            received = v->number();
        } else {
            has_seen_end = true;
        }
    }
};

using oneshot_ptr = std::shared_ptr<oneshot>;

void explore(std::function<void(scenario&, oneshot_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) { describe(s, std::make_shared<oneshot>()); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("oneshot model: a receiver that parks gets the value that is sent meanwhile") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->send();
            o->drop_sender();
        });
        s.thread("receiver", [=] {
            o->receive();
            model::check(o->received == 7, "the value arrives");
            o->drop_receiver();
        });
        s.finally([=] { model::check(o->was_sent, "nobody refused it"); });
    });
}

TEST_CASE("oneshot model: a receiver that parks is told when the sender goes without sending") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] { o->drop_sender(); });
        s.thread("receiver", [=] {
            o->receive();
            model::check(o->has_seen_end, "there is no value");
            o->drop_receiver();
        });
    });
}

TEST_CASE("oneshot model: a value is either refused by the close or received after it") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->send();
            o->drop_sender();
        });
        s.thread("receiver", [=] {
            o->core.close();
            o->receive();
            o->drop_receiver();
        });
        s.finally([=] { model::check(o->was_sent == (o->received == 7), "what is not refused arrives"); });
    });
}

TEST_CASE("oneshot model: a value sent to a receiver that goes is refused or destroyed") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->send();
            o->drop_sender();
        });
        s.thread("receiver", [=] { o->drop_receiver(); });
        s.finally([=] { model::check(model::objects() == 0, "the value goes with the receiver"); });
    });
}

TEST_CASE("oneshot model: a cancelled receive takes nothing, and the next one gets the value") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->send();
            o->drop_sender();
        });
        s.thread("receiver", [=] {
            o->receive_cancelled();
            if (o->received == 0) {
                o->receive(woken::may_find_nothing);
            }
            model::check(o->received == 7, "the value arrives");
            o->drop_receiver();
        });
    });
}

TEST_CASE("oneshot model: a try sees all of the value or none") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->send();
            o->drop_sender();
        });
        s.thread("receiver", [=] {
            o->try_receive();
            o->try_receive();
            o->drop_receiver();
        });
    });
}

TEST_CASE("oneshot model: whoever waits for the close is told") {
    explore([](scenario& s, oneshot_ptr const& o) {
        s.thread("sender", [=] {
            o->wait_closed();
            model::check(!o->core.send(model::value(7)), "nobody wants it");
            o->drop_sender();
        });
        s.thread("receiver", [=] { o->drop_receiver(); });
    });
}

TEST_CASE("oneshot model: whoever lets go last destroys the block and the value in it") {
    auto const result = model::explore({}, [](scenario& s) {
        auto* const core = new oneshot::core_type;
        s.thread("sender", [=] {
            core->send(model::value(7));
            core->abandon_sender();
            core->release();
        });
        s.thread("receiver", [=] {
            core->try_take([](model::value&&) noexcept {});
            oneshot::drop_receiver(*core);
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace oneshot_model
