// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/ready_list.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

// Nodes that threads make ready from outside while others run them, in every order: protocols [N] and [P].
//
// What these tests say to a list broken on purpose, one line at a time:
//
//   is_ready_: half of the order, a store or a look first    a node that two make ready ...
//   either half of push()'s exchange; that of begin_turn()
//   relaxed; load and
//   store instead; the node below or what is taken forgotten nodes from two threads ...
//   the exchange of end_turn(), begin_aside() relaxed        who is let in between ...
//   the exchange of take_stack() relaxed                     a node is taken out of the stack ...
//   posters_, hold(), close(): any order relaxed; counted
//   late, not at all or for too long; a load for an exchange who has closed the list ...
//   push() counts out after its exchange                     nodes and the list may go ...
//   push() is always or never the first                      a node that two make ready ...
//   push() forgets `posted`, or drops it                     nodes from two threads, of one thread ...
//   push() drops `in_turn`; begin_turn() or begin_aside()
//   do not look at it or set it                              who is let in between ...
//   take_stack() drops `in_turn` or `posted`                 a node is taken out by who is let in between
//   whoever was posted leaves `posted` set or looks not      who is let in between ...
//   end_turn() does not look at one of the three places, or
//   looks once; keeps the turn; posts always                 a node that two make ready, yields ...
//   `closed` dropped or not looked at                        who has closed the list ...
//   claims forgotten by push_here(), push_behind()           a node that is made ready from within ...
//   the stack taken as it lies                               nodes of one thread ...
//
// Told by none, because nothing is broken: push_here() that adds to the next turn, begin_turn() that puts the next behind
// the stack, remove() that takes the stack to this turn (they change who runs first, not whether).
// is_closed() and the load of remove() acquire for who calls them out of the blue; where weir does, a lock or the end of
// the pushes has told already.

namespace ready_list_model {

namespace {

using model::scenario;

/// The links of a node are not atomic: they belong to who makes it ready, and then to who has the turn, until it is ready
/// no more. Who changes whether it is, [N], also touches them here.
template <class T>
class atomic_with_links : public model::atomic<T> {
public:
    using model::atomic<T>::atomic;

    T exchange(T value, std::memory_order order) noexcept {
        if (value) {
            T const was = model::atomic<T>::exchange(value, order);
            touch_links_if(!was);
            return was;
        }
        touch_links_if(true);
        return model::atomic<T>::exchange(value, order);
    }

    T load(std::memory_order order) const noexcept {
        T const is = model::atomic<T>::load(order);
        touch_links_if(is);
        return is;
    }

private:
    void touch_links_if(bool is_owner) const noexcept {
        if (std::is_same_v<T, bool> && is_owner) {
            model::plain_write(&links_);
        }
    }

    int links_ = 0; // plain
};

using ready_list = weir::detail::basic_ready_list<atomic_with_links>;

/// Something that is made ready, and whose run is told `self`.
struct node : ready_list::node {
    std::function<void(node& self)> run;
    int runs = 0; // who has the turn
    int own = 0;  // plain: who makes it ready, then who has the turn
};

/// A list and the executor that it posts to, as a run queue has them. The executor has one thread that runs what is
/// posted, and one or two that run something else.
class queue {
public:
    queue() = default;
    queue(queue const&) = delete;

    ~queue() { model::end_location(posted_); }

    ready_list& list() noexcept { return *list_; }

    // --- any thread ------------------------------------------------------------------------------------------------

    /// False: the node was ready, or the list is closed.
    bool push(node& n) {
        auto const pushed = list_->push(n);
        if (pushed == ready_list::pushed::first) {
            add_ref(); // for the post
            post_from_outside();
        }
        return pushed != ready_list::pushed::no;
    }

    // --- the executor ----------------------------------------------------------------------------------------------

    /// Runs one function that was posted.
    void run_posted() {
        model::wait(posted_);
        posts_.fetch_sub(1, std::memory_order_relaxed);
        run_turn();
        release();
    }

    template <class Done>
    void run_posted_until(Done done) {
        while (!done()) {
            run_posted();
        }
    }

    /// Runs `f` with the turn of the list, if nobody has it.
    template <class F>
    bool run_aside(F f) {
        if (!list_->begin_aside()) {
            return false;
        }
        begin_turn();
        f();
        end_turn();
        if (list_->end_turn()) {
            post();
        }
        return true;
    }

    /// As the shutdown of a context: afterwards nobody posts.
    void close() {
        list_->close();
        while (list_->is_being_posted()) {
            model::yield();
        }
        model::plain_write(&executor_);
    }

    void use_executor() { model::plain_read(&executor_); }

    // --- owners ----------------------------------------------------------------------------------------------------

    void add_ref() { owners_.fetch_add(1, std::memory_order_relaxed); }

    void release() {
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            list_.reset();
        }
    }

    [[nodiscard]] bool is_gone() const noexcept { return list_ == nullptr; }

    // --- at the end, when nothing else goes on ---------------------------------------------------------------------

    /// What was posted is run; after that nothing is ready, and somebody who comes has to post.
    void verify_idle() {
        while (posts_.load(std::memory_order_relaxed) != 0) {
            run_posted();
        }
        list_->clear([](auto&) { model::check(false, "ready, and nobody was posted"); });
        node last;
        model::check(list_->push(last) == ready_list::pushed::first, "the next one posts");
        list_->end_post();
        model::check(list_->remove(last), "it is ready");
    }

private:
    void post_from_outside() {
        model::plain_write(&batch_);
        use_executor();
        post();
        list_->end_post();
        release();
    }

    void post() {
        add_ref(); // for what is posted
        model::check(posts_.fetch_add(1, std::memory_order_relaxed) == 0, "one function is posted at a time");
        model::post(posted_);
    }

    void run_turn() {
        if (!list_->begin_turn()) {
            return;
        }
        begin_turn();
        while (auto* const n = static_cast<node*>(list_->pop())) {
            ++n->runs;
            auto const run = n->run; // it may be the end of the node
            run(*n);
        }
        end_turn();
        if (list_->end_turn()) {
            post();
        }
    }

    void begin_turn() { model::plain_write(&turn_); }

    void end_turn() { model::plain_write(&turn_); }

    std::unique_ptr<ready_list> list_ = std::make_unique<ready_list>();
    model::location_id const posted_ = model::make_location(0);
    model::atomic<int> posts_{0};
    model::atomic<int> owners_{1};
    int executor_ = 0; // plain: whoever posts reads it; whoever has closed the list writes it
    int batch_ = 0;    // plain: what links the queue to others that the same call has woken
    int turn_ = 0;     // plain: who has the turn
};

/// What one thread says before it makes a node ready, and a run of the node finds.
class news {
public:
    void say() { said_.store(1, std::memory_order_relaxed); }

    bool find() { return std::exchange(is_found_, said_.load(std::memory_order_relaxed) == 1) || is_found_; }

    [[nodiscard]] bool is_found() const noexcept { return is_found_; }

private:
    model::atomic<int> said_{0};
    bool is_found_ = false; // who has the turn
};

/// A queue with up to three nodes, and who says what.
struct world {
    queue q;
    std::array<news, 2> said;
    std::array<std::unique_ptr<node>, 3> nodes;

    world() {
        for (auto& n : nodes) {
            n = std::make_unique<node>();
            n->run = [](node&) {};
        }
    }

    node& at(std::size_t i) { return *nodes[i]; }

    [[nodiscard]] bool has_run(std::size_t i) const { return nodes[i]->runs != 0; }

    void say_and_push(std::size_t who, std::size_t node) {
        said[who].say();
        q.push(at(node));
    }

    void look() {
        for (news& n : said) {
            n.find();
        }
    }

    [[nodiscard]] bool is_all_found() const { return said[0].is_found() && said[1].is_found(); }
};

using world_ptr = std::shared_ptr<world>;

void explore(std::function<void(scenario&, world_ptr const&)> const& describe, unsigned stale_reads = 2) {
    auto const result = model::explore({.stale_reads = stale_reads},
                                       [&](scenario& s) { describe(s, std::make_shared<world>()); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
#ifdef SHOWRUNS
    WARN(result.runs);
#endif
}

} // namespace

TEST_CASE("ready list model: a node that two make ready sees what both have said") {
    explore([](scenario& s, world_ptr const& w) {
        w->at(0).run = [w = w.get()](node&) { w->look(); };
        s.thread("runner", [=] { w->q.run_posted_until([&] { return w->is_all_found(); }); });
        s.thread("first", [=] { w->say_and_push(0, 0); });
        s.thread("second", [=] { w->say_and_push(1, 0); });
        s.finally([=] {
            w->q.verify_idle();
            model::check(w->at(0).runs <= 2, "once for a push");
        });
    });
}

TEST_CASE(
    "ready list model: a node that is made ready when it runs, or just when the turn ends, runs again") {
    explore([](scenario& s, world_ptr const& w) {
        w->at(0).run = [w = w.get()](node&) { w->look(); };
        s.thread("runner", [=] { w->q.run_posted_until([&] { return w->is_all_found(); }); });
        s.thread("pusher", [=] {
            w->say_and_push(0, 0);
            w->say_and_push(1, 0);
        });
        s.finally([=] { w->q.verify_idle(); });
    });
}

TEST_CASE("ready list model: nodes from two threads run once each") {
    explore([](scenario& s, world_ptr const& w) {
        s.thread("runner", [=] { w->q.run_posted_until([&] { return w->has_run(0) && w->has_run(1); }); });
        s.thread("first", [=] { w->q.push(w->at(0)); });
        s.thread("second", [=] { w->q.push(w->at(1)); });
        s.finally([=] {
            w->q.verify_idle();
            model::check(w->at(0).runs == 1 && w->at(1).runs == 1, "once each");
        });
    });
}

TEST_CASE("ready list model: nodes of one thread run in the order in which they came") {
    explore([](scenario& s, world_ptr const& w) {
        auto const check_order = [w = w.get()](node&) {
            model::check(w->at(0).runs >= w->at(1).runs && w->at(1).runs >= w->at(2).runs, "in order");
        };
        for (std::size_t i = 0; i != 3; ++i) {
            w->at(i).run = check_order;
        }
        s.thread("runner", [=] { w->q.run_posted_until([&] { return w->has_run(2); }); });
        s.thread("pusher", [=] {
            for (std::size_t i = 0; i != 3; ++i) {
                w->q.push(w->at(i));
            }
        });
        s.finally([=] { w->q.verify_idle(); });
    });
}

TEST_CASE("ready list model: a node that is made ready from within the turn and from outside runs for both") {
    for (bool const behind : {false, true}) {
        explore([=](scenario& s, world_ptr const& w) {
            w->at(0).run = [w = w.get(), behind](node&) {
                w->said[0].say();
                behind ? w->q.list().push_behind(w->at(1)) : w->q.list().push_here(w->at(1));
            };
            w->at(1).run = [w = w.get()](node&) { w->look(); };
            s.thread("runner", [=] { w->q.run_posted_until([&] { return w->is_all_found(); }); });
            s.thread("pusher", [=] { w->q.push(w->at(0)); });
            s.thread("other", [=] { w->say_and_push(1, 1); });
            s.finally([=] { w->q.verify_idle(); });
        });
    }
}

TEST_CASE("ready list model: a node that yields runs again in another turn") {
    explore([](scenario& s, world_ptr const& w) {
        w->at(0).run = [w = w.get()](node& self) {
            if (self.runs == 1) {
                w->q.list().push_behind(self);
            }
        };
        s.thread("runner", [=] {
            w->q.run_posted();
            model::check(w->at(0).runs <= 1, "in another turn");
            w->q.run_posted_until([&] { return w->at(0).runs == 2 && w->has_run(1); });
        });
        s.thread("yielding", [=] { w->q.push(w->at(0)); });
        s.thread("other", [=] { w->q.push(w->at(1)); });
        s.finally([=] { w->q.verify_idle(); });
    });
}

TEST_CASE("ready list model: who is let in between has the turn alone, and nothing is lost") {
    auto const aside = [](world& w) {
        if (!w.q.run_aside([&] { w.q.list().push_here(w.at(1)); })) {
            w.q.push(w.at(1));
        }
    };
    explore([=](scenario& s, world_ptr const& w) { // beside a push
        s.thread("runner", [=] { w->q.run_posted_until([&] { return w->has_run(0) && w->has_run(1); }); });
        s.thread("aside", [=] { aside(*w); });
        s.thread("pusher", [=] { w->q.push(w->at(0)); });
        s.finally([=] { w->q.verify_idle(); });
    });
    explore(
        [=](scenario& s, world_ptr const& w) { // beside what was posted
            w->q.push(w->at(0));
            s.thread("runner",
                     [=] { w->q.run_posted_until([&] { return w->has_run(0) && w->has_run(1); }); });
            s.thread("aside", [=] { aside(*w); });
            s.thread("other aside", [=] { static_cast<void>(w->q.run_aside([] {})); });
            s.finally([=] { w->q.verify_idle(); });
        },
        1);
}

TEST_CASE("ready list model: who has closed the list has it and the executor to itself") {
    auto const push = [](world& w, std::size_t i) {
        if (!w.q.push(w.at(i))) {
            w.at(i).runs = -1; // not added
        }
    };
    auto const close = [](world& w) {
        w.q.close();
        w.q.list().clear([](auto& n) { ++static_cast<node&>(n).runs; });
        model::check(w.q.list().is_closed(), "closed");
    };
    auto const verify = [](world& w) {
        for (std::size_t i = 0; i != 2; ++i) {
            model::check(w.at(i).runs == 1 || w.at(i).runs == -1, "found or refused");
            model::check(!w.q.list().remove(w.at(i)), "no more in");
        }
        model::check(w.q.list().push(w.at(2)) == ready_list::pushed::no, "nothing is added");
        model::check(!w.q.list().hold() && !w.q.list().is_being_posted(), "nobody is let in");
        model::check(!w.q.list().begin_aside(), "nothing runs");
        model::check(w.q.list().begin_turn() && !w.q.list().end_turn(), "nothing is left");
        model::check(w.q.list().is_closed(), "for ever");
    };
    explore([=](scenario& s, world_ptr const& w) {
        s.thread("closer", [=] { close(*w); });
        s.thread("first", [=] { push(*w, 0); });
        s.thread("second", [=] { push(*w, 1); });
        s.finally([=] { verify(*w); });
    });
    explore([=](scenario& s, world_ptr const& w) {
        s.thread("closer", [=] {
            w->q.close();
            model::check(w->q.list().remove(w->at(1)), "it was ready");
            ++w->at(1).runs;
            close(*w);
        });
        s.thread("holder", [=] {
            if (w->q.list().hold()) {
                w->q.use_executor();
                w->q.list().end_post();
            }
        });
        s.thread("pusher", [=] { push(*w, 0); });
        push(*w, 1);
        s.finally([=] { verify(*w); });
    });
}

TEST_CASE(
    "ready list model: a node is taken out of the stack, and those that came before and after it stay") {
    for (bool const before : {false, true}) {
        explore([=](scenario& s, world_ptr const& w) {
            auto const is_pushed = std::make_shared<model::atomic<int>>(0);
            auto const is_removed = std::make_shared<bool>(false);
            w->at(0).run = [=, w = w.get()](node&) {
                if (is_pushed->load(std::memory_order_acquire) != 0) {
                    model::check(w->q.list().remove(w->at(1)), "it was ready");
                    model::check(!w->q.list().remove(w->at(1)), "it was taken out");
                    w->nodes[1].reset();
                    *is_removed = true;
                    if (w->at(2).is_linked()) { // came with it
                        model::plain_write(&w->at(2).own);
                    }
                }
            };
            w->q.push(w->at(0));
            s.thread("runner", [=] {
                w->q.run_posted_until(
                    [&] { return w->has_run(0) && (*is_removed || w->has_run(1)) && w->has_run(2); });
            });
            s.thread("pusher", [=] {
                auto const push_other = [&] {
                    model::plain_write(&w->at(2).own);
                    w->q.push(w->at(2));
                };
                if (before) {
                    push_other();
                }
                w->q.push(w->at(1));
                is_pushed->store(1, std::memory_order_release); // as by letting go of a core's lock
                if (!before) {
                    push_other();
                }
            });
            s.finally([=] { w->q.verify_idle(); });
        });
    }
}

TEST_CASE("ready list model: a node is taken out by who is let in between") {
    explore(
        [](scenario& s, world_ptr const& w) {
            w->q.push(w->at(0));
            w->q.push(w->at(1));
            s.thread("runner", [=] { w->q.run_posted_until([&] { return w->has_run(0); }); });
            s.thread("aside", [=] {
                static_cast<void>(w->q.run_aside([&] { static_cast<void>(w->q.list().remove(w->at(1))); }));
            });
            s.thread("other aside", [=] { static_cast<void>(w->q.run_aside([] {})); });
            s.finally([=] { w->q.verify_idle(); });
        },
        1);
}

TEST_CASE("ready list model: nodes and the list may go with the run of the last node") {
    explore([](scenario& s, world_ptr const& w) {
        auto const left = std::make_shared<int>(2);
        auto const make_and_push = [=, w = w.get()] {
            auto* const n = new node; // made and published by who pushes it
            n->run = [=](node& self) {
                --*left;
                w->q.release();
                delete &self;
            };
            w->q.push(*n);
        };
        w->q.add_ref(); // one for each node
        s.thread("runner", [=] { w->q.run_posted_until([&] { return *left == 0; }); });
        s.thread("first", make_and_push);
        s.thread("second", make_and_push);
        s.finally([=] { model::check(w->q.is_gone(), "its last owner has left"); });
    });
}

} // namespace ready_list_model
