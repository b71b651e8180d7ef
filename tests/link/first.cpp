// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Two translation units that include all of weir have to link: a function in a header that forgot to be inline is a
// duplicate symbol here, and nowhere in a test of one unit.

#include <weir/market.hpp>
#include <weir/weir.hpp>

#include "link.hpp"

int main() { return second_unit(); }
