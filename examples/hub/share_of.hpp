// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_EXAMPLES_HUB_SHARE_OF_HPP
#define WEIR_EXAMPLES_HUB_SHARE_OF_HPP

#include <weir/market.hpp>

#include <cstddef>
#include <optional>
#include <utility>

/// How several producers share one recording: each reads all of it and keeps some instruments, so the ticks of an
/// instrument stay in their order.

namespace example {

/// A source of the ticks of every instrument whose id is `index` modulo `count`.
template <weir::market::tick_source Source>
class share_of {
public:
    share_of(Source source, std::size_t index, std::size_t count)
        : source_(std::move(source)), index_(index), count_(count) {}

    std::optional<weir::market::market_tick> next() {
        auto tick = source_.next();
        while (tick && tick->instrument % count_ != index_)
            tick = source_.next();
        return tick;
    }

private:
    Source source_;
    std::size_t index_;
    std::size_t count_;
};

} // namespace example

#endif
