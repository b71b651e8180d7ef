// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// What the two translation units of the link test share.

#ifndef WEIR_TESTS_LINK_LINK_HPP
#define WEIR_TESTS_LINK_LINK_HPP

/// Defined in the second unit; returns 0.
int second_unit();

#endif // WEIR_TESTS_LINK_LINK_HPP
