# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# For the two scripts demo.cmake and test.cmake, which start on a machine that may have nothing but CMake: getting the
# Debian packages, and running commands whose output is seen while they run.

# Debian's packages for each purpose; "a|b" means the first of the two that is to be had.
set(weir_packages_to_build
    g++ ninja-build ccache "libboost1.81-dev|libboost-dev" "libboost-context1.81-dev|libboost-context-dev" libfmt-dev
    libcli11-dev nlohmann-json3-dev
)
set(weir_packages_to_test
    ${weir_packages_to_build} catch2 "clang-19|clang-16" "libclang-rt-19-dev|libclang-rt-16-dev" python3
)

# weir_say(TEXT): a line on stdout. message() would write to stderr.
function(weir_say text)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${text}")
endfunction()

# weir_run(STATUS command...): runs the command with its output going where ours goes, and sets STATUS to its exit status.
function(weir_run status)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result COMMAND_ECHO STDOUT)
    set(${status} "${result}" PARENT_SCOPE)
endfunction()

# weir_must_run(command...): the same, and the script ends here if the command fails.
function(weir_must_run)
    weir_run(status ${ARGN})
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "exit status ${status} of: ${command}")
    endif()
endfunction()

# weir_resolve(OUT "a|b"): the first alternative that is installed or offered; a if apt knows neither.
function(weir_resolve out alternatives)
    string(REPLACE "|" ";" packages "${alternatives}")
    list(GET packages 0 resolved)
    foreach(package IN LISTS packages)
        execute_process(COMMAND apt-cache policy ${package} OUTPUT_VARIABLE policy ERROR_QUIET)
        if(policy MATCHES "Candidate: [^(]")
            set(resolved ${package})
            break()
        endif()
    endforeach()
    set(${out} ${resolved} PARENT_SCOPE)
endfunction()

# weir_missing_packages(OUT "a|b"...): those that dpkg does not call installed, each resolved to one package.
function(weir_missing_packages out)
    set(missing "")
    foreach(alternatives IN LISTS ARGN)
        weir_resolve(package "${alternatives}")
        execute_process(
            COMMAND dpkg-query --show --showformat "\${db:Status-Status}" ${package}
            OUTPUT_VARIABLE state
            ERROR_QUIET
        )
        if(NOT state STREQUAL "installed")
            list(APPEND missing ${package})
        endif()
    endforeach()
    set(${out} "${missing}" PARENT_SCOPE)
endfunction()

# weir_provide("a|b"...): on Debian and as root installs what is missing; elsewhere says what is needed. Goes on in either
# case, for the tools may have come from somewhere else: if one is really not there, the next step says so.
function(weir_provide)
    if(NOT EXISTS /etc/debian_version)
        string(REGEX REPLACE "[|][^;]*" "" packages "${ARGN}")
        list(JOIN packages " " packages)
        weir_say("weir: this is not Debian; needed are what Debian 12 calls ${packages}")
        return()
    endif()

    weir_missing_packages(missing ${ARGN})
    if(NOT missing)
        return()
    endif()
    execute_process(COMMAND id -u OUTPUT_VARIABLE uid OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(uid EQUAL 0)
        set(ENV{DEBIAN_FRONTEND} noninteractive)
        weir_run(updated apt-get update --quiet)
        # Again, because apt of a fresh machine did not know what it can offer.
        weir_missing_packages(missing ${ARGN})
        weir_run(installed apt-get install --quiet --yes --no-install-recommends ${missing})
        if(installed EQUAL 0)
            return()
        endif()
    endif()
    list(JOIN missing " " missing)
    weir_say("weir: some packages are missing; as root: apt-get update && apt-get install ${missing}")
endfunction()
