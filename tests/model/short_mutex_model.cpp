// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/short_mutex.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <memory>

// Threads that lock the same thing, in every order: protocol [M].
//
// What these tests say to a mutex broken on purpose, one line at a time:
//
//   either way to lock, or unlock(), exchanges relaxed   a data race
//   unlock() tells nobody                                all that have not ended wait
//   who has slept takes it as taken, and not contended   does not come to an end

namespace short_mutex_model {

namespace {

/// An atomic on which threads sleep. What stands between two steps of the explorer is done at once.
template <class T>
class sleeping_atomic : public model::atomic<T> {
public:
    using model::atomic<T>::atomic;

    ~sleeping_atomic() { model::end_location(woken_); }

    void wait(T old, std::memory_order) noexcept {
        if (this->fetch_add(0, std::memory_order_relaxed) == old) { // the system looks at the newest
            ++sleepers_;
            model::wait(woken_);
        }
    }

    void notify_one() noexcept {
        if (sleepers_ != 0) {
            --sleepers_;
            model::post(woken_);
        }
    }

private:
    model::location_id const woken_ = model::make_location(0);
    int sleepers_ = 0;
};

struct guarded {
    weir::detail::basic_short_mutex<sleeping_atomic> mutex;
    int count = 0; // plain: under the mutex

    void add() {
        mutex.lock();
        model::plain_write(&count);
        ++count;
        mutex.unlock();
    }
};

model::outcome explore(model::options how, int threads, int rounds) {
    return model::explore(how, [=](model::scenario& s) {
        auto const shared = std::make_shared<guarded>();
        for (int n = 0; n != threads; ++n) {
            s.thread("adds", [=] {
                for (int round = 0; round != rounds; ++round) {
                    shared->add();
                }
            });
        }
        s.finally([=] { model::check(shared->count == threads * rounds, "each has added"); });
    });
}

} // namespace

TEST_CASE("short mutex, every order: two threads that lock it twice") {
    auto const result = explore({}, 2, 2);
    CHECK(result.failure == "");
}

TEST_CASE("short mutex, every order: three threads, two of which may sleep") {
    auto const result = explore({.preemptions = 4}, 3, 1);
    CHECK(result.failure == "");
}

} // namespace short_mutex_model
