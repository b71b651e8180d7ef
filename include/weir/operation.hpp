// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_OPERATION_HPP
#define WEIR_OPERATION_HPP

// What an async_ member returns when its completion token is left out.
//
// A lazy operation: nothing has happened yet. It can be
//   awaited in weir::task             without suspending when it can finish at once,
//   awaited in asio::awaitable        likewise; it suspends as Asio's own operations do if it has to wait,
//   awaited in any other coroutine    whose promise lets it await foreign awaitables,
//   called with a completion token    like asio::deferred, so it works in parallel_group,
//   given to weir::select, weir::timeout.
// Use it once, as an rvalue. The handle that made it must be alive when it starts (as with Asio's I/O objects); from
// then on the operation keeps what it needs. An operation that is dropped without having been started did nothing.
// If a value throws when it is moved or copied on its way out: a task that awaits the operation, or a coroutine of somebody
// else, gets the exception; with a token it comes out of the executor's run(), and the handler is destroyed uncalled.
// With a token the operation is one block from the handler's allocator, and so is what is posted when it is woken. That
// happens inside somebody else's call: if the allocator throws there, the program ends.
//
//   auto op = rx.async_receive();
//   std::move(op)([](weir::error_code ec, std::optional<int> v) { ... });
//
// Thread safety: distinct objects safe, shared objects unsafe.

#include <weir/detail/awaitable_wait.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/foreign_awaiter.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/token_operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace weir {

/// A lazy asynchronous operation. `Core` is an implementation detail; name the type with `auto`.
template <detail::operation_core Core>
class [[nodiscard("a lazy operation does nothing until it is awaited or called")]] operation {
public:
    using signature = typename Core::signature;
    using executor_type = typename Core::executor_type;
    using core_type = Core;

    explicit operation(Core core) noexcept(std::is_nothrow_move_constructible_v<Core>)
        : core_(std::move(core)) {}

    /// Makes the core where it stays.
    template <class... Args>
    explicit operation(std::in_place_t, Args && ... args) : core_(std::forward<Args>(args)...) {}

    /// The executor that the operation completes on where the waiter names no other.
    [[nodiscard]] executor_type get_executor() const noexcept { return core_.get_executor(); }

    /// Starts the operation with a completion token.
    template <asio::completion_token_for<signature> Token>
    auto operator()(Token&& token)&& {
        core_.retain();
        return std::move(*this).start(std::forward<Token>(token));
    }

    /// For asio::awaitable: the same with a token that starts it within this call, while the handle that made it is alive.
    template <asio::completion_token_for<signature> Token>
    auto start(Token && token)&& {
        return asio::async_initiate<Token, signature>(detail::initiate_operation<Core>{core_.get_executor()},
                                                      token, std::move(core_));
    }

    /// Awaits the operation in a coroutine that is neither a weir::task nor an asio::awaitable. The coroutine is
    /// resumed on get_executor(). Throws what the error is; gives the values.
    detail::foreign_awaiter<Core> operator co_await()&& {
        return detail::foreign_awaiter<Core>(std::move(core_));
    }

    /// What the operation is inside, for select, timeout and tasks.
    [[nodiscard]] Core& core()& noexcept { return core_; }
    [[nodiscard]] Core const& core() const& noexcept { return core_; }
    [[nodiscard]] Core&& core()&& noexcept { return std::move(core_); }

private:
    Core core_;
};

namespace detail {

/// Stands for a completion token that was left out.
struct no_token {};

/// A token that an executor brings (as_default_on), or no_token. Plain `deferred`, Asio's own default since 1.86, is
/// what a lazy operation already is.
template <class Executor>
struct default_token {
    using type = no_token;
};
template <class Executor>
    requires requires {
        typename Executor::default_completion_token_type;

    } &&(!std::same_as<typename Executor::default_completion_token_type,
                       asio::deferred_t>)struct default_token<Executor> {
        using type = typename Executor::default_completion_token_type;
    };
    template <class Executor>
    using default_token_t = typename default_token<Executor>::type;

    template <class Token, class Core>
    concept token_for = std::same_as<std::remove_cvref_t<Token>, no_token> ||
        asio::completion_token_for<Token, typename Core::signature>;

    /// What an async_ member does with its token, and with what its core is made from where it stays.
    template <operation_core Core, token_for<Core> Token, class... Args>
    auto initiate_in_place(Token&& token, Args&&... args) {
        if constexpr (std::same_as<std::remove_cvref_t<Token>, no_token>) {
            return operation<Core>(std::in_place, std::forward<Args>(args)...);
        } else {
            return operation<Core>(std::in_place, std::forward<Args>(args)...)(std::forward<Token>(token));
        }
    }

    /// The same with a core that it has.
    template <operation_core Core, token_for<Core> Token>
    auto initiate(Core core, Token&& token) {
        return initiate_in_place<Core>(std::forward<Token>(token), std::move(core));
    }

} // namespace detail
} // namespace weir

#endif
