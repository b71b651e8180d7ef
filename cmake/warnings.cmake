# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# Warnings for weir's own tests, examples and header checks, and what the sanitizers need of a compiler.

option(WEIR_WERROR "Treat warnings as errors when weir itself is developed" ON)

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    if(WEIR_WERROR)
        add_compile_options(-Werror)
    endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms in optimised code that moves a std::string on with operator+ (GCC bugs 105329 and 105651), and that
    # destroys an std::optional it has inlined (GCC bug 80635). What is really out of bounds or not initialised is left
    # to the sanitizers and to clang.
    add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized)
endif()

# The presets put their sanitizers into CMAKE_CXX_FLAGS, which is where they are looked for here.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    # Asio has atomic_thread_fence in its headers, which ThreadSanitizer does not model and g++ warns of.
    add_compile_options(-Wno-tsan)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15
   AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=[a-z,]*undefined"
)
    # "Cannot represent a difference across sections" for every coroutine (LLVM issue 49689).
    add_compile_options(-fno-sanitize=function)
endif()
