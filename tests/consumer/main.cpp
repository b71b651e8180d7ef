// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/weir.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <utility>

weir::task<void> produce(weir::mpsc::sender<int> tx) { co_await tx.async_send(42); }

weir::task<void> consume(weir::mpsc::receiver<int> rx) {
    while (auto value = co_await rx.async_receive())
        std::cout << "received " << *value << '\n';
}

int main() {
    boost::asio::io_context context;
    auto [tx, rx] = weir::mpsc::channel<int>(context, 1);
    weir::spawn(context, produce(std::move(tx)), boost::asio::detached);
    weir::spawn(context, consume(std::move(rx)), boost::asio::detached);
    context.run();
}
