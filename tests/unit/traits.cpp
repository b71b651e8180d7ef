// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include "support/values.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

// What the types promise, checked by the compiler.

namespace traits_test {

namespace {

namespace asio = boost::asio;
namespace mpmc = weir::mpmc;
namespace mpsc = weir::mpsc;
namespace oneshot = weir::oneshot;
using support::move_only;
using loop = asio::io_context::executor_type;
using strand = asio::strand<asio::thread_pool::executor_type>;
using one_thread = weir::single_threaded;

template <class T>
inline constexpr bool is_copyable = std::is_copy_constructible_v<T>&& std::is_copy_assignable_v<T>;
template <class T>
inline constexpr bool is_movable =
    std::is_nothrow_move_constructible_v<T>&& std::is_nothrow_move_assignable_v<T>;
template <class T>
inline constexpr bool is_move_only =
    is_movable<T> && !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

// Handles: senders are copied, slots are not, receivers if there may be several, none is made from nothing.
static_assert(is_copyable<mpsc::sender<move_only>> && is_movable<mpsc::sender<move_only>>);
static_assert(is_copyable<mpsc::weak_sender<move_only>> && is_movable<mpsc::weak_sender<move_only>>);
static_assert(is_move_only<mpsc::receiver<int>> && is_move_only<mpsc::receiver<move_only, loop, one_thread>>);
static_assert(is_move_only<mpsc::permit<int>> && is_move_only<mpsc::permits<int>>);
static_assert(is_move_only<oneshot::sender<int>> && is_move_only<oneshot::receiver<move_only, strand>>);
static_assert(is_move_only<weir::task<>> && is_move_only<weir::task<move_only>>);
static_assert(is_copyable<mpmc::sender<move_only>> && is_movable<mpmc::sender<move_only>>);
static_assert(is_copyable<mpmc::receiver<move_only>> && is_movable<mpmc::receiver<move_only, strand>>);
static_assert(is_move_only<mpmc::permit<int>> && is_move_only<mpmc::permits<int>>);
static_assert(!std::is_default_constructible_v<mpmc::receiver<int>>);
static_assert(!std::is_default_constructible_v<mpsc::sender<int>>);
static_assert(!std::is_default_constructible_v<mpsc::receiver<int>>);
static_assert(!std::is_default_constructible_v<oneshot::receiver<int>>);
static_assert(!std::is_default_constructible_v<mpsc::permit<int>>);

// Executors: the parameter after the value, any_io_executor if it is left out, the policy last.
static_assert(std::same_as<mpsc::sender<int>::executor_type, asio::any_io_executor>);
static_assert(
    std::same_as<mpsc::receiver<int>, mpsc::receiver<int, asio::any_io_executor, weir::multi_threaded>>);
static_assert(
    std::same_as<mpsc::sender<int, loop>::rebind_executor<strand>::other, mpsc::sender<int, strand>>);
static_assert(std::same_as<oneshot::sender<int, loop, one_thread>::rebind_executor<strand>::other,
                           oneshot::sender<int, strand, one_thread>>);
template <class Context>
using made_on = decltype(mpsc::channel<int>(std::declval<Context>(), 1));
static_assert(std::same_as<made_on<loop>, std::pair<mpsc::sender<int, loop>, mpsc::receiver<int, loop>>>);
static_assert(std::same_as<made_on<asio::thread_pool&>,
                           std::pair<mpsc::sender<int, strand>, mpsc::receiver<int, strand>>>);
static_assert(std::same_as<made_on<asio::io_context&>::first_type::executor_type, asio::strand<loop>>);

// Handles that are aliases are taken apart by function templates all the same.
template <class T>
T sends(mpsc::sender<T>&, mpmc::sender<T>&);
template <class T, class Executor>
std::pair<T, Executor> receives(mpsc::receiver<T, Executor>&, mpmc::receiver<T, Executor>&);
static_assert(std::same_as<int, decltype(sends(std::declval<mpsc::sender<int>&>(),
                                               std::declval<mpmc::sender<int>&>()))>);
static_assert(
    std::same_as<std::pair<int, loop>, decltype(receives(std::declval<mpsc::receiver<int, loop>&>(),
                                                         std::declval<mpmc::receiver<int, loop>&>()))>);

// Conversions follow the executor's, and only these.
static_assert(std::convertible_to<mpmc::receiver<int, loop> const&, mpmc::receiver<int>>);
static_assert(std::convertible_to<mpmc::receiver<int, strand>, mpmc::receiver<int>>);
static_assert(!std::convertible_to<mpmc::receiver<int>, mpmc::receiver<int, loop>>);
static_assert(!std::convertible_to<mpmc::sender<int>, mpsc::sender<int>>);
static_assert(std::convertible_to<mpsc::sender<int, loop> const&, mpsc::sender<int>>);
static_assert(std::convertible_to<mpsc::sender<int, strand>, mpsc::sender<int>>);
static_assert(std::convertible_to<mpsc::receiver<int, loop>, mpsc::receiver<int>>);
static_assert(!std::convertible_to<mpsc::receiver<int, loop> const&, mpsc::receiver<int>>);
static_assert(std::convertible_to<oneshot::sender<int, strand>, oneshot::sender<int>>);
static_assert(std::convertible_to<oneshot::receiver<int, strand>, oneshot::receiver<int>>);
static_assert(!std::convertible_to<mpsc::sender<int>, mpsc::sender<int, loop>>);
static_assert(!std::convertible_to<mpsc::sender<int, loop>, mpsc::sender<int, strand>>);
static_assert(!std::convertible_to<mpsc::sender<int, loop, one_thread>, mpsc::sender<int, loop>>);

// Operations: lazy, used once, with one signature, an asynchronous operation of Asio.
using receive = decltype(std::declval<mpsc::receiver<move_only, loop>&>().async_receive());
using send = decltype(std::declval<mpsc::sender<move_only, loop>&>().async_send(move_only(1)));
using reserve = decltype(std::declval<mpsc::sender<move_only, loop>&>().async_reserve());
using reserve_many = decltype(std::declval<mpsc::sender<move_only, loop>&>().async_reserve_many(1));
using closed = decltype(std::declval<mpsc::sender<move_only, loop>&>().async_closed());
using receive_once = decltype(std::declval<oneshot::receiver<int, loop>&>().async_receive());
using spawned = decltype(weir::spawn(std::declval<loop>(), std::declval<weir::task<std::unique_ptr<int>>>()));
static_assert(std::same_as<receive::signature, void(weir::error_code, std::optional<move_only>)>);
static_assert(std::same_as<send::signature, void(weir::error_code)>);
static_assert(
    std::same_as<reserve::signature, void(weir::error_code, std::optional<mpsc::permit<move_only, loop>>)>);
static_assert(std::same_as<reserve_many::signature,
                           void(weir::error_code, std::optional<mpsc::permits<move_only, loop>>)>);
static_assert(std::same_as<closed::signature, void(weir::error_code)>);
static_assert(std::same_as<receive_once::signature, void(weir::error_code, std::optional<int>)>);
static_assert(std::same_as<spawned::signature, void(std::exception_ptr, std::unique_ptr<int>)>);
static_assert(std::same_as<decltype(std::declval<weir::task_group&>().async_join())::signature,
                           void(std::exception_ptr)>);
static_assert(std::same_as<decltype(std::declval<weir::task_group_of<move_only>&>().async_join())::signature,
                           void(std::exception_ptr, std::vector<move_only>)>);
static_assert(std::same_as<decltype(std::declval<weir::barrier&>().async_wait())::signature,
                           void(weir::error_code, bool)>);
static_assert(!std::is_copy_constructible_v<receive> && std::is_move_constructible_v<receive>);
static_assert(asio::is_async_operation<receive>::value && asio::is_async_operation<send>::value);
static_assert(asio::is_async_operation<spawned>::value);
static_assert(!std::is_invocable_v<receive&, void (*)(weir::error_code, std::optional<move_only>)>);
static_assert(std::is_invocable_v<receive, void (*)(weir::error_code, std::optional<move_only>)>);
static_assert(!std::is_invocable_v<receive, void (*)(int)>);

// Calls that must not throw, and those that exist for some values only.
static_assert(noexcept(std::declval<mpsc::receiver<int>&>().close()));
static_assert(noexcept(std::declval<mpsc::sender<int> const&>().is_closed()));
static_assert(noexcept(std::declval<mpsc::sender<int> const&>().capacity()));

template <class Sender, class Value>
concept can_try = requires(Sender& s, Value&& v) {
    s.try_send(std::forward<Value>(v));
};

static_assert(can_try<mpsc::sender<move_only>, move_only> &&
              !can_try<mpsc::sender<move_only>, move_only const&>);
static_assert(can_try<mpsc::sender<int>, int const&>);

// A permit sends as an rvalue only: it is used once.
template <class Permit>
concept can_send = requires(Permit p) {
    std::forward<Permit>(p).send(1);
};

static_assert(can_send<mpsc::permit<int>&&> && !can_send<mpsc::permit<int>&>);

// Errors are error codes.
static_assert(boost::system::is_error_code_enum<weir::errc>::value);
static_assert(std::convertible_to<weir::errc, weir::error_code>);

// A spawned task yields nothing, or something that can be made from nothing.
template <class T>
concept can_spawn = requires(weir::task<T> t) {
    weir::spawn(std::declval<loop>(), std::move(t));
};

static_assert(can_spawn<void> && can_spawn<std::unique_ptr<int>>);
static_assert(!can_spawn<support::counted> && !can_spawn<int&>);

} // namespace

} // namespace traits_test
