# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DEXPECTED=FILE -P check_output.cmake -- PROGRAM [ARGUMENT...]
# cmake -DMATCHES=REGEX -P check_output.cmake -- PROGRAM [ARGUMENT...]
#
# Fails unless PROGRAM exits with 0 and prints on stdout exactly what stands in FILE, or something that REGEX matches.

set(command "")
set(past_separator FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(past_separator)
        list(APPEND command "${CMAKE_ARGV${i}}")
    elseif(CMAKE_ARGV${i} STREQUAL "--")
        set(past_separator TRUE)
    endif()
endforeach()

execute_process(COMMAND ${command} OUTPUT_VARIABLE actual RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "exit status ${status} of: ${command}\nIts output:\n${actual}")
endif()
if(MATCHES)
    if(NOT actual MATCHES "${MATCHES}")
        message(FATAL_ERROR "The output does not match ${MATCHES}:\n${actual}")
    endif()
    return()
endif()

if(NOT EXISTS "${EXPECTED}")
    message(FATAL_ERROR "${EXPECTED} does not exist; the program prints:\n${actual}")
endif()
file(READ "${EXPECTED}" expected)
if(NOT actual STREQUAL expected)
    message(FATAL_ERROR "The output differs from ${EXPECTED}.\nExpected:\n${expected}\nActual:\n${actual}")
endif()
