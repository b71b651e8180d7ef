// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/detail/watch_operations.hpp>

#include "model_threading.hpp"

#include <support/catch.hpp>

#include <memory>
#include <optional>
#include <utility>

// Watch channels in every order: protocol [V].
//
// What these tests say to a core broken on purpose, one line at a time:
//
//   the version is read before whether the senders have gone    the end comes after the last value
//   that they have gone is stored or read relaxed               the end comes after the last value
//   parking does not look at the version or at the end          all that have not ended wait

namespace watch_model {

namespace {

using model::scenario;

class channel {
    using core_type = weir::detail::watch_core<int, model::threading>;
    using place = weir::detail::watch_place<int, model::threading>;

public:
    channel() : core_(*new core_type(0)), place_(*new place(core_)) {}

    channel(channel const&) = delete;

    ~channel() {
        close();
        place_.abandon_receiver();
        place_.release();
    }

    void send(int n) { core_.send(n); }

    void close() noexcept {
        if (std::exchange(has_sender_, false)) {
            core_.release_sender();
        }
    }

    /// The next one.
    std::optional<int> receive() {
        weir::detail::receive_core<int, model::no_executor, place> op(place_, executor_);
        model::await(op);
        return op.value();
    }

    /// Up to the end: versions in their order, and the last one.
    void receive_to_the_end(int last) {
        int seen = 0;
        while (auto const v = receive()) {
            model::check(*v > seen, "a value is newer than the one before");
            seen = *v;
        }
        model::check(seen == last, "the end comes after the last value");
    }

private:
    core_type& core_;
    place& place_;
    model::no_executor executor_;
    bool has_sender_ = true;
};

} // namespace

TEST_CASE("watch model: who waits sees the last value, and then the end") {
    auto const result = model::explore({}, [](scenario& s) {
        auto const c = std::make_shared<channel>();
        s.thread("sender", [=] {
            c->send(1);
            c->send(2);
            c->close();
        });
        s.thread("receiver", [=] { c->receive_to_the_end(2); });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

TEST_CASE("watch model: a value that comes just when its receiver begins to wait wakes it") {
    auto const result = model::explore({}, [](scenario& s) {
        auto const c = std::make_shared<channel>();
        s.thread("sender", [=] { c->send(1); });
        s.thread("receiver", [=] { model::check(c->receive() == 1, "the value comes"); });
    });
    CHECK(result.failure == "");
    CHECK(result.runs > 1);
}

} // namespace watch_model
