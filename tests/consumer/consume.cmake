# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DHOW=package|subdirectory -DWEIR_SOURCE=DIR -DWEIR_BUILD=DIR -DWORK=DIR -DGENERATOR=... -DCXX=... -DFLAGS=...
#     -DBUILD_TYPE=... -P consume.cmake
#
# Builds the consumer project in WORK in one of the two ways, runs it and looks at what it prints.

# Runs a command and sets `output` to what it printed; the test ends here if it fails.
function(run)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE printed ERROR_VARIABLE printed RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "exit status ${status} of: ${ARGN}\n${printed}")
    endif()
    set(output "${printed}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(HOW STREQUAL "package")
    run("${CMAKE_COMMAND}" --install "${WEIR_BUILD}" --prefix "${WORK}/prefix")
    set(where "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
    set(where "-DWEIR_CHECKOUT=${WEIR_SOURCE}")
endif()

run(
    "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G "${GENERATOR}" "${where}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
)
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer")
if(NOT output STREQUAL "received 42\n")
    message(FATAL_ERROR "the consumer printed: ${output}")
endif()

# What weir is developed with must not reach those who use it.
file(READ "${WORK}/build/compile_commands.json" commands)
if(commands MATCHES "-W(all|extra|error|conversion|shadow)|support/main|\"file\": \"[^\"]*/tests/(unit|integration)/")
    message(FATAL_ERROR "the consumer inherits a warning flag or a test of weir: ${commands}")
endif()
