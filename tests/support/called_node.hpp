// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Run queues without coroutines, step by step.

#ifndef WEIR_TESTS_SUPPORT_CALLED_NODE_HPP
#define WEIR_TESTS_SUPPORT_CALLED_NODE_HPP

#include <weir/detail/run_node.hpp>

#include <functional>
#include <utility>

namespace support {

/// A node that calls a function.
class called_node final : public weir::detail::run_node {
public:
    explicit called_node(std::function<void()> f) : f_(std::move(f)) {}

    void run() override { f_(); }

private:
    std::function<void()> f_;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_CALLED_NODE_HPP
