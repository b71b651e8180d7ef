// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_REQUEST_CORE_HPP
#define WEIR_MARKET_DETAIL_REQUEST_CORE_HPP

#include <weir/detail/operation_core.hpp>
#include <weir/error.hpp>
#include <weir/market/market_command.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

/// A request to an actor as one operation: sends the command, then waits for the answer.
///
/// It can be cancelled, timed and selected at either stage. Cancelled before the command is in the queue, it was never
/// asked; later, the actor does what was asked, and an answer that owns something gives it back.
namespace weir::market::detail {

/// `T` is what is answered; `done` stands for nothing.
template <class T>
class request_core {
    using commands = mpsc::sender<market_command>;
    using answers = oneshot::receiver<reply<T>>;
    using send_stage = typename decltype(std::declval<commands&>().async_send(
        std::declval<market_command>(), weir::detail::no_token{}))::core_type;
    using answer_stage =
        typename decltype(std::declval<answers&>().async_receive(weir::detail::no_token{}))::core_type;
    using waiter = weir::detail::waiter;
    using wait_result = weir::detail::wait_result;

    static constexpr bool answers_nothing = std::is_same_v<T, done>;

public:
    using signature = std::conditional_t<answers_nothing, void(error_code), void(error_code, T)>;
    using executor_type = asio::any_io_executor;
    static constexpr bool eager = false;

    request_core(commands& to, market_command command, answers from)
        : send_(to.async_send(std::move(command), weir::detail::no_token{}).core()), from_(std::move(from)) {}

    request_core(request_core&& other) // before it waits; it may have looked
        : send_(std::move(other.send_)), from_(std::move(other.from_)), answer_(std::move(other.answer_)) {}

    /// That of the place for the answer, which may outlive the context.
    [[nodiscard]] executor_type get_executor() const noexcept { return from_.get_executor(); }

    void retain() noexcept { send_.retain(); }

    bool try_complete() {
        if (!answer_) {
            if (!send_.try_complete())
                return false;
            error_ = std::get<0>(send_.take());
            if (error_)
                return true;
            answer_.emplace(from_.async_receive(weir::detail::no_token{}).core());
        }
        if (!answer_->try_complete())
            return false;
        auto [ec, answer] = answer_->take();
        if (ec) {
            error_ = ec;
        } else if (!answer) {
            error_ = errc::closed;
        } else {
            error_ = answer->error;
            value_ = std::move(answer->value);
        }
        return true;
    }

    wait_result start_waiting(waiter& w) {
        return answer_ ? answer_->start_waiting(w) : send_.start_waiting(w);
    }

    void stop_waiting(waiter& w) noexcept {
        send_.stop_waiting(w);
        if (answer_)
            answer_->stop_waiting(w);
    }

    bool cancel(asio::cancellation_type) noexcept { return true; }

    void fail(weir::detail::failure why) noexcept { error_ = weir::detail::to_error(why); }

    weir::detail::result_of<request_core> take() {
        if constexpr (answers_nothing)
            return {error_};
        else
            return {error_, std::move(value_)};
    }

private:
    send_stage send_;
    answers from_;
    std::optional<answer_stage> answer_; // once the command is sent; goes before from_
    error_code error_;
    T value_{};
};

} // namespace weir::market::detail

#endif
