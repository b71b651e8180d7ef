// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/mpmc_core.hpp>

#include "mpsc_scenario.hpp"

#include <weir/detail/mpmc_operations.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <vector>

// The shared queue in every order: promises, slots that go to who waits, and the end.
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   a value is taken although it is promised to another        a promised value is not the next comer's
//   a withdrawn receive keeps its promise, or goes on counting a cancelled receive passes on ...
//   nobody is woken for the end                                both receivers find the end ...
//   the end is told with slots busy                            values that were taken and not consumed ...
//   values that come back are promised to nobody               values that were taken and not consumed ...
//   a freed slot is granted to nobody                          a freed slot goes to who waits ...
//   a refused request keeps its slots                          a request that had one slot of two ...
//   a receive parks at the end                                 both receivers find the end ...
//   a receive takes although its receiver has gone             a receiver that goes aborts its receive ...
//   a receiver that goes makes the others lose their place     a receiver that goes aborts its receive ...
//   a value written after the last receiver went is queued     the last receiver that goes ...
//   the last receiver leaves what is there                     the last receiver that goes ...
//   a value is queued before it is written                     two receivers that park ...
//   a node is given back before its value is out               two senders and two receivers ...
//   a value whose construction throws keeps its slot           a value whose construction throws ...

namespace mpmc_model {

namespace {

using model::scenario;
using weir::detail::attempt;

/// A channel with two receivers, 0 and 1.
template <class T>
class mpmc_ends : public model::value_record {
public:
    using core_type = weir::detail::mpmc_core<T, model::threading>;
    using value_type = T;
    using place = weir::detail::mpmc_place<T, model::threading>;
    using receive_operation = weir::detail::receive_core<T, model::no_executor, place>;

    mpmc_ends(mpmc_ends const&) = delete;

    core_type& core;
    model::no_executor executor;

    /// A receive that has started, so that it may outlive its receiver.
    std::shared_ptr<receive_operation> start(std::size_t who) {
        auto op = std::make_shared<receive_operation>(*places_[who], executor);
        op->retain();
        return op;
    }

    /// How a receive of `who` ends. False: that was the end, or the receiver has gone.
    bool finish(std::size_t who, receive_operation& op) {
        model::await(op);
        return note_value(who, std::get<1>(op.take()));
    }

    bool receive(std::size_t who) {
        receive_operation op(*places_[who], executor);
        return finish(who, op);
    }

    void receive_cancelled(std::size_t who) {
        receive_operation op(*places_[who], executor);
        if (model::await_cancelled(op)) {
            note_value(who, std::get<1>(op.take()));
        }
    }

    /// Receives so many, and there is no more.
    void receive_to_the_end(std::size_t who) {
        while (receive(who)) {
        }
        model::check(take(who) == attempt::closed, "the end stays the end");
    }

    void try_receive(std::size_t who) { take(who); }

    /// Takes what is there, up to two values, and refuses to consume any.
    void take_and_refuse(std::size_t who) {
        try {
            places_[who]->try_take_many([](T&&) -> void { throw std::length_error("no room"); }, 2);
        } catch (std::length_error const&) {
        }
    }

    void drop_receiver(std::size_t who) noexcept {
        places_[who]->abandon_receiver();
        places_[who]->release();
        places_[who] = nullptr;
    }

    void close() noexcept { core.close(); }

protected:
    explicit mpmc_ends(core_type& c) : core(c) {
        core.add_ref();
        for (place*& p : places_) {
            p = new place(core);
        }
    }

    ~mpmc_ends() {
        for (std::size_t who = 0; who != places_.size(); ++who) {
            if (places_[who] != nullptr) {
                drop_receiver(who);
            }
        }
        while (core.strong_count() != 0) {
            core.release_sender();
        }
        core.release();
    }

    [[nodiscard]] bool has_receiver() const noexcept { return receiver() != nullptr; }

    /// Any value, not noted.
    attempt take_any() {
        weir::detail::value_request r(*receiver());
        return core.try_take(r, [](T&&) noexcept {});
    }

    void verify_values() {
        std::vector<int> left;
        if (place* const p = receiver()) {
            p->try_take_many([&](T&& v) { left.push_back(v.number()); }, 100);
            model::check(!core.is_closed() || take_any() == attempt::closed,
                         "an empty closed channel is at its end");
        }
        verify_record(left, has_receiver());
        for (auto const& values : received_by_) {
            model::check(is_in_order(values), "a receiver gets a sender's values in their order");
        }
    }

private:
    [[nodiscard]] place* receiver() const noexcept { return places_[0] != nullptr ? places_[0] : places_[1]; }

    attempt take(std::size_t who) {
        weir::detail::value_request r(*places_[who]);
        return core.try_take(r, [&](T&& v) { note_number(who, v.number()); });
    }

    bool note_value(std::size_t who, std::optional<T>&& v) {
        if (v) {
            note_number(who, v->number());
        }
        return v.has_value();
    }

    void note_number(std::size_t who, int n) {
        received_by_[who].push_back(n);
        note_received(n);
    }

    std::array<place*, 2> places_{}; // null once dropped
    std::array<std::vector<int>, 2> received_by_;
};

template <class T>
class recorded_mpmc : public model::bounded_parts<mpmc_ends<T>> {
    using parts = model::bounded_parts<mpmc_ends<T>>;

public:
    explicit recorded_mpmc(std::size_t capacity) : parts(*new typename parts::core_type(capacity)) {}

    void verify() {
        this->verify_values();
        if (this->has_receiver()) {
            this->verify_room();
        }
    }
};

/// A value that is copied under the lock.
struct plain {
    explicit plain(int number) noexcept : n(number) {}

    [[nodiscard]] int number() const noexcept { return n; }

    int n;
};

using channel = recorded_mpmc<model::value>;
using channel_ptr = std::shared_ptr<channel>;

template <class Channel = channel>
using description = std::type_identity_t<std::function<void(scenario&, std::shared_ptr<Channel> const&)>>;

template <class Channel = channel>
void explore(std::size_t capacity, description<Channel> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) {
        auto const c = std::make_shared<Channel>(capacity);
        s.finally([c] { c->verify(); });
        describe(s, c);
    });
    CAPTURE(capacity);
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

void reserve_one(channel& c) { model::check(c.core.try_reserve(1, 0) == attempt::done, "there is room"); }

} // namespace

TEST_CASE("mpmc model: two receivers that park get a value each, whoever parks first") {
    explore<recorded_mpmc<plain>>(2, [](scenario& s, auto const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->try_send(11);
        });
        s.thread("first", [=] { c->receive(0); });
        s.thread("second", [=] { c->receive(1); });
    });
    explore(2, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->try_send(11);
        });
        s.thread("first", [=] { c->receive(0); });
        s.thread("second", [=] { c->receive(1); });
    });
}

TEST_CASE("mpmc model: two senders and two receivers share one slot") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("first sender", [=] { c->send(10); });
        s.thread("second sender, then receiver", [=] {
            c->send(20);
            c->receive(1);
        });
        s.thread("receiver", [=] { c->receive(0); });
    });
}

TEST_CASE("mpmc model: a promised value is not the next comer's") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("waiting", [=] { c->receive(0); }); // woken in vain would be a failure
        s.thread("sender", [=] {
            c->send(10);
            c->send(11);
        });
        s.thread("next comer", [=] { c->try_receive(1); });
    });
}

TEST_CASE("mpmc model: a cancelled receive passes on the value that it was promised") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        s.thread("cancelled", [=] { c->receive_cancelled(0); });
        s.thread("receiver", [=] { c->receive(1); });
        s.thread("sender", [=] {
            c->try_send(10);
            if (c->received().size() == 1) {
                c->try_send(11); // for the other one
            }
            c->core.release_sender();
        });
    });
}

TEST_CASE("mpmc model: a freed slot goes to who waits, and a cancelled sender passes it on") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        s.thread("cancelled", [=] { c->send_cancelled(10); });
        s.thread("sender", [=] { c->send(20); });
        s.thread("receivers", [=] {
            c->receive(0);
            c->receive(1);
        });
    });
    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(30);
        c->try_send(31);
        s.thread("sender", [=] {
            model::check(c->reserve(2), "the channel is open");
            c->send_reserved(10);
            c->send_reserved(11);
        });
        s.thread("first", [=] { c->receive(0); });
        s.thread("second", [=] { c->receive(1); });
    });
}

TEST_CASE("mpmc model: both receivers find the end once what was sent is out") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        s.thread("sender", [=] {
            c->try_send(10);
            c->core.release_sender();
        });
        s.thread("first", [=] { c->receive_to_the_end(0); });
        s.thread("second", [=] { c->receive_to_the_end(1); });
    });
}

TEST_CASE("mpmc model: a closed channel ends for both with the last reserved slot, used or not") {
    bool const is_used = GENERATE(false, true);
    explore(2, [=](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        s.thread("holder", [=] {
            if (is_used) {
                c->send_reserved(10);
            } else {
                c->core.return_slots(1);
            }
        });
        s.thread("first", [=] {
            c->close();
            c->receive_to_the_end(0);
        });
        s.thread("second", [=] { c->receive_to_the_end(1); });
    });
}

TEST_CASE("mpmc model: a close refuses the sender that waits, whether it gets a slot just then or not") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->try_send(20);
        s.thread("sender", [=] { c->send(10); });
        s.thread("first", [=] { c->receive(0); });
        s.thread("second", [=] {
            c->close();
            c->receive_to_the_end(1);
        });
    });
}

TEST_CASE("mpmc model: a request that had one slot of two gives it back when it is refused") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(20);
        s.thread("sender", [=] {
            if (c->reserve(2)) {
                c->core.return_slots(2);
            }
        });
        s.thread("first", [=] {
            c->close();
            c->receive_to_the_end(0);
        });
        s.thread("second", [=] { c->receive_to_the_end(1); });
    });
}

TEST_CASE("mpmc model: values that were taken and not consumed are received before the end") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        c->try_send(10);
        c->try_send(11);
        s.thread("refuses", [=] { c->take_and_refuse(0); });
        s.thread("sender", [=] { c->core.release_sender(); });
        s.thread("receiver", [=] {
            c->receive_to_the_end(1);
            model::check(c->received().size() == 2, "the end comes last");
        });
    });
}

TEST_CASE("mpmc model: a receiver that goes aborts its receive, which passes on its promise") {
    explore(2, [](scenario& s, channel_ptr const& c) {
        auto const op = c->start(0);
        s.thread("of the one that goes", [=] { c->finish(0, *op); });
        s.thread("receiver", [=] { c->receive_to_the_end(1); });
        s.thread("other side", [=] {
            c->try_send(10);
            c->drop_receiver(0);
            c->core.release_sender();
        });
    });
}

TEST_CASE("mpmc model: the last receiver that goes refuses or destroys what is being sent") {
    explore(1, [](scenario& s, channel_ptr const& c) {
        c->drop_receiver(1);
        s.thread("sender", [=] {
            c->try_send(10);
            c->send(11);
        });
        s.thread("receiver", [=] { c->drop_receiver(0); });
    });
    explore(2, [](scenario& s, channel_ptr const& c) {
        reserve_one(*c);
        c->try_send(30);
        s.thread("holder", [=] { c->send_reserved(10); });
        s.thread("first", [=] { c->drop_receiver(0); });
        s.thread("second", [=] {
            c->take_and_refuse(1);
            c->drop_receiver(1);
        });
    });
}

TEST_CASE("mpmc model: a value whose construction throws leaves its slot to the sender that waits") {
    using throwing = recorded_mpmc<model::unmovable_if_negative>;
    explore<throwing>(1, [](scenario& s, auto const& c) {
        s.thread("thrower", [=] {
            bool is_full = false;
            bool has_thrown = false;
            try {
                is_full = c->core.try_send(model::unmovable_if_negative(-1), 0) != attempt::done;
            } catch (std::runtime_error const&) {
                has_thrown = true;
            }
            model::check(has_thrown != is_full, "the exception comes out of the send");
        });
        s.thread("sender", [=] { c->send(20); });
        s.thread("receiver", [=] { c->receive(0); });
    });
}

TEST_CASE("mpmc model: whoever lets go last destroys the channel and what is in it") {
    auto const result = model::explore({}, [](scenario& s) {
        auto* const core = new channel::core_type(1);
        auto* const place = new channel::place(*core);
        s.thread("sender", [=] {
            core->try_send(model::value(10), 0);
            core->release_sender();
        });
        s.thread("receiver", [=] {
            place->abandon_receiver();
            place->release();
        });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace mpmc_model
