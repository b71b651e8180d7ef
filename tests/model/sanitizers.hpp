// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_SANITIZERS_HPP
#define WEIR_TESTS_MODEL_SANITIZERS_HPP

// WEIR_MODEL_ASAN and WEIR_MODEL_TSAN: which sanitizer watches, as g++ and clang tell it.

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_MODEL_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define WEIR_MODEL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_MODEL_TSAN 1
#endif
#endif

#endif // WEIR_TESTS_MODEL_SANITIZERS_HPP
