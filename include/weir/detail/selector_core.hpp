// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SELECTOR_CORE_HPP
#define WEIR_DETAIL_SELECTOR_CORE_HPP

// Select's cases, kept for many rounds. The cases live on the heap, because an operation that waits for a round outlives
// the selector.
//
// Fairness. A round begins to look behind the case that ran last, so cases that are always ready take turns. To look at
// one that hardly ever is costs as much as it does to receive from another; a case that had nothing is therefore passed
// over, while others have something, for less than eight rounds.

#include <weir/detail/bound_executor.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/select_arm.hpp>
#include <weir/detail/select_core.hpp>
#include <weir/detail/waiter.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace weir::detail {

template <bool Biased, class... Cases>
class selector_rounds : public self_owned<selector_rounds<Biased, Cases...>> {
    using cases = fixed_cases<Cases...>;
    using case_set = std::uint64_t;
    static_assert(sizeof...(Cases) <= 64, "a selector has at most 64 cases");
    static constexpr unsigned patience = 8; // rounds

public:
    using executor_type = typename cases::executor_type;

    explicit selector_rounds(Cases&&... c)
        : round_(std::in_place, std::move(c)...), executor_(round_.cases().get_executor()) {
        round_.retain();
        round_.cases().for_each(
            [](auto& one) { one.end_round(round_end::lost); }); // no duration is counted yet
    }

    [[nodiscard]] executor_type const& executor() const noexcept { return executor_.get(); }

    /// Whose round it is.
    [[nodiscard]] receive_turn& turn() noexcept { return turn_; }

    /// The selector has gone.
    [[nodiscard]] bool is_abandoned() const noexcept { return is_abandoned_; }

    void begin() { round_.begin(); }

    /// True: a case is ready.
    bool look() {
        if constexpr (Biased) {
            return round_.look(0, [](std::size_t) { return true; });
        } else {
            return look_in_turn();
        }
    }

    /// After a look that has found nothing. False: there is something to wait for.
    bool is_over() { return round_.is_over(); }

    wait_result start_waiting(waiter& w) {
        waiting_ = &w;
        return round_.start_waiting(w);
    }

    void stop_waiting() noexcept {
        if (std::exchange(waiting_, nullptr) != nullptr) {
            round_.stop_waiting();
        }
    }

    /// Runs the handler of the case that was found. False: its operation has failed, with error().
    [[nodiscard]] bool run() { return round_.run(); }

    [[nodiscard]] error_code error() { return round_.error(); }

    /// The case that runs or has run, or none.
    [[nodiscard]] std::size_t winner() const noexcept { return round_.winner(); }

    /// The round has come to its end; `how` it has for its winner: `ran`, or none has.
    void end(round_end how) noexcept {
        stop_waiting();
        auto const others = how == round_end::ran ? round_end::lost : how;
        round_.cases().for_each([others](auto& c) { c.end_round(others); });
        if (how == round_end::ran) {
            round_.visit_winner([](auto& c) { c.end_round(round_end::ran); });
        }
        round_.give_up();
    }

    /// The selector goes: who waits is told.
    void abandon() noexcept {
        is_abandoned_ = true;
        if (waiting_ != nullptr) {
            wake_batch woken;
            waiting_->wake(woken);
        }
    }

private:
    bool look_in_turn() {
        if (++rounds_ == patience) {
            rounds_ = 0;
            idle_ = 0;
        }
        auto const skipped = idle_;
        auto const at_others = [this, skipped](std::size_t i) {
            idle_ |= only(i);
            return (skipped & only(i)) == 0;
        };
        auto const at_skipped = [skipped](std::size_t i) { return (skipped & only(i)) != 0; };
        if (!round_.look(next_, at_others) && (skipped == 0 || !round_.look(next_, at_skipped))) {
            idle_ = 0; // all alike
            return false;
        }
        next_ = winner() + 1;
        idle_ &= ~only(winner());
        return true;
    }

    static constexpr case_set only(std::size_t i) noexcept { return case_set(1) << i; }

    select_round<cases> round_;
    bound_executor<executor_type> executor_;
    receive_turn turn_;
    waiter* waiting_ = nullptr; // who waits for the round
    std::size_t next_ = 0;      // where the next round begins to look
    case_set idle_ = 0;         // those that had nothing when they were looked at last
    unsigned rounds_ = 0;       // looks since that was forgotten
    bool is_abandoned_ = false;
};

/// One round of a selector. It begins with the first look, where the operation completes.
template <class Rounds>
class next_core : public endpoint_operation<typename Rounds::executor_type> {
public:
    using signature = void(error_code, std::size_t);
    static constexpr bool eager = false;

    explicit next_core(Rounds& rounds) noexcept
        : endpoint_operation<typename Rounds::executor_type>(rounds.executor()), rounds_(rounds) {}

    /// Before it waits; it may have looked.
    next_core(next_core&& other) noexcept
        : endpoint_operation<typename Rounds::executor_type>(other),
          rounds_(std::move(other.rounds_)),
          has_turn_(std::exchange(other.has_turn_, false)) {
        if (has_turn_) {
            rounds_->turn().hold(this);
        }
    }

    ~next_core() { end(round_end::over); }

    bool try_complete() { return !begin() || rounds_->look() || rounds_->is_over(); }

    /// As try_complete(), but without `otherwise`, and only what can be done at once. If that is nothing the round was none.
    bool try_at_once() {
        if (begin() && rounds_->look()) {
            return true;
        }
        end(round_end::lost);
        return false;
    }

    wait_result start_waiting(waiter& w) {
        return has_turn_ ? rounds_->start_waiting(w) : wait_result::look_again;
    }

    void stop_waiting(waiter&) noexcept {
        if (has_turn_) {
            rounds_->stop_waiting();
        }
    }

    void retain() noexcept { rounds_.retain(); }

    std::tuple<error_code, std::size_t> take() {
        if (this->failure_ != failure::none) {
            return {error_in_place(this->failure_), none};
        }
        at_end const ending{*this, rounds_->winner()};
        if (!rounds_->run()) {
            return {rounds_->error(), ending.winner};
        }
        return {error_code(), ending.winner};
    }

    std::size_t awaited() {
        throw_if(this->failure_);
        at_end const ending{*this, rounds_->winner()};
        if (!rounds_->run()) {
            throw_if(rounds_->error());
        }
        return ending.winner;
    }

private:
    /// Also if the handler throws.
    struct at_end {
        next_core& core;
        std::size_t winner;

        ~at_end() { core.end(winner != none ? round_end::ran : round_end::over); }
    };

    /// False: the operation has failed.
    bool begin() {
        if (this->failure_ != failure::none) {
            return false;
        }
        if (!rounds_->turn().is_free_for(this)) {
            this->failure_ = failure::busy;
        } else if (rounds_->is_abandoned()) {
            this->failure_ = failure::aborted;
        } else if (!has_turn_) {
            has_turn_ = true;
            rounds_->turn().hold(this);
            rounds_->begin();
        }
        return this->failure_ == failure::none;
    }

    void end(round_end how) noexcept {
        if (std::exchange(has_turn_, false)) {
            rounds_->end(how);
            (void)rounds_->turn().give_back(); // a selector has no handle that leaves one
        }
    }

    borrowed_core<Rounds> rounds_;
    bool has_turn_ = false; // since it has looked
};

} // namespace weir::detail

#endif
