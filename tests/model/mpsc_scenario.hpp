// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_MPSC_SCENARIO_HPP
#define WEIR_TESTS_MODEL_MPSC_SCENARIO_HPP

// What the scenarios of the queues (mpsc, mpmc) share: a channel with a record of what became of every value, the parts that
// threads play, and what has to hold in the end.
//
// The parts drive weir's own operations (endpoint_operations.hpp, mpsc_operations.hpp), not a copy of their steps.

#include "model_threading.hpp"

#include <weir/detail/mpsc_core.hpp>
#include <weir/detail/mpsc_operations.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace model {

/// For the scenarios that have too many orders to be run in all of them.
inline options few_preemptions(unsigned n) {
    options how;
    how.stale_reads = 1;
    how.preemptions = n;
    return how;
}

/// What became of every value. The values 10, 11 ... are one sender's, 20, 21 ... another's.
class value_record {
public:
    [[nodiscard]] std::vector<int> const& received() const noexcept { return received_; }

    [[nodiscard]] bool was_sent(int n) const {
        return std::any_of(sends_.begin(), sends_.end(), [n](auto const& s) {
            return s == std::pair{n, true};
        });
    }

protected:
    void note(int n, bool was_sent) { sends_.emplace_back(n, was_sent); }

    void note_received(int n) { received_.push_back(n); }

    /// `left`: what was still in the channel. `is_all`: what was sent cannot have gone elsewhere.
    void verify_record(std::vector<int> const& left, bool is_all) const {
        std::vector<int> arrived = received_;
        arrived.insert(arrived.end(), left.begin(), left.end());
        std::sort(arrived.begin(), arrived.end());
        check(std::adjacent_find(arrived.begin(), arrived.end()) == arrived.end(), "no value arrives twice");
        std::size_t sent = 0;
        for (auto const& [n, was_sent] : sends_) {
            bool const here = std::binary_search(arrived.begin(), arrived.end(), n);
            check(was_sent || !here, "no refused value arrives");
            check(!was_sent || here || !is_all, "every value sent arrives");
            sent += was_sent;
        }
        check(arrived.size() <= sent, "what arrives was sent");
    }

    static bool is_in_order(std::vector<int> const& values) {
        std::array<int, 10> last{};
        for (int const v : values) {
            int& l = last.at(static_cast<std::size_t>(v / 10));
            if (v < l) {
                return false;
            }
            l = v;
        }
        return true;
    }

private:
    std::vector<std::pair<int, bool>> sends_; // value, sent; threads run one at a time
    std::vector<int> received_;
};

/// A channel over `Core` with one receiver, and what all of them have in common.
template <class Core>
class recorded_ends : public value_record {
public:
    using core_type = Core;
    using value_type = typename Core::value_type;
    using receive_operation = weir::detail::receive_core<value_type, no_executor, Core>;
    using wait_closed_operation = weir::detail::wait_closed_core<no_executor, Core>;

    recorded_ends(recorded_ends const&) = delete;

    Core& core;
    no_executor executor;

    void wait_closed() {
        wait_closed_operation op(core, executor);
        await(op);
    }

    /// False: that was the end.
    bool receive(woken expectation = woken::finds_something) {
        receive_operation op(core, executor);
        await(op, expectation);
        return note_value(std::get<1>(op.take()));
    }

    void receive_cancelled() {
        receive_operation op(core, executor);
        if (await_cancelled(op)) {
            note_value(std::get<1>(op.take()));
        }
    }

    void receive(std::size_t n) {
        for (std::size_t i = 0; i != n; ++i) {
            check(receive(), "there is more to receive");
        }
    }

    void receive_to_the_end(woken expectation = woken::finds_something) {
        while (receive(expectation)) {
        }
        check(take_any() == weir::detail::attempt::closed, "the end stays the end");
    }

    void try_receive() {
        core.try_take([this](value_type&& v) { this->note_received(v.number()); });
    }

    /// In one step.
    std::size_t try_receive_many(std::size_t most) {
        return core.try_take_many([this](value_type&& v) { this->note_received(v.number()); }, most);
    }

    void drop_receiver() noexcept {
        has_receiver_ = false;
        core.abandon_receiver();
        core.release();
    }

protected:
    /// With one sender. The record owns the channel too, until it is destroyed.
    explicit recorded_ends(Core& c) : core(c) { core.add_ref(); }

    ~recorded_ends() {
        if (has_receiver_) {
            drop_receiver();
        }
        while (core.strong_count() != 0) {
            core.release_sender();
        }
        core.release();
    }

    [[nodiscard]] bool has_receiver() const noexcept { return has_receiver_; }

    weir::detail::attempt take_any() {
        return core.try_take([](value_type&&) noexcept {});
    }

    /// Every value sent was received or is still there, once and in its sender's order.
    void verify_values() {
        std::vector<int> left;
        if (has_receiver_) {
            while (core.try_take([&](value_type&& v) { left.push_back(v.number()); }) ==
                   weir::detail::attempt::done) {
            }
            check(!core.is_closed() || core.is_drained(), "an empty closed channel is at its end");
        }
        verify_record(left, has_receiver_);
        left.insert(left.begin(), received().begin(), received().end());
        check(is_in_order(left), "the values of a sender arrive in its order");
    }

private:
    bool note_value(std::optional<value_type>&& v) {
        if (v) {
            note_received(v->number());
        }
        return v.has_value();
    }

    bool has_receiver_ = true;
};

/// The senders' parts in a bounded channel with the ends `Ends`.
template <class Ends>
class bounded_parts : public Ends {
    using T = typename Ends::value_type;

public:
    using Ends::core;
    using Ends::Ends;
    using Ends::executor;
    using typename Ends::core_type;

    /// What a reserve completes with here.
    struct slots {
        static slots adopt(core_type&, std::uint32_t n) noexcept { return {n}; }

        std::uint32_t n;
    };

    using send_operation = weir::detail::send_core<T, no_executor, core_type>;
    using reserve_operation = weir::detail::reserve_core<slots, no_executor, core_type>;

    void try_send(int n) {
        T v(n);
        auto const a = core.try_send(std::move(v), core.name_sender());
        check(a == weir::detail::attempt::done || v.number() == n, "a refused value is as it was");
        note(n, a == weir::detail::attempt::done);
    }

    /// Waits for room.
    void send(int n) {
        send_operation op(core, core.name_sender(), executor, n);
        await(op);
        note(n, !std::get<0>(op.take()));
    }

    /// Waits for room, but not for long.
    void send_cancelled(int n) {
        send_operation op(core, core.name_sender(), executor, n);
        bool const done = await_cancelled(op);
        note(n, done && !std::get<0>(op.take()));
    }

    /// Waits for slots. False: closed.
    bool reserve(std::uint32_t n) {
        reserve_operation op(core, core.name_sender(), executor, n);
        await(op);
        return std::get<1>(op.take()).has_value();
    }

    void reserve_cancelled(std::uint32_t n) {
        reserve_operation op(core, core.name_sender(), executor, n);
        if (await_cancelled(op) && std::get<1>(op.take())) {
            core.return_slots(n);
        }
    }

    /// Whether it arrives is known only if the receiver stays.
    void send_reserved(int n) {
        core.send_reserved(T(n));
        note(n, true);
    }

protected:
    using Ends::note;

    /// No room has got lost.
    void verify_room() {
        check(core.capacity() == core.max_capacity(), "all room is back");
        check(core.is_closed() || is_usable(), "an open channel takes a value");
    }

private:
    bool is_usable() {
        return core.try_send(T(0), core.name_sender()) == weir::detail::attempt::done &&
               this->take_any() == weir::detail::attempt::done;
    }
};

/// A bounded mpsc channel.
template <class T>
class recorded_channel : public bounded_parts<recorded_ends<weir::detail::mpsc_core<T, threading>>> {
    using parts = bounded_parts<recorded_ends<weir::detail::mpsc_core<T, threading>>>;

public:
    /// `has_slots`: as when something has been sent before. Making the slots is a scenario of its own.
    explicit recorded_channel(std::size_t capacity, bool has_slots = true)
        : parts(*new typename parts::core_type(capacity)) {
        if (has_slots) {
            check(this->core.try_reserve(1, 0) == weir::detail::attempt::done, "there is room");
            this->core.return_slots(1);
        }
    }

    void verify() {
        this->verify_values();
        if (this->has_receiver()) {
            this->verify_room();
        }
    }
};

} // namespace model

#endif // WEIR_TESTS_MODEL_MPSC_SCENARIO_HPP
