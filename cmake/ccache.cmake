# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# Compiles through ccache where it is found.

find_program(WEIR_CCACHE ccache)
mark_as_advanced(WEIR_CCACHE)

if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # A precompiled header is only cacheable when ccache may overlook macros and times that it cannot see in it.
    # What a file includes is what the compiler says that it read: without that ccache preprocesses each file once more.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_DEPEND=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        "${WEIR_CCACHE}"
    )
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-fpch-preprocess)
    elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()
