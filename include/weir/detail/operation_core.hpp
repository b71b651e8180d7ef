// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_OPERATION_CORE_HPP
#define WEIR_DETAIL_OPERATION_CORE_HPP

// What every operation of weir is inside: a small state machine that is asked to look, again and again, until it is
// done. It knows its channel and nothing of executors, coroutines or handlers; whoever waits drives it:
//
//   try_complete()      looks, and takes what it wants if that is there. True: done, take() has the result.
//   start_waiting(w)    registers w, which is woken when it is worth looking again. Never takes anything.
//   stop_waiting(w)     takes w out wherever it stands and passes on what had been promised to it. Idempotent.
//   end_woken()         if it has it: instead of stop_waiting(), where w was woken and the operation has completed since:
//                       then it stands nowhere any more, and no lock is needed to find that out.
//   retain()            from here on the operation keeps its channel alive, not the caller's handle.
//   cancel(type)        true: the driver shall stop waiting and fail(failure::aborted). False: it ends by itself.
//   fail(why)           the result is this error.
//   take()              the completion arguments, once, on the executor where the operation completes.
//   failed(), value()   if it has them: the same in two halves, for coroutines, which want no error code made if there is
//                       none (made in parts and read as a whole, it costs more than all the rest of a receive).
//   awaited()           or, if it has this: what co_await gives; throws the error.
//   renew()             if it has it: makes an operation that has completed one that has not been started.
//   moving              until it waits for the first time, also when it has looked and found nothing.
//
// A value leaves its channel in try_complete(), which a driver calls only where it can still complete the operation
// (late hand-over): that is why a cancelled or losing receive takes nothing. `eager` operations (sends) may be tried
// as soon as they are started, so that values stand in the channel in the order of the calls.

#include <weir/detail/config.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/error.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <exception>
#include <tuple>
#include <utility>

namespace weir::detail {

template <class Signature>
struct signature_traits;

template <class... Args>
struct signature_traits<void(Args...)> {
    using result = std::tuple<Args...>;
};

template <class Core>
using result_of = typename signature_traits<typename Core::signature>::result;

/// How an operation can fail, in a byte: operations are made and destroyed for every value, error codes are three words.
enum class failure : unsigned char { none, closed, busy, aborted, timed_out };

[[nodiscard]] WEIR_NOINLINE inline error_code to_error(failure why) noexcept {
    switch (why) {
    case failure::none:
        break;
    case failure::closed:
        return errc::closed;
    case failure::busy:
        return errc::busy;
    case failure::aborted:
        return asio::error::operation_aborted;
    case failure::timed_out:
        return errc::timed_out;
    }
    return {};
}

/// The same for a tuple of arguments, which makes the error code in its place: one that is made in parts and copied as a
/// whole just afterwards costs more than the wait.
class error_in_place {
public:
    explicit error_in_place(failure why) noexcept : why_(why) {}

    operator error_code() const noexcept { return to_error(why_); }

private:
    failure why_;
};

template <class T>
concept operation_core = std::move_constructible<T> && requires(T& op, T const& cop, waiter& w) {
    typename T::signature;
    typename T::executor_type;
    { T::eager } -> std::convertible_to<bool>;
    { cop.get_executor() } -> std::convertible_to<typename T::executor_type>;
    { op.try_complete() } -> std::same_as<bool>;
    { op.start_waiting(w) } -> std::same_as<wait_result>;
    { op.stop_waiting(w) }
    noexcept;
    { op.retain() }
    noexcept;
    { op.cancel(asio::cancellation_type::terminal) } -> std::same_as<bool>;
    { op.take() } -> std::same_as<result_of<T>>;
    op.fail(failure::aborted);
};

/// Every operation here is all or nothing, so it can promise the strongest type and honours all three.
[[nodiscard]] inline bool is_cancellation(asio::cancellation_type type) noexcept {
    return (type & (asio::cancellation_type::terminal | asio::cancellation_type::partial |
                    asio::cancellation_type::total)) != asio::cancellation_type::none;
}

/// Looks, and keeps what a value's move throws for the coroutine that waits for it.
template <class Core>
bool try_complete_caught(Core& core, std::exception_ptr& thrown) noexcept {
    try {
        return core.try_complete();
    } catch (...) {
        thrown = std::current_exception();
        return true;
    }
}

inline void throw_if(error_code const& ec) {
    if (ec) {
        throw boost::system::system_error(ec);
    }
}

inline void throw_if(std::exception_ptr const& e) {
    if (e) {
        std::rethrow_exception(e);
    }
}

[[noreturn]] WEIR_NOINLINE inline void throw_failure(failure why) {
    throw boost::system::system_error(to_error(why));
}

inline void throw_if(failure why) {
    if (why != failure::none) [[unlikely]] {
        throw_failure(why);
    }
}

template <class T>
inline constexpr bool is_disposition = std::same_as<T, error_code> || std::same_as<T, std::exception_ptr>;

/// What co_await gives for a result: an error or exception in front is thrown, one value stands alone.
template <class... Args>
decltype(auto) unwrap(std::tuple<Args...>&& result) {
    if constexpr (sizeof...(Args) == 0) {
        return;
    } else if constexpr (is_disposition<std::tuple_element_t<0, std::tuple<Args...>>>) {
        throw_if(std::get<0>(result));
        return std::apply(
            [](auto&&, auto&&... rest) {
                return unwrap(std::tuple<decltype(rest)...>(std::forward<decltype(rest)>(rest)...));
            },
            std::move(result));
    } else if constexpr (sizeof...(Args) == 1) {
        using value = std::remove_cvref_t<std::tuple_element_t<0, std::tuple<Args...>>>;
        return value(std::get<0>(std::move(result)));
    } else {
        return std::tuple<std::remove_cvref_t<Args>...>(std::move(result));
    }
}

/// What co_await gives for an operation that has completed.
template <class Core>
decltype(auto) unwrap_core(Core& core) {
    if constexpr (requires { core.awaited(); }) {
        return core.awaited();
    } else if constexpr (requires {
                             core.failed();
                             core.value();
                         }) {
        throw_if(core.failed());
        return core.value();
    } else {
        return unwrap(core.take());
    }
}

} // namespace weir::detail

#endif
