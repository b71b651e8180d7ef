# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DHUB=PROGRAM -DGOOD=FILE -DWORK=DIR -P hub_bad_input.cmake
#
# Fails unless the hub refuses each of these files with exit code 2, `FILE:LINE: what is wrong` as the last line on
# stderr and nothing on stdout, alone and behind a good file, on one thread and on two; and wrong arguments with another
# exit code. Under AddressSanitizer this shows too that the hub goes in order: a leak has its own exit code.

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(header "ts_recv,ts_event,venue,symbol,trade_id,side,price,size\n")
set(row "5,4,okx,BTC-USDT,77,B,61837.63,0.02\n")

# expect(NAME LINE MESSAGE [CONTENT]): NAME.csv with CONTENT, or no such file, is refused in LINE with MESSAGE.
function(expect name line message)
    set(file "${WORK}/${name}.csv")
    if(ARGC GREATER 3)
        file(WRITE "${file}" "${ARGV3}")
    endif()
    foreach(
        arguments IN ITEMS
        "--threads;1" "--threads;2;--producers;3" "--threads;2;${GOOD}" "--threads;1;--json;${GOOD}"
    )
        execute_process(
            COMMAND "${HUB}" ${arguments} "${file}"
            OUTPUT_VARIABLE printed ERROR_VARIABLE said RESULT_VARIABLE status TIMEOUT 60
        )
        string(REGEX REPLACE "\n$" "" said "${said}")
        string(REGEX REPLACE "^.*\n" "" last "${said}")
        if(NOT status STREQUAL "2")
            message(SEND_ERROR "${name} (${arguments}): exit code ${status}, not 2; on stderr:\n${said}")
        elseif(NOT printed STREQUAL "")
            message(SEND_ERROR "${name} (${arguments}): on stdout:\n${printed}")
        elseif(NOT last STREQUAL "${file}:${line}: ${message}")
            message(SEND_ERROR "${name} (${arguments}): says\n${last}\nnot\n${file}:${line}: ${message}")
        endif()
    endforeach()
endfunction()

string(REPEAT "S" 200 long_symbol)
string(SUBSTRING "okx:${long_symbol}" 0 48 long_symbol_quoted)

expect(missing 1 "cannot be opened: No such file or directory")
expect(empty 1 "the file is empty; a header line is needed" "")
expect(no_column 1 "the header has no column price" "ts_recv,ts_event,venue,symbol,trade_id,side,size\n")
expect(twice 1 "the header has the column price more than once"
       "ts_recv,ts_event,venue,symbol,trade_id,side,price,price,size\n")
expect(bad_number 3 "column price: \"61837,63x\" is not a plain decimal number"
       "${header}${row}5,4,okx,BTC-USDT,78,B,\"61837,63x\",0.02\n")
expect(negative_size 2 "column size: \"-0.02\" is not greater than zero"
       "${header}5,4,okx,BTC-USDT,77,B,61837.63,-0.02\n")
expect(few_fields 2 "the row has 3 fields, the header 8" "${header}1,2,3\n")
expect(truncated 3 "the last line has no line end; the file may have been cut short"
       "${header}${row}5,4,okx,BTC-USDT,78,B,618")
expect(crlf 1 "the line ends in CR LF; convert it to LF" "ts_recv,ts_event,venue,symbol,trade_id,side,price,size\r\n")
expect(long_symbol 2 "columns venue and symbol: \"${long_symbol_quoted}...\" is longer than 128 bytes"
       "${header}5,4,okx,${long_symbol},77,B,61837.63,0.02\n")

# refuse(MESSAGE ARGUMENT...): the hub does not begin with these arguments and says why.
function(refuse message)
    execute_process(
        COMMAND "${HUB}" ${ARGN}
        OUTPUT_VARIABLE printed ERROR_VARIABLE said RESULT_VARIABLE status TIMEOUT 60
    )
    if(status STREQUAL "0" OR status STREQUAL "2" OR NOT status MATCHES "^[0-9]+$")
        message(SEND_ERROR "hub ${ARGN}: exit code ${status}")
    endif()
    if(NOT printed STREQUAL "" OR NOT said MATCHES "${message}")
        message(SEND_ERROR "hub ${ARGN}: on stdout\n${printed}\non stderr\n${said}")
    endif()
endfunction()

refuse("FILE is required")
refuse("--capacity.*not in range" --capacity 0 "${GOOD}")
refuse("--producers.*not in range" --producers 0 "${GOOD}")
refuse("--threads.*not in range" --threads -1 "${GOOD}")
refuse("--speed.*positive" --speed 0 "${GOOD}")
refuse("--speed.*none of max, real and a number" --speed fast "${GOOD}")
refuse("--overflow.*lossy not in" --overflow lossy "${GOOD}")
refuse("--subscribe.*no colon" --subscribe BTCUSDT "${GOOD}")
if(EXISTS /dev/full)
    execute_process(
        COMMAND "${HUB}" "${GOOD}"
        OUTPUT_FILE /dev/full ERROR_VARIABLE said RESULT_VARIABLE status TIMEOUT 60
    )
    if(NOT status STREQUAL "1" OR NOT said MATCHES "hub: cannot write to stdout: ")
        message(SEND_ERROR "full disk: exit code ${status}, on stderr\n${said}")
    endif()
endif()
