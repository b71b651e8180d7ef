// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/wake_box.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

// Wake-ups that threads leave in a box while others open, empty and close it, in every order: protocol [B].
//
// What these tests say to a box broken on purpose, one line at a time:
//
//   leave(), shut_for_ever(), either half of empty(): relaxed  a data race, where it is emptied
//   try_open(), try_close(), either half of empty(): relaxed   a data race, between two who open it
//   leave() does not look at `open`; a store for its exchange;
//   empty() keeps it open; try_close() does not look           posted once
//   leave() drops `open`                                       what was left ... oldest first
//   try_open() does not look                                   it was closed, and opens once
//   shut_for_ever() leaves it as if it were closed             shut
//   the node below forgotten; the wrong end first              posted once, in order
//   the stack taken as it lies                                 in order

namespace wake_box_model {

namespace {

struct wake {
    wake* next_ = nullptr;
    int own = 0;   // plain: who leaves it, then who posts it
    int posts = 0; // who posts it
};

/// A box, and the function that looks into it.
struct world {
    weir::detail::basic_wake_box<model::atomic, wake> box;
    std::array<wake, 2> wakes;
    int since = 0; // plain: who has opened the box

    void post(wake& w) {
        model::plain_write(&w.own);
        ++w.posts;
    }

    /// What is linked was left in this order, as far as one thread has left it.
    void post_all(wake* first) {
        while (first != nullptr) {
            wake* const next = first->next_;
            post(*first);
            first = next;
        }
    }

    void leave(std::size_t i) {
        model::plain_write(&wakes[i].own);
        if (!box.leave(wakes[i])) {
            model::check(wakes[i].next_ == nullptr, "what is refused is linked to nothing");
            post(wakes[i]);
        }
    }

    /// Opens the box if it can, and looks until it has closed it, with or without what was in it.
    void look(int rounds) {
        if (!box.try_open()) {
            return;
        }
        model::plain_write(&since);
        for (int n = 0; box.is_empty(); ++n) {
            model::plain_read(&since);
            if (n >= rounds && box.try_close()) {
                return;
            }
            model::yield();
        }
        model::plain_read(&since);
        post_all(box.empty());
    }

    void verify_posted() const {
        for (wake const& w : wakes) {
            model::check(w.posts == 1, "posted once");
        }
    }

    void verify_closed() {
        model::check(box.try_open() && !box.try_open(), "it was closed, and opens once");
        model::check(box.is_empty() && box.try_close(), "it is empty");
    }
};

using world_ptr = std::shared_ptr<world>;

void explore(std::function<void(model::scenario&, world_ptr const&)> const& describe) {
    auto const result =
        model::explore({}, [&](model::scenario& s) { describe(s, std::make_shared<world>()); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("wake box model: what two threads leave is posted once each") {
    explore([](model::scenario& s, world_ptr const& w) {
        s.thread("looks", [=] { w->look(1); });
        s.thread("first", [=] { w->leave(0); });
        s.thread("second", [=] { w->leave(1); });
        s.finally([=] {
            w->verify_posted();
            w->verify_closed();
        });
    });
}

TEST_CASE("wake box model: two who open it, one after the other or at once, each have it to themselves") {
    explore([](model::scenario& s, world_ptr const& w) {
        s.thread("looks", [=] { w->look(0); });
        s.thread("looks too", [=] { w->look(0); });
        s.thread("leaves", [=] { w->leave(0); });
        s.finally([=] {
            w->leave(1);
            w->verify_posted();
            w->verify_closed();
        });
    });
}

TEST_CASE("wake box model: what was left is taken out oldest first") {
    explore([](model::scenario& s, world_ptr const& w) {
        model::check(w->box.try_open(), "it was closed");
        s.thread("other", [=] { model::check(!w->box.try_open(), "it is open"); });
        s.thread("leaves", [=] {
            w->leave(0);
            w->leave(1);
        });
        s.finally([=] {
            wake* const first = w->box.empty();
            model::check(first == &w->wakes[0] && first->next_ == &w->wakes[1], "in order");
            w->post_all(first);
            w->verify_posted();
        });
    });
}

TEST_CASE("wake box model: a box that is shut for ever gives back what was left, and takes nothing") {
    explore([](model::scenario& s, world_ptr const& w) {
        model::check(w->box.try_open(), "it was closed");
        s.thread("shuts", [=] { w->post_all(w->box.shut_for_ever()); });
        s.thread("first", [=] { w->leave(0); });
        s.thread("second", [=] { w->leave(1); });
        s.finally([=] {
            w->verify_posted();
            model::check(!w->box.try_open(), "shut");
        });
    });
}

} // namespace wake_box_model
