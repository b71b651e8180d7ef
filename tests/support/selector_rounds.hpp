// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Rounds of a selector that end at once, and a selector that says what it has received.

#ifndef WEIR_TESTS_SUPPORT_SELECTOR_ROUNDS_HPP
#define WEIR_TESTS_SUPPORT_SELECTOR_ROUNDS_HPP

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/select_channels.hpp"

#include <weir/selector.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace support {

using selected = outcome<std::size_t>;
using names = std::vector<std::string>;

/// A selector over both, which notes what it has received.
inline auto noting(two_channels& c, names& seen) {
    return weir::selector(weir::on(c.a, [&](int n) { seen.push_back("a" + std::to_string(n)); }),
                          weir::on(c.b, [&](int n) { seen.push_back("b" + std::to_string(n)); }));
}

/// A round that is to end at once.
template <class Selector>
std::size_t round(boost::asio::io_context& ctx, Selector& s) {
    selected end;
    s.next()(end.handler());
    poll(ctx);
    REQUIRE(end.is_success());
    return end.value();
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_SELECTOR_ROUNDS_HPP
