// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

// The explorer itself, by programs whose results are known.

namespace {

using model::atomic;
using model::outcome;
using model::scenario;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

using pair = std::pair<int, int>;

struct two_words {
    atomic<int> x{0};
    atomic<int> y{0};
    int first = -1;
    int second = -1;
};

/// What the two can have read in the end, by all orders.
template <class A, class B>
std::set<pair> results(A a, B b, model::options how = {}) {
    std::set<pair> seen;
    auto const result = model::explore(how, [&](scenario& s) {
        auto const w = std::make_shared<two_words>();
        s.thread("a", [=] { a(*w); });
        s.thread("b", [=] { b(*w); });
        s.finally([=, &seen] { seen.insert({w->first, w->second}); });
    });
    CHECK(result.failure == "");
    return seen;
}

bool starts_with(std::string const& text, char const* begin) { return text.rfind(begin, 0) == 0; }

} // namespace

TEST_CASE("explorer: store buffering is seen unless all four accesses are seq_cst") {
    auto const sb = [](std::memory_order store_x, std::memory_order load_y, std::memory_order store_y,
                       std::memory_order load_x) {
        auto const all = results(
            [=](two_words& w) {
                w.x.store(1, store_x);
                w.first = w.y.load(load_y);
            },
            [=](two_words& w) {
                w.y.store(1, store_y);
                w.second = w.x.load(load_x);
            });
        CHECK(all.count({1, 1}) == 1);
        CHECK(all.count({0, 1}) == 1);
        CHECK(all.count({1, 0}) == 1);
        return all.count({0, 0}) == 1;
    };
    CHECK_FALSE(sb(seq_cst, seq_cst, seq_cst, seq_cst));
    CHECK(sb(release, seq_cst, seq_cst, seq_cst));
    CHECK(sb(seq_cst, acquire, seq_cst, seq_cst));
    CHECK(sb(seq_cst, seq_cst, release, seq_cst));
    CHECK(sb(seq_cst, seq_cst, seq_cst, relaxed));
    CHECK(sb(release, acquire, release, acquire));
}

TEST_CASE("explorer: a message is passed with release and acquire, and with nothing less") {
    auto const mp = [](std::memory_order write, std::memory_order read) {
        return results(
                   [=](two_words& w) {
                       w.x.store(1, relaxed);
                       w.y.store(1, write);
                   },
                   [=](two_words& w) {
                       w.first = w.y.load(read);
                       w.second = w.x.load(relaxed);
                   })
                   .count({1, 0}) == 1;
    };
    CHECK_FALSE(mp(release, acquire));
    CHECK(mp(relaxed, acquire));
    CHECK(mp(release, relaxed));
}

TEST_CASE("explorer: a read-modify-write carries on what its predecessor released") {
    auto const all = results(
        [](two_words& w) {
            w.x.store(1, relaxed);
            w.y.store(1, release);
        },
        [](two_words& w) {
            w.y.fetch_add(1, relaxed);
            w.first = w.y.load(acquire);
            w.second = w.x.load(relaxed);
        });
    CHECK(all == std::set<pair>{{1, 0}, {1, 1}, {2, 1}});
}

TEST_CASE("explorer: reads of one location never go back") {
    auto const all = results([](two_words& w) { w.x.store(1, relaxed); },
                             [](two_words& w) {
                                 w.first = w.x.load(relaxed);
                                 w.second = w.x.load(relaxed);
                             });
    CHECK(all == std::set<pair>{{0, 0}, {0, 1}, {1, 1}});
}

TEST_CASE("explorer: increments in one step are all counted, in two steps not") {
    CHECK(results([](two_words& w) { w.first = w.x.fetch_add(1, relaxed); },
                  [](two_words& w) { w.second = w.x.fetch_add(1, relaxed); }) == std::set<pair>{{0, 1}, {1, 0}});

    std::set<int> sums;
    auto const result = model::explore({}, [&](scenario& s) {
        auto const n = std::make_shared<atomic<int>>(0);
        for (char const* name : {"a", "b", "c"}) {
            s.thread(name, [=] { n->store(n->load(relaxed) + 1, relaxed); });
        }
        s.finally([=, &sums] { sums.insert(n->load(relaxed)); });
    });
    CHECK(result.failure == "");
    CHECK(sums == std::set<int>{1, 2, 3});
}

TEST_CASE("explorer: a bounded search finds the same here, in more runs; without preemptions one thread ends first") {
    auto const a = [](two_words& w) {
        w.x.fetch_add(1, acq_rel);
        w.first = w.y.fetch_add(1, acq_rel);
    };
    auto const b = [](two_words& w) {
        w.y.fetch_add(1, acq_rel);
        w.second = w.x.fetch_add(1, acq_rel);
    };
    auto const bounded = [](unsigned n) {
        model::options how;
        how.preemptions = n;
        return how;
    };
    std::set<pair> const every{{0, 1}, {1, 0}, {1, 1}};
    CHECK(results(a, b) == every);
    CHECK(results(a, b, bounded(2)) == every);
    CHECK(results(a, b, bounded(0)) == std::set<pair>{{0, 1}, {1, 0}});
}

TEST_CASE("explorer: steps that have nothing to do with each other are run in one order") {
    auto const result = model::explore({}, [](scenario& s) {
        auto const w = std::make_shared<two_words>();
        auto const count = [](atomic<int>& n) {
            for (int i = 0; i != 5; ++i) {
                n.fetch_add(1, relaxed);
            }
        };
        s.thread("a", [=] { count(w->x); });
        s.thread("b", [=] { count(w->y); });
    });
    CHECK(result.failure == "");
    CHECK(result.runs == 1);
}

TEST_CASE("explorer: what a mutex guards does not race, and races without it") {
    struct guarded {
        model::mutex m;
        int n = 0;
    };
    auto const with = [](bool locks) {
        return model::explore({}, [=](scenario& s) {
            auto const g = std::make_shared<guarded>();
            auto const touch = [=] {
                if (locks) {
                    std::lock_guard lock(g->m);
                    model::plain_write(&g->n);
                } else {
                    model::plain_write(&g->n);
                }
            };
            s.thread("a", touch);
            s.thread("b", touch);
        });
    };
    CHECK(with(true).failure == "");
    CHECK(starts_with(with(false).failure, "data race"));
}

TEST_CASE("explorer: tells threads that wait for each other") {
    struct two_mutexes {
        model::mutex m;
        model::mutex n;
    };
    auto const result = model::explore({}, [](scenario& s) {
        auto const w = std::make_shared<two_mutexes>();
        s.thread("a", [=] {
            std::lock_guard first(w->m);
            std::lock_guard second(w->n);
        });
        s.thread("b", [=] {
            std::lock_guard first(w->n);
            std::lock_guard second(w->m);
        });
    });
    CHECK(starts_with(result.failure, "all that have not ended wait"));
}

TEST_CASE("explorer: a thread that looks until another has moved comes to an end; one that looks in vain is told") {
    auto const look = [](bool is_set) {
        return model::explore({}, [=](scenario& s) {
            auto const w = std::make_shared<two_words>();
            s.thread("setter", [=] { w->x.store(is_set ? 1 : 2, release); });
            s.thread("looker", [=] {
                while (w->x.load(acquire) != 1) {
                    model::yield();
                }
            });
        });
    };
    CHECK(look(true).failure == "");
    CHECK(starts_with(look(false).failure, "looks again and again"));
}

TEST_CASE("explorer: the last of several owners may destroy, if letting go is release and acquire") {
    auto const with = [](std::memory_order order) {
        return model::explore({}, [=](scenario& s) {
            struct shared {
                atomic<int> owners{2};
                model::value v{1};
            };
            auto* const p = new shared;
            auto const drop = [=] {
                static_cast<void>(p->v.number());
                if (p->owners.fetch_sub(1, order) == 1) {
                    delete p;
                }
            };
            s.thread("a", drop);
            s.thread("b", drop);
        });
    };
    CHECK(with(acq_rel).failure == "");
    CHECK(with(release).failure != "");
    CHECK(with(acquire).failure != "");
}

TEST_CASE("explorer: tells a value that was never destroyed, a failed check and an exception") {
    auto const one_thread = [](auto body) {
        return model::explore({}, [=](scenario& s) { s.thread("a", body); }).failure;
    };
    CHECK(one_thread([] { model::count_object(+1); }) == "1 objects are left over");
    CHECK(one_thread([] { model::check(false, "never"); }) == "never");
    CHECK(one_thread([] { throw std::runtime_error("oh"); }) == "a ends by an exception: oh");
}
