# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DREADME=FILE -DEXAMPLES=DIRECTORY -P check_readme.cmake
#
# Keeps the README honest. Fails unless
# - each ```cpp block stands in one of DIRECTORY/*.cpp, all of it indented by the same number of spaces, and
# - each ```text block under a line <!-- output: NAME --> equals DIRECTORY/expected/NAME.txt, which another test compares
#   with what the example NAME prints.

# Sets OUT to the text with COUNT spaces before each line that is not empty.
function(indent text count out)
    string(REPEAT " " ${count} spaces)
    string(REPLACE "\n" "\n${spaces}" text "${spaces}${text}")
    string(REGEX REPLACE "\n +\n" "\n\n" text "${text}")
    string(REGEX REPLACE " +$" "" text "${text}")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Fails in the end, after all blocks were looked at. The indentation keeps message() from filling the lines.
function(refuse reason block)
    indent("${block}" 4 block)
    message(SEND_ERROR "${reason}:\n${block}\nin ${README}")
endfunction()

# Sets OUT to the first example that holds the block, or to the empty string.
function(find_in_examples block out)
    file(GLOB files "${EXAMPLES}/*.cpp")
    foreach(count RANGE 0 24 4)
        indent("${block}" ${count} indented)
        foreach(file IN LISTS files)
            file(READ "${file}" code)
            string(FIND "\n${code}" "\n${indented}" position)
            if(NOT position EQUAL -1)
                set(${out} "${file}" PARENT_SCOPE)
                return()
            endif()
        endforeach()
    endforeach()
    set(${out} "" PARENT_SCOPE)
endfunction()

# Cuts the block after the next line OPENING off the text REST, by name: sets BLOCK to its lines and REST to what follows.
# BEFORE is the text up to the block; FOUND is false if there is none.
macro(next_block rest opening block before found)
    string(FIND "${${rest}}" "\n${opening}\n" begin)
    if(begin EQUAL -1)
        set(${found} FALSE)
    else()
        set(${found} TRUE)
        string(SUBSTRING "${${rest}}" 0 ${begin} ${before})
        string(LENGTH "\n${opening}\n" length)
        math(EXPR begin "${begin} + ${length}")
        string(SUBSTRING "${${rest}}" ${begin} -1 ${rest})
        string(FIND "\n${${rest}}" "\n```" end)
        if(end EQUAL -1)
            message(FATAL_ERROR "${README}: a ${opening} block without its end")
        endif()
        string(SUBSTRING "${${rest}}" 0 ${end} ${block})
        string(SUBSTRING "${${rest}}" ${end} -1 ${rest})
    endif()
endmacro()

file(READ "${README}" readme)

set(rest "\n${readme}")
next_block(rest "```cpp" block before found)
while(found)
    find_in_examples("${block}" file)
    if(NOT file)
        refuse("No example has this block" "${block}")
    endif()
    next_block(rest "```cpp" block before found)
endwhile()

set(rest "\n${readme}")
next_block(rest "```text" block before found)
while(found)
    if(before MATCHES "\n<!-- output: ([a-z0-9_]+) -->\n*$")
        set(expected_file "${EXAMPLES}/expected/${CMAKE_MATCH_1}.txt")
        if(NOT EXISTS "${expected_file}")
            refuse("No expected output of ${CMAKE_MATCH_1} for this block" "${block}")
        else()
            file(READ "${expected_file}" expected)
            if(NOT block STREQUAL expected)
                refuse("Not what ${CMAKE_MATCH_1} prints" "${block}")
            endif()
        endif()
    endif()
    next_block(rest "```text" block before found)
endwhile()
