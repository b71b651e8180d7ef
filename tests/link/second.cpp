// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/market.hpp>
#include <weir/weir.hpp>

#include "link.hpp"

int second_unit() { return 0; }
