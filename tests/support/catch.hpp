// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Catch2, whichever of its versions 2 and 3 is installed. Every test includes this header and none of Catch's own.
///
/// What the two have in common and tests may use: TEST_CASE, TEMPLATE_TEST_CASE, TEMPLATE_LIST_TEST_CASE, SECTION,
/// GENERATE, CHECK, REQUIRE, their _FALSE, _THROWS_AS and _NOTHROW forms, INFO, CAPTURE, and Catch::StringMaker.
/// Assertions are not thread safe in either version: collect in the thread, assert after it was joined.

#ifndef WEIR_TESTS_SUPPORT_CATCH_HPP
#define WEIR_TESTS_SUPPORT_CATCH_HPP

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif // WEIR_TESTS_SUPPORT_CATCH_HPP
