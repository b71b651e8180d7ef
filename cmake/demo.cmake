# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -P cmake/demo.cmake
#
# From a fresh machine to the market data hub at work: gets the packages, builds the hub example and runs it on the
# recorded trades that come with it.

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/packages.cmake")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

weir_provide(${weir_packages_to_build})

weir_must_run("${CMAKE_COMMAND}" -S "${root}" --preset release -DWEIR_BUILD_TESTS=OFF)
weir_must_run("${CMAKE_COMMAND}" --build "${root}/build/release" --parallel 2 --target hub)

file(GLOB recordings "${root}/examples/data/*.csv")
weir_must_run("${root}/build/release/examples/hub" ${recordings})
