# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -P cmake/test.cmake
#
# From a fresh machine to tested: gets the packages, builds and tests with each preset below. Fails if anything fails or
# if a preset has no test.

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/packages.cmake")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

weir_provide(${weir_packages_to_test})

# With clang++ a build with sanitizers takes about two thirds of the time that it takes with g++, which compiles and tests the
# optimised build. The presets ask for version 19; an older Debian has 16.
find_program(clang NAMES clang++-19 clang++-16 clang++)
if(clang)
    set(presets clang)
    set(thread_preset clang-tsan)
    set(thread_compiler "${clang}")
else()
    weir_say("weir: no clang++ found, so nothing is tested with it")
    set(presets asan-ubsan)
    set(thread_preset tsan)
    set(thread_compiler g++)
endif()

# A kernel may lay out memory in a way that ThreadSanitizer cannot work with; then not even an empty program starts.
set(probe "${root}/build/tsan_probe")
file(WRITE "${probe}.cpp" "int main() {}\n")
execute_process(COMMAND ${thread_compiler} -fsanitize=thread "${probe}.cpp" -o "${probe}" RESULT_VARIABLE compiled)
execute_process(COMMAND "${probe}" RESULT_VARIABLE ran OUTPUT_QUIET ERROR_QUIET)
if(compiled EQUAL 0 AND NOT ran EQUAL 0)
    weir_say("weir: ThreadSanitizer does not run on this kernel (sysctl vm.mmap_rnd_bits=28 helps): NOT TESTED with it")
else()
    list(APPEND presets ${thread_preset})
endif()

# Last, so that the output ends with the summary of the build that people use.
list(APPEND presets release)

# All is built before anything is tested: what does not compile shows first.
set(failed "")
foreach(preset IN LISTS presets)
    weir_say("\nweir: building ${preset}")
    set(options "")
    if(preset MATCHES "clang")
        # That each header stands alone, and all examples with sanitizers, are for who works on weir:
        # `cmake --workflow --preset clang` looks at them. What each example prints is checked in the optimised build.
        set(options "-DCMAKE_CXX_COMPILER=${clang}" -DCMAKE_VERIFY_INTERFACE_HEADER_SETS=OFF -DWEIR_EXAMPLES=hub)
    endif()
    weir_run(configured "${CMAKE_COMMAND}" -S "${root}" --preset ${preset} ${options})
    weir_run(built "${CMAKE_COMMAND}" --build "${root}/build/${preset}" --parallel 2)
    if(NOT configured EQUAL 0 OR NOT built EQUAL 0)
        list(APPEND failed "${preset} (build)")
    endif()
endforeach()

foreach(preset IN LISTS presets)
    if(NOT "${preset} (build)" IN_LIST failed)
        weir_say("\nweir: testing ${preset}")
        set(options "")
        if(NOT preset STREQUAL "release")
            set(options --label-exclude "^project$") # installing, consuming, the README: once is enough
        endif()
        execute_process(
            COMMAND "${CMAKE_CTEST_COMMAND}" --preset ${preset} --no-tests=error ${options}
            WORKING_DIRECTORY "${root}"
            RESULT_VARIABLE tested
        )
        if(NOT tested EQUAL 0)
            list(APPEND failed "${preset} (tests)")
        endif()
    endif()
endforeach()

if(failed)
    list(JOIN failed ", " failed)
    message(FATAL_ERROR "failed: ${failed}")
endif()
