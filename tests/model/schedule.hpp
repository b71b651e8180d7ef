// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_SCHEDULE_HPP
#define WEIR_TESTS_MODEL_SCHEDULE_HPP

// The tree of choices, and which of its branches are worth a run.
//
// A run follows the chosen branches down to where the last run left them and then makes first choices. Two steps
// *depend* on each other if they touch the same location and at least one changes it. Whenever a step depends on an
// earlier one of another thread, and nothing orders the two, the choice of the earlier one is told to have them tried
// the other way round. What no choice is told need not be run. A thread whose turn at a choice has been explored
// sleeps in the branches beside it until a step is made that its own next step depends on; where all that could go on
// are asleep, the rest of the run has been seen before and is only brought to its end.
//
// This is source-set reduction (Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014).
// The older rule, that the thread of the later step goes first, leaves out orders when it is joined with sleep sets.

#include "explorer.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace model {

enum class action : std::uint8_t { start, load, store, modify, lock, post, wait, yield };

/// What a thread does next, or has done.
struct operation {
    action what = action::start;
    location_id where = 0;
    std::memory_order order = std::memory_order_relaxed;
};

/// Threads as bits.
using thread_set = std::uint8_t;

constexpr thread_set one(thread_id t) noexcept { return static_cast<thread_set>(1U << t); }

constexpr bool has(thread_set s, thread_id t) noexcept { return (s & one(t)) != 0; }

constexpr thread_id lowest(thread_set s) noexcept { return static_cast<thread_id>(std::countr_zero(s)); }

constexpr bool has_location(action a) noexcept { return a != action::start && a != action::yield; }

constexpr bool depend(operation const& a, operation const& b) noexcept {
    if (!has_location(a.what) || !has_location(b.what) || a.where != b.where) {
        return false;
    }
    bool const both_read = a.what == action::load && b.what == action::load;
    // seq_cst loads of one location keep each other from reading older messages
    return !both_read || (a.order == std::memory_order_seq_cst && b.order == std::memory_order_seq_cst);
}

class schedule {
public:
    explicit schedule(options const& how) noexcept : preemptions_(how.preemptions) {}

    void begin_run() {
        depth_ = 0;
        sleeping_ = 0;
        last_ = 0;
        left_ = preemptions_;
        is_known_ = false;
        steps_.clear();
        order_ = {};
        touched_ = {};
    }

    /// Who makes the next step. `next` is what each thread would do.
    thread_id choose_thread(thread_set enabled, std::array<operation, max_threads> const& next) {
        if (is_known_) {
            return lowest(enabled);
        }
        bool const can_stay = has(enabled, last_) && next[last_].what != action::yield;
        if (depth_ == nodes_.size() && !add_node(enabled, can_stay)) {
            is_known_ = true;
            return lowest(enabled);
        }
        node const& n = nodes_[depth_++];
        assert(n.enabled == enabled && n.count == 0); // else the scenario is not deterministic
        sleeping_ =
            is_bounded() ? thread_set{0} : static_cast<thread_set>((n.sleeping | n.done) & ~one(n.chosen));
        if (is_bounded() && can_stay && n.chosen != last_) {
            --left_;
        }
        last_ = n.chosen;
        return n.chosen;
    }

    /// One of `count` possible results of a step: 0 first.
    std::size_t choose(std::size_t count) {
        if (is_known_) {
            return 0;
        }
        if (depth_ == nodes_.size()) {
            nodes_.push_back(node{});
            nodes_.back().count = static_cast<std::uint8_t>(count);
        }
        node const& n = nodes_[depth_++];
        assert(n.count == count);
        return n.chosen;
    }

    /// `who` has made the step that was chosen last. `next` as before.
    void note_step(thread_id who, operation const& op, std::array<operation, max_threads> const& next) {
        if (is_bounded()) {
            return;
        }
        for (thread_id t = 0; t != max_threads; ++t) {
            if (has(sleeping_, t) && depend(op, next[t])) {
                sleeping_ = static_cast<thread_set>(sleeping_ & ~one(t));
            }
        }
        steps_.push_back(step{who, is_known_ ? no_node : depth_ - 1, {}});
        moment const now = static_cast<moment>(steps_.size());
        if (has_location(op.what)) {
            order_after(who, op);
        }
        order_[who][who] = now;
        steps_.back().order = order_[who];
        if (has_location(op.what)) {
            record(who, op, now);
        }
    }

    /// Whoever locks the mutex next comes after this.
    void note_unlock(thread_id who, location_id where) noexcept {
        join(touched_[where].changes.order, order_[who]);
    }

    /// False: all has been run.
    bool next_run() {
        while (!nodes_.empty()) {
            node& n = nodes_.back();
            if (n.count != 0) {
                if (++n.chosen < n.count) {
                    return true;
                }
            } else {
                n.done |= one(n.chosen);
                auto const left = static_cast<thread_set>(n.wanted & ~n.done & ~n.sleeping);
                if (left != 0) {
                    n.chosen = lowest(left);
                    return true;
                }
            }
            nodes_.pop_back();
        }
        return false;
    }

private:
    static constexpr std::size_t no_node = static_cast<std::size_t>(-1);

    struct node {
        std::uint8_t count = 0;  // results to choose from; 0: a choice of threads
        std::uint8_t chosen = 0; // thread or result
        thread_set enabled = 0;
        thread_set sleeping = 0; // when the choice was reached
        thread_set wanted = 0;   // to be run from here
        thread_set done = 0;
    };

    struct step {
        thread_id who;
        std::size_t chosen_at; // node
        thread_clock order;    // the steps that it comes after, of each thread the last one; and itself
    };

    /// Steps that touched a location in the same way since it was changed.
    struct touches {
        thread_clock last{};  // of each thread; 1 is the first step of the run, 0 none
        thread_clock order{}; // what happened before any of them, and they
    };

    struct history {
        touches changes; // the last one
        touches loads;
        touches sequential_loads; // also among loads
    };

    [[nodiscard]] bool is_bounded() const noexcept { return preemptions_ != unbounded; }

    bool add_node(thread_set enabled, bool can_stay) {
        auto const awake = static_cast<thread_set>(enabled & ~sleeping_);
        if (awake == 0) {
            return false;
        }
        node n;
        n.enabled = enabled;
        n.sleeping = sleeping_;
        n.chosen = can_stay && has(awake, last_) ? last_ : lowest(awake);
        n.wanted = is_bounded() && !(can_stay && left_ == 0) ? enabled : one(n.chosen);
        nodes_.push_back(n);
        return true;
    }

    /// Orders this step after those that it depends on, and has them tried the other way round if nothing did yet.
    void order_after(thread_id who, operation const& op) {
        history const& h = touched_[op.where];
        touches const* const loads = op.what != action::load                 ? &h.loads
                                     : op.order == std::memory_order_seq_cst ? &h.sequential_loads
                                                                             : nullptr;
        thread_clock const before = order_[who];
        join(order_[who], h.changes.order);
        if (loads != nullptr) {
            join(order_[who], loads->order);
        }
        if (op.what == action::wait) {
            return; // a wake-up is always before its wait
        }
        for (thread_id t = 0; t != max_threads; ++t) {
            for (touches const* others : {&h.changes, loads}) {
                if (others != nullptr && t != who && others->last[t] > before[t]) {
                    reverse(others->last[t], who);
                }
            }
        }
    }

    void record(thread_id who, operation const& op, moment now) {
        history& h = touched_[op.where];
        if (op.what == action::load) {
            record(h.loads, who, now);
            if (op.order == std::memory_order_seq_cst) {
                record(h.sequential_loads, who, now);
            }
        } else {
            h = {};
            record(h.changes, who, now);
        }
    }

    void record(touches& t, thread_id who, moment now) const {
        t.last[who] = now;
        join(t.order, order_[who]);
    }

    /// `who` is about to make a step that could have been made before step `earlier`. Sees to it that a run goes that
    /// way: one of those goes first there who can make the first of the steps that lead here without `earlier`.
    void reverse(moment earlier, thread_id who) {
        step const& passed = steps_[earlier - 1U];
        if (passed.chosen_at == no_node) {
            return;
        }
        thread_clock first{}; // of the steps that lead here, for each thread
        thread_set initial = 0;
        for (std::size_t i = earlier; i != steps_.size(); ++i) {
            bool const is_this = i + 1 == steps_.size();
            thread_id const t = steps_[i].who;
            thread_clock const& order = is_this ? order_[who] : steps_[i].order;
            if ((is_this || order[passed.who] < earlier) && first[t] == 0) {
                first[t] = static_cast<moment>(i + 1);
                initial |= is_after_others(order, t, first) ? thread_set{0} : one(t);
            }
        }
        node& n = nodes_[passed.chosen_at];
        if ((initial & n.wanted) == 0) {
            auto const able = static_cast<thread_set>(initial & n.enabled);
            n.wanted |= able != 0 ? one(lowest(able)) : n.enabled;
        }
    }

    static bool is_after_others(thread_clock const& order, thread_id who,
                                thread_clock const& first) noexcept {
        for (thread_id t = 0; t != max_threads; ++t) {
            if (t != who && first[t] != 0 && order[t] >= first[t]) {
                return true;
            }
        }
        return false;
    }

    unsigned const preemptions_;
    std::vector<node> nodes_; // the branch that is being run
    std::size_t depth_ = 0;
    thread_set sleeping_ = 0;
    thread_id last_ = 0;
    unsigned left_ = 0;     // preemptions
    bool is_known_ = false; // the rest of the run has been seen

    std::vector<step> steps_;
    std::array<thread_clock, max_threads>
        order_{}; // for each thread, the steps that its next one comes after
    std::array<history, max_locations> touched_{};
};

} // namespace model

#endif // WEIR_TESTS_MODEL_SCHEDULE_HPP
