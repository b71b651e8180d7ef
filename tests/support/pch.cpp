// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Owns the precompiled header that all test executables share; there is nothing else in it.
