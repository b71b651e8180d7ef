# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DHUB=PROGRAM -DPYTHON=PROGRAM -P hub_statistics.cmake -- FILE...
#
# Fails unless `hub --json FILE...` prints the statistics that exact_statistics.py computes from the same files.

set(files "")
set(past_separator FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(past_separator)
        list(APPEND files "${CMAKE_ARGV${i}}")
    elseif(CMAKE_ARGV${i} STREQUAL "--")
        set(past_separator TRUE)
    endif()
endforeach()

execute_process(
    COMMAND "${HUB}" --json --speed max ${files}
    COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/exact_statistics.py" --check - ${files}
    RESULTS_VARIABLE statuses
)
if(NOT statuses STREQUAL "0;0")
    message(FATAL_ERROR "exit statuses of the hub and of the comparison: ${statuses}")
endif()
