# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# weir_add_test_group() and weir_add_example(): how tests and examples are built and put under ctest.

set(WEIR_TEST_FILES_AT_ONCE 9 CACHE STRING "How many test files are compiled as one: the more, the less time in all")

option(WEIR_TEST_THREADS_ONLY "Leave out the test files that start no thread, for ThreadSanitizer's sake" OFF)

# weir_keep_what_starts_threads(LIST): takes the files out of LIST whose text makes no thread and no pool of them.
function(weir_keep_what_starts_threads list)
    set(kept "")
    foreach(file IN LISTS ${list})
        file(STRINGS "${file}" threads LIMIT_COUNT 1 REGEX "thread_pool[> ]*[a-z_]*\\(|std::j?thread")
        if(threads)
            list(APPEND kept "${file}")
        endif()
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    endforeach()
    set(${list} "${kept}" PARENT_SCOPE)
endfunction()

# weir_add_test_group(NAME SOURCES file... [DEFINITIONS macro...] [SERIAL] [OPTIMISED|SWIFT])
#
# One executable weir_NAME from the given files, each Catch test case of it a ctest test "NAME/test case" with the label
# NAME. No files, no target. WEIR_TEST_FILES_AT_ONCE files are compiled as one, so each has a namespace of its own.
# SERIAL: the cases use all cores themselves, so ctest runs nothing beside them.
# OPTIMISED: at least -O1, also where the rest is not, for cases that compute much. With DEFINITIONS or OPTIMISED it is
# compiled without the precompiled header, which was compiled otherwise.
# SWIFT: -O1 where the rest has more, for cases that run for moments but are a lot to compile: g++ takes a quarter less time.
function(weir_add_test_group name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;OPTIMISED;SWIFT" "" "SOURCES;DEFINITIONS")
    if(NOT arg_SOURCES)
        return()
    endif()
    set(target weir_${name})
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE weir_test_options)
    if(WEIR_TEST_FILES_AT_ONCE GREATER 1)
        set_target_properties(
            ${target} PROPERTIES UNITY_BUILD TRUE UNITY_BUILD_BATCH_SIZE ${WEIR_TEST_FILES_AT_ONCE}
        )
        # g++ takes the files for headers then, in which types of unnamed namespaces would be a mistake.
        # It also has memory enough to forget nothing, which saves a twentieth of its time: clang++ takes more of it.
        target_compile_options(
            ${target}
            PRIVATE
                "$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage;--param=ggc-min-expand=1000;--param=ggc-min-heapsize=4000000>"
        )
    endif()
    if(arg_OPTIMISED)
        target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O1>)
    endif()
    if(arg_SWIFT)
        # g++ takes a precompiled header of another -O, clang++ does not.
        target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-O1>)
    endif()
    if(arg_DEFINITIONS)
        target_compile_definitions(${target} PRIVATE ${arg_DEFINITIONS})
    endif()
    if(NOT arg_DEFINITIONS AND NOT arg_OPTIMISED)
        target_precompile_headers(${target} REUSE_FROM weir_test_pch)
    endif()

    set(properties LABELS ${name} TIMEOUT 300)
    if(arg_SERIAL)
        list(APPEND properties RUN_SERIAL TRUE)
    endif()
    catch_discover_tests(${target} TEST_PREFIX "${name}/" EXTRA_ARGS ${WEIR_CATCH_ARGS} PROPERTIES ${properties})
endfunction()

# weir_add_example(NAME [ARGS argument...] [LIBRARIES target...] [HELP TRUE])
#
# The executable NAME from NAME.cpp. Under ctest it is run with ARGS, and what it prints has to equal expected/NAME.txt.
# HELP: it also has to answer --help.
function(weir_add_example name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "HELP" "ARGS;LIBRARIES")
    add_executable(${name} ${name}.cpp)
    target_link_libraries(${name} PRIVATE weir::weir ${arg_LIBRARIES})

    set(check_output "${PROJECT_SOURCE_DIR}/tests/support/check_output.cmake")
    add_test(
        NAME "example/${name}"
        COMMAND
            "${CMAKE_COMMAND}" "-DEXPECTED=${CMAKE_CURRENT_SOURCE_DIR}/expected/${name}.txt" -P "${check_output}" --
            "$<TARGET_FILE:${name}>" ${arg_ARGS}
    )
    set_tests_properties("example/${name}" PROPERTIES LABELS example TIMEOUT 120)
    if(arg_HELP)
        add_test(
            NAME "example/${name} --help"
            COMMAND
                "${CMAKE_COMMAND}" "-DMATCHES=[Uu]sage" -P "${check_output}" -- "$<TARGET_FILE:${name}>" --help
        )
        set_tests_properties("example/${name} --help" PROPERTIES LABELS example TIMEOUT 60)
    endif()
endfunction()
