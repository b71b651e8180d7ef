// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Request and reply: a command carries the sending end of a oneshot, on which the answer comes back.
//
// Run:    oneshot
// Prints: the answers of an account that is a task of its own and needs no lock, what it sees when the one who asked has
//         gone, and what those who ask see when it has gone.

#include <weir/error.hpp>
#include <weir/mpsc.hpp>
#include <weir/oneshot.hpp>
#include <weir/task.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <optional>
#include <utility>

namespace asio = boost::asio;

struct deposit {
    int amount;
    weir::oneshot::sender<int> balance;
};

using account = weir::mpsc::sender<deposit>;

// The actor: owns the balance, serves one command after the other until nobody can send any more.
weir::task<> keep_account(weir::mpsc::receiver<deposit> deposits, int most) {
    int balance = 0;
    while (auto command = co_await deposits.async_receive()) {
        if (balance + command->amount > most) {
            deposits.close();
            break; // this command and those behind it are destroyed, and their reply channels with them
        }
        balance += command->amount;
        if (!command->balance.send(balance))
            fmt::print("nobody waits for the balance of {}\n", balance);
    }
}

// Asks and waits for the answer. Empty: the actor went without one.
weir::task<std::optional<int>> ask(account to, int amount) {
    auto [tx, rx] = weir::oneshot::channel<int>(to.get_executor());
    co_await to.async_emplace(amount, std::move(tx));
    co_return co_await rx.async_receive();
}

// Asks and goes away; the command is served all the same.
weir::task<> ask_and_leave(account to, int amount) {
    auto [tx, rx] = weir::oneshot::channel<int>(to.get_executor());
    rx.close();
    co_await to.async_emplace(amount, std::move(tx));
}

weir::task<> customer(account to) {
    for (int amount : {10, 20}) {
        auto const balance = co_await ask(to, amount);
        fmt::print("deposited {}, the balance is {}\n", amount, balance.value());
    }
    co_await ask_and_leave(to, 5);
    auto const refused = co_await ask(to, 1'000'000);
    fmt::print("too much is answered: {}\n", refused.has_value());
    try {
        co_await ask(to, 1);
    } catch (boost::system::system_error const& e) {
        fmt::print("the account is closed: {}\n", e.code() == weir::errc::closed);
    }
}

int main() {
    asio::thread_pool pool(2);
    auto [tx, rx] = weir::mpsc::channel<deposit>(pool, 8);
    weir::spawn(pool, keep_account(std::move(rx), 100), asio::detached);
    weir::spawn(pool, customer(std::move(tx)), asio::detached);
    pool.join();
}
