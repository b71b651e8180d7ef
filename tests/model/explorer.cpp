// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include "explorer.hpp"
#include "fiber.hpp"
#include "memory.hpp"
#include "schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace model {
namespace {

/// A thread of the scenario. Its fiber serves one run after the other.
struct worker {
    char const* name = "";
    std::function<void()> body;
    std::unique_ptr<fiber> stack;
    bool has_ended = true;
    std::size_t yielded_at = 0; // steps made by then
};

/// For the trace.
struct event {
    thread_id who;
    operation what;
    std::uint64_t before;
    std::uint64_t after;
    bool is_stale;
};

/// What the failed run leaves behind: stacks that nobody can unwind, and what they use. Never destroyed.
struct wreck {
    std::vector<worker> workers;
    std::function<void()> check;
};

class explorer final : scenario {
public:
    explorer(options const& how, std::function<void(scenario&)> const& describe)
        : how_(how), describe_(describe), schedule_(how), workers_(max_threads) {}

    ~explorer() {
        is_quitting_ = true;
        for (worker& w : workers_) {
            if (w.stack) {
                w.stack->resume();
            }
        }
    }

    outcome explore() {
        outcome result;
        do {
            if (result.runs == how_.most_runs) {
                failure_ = fmt::format("not at the end after {} runs", result.runs);
                break;
            }
            ++result.runs;
            run();
        } while (failure_.empty() && result.runs < how_.enough_runs && schedule_.next_run());
        if (!failure_.empty()) {
            result.failure = failure_;
            keep_wreck();
        }
        return result;
    }

    // --- called by the scenario ------------------------------------------------------------------------------------

    void thread(char const* name, std::function<void()> body) override {
        worker& w = workers_.at(++threads_);
        w.name = name;
        w.body = std::move(body);
        w.has_ended = false;
    }

    void finally(std::function<void()> check) override { check_ = std::move(check); }

    void fail(std::string what) {
        if (failure_.empty()) {
            failure_ = std::move(what) + trace();
        }
        if (self_ != 0) {
            workers_[self_].stack->suspend(); // and is not resumed
        }
    }

    void count_object(int change) noexcept { objects_ += change; }

    [[nodiscard]] int objects() const noexcept { return objects_; }

    void touch(void const* where, bool writes) {
        bool const ordered =
            writes ? races_.on_write(where, self_, know().clock) : races_.on_read(where, self_, know().clock);
        if (!ordered) {
            fail("data race");
        }
    }

    location_id make_location(std::uint64_t value) {
        if (locations_in_use_ == max_locations) {
            std::terminate(); // make max_locations larger
        }
        auto const id = static_cast<location_id>(locations_in_use_++);
        location& l = locations_[id];
        l.messages.clear();
        l.messages.push_back(message{value, {}});
        l.messages.back().carried = {};
        l.sequential = 0;
        l.accessed = {};
        l.maker = self_;
        l.made = know().clock[self_];
        l.is_alive = true;
        return id;
    }

    void end_location(location_id id) {
        location& l = locations_[id];
        if (!race_detector::is_before(l.accessed, know().clock)) {
            fail(fmt::format("#{} is destroyed while it is used", id));
        }
        l.is_alive = false;
    }

    std::uint64_t load(location_id id, std::memory_order order) {
        location& l = begin({action::load, id, order});
        bool const sequential = order == std::memory_order_seq_cst;
        moment const newest = l.newest();
        moment const oldest = sequential ? std::max(know().seen[id], l.sequential) : know().seen[id];
        std::size_t behind = 0;
        if (self_ != 0 && oldest != newest && stale_reads_left_ != 0) {
            behind = schedule_.choose(newest - oldest + std::size_t{1});
            stale_reads_left_ -= behind != 0;
        }
        auto const read = static_cast<moment>(newest - behind);
        know().seen[id] = std::max(know().seen[id], read);
        if (acquires(order)) {
            know().join(l.messages[read].carried);
        }
        if (sequential) {
            l.sequential = std::max(l.sequential, read);
        }
        end({action::load, id, order}, l.messages[read].value, l.messages[read].value, behind != 0);
        return l.messages[read].value;
    }

    void store(location_id id, std::uint64_t value, std::memory_order order) {
        location& l = begin({action::store, id, order});
        std::uint64_t const before = l.messages.back().value;
        l.messages.push_back(message{value, {}});
        publish(id, order);
        end({action::store, id, order}, before, value, false);
    }

    std::uint64_t modify(location_id id, std::memory_order order,
                         std::function<std::uint64_t(std::uint64_t)> const& change) {
        location& l = begin({action::modify, id, order});
        std::uint64_t const before = l.messages.back().value;
        std::uint64_t const after = change(before);
        replace(id, after, order);
        end({action::modify, id, order}, before, after, false);
        return before;
    }

    bool compare_exchange(location_id id, std::uint64_t& expected, std::uint64_t desired,
                          std::memory_order success, std::memory_order failure) {
        location& l = begin({action::modify, id, success});
        std::uint64_t const before = l.messages.back().value;
        bool const same = before == expected;
        if (same) {
            replace(id, desired, success);
        } else {
            know().seen[id] = l.newest();
            if (acquires(failure)) {
                know().join(l.messages.back().carried);
            }
            if (failure == std::memory_order_seq_cst) {
                l.sequential = l.newest();
            }
            expected = before;
        }
        end({action::modify, id, same ? success : failure}, before, l.messages.back().value, false);
        return same;
    }

    /// A mutex or a wake-up is one message: 1 is locked or posted.
    void enter(location_id id, action what) {
        message& m = begin({what, id, std::memory_order_acquire}).messages.back();
        m.value = what == action::lock ? 1 : 0;
        know().join(m.carried);
        end({what, id, std::memory_order_acquire}, 0, m.value, false);
    }

    void unlock(location_id id) {
        location& l = locations_[id];
        l.accessed[self_] = know().clock[self_];
        l.messages.back().value = 0;
        l.messages.back().carried = know();
        ++know().clock[self_];
        schedule_.note_unlock(self_, id);
    }

    void post(location_id id) {
        message& m = begin({action::post, id, std::memory_order_release}).messages.back();
        m.value = 1;
        m.carried.join(know());
        end({action::post, id, std::memory_order_release}, 0, 1, false);
    }

    void yield() {
        workers_[self_].yielded_at = steps_;
        static_cast<void>(pause({action::yield, 0, std::memory_order_relaxed}));
    }

private:
    static constexpr std::size_t most_steps = 2000;
    static constexpr unsigned most_rounds_alone = 8;

    knowledge& know() noexcept { return know_[self_]; }

    /// Lets others go first.
    location* pause(operation const& op) {
        if (self_ != 0) {
            next_[self_] = op;
            workers_[self_].stack->suspend();
        }
        return &locations_[op.where];
    }

    location& begin(operation const& op) {
        location& l = *pause(op);
        if (!l.is_alive) {
            fail(fmt::format("#{} is used after its end", op.where));
        }
        if (l.made > know().clock[l.maker]) {
            fail(fmt::format("#{} is used by who cannot know that it was made", op.where));
        }
        l.accessed[self_] = know().clock[self_];
        return l;
    }

    void end(operation const& op, std::uint64_t before, std::uint64_t after, bool stale) {
        ++know().clock[self_]; // what follows did not happen before what was released here
        events_.push_back(event{self_, op, before, after, stale});
    }

    /// The newest message is the thread's own.
    void publish(location_id id, std::memory_order order) {
        location& l = locations_[id];
        know().seen[id] = l.newest();
        if (releases(order)) {
            l.messages.back().carried.join(know());
        }
        if (order == std::memory_order_seq_cst) {
            l.sequential = l.newest();
        }
    }

    void replace(location_id id, std::uint64_t value, std::memory_order order) {
        location& l = locations_[id];
        if (acquires(order)) {
            know().join(l.messages.back().carried);
        }
        knowledge const passed_on = l.messages.back().carried; // a release sequence goes on
        l.messages.push_back(message{value, passed_on});
        publish(id, order);
    }

    void run() {
        begin_run();
        describe_(*this);
        for (thread_id t = 1; t <= threads_; ++t) {
            know_[t] = know_[0];
            know_[t].clock[t] = 1;
        }
        for (thread_id t = 1; t <= threads_ && failure_.empty(); ++t) {
            if (!workers_[t].stack) {
                workers_[t].stack = std::make_unique<fiber>([this, t] { serve(t); });
            }
            next_[t] = {};
            resume(t); // up to its first access
        }
        while (failure_.empty() && step()) {
        }
        if (failure_.empty()) {
            end_run();
        }
    }

    void begin_run() {
        schedule_.begin_run();
        threads_ = 0;
        locations_in_use_ = 0;
        objects_ = 0;
        steps_ = 0;
        rounds_alone_ = 0;
        stale_reads_left_ = how_.stale_reads;
        events_.clear();
        races_.clear();
        know_ = {};
        know_[0].clock[0] = 1;
    }

    void end_run() {
        for (thread_id t = 1; t <= threads_; ++t) {
            know_[0].join(know_[t]);
        }
        if (check_) {
            check_();
            check_ = nullptr;
        }
        for (worker& w : workers_) {
            w.body = nullptr;
        }
        if (objects_ != 0) {
            fail(fmt::format("{} objects are left over", objects_));
        }
    }

    /// False: all threads have ended, or one has failed.
    bool step() {
        thread_set running = 0;
        thread_set enabled = 0;
        thread_set waiting_for_change = 0;
        for (thread_id t = 1; t <= threads_; ++t) {
            if (workers_[t].has_ended) {
                continue;
            }
            running |= one(t);
            if (next_[t].what == action::yield && workers_[t].yielded_at == steps_) {
                waiting_for_change |= one(t);
            } else if (can_go_on(t)) {
                enabled |= one(t);
            }
        }
        if (running == 0) {
            return false;
        }
        if (enabled == 0) { // they look once more, in case they looked at something old
            enabled = waiting_for_change;
            if (enabled == 0 || ++rounds_alone_ > most_rounds_alone) {
                fail(enabled == 0 ? "all that have not ended wait"
                                  : "looks again and again, and nobody else can go on");
                return false;
            }
        }
        if (++steps_ > most_steps) {
            fail("does not come to an end");
            return false;
        }
        thread_id const t = schedule_.choose_thread(enabled, next_);
        schedule_.note_step(t, next_[t], next_);
        resume(t);
        return true;
    }

    bool can_go_on(thread_id t) const noexcept {
        std::uint64_t const value = locations_[next_[t].where].messages.empty()
                                        ? 0
                                        : locations_[next_[t].where].messages.back().value;
        return next_[t].what == action::lock ? value == 0 : next_[t].what != action::wait || value == 1;
    }

    void resume(thread_id t) {
        self_ = t;
        workers_[t].stack->resume();
        self_ = 0;
    }

    void serve(thread_id t) {
        while (!is_quitting_) {
            try {
                workers_[t].body();
            } catch (std::exception const& e) {
                fail(fmt::format("{} ends by an exception: {}", workers_[t].name, e.what()));
            }
            workers_[t].has_ended = true;
            workers_[t].stack->suspend();
        }
    }

    std::string trace() const {
        static constexpr char const* names[] = {"start", "load", "store", "modify",
                                                "lock",  "post", "wait",  "yield"};
        static constexpr char const* orders[] = {"relaxed", "consume", "acquire",
                                                 "release", "acq_rel", "seq_cst"};
        std::string text;
        for (event const& e : events_) {
            if (e.who != 0) {
                text += fmt::format("\n  {:<10} {:<6} #{} {} {:#x} -> {:#x}{}", workers_[e.who].name,
                                    names[static_cast<int>(e.what.what)], e.what.where,
                                    orders[static_cast<int>(e.what.order)], e.before, e.after,
                                    e.is_stale ? " (old)" : "");
            }
        }
        return text;
    }

    void keep_wreck() {
        static auto& wrecks = *new std::vector<wreck>; // reachable for ever, so that it is no leak
        wrecks.push_back(wreck{std::move(workers_), std::move(check_)});
        workers_.clear();
    }

    options const how_;
    std::function<void(scenario&)> const& describe_;
    schedule schedule_;
    std::vector<worker> workers_; // 0 is nobody's
    std::function<void()> check_;
    std::string failure_;
    thread_id self_ = 0; // who runs; 0: the explorer, when it sets up and checks
    bool is_quitting_ = false;

    // of the run
    thread_id threads_ = 0;
    std::size_t locations_in_use_ = 0;
    std::size_t steps_ = 0;
    int objects_ = 0;
    unsigned rounds_alone_ = 0;
    unsigned stale_reads_left_ = 0;
    std::array<operation, max_threads> next_{};
    std::array<knowledge, max_threads> know_{};
    std::array<location, max_locations> locations_;
    race_detector races_;
    std::vector<event> events_;
};

explorer* current = nullptr;

} // namespace

outcome explore(options const& how, std::function<void(scenario&)> const& describe) {
    explorer e(how, describe);
    current = &e;
    outcome result = e.explore();
    current = nullptr;
    return result;
}

void check(bool holds, char const* what) {
    if (!holds) {
        current->fail(what);
    }
}

void yield() { current->yield(); }

void plain_read(void const* where) { current->touch(where, false); }

void plain_write(void const* where) { current->touch(where, true); }

void count_object(int change) { current->count_object(change); }

int objects() { return current->objects(); }

location_id make_location(std::uint64_t value) { return current->make_location(value); }

void end_location(location_id id) { current->end_location(id); }

std::uint64_t load(location_id id, std::memory_order order) { return current->load(id, order); }

void store(location_id id, std::uint64_t value, std::memory_order order) { current->store(id, value, order); }

std::uint64_t modify(location_id id, std::memory_order order,
                     std::function<std::uint64_t(std::uint64_t)> const& change) {
    return current->modify(id, order, change);
}

bool compare_exchange(location_id id, std::uint64_t& expected, std::uint64_t desired,
                      std::memory_order success, std::memory_order failure) {
    return current->compare_exchange(id, expected, desired, success, failure);
}

void lock(location_id id) { current->enter(id, action::lock); }

void unlock(location_id id) { current->unlock(id); }

void post(location_id id) { current->post(id); }

void wait(location_id id) { current->enter(id, action::wait); }

} // namespace model
