// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/cancellation_node.hpp>

#include "model_threading.hpp"

#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/ref_counted.hpp>

#include <support/catch.hpp>

#include <functional>
#include <memory>

// A tree that is cancelled in every order: protocol [X].
//
// What these tests say to a node broken on purpose, one line at a time:
//
//   a child does not look at its parent, or before the lock   a child that is made meanwhile ...
//   a child is made, or goes, without the lock                what goes meanwhile is not touched any more
//   a second cancel() returns before the lock                 when a cancel returns ...
//   what is below a child is left out                         who waits below is told ...
//   cancel() locks the node's own mutex                       when a cancel returns ...
//   cancel() goes up as well                                  a branch that is cancelled leaves alone ...
//   cancelled is stored or loaded relaxed                     who looks and sees it cancelled ...
//   nobody is woken, or one parks after the cancellation      who waits below is told ...
//   a withdrawn wait stays in the list                        a branch that is cancelled leaves alone ...
//   a node that goes stays in its parent's list               who looks and sees it cancelled ...
//   a node that goes keeps its parent                         the line goes with whoever lets go last
//
// Whether stop_waiting_closed() locks is not seen here: the links of a list are no steps.

namespace cancellation_model {

namespace {

using model::scenario;

/// Every node has one, so what is left of them is counted.
class counted_mutex : public model::mutex {
public:
    counted_mutex() { model::count_object(+1); }

    ~counted_mutex() { model::count_object(-1); }
};

struct threading : model::threading {
    using mutex = counted_mutex;
};

/// A root, a branch below it and a leaf below that, and what somebody did before it cancelled.
struct tree {
    using node = weir::detail::cancellation_node<threading>;
    using handle = weir::detail::intrusive_ptr<node>;
    using wait_operation = weir::detail::wait_closed_core<model::no_executor, node>;

    tree() = default;
    tree(tree const&) = delete;

    static handle below(handle const& parent) { return handle(new node(*parent)); }

    /// Lets go, as a source or token that is destroyed.
    static void drop(handle& h) { h = {}; }

    void write_and_cancel(handle const& h) {
        model::plain_write(&written);
        h->cancel();
    }

    void wait(handle const& h) {
        wait_operation op(*h, executor);
        finish(op);
        model::check(h->is_closed(), "it stays cancelled");
    }

    /// By an operation that has started, and whose token goes.
    void wait_and_drop(handle& h) {
        wait_operation op(*h, executor);
        op.retain();
        drop(h);
        finish(op);
    }

    void wait_cancelled(handle const& h) {
        wait_operation op(*h, executor);
        model::await_cancelled(op);
    }

    void look(handle const& h) const {
        if (h->is_closed()) {
            model::plain_read(&written);
        }
    }

    handle root{new node};
    handle branch = below(root);
    handle leaf = below(branch);
    int written = 0; // plain
    model::no_executor executor;

private:
    void finish(wait_operation& op) const {
        model::await(op);
        model::plain_read(&written);
    }
};

using tree_ptr = std::shared_ptr<tree>;

void explore(std::function<void(scenario&, tree_ptr const&)> const& describe) {
    auto const result = model::explore({}, [&](scenario& s) { describe(s, std::make_shared<tree>()); });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace

TEST_CASE("cancellation model: who waits below is told, once, and sees what was done before") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->write_and_cancel(t->root); });
        s.thread("at the leaf", [=] { t->wait(t->leaf); });
        s.thread("at the branch", [=] { t->wait(t->branch); });
    });
}

TEST_CASE("cancellation model: who looks and sees it cancelled sees what was done before") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->write_and_cancel(t->root); });
        s.thread("at the leaf", [=] { t->look(t->leaf); });
        s.thread("makes a child", [=] { t->look(tree::below(t->branch)); });
    });
}

TEST_CASE("cancellation model: when a cancel returns all below is cancelled, whoever else cancels") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("first", [=] {
            t->root->cancel();
            model::check(t->branch->is_closed() && t->leaf->is_closed(), "all below is cancelled");
        });
        s.thread("second", [=] {
            t->root->cancel();
            model::check(t->branch->is_closed() && t->leaf->is_closed(), "all below is cancelled");
        });
    });
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("above", [=] {
            t->root->cancel();
            model::check(t->branch->is_closed() && t->leaf->is_closed(), "all below is cancelled");
        });
        s.thread("in between", [=] {
            t->branch->cancel();
            model::check(t->leaf->is_closed(), "all below is cancelled");
        });
        s.thread("at the leaf", [=] { t->wait(t->leaf); });
    });
}

TEST_CASE("cancellation model: a branch that is cancelled leaves alone what is above and beside it") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->branch->cancel(); });
        s.thread("makes a branch", [=] {
            auto const beside = tree::below(t->root);
            t->wait_cancelled(beside);
            model::check(!beside->is_closed() && !t->root->is_closed(), "the branch alone was cancelled");
        });
        s.thread("at the leaf", [=] { t->wait(t->leaf); });
    });
}

TEST_CASE("cancellation model: a child that is made meanwhile is cancelled from the start or from above") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->write_and_cancel(t->root); });
        s.thread("makes a child", [=] { t->wait(tree::below(t->leaf)); });
        s.thread("makes another", [=] { tree::below(t->branch); });
    });
}

TEST_CASE("cancellation model: what goes meanwhile is not touched any more") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->root->cancel(); });
        s.thread("lets go", [=] {
            tree::drop(t->branch); // the leaf holds it
            tree::drop(t->leaf);
        });
        s.thread("lets go of its own", [=] { tree::below(t->root); });
    });
}

TEST_CASE("cancellation model: below one that nobody holds it is cancelled from above") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] {
            t->write_and_cancel(t->root);
            tree::drop(t->root);
        });
        s.thread("at the leaf", [=] { t->wait_and_drop(t->leaf); });
        s.thread("lets go", [=] { tree::drop(t->branch); });
    });
}

TEST_CASE("cancellation model: a wait that is withdrawn meanwhile is not woken any more") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->root->cancel(); });
        s.thread("at the leaf", [=] {
            t->wait_cancelled(t->leaf);
            t->wait(t->leaf);
        });
        s.thread("at the branch", [=] { t->wait_cancelled(t->branch); });
    });
}

TEST_CASE("cancellation model: who was told may cancel above, and make more") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("canceller", [=] { t->write_and_cancel(t->leaf); });
        s.thread("at the leaf", [=] {
            t->wait(t->leaf);
            t->root->cancel();
            model::check(tree::below(t->branch)->is_closed(), "what is made below is cancelled");
        });
        s.thread("at the root", [=] { t->wait(t->root); });
    });
}

TEST_CASE("cancellation model: the line goes with whoever lets go last") {
    explore([](scenario& s, tree_ptr const& t) {
        s.thread("of the leaf", [=] { tree::drop(t->leaf); });
        s.thread("of the branch", [=] { tree::drop(t->branch); });
        s.thread("of the root", [=] { tree::drop(t->root); });
        s.finally([] { model::check(model::objects() == 0, "no node is left"); });
    });
}

} // namespace cancellation_model
