// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The explorer itself, by programs whose results are known.

namespace explorer_model {

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

/// A small program made up by chance: threads that load, store, add and lock.
struct program {
    enum class kind { load, store, add, locked_add };

    struct instruction {
        kind what;
        bool on_x;
        std::memory_order order;
    };

    std::vector<std::vector<instruction>> threads;

    static program random(std::minstd_rand& dice) {
        auto const roll = [&](unsigned n) { return static_cast<unsigned>(dice() >> 8U) % n; };
        program p;
        p.threads.resize(2 + roll(2));
        for (auto& t : p.threads) {
            t.resize(p.threads.size() == 2 ? 3 + roll(2) : 2 + roll(2));
            for (auto& i : t) {
                static constexpr std::memory_order loads[] = {relaxed, acquire, seq_cst};
                static constexpr std::memory_order stores[] = {relaxed, release, seq_cst};
                i.what = static_cast<kind>(roll(4));
                i.on_x = roll(2) == 0;
                i.order = i.what == kind::load ? loads[roll(3)] : stores[roll(3)];
            }
        }
        return p;
    }

    /// Everything that the loads and additions can have seen.
    [[nodiscard]] std::set<std::vector<int>> results(model::options const& how, std::size_t& runs) const {
        struct state {
            two_words words;
            model::mutex m;
            std::vector<int> seen[3];
        };

        std::set<std::vector<int>> all;
        auto const result = model::explore(how, [&](scenario& s) {
            auto const w = std::make_shared<state>();
            for (std::size_t t = 0; t != threads.size(); ++t) {
                s.thread("thread", [=, this] { run(threads[t], w->words, w->m, w->seen[t]); });
            }
            s.finally([=, &all] {
                std::vector<int> seen{w->words.x.load(relaxed), w->words.y.load(relaxed)};
                for (auto const& one : w->seen) {
                    seen.insert(seen.end(), one.begin(), one.end());
                }
                all.insert(seen);
            });
        });
        CHECK(result.failure == "");
        runs += result.runs;
        return all;
    }

    static void run(std::vector<instruction> const& code, two_words& words, model::mutex& m,
                    std::vector<int>& seen) {
        int n = 0;
        for (auto const& i : code) {
            auto& word = i.on_x ? words.x : words.y;
            n += 10;
            switch (i.what) {
            case kind::load:
                seen.push_back(word.load(i.order));
                break;
            case kind::store:
                word.store(n, i.order);
                break;
            case kind::add:
                seen.push_back(word.fetch_add(1, i.order));
                break;
            case kind::locked_add:
                std::lock_guard lock(m);
                int const before = word.load(relaxed);
                word.store(before + 1, relaxed);
                seen.push_back(before);
            }
        }
    }
};

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
                  [](two_words& w) { w.second = w.x.fetch_add(1, relaxed); }) ==
          std::set<pair>{{0, 1}, {1, 0}});

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

TEST_CASE("explorer: a bounded search finds the same here, in more runs, without preemptions one thread ends "
          "first") {
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

TEST_CASE("explorer: what is left out makes no difference") {
    model::options reduced;
    model::options every;
    every.preemptions = 100; // more than there are
    reduced.enough_runs = every.enough_runs = every.most_runs;
    std::size_t few = 0;
    std::size_t all = 0;
    std::minstd_rand dice(1);
    for (int i = 0; i != (model::under_thread_sanitizer ? 1 : 25); ++i) {
        CAPTURE(i);
        auto const p = program::random(dice);
        bool const same = p.results(reduced, few) == p.results(every, all);
        CHECK(same);
    }
    CHECK(few < all);
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

TEST_CASE("explorer: a thread that looks until another has moved comes to an end, and one that looks in vain "
          "is told") {
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

TEST_CASE("explorer: an atomic that one thread makes may be used by who has acquired it") {
    auto const with = [](std::memory_order order) {
        return model::explore({}, [=](scenario& s) {
            auto const made = std::make_shared<atomic<atomic<int>*>>(nullptr);
            s.thread("maker", [=] { made->store(new atomic<int>(1), order); });
            s.thread("user", [=] {
                if (auto* const p = made->load(acquire)) {
                    p->load(relaxed);
                }
            });
            s.finally([=] { delete made->load(relaxed); });
        });
    };
    CHECK(with(release).failure == "");
    CHECK(with(relaxed).failure != "");
}

TEST_CASE("explorer: tells a value that was never destroyed, a failed check and an exception") {
    auto const one_thread = [](auto body) {
        return model::explore({}, [=](scenario& s) { s.thread("a", body); }).failure;
    };
    CHECK(one_thread([] { model::count_object(+1); }) == "1 objects are left over");
    CHECK(one_thread([] { model::check(false, "never"); }) == "never");
    CHECK(one_thread([] { throw std::runtime_error("oh"); }) == "a ends by an exception: oh");
}

} // namespace explorer_model
