# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
#
# cmake -DBUILD=DIRECTORY [-DROUNDS=5] [-DSECONDS=0.3] [-DWORKLOADS=W1,W2] [-DGROWTH=ON] -P tests/bench/run.cmake
#
# Measures all contenders in turn, round after round: what else the machine does then hits all of them, and figures of one
# run can be compared. Programs that were not built, for want of a compiler or a package, are left out and named.
# Leaves results.csv (or growth.csv) in DIRECTORY/tests/bench and prints what weir has reached against its best peer.

cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/packages.cmake")

set(here "${BUILD}/tests/bench")
if(NOT BUILD OR NOT EXISTS "${here}/weir_bench_merge")
    message(FATAL_ERROR "-DBUILD=DIRECTORY: a build of the preset bench, as by: cmake --workflow --preset bench")
endif()
if(NOT ROUNDS)
    set(ROUNDS 5)
endif()
if(NOT SECONDS)
    set(SECONDS 0.3)
endif()
if(NOT WORKLOADS)
    set(WORKLOADS W1,W1u,W2,W2u,W3,W3u,W4,W5,W6,W7,W8,W9,W10,W10parts,W10lat,W11,lifetime,compile)
    if(GROWTH)
        set(WORKLOADS "capacity,message size,producers,receivers,select cases,symbols,subscribers")
    endif()
endif()
string(REPLACE "," ";" workloads "${WORKLOADS}")

file(GLOB programs "${here}/weir_bench_*")
list(FILTER programs EXCLUDE REGEX "/weir_bench_merge$|[.]")
set(name results)
set(mode "")
if(GROWTH)
    set(name growth)
    set(mode --growth)
    list(FILTER programs EXCLUDE REGEX "/weir_bench_(go|rust)$")
else()
    foreach(peer IN ITEMS go rust)
        if(NOT EXISTS "${here}/weir_bench_${peer}")
            weir_say("weir: the peers in ${peer} were not built, and are not measured")
        endif()
    endforeach()
endif()

set(raw "${here}/${name}_rounds.csv")
file(WRITE "${raw}" "peer,workload,param,unit,median,min,max\n")
foreach(round RANGE 1 ${ROUNDS})
    foreach(workload IN LISTS workloads)
        weir_say("round ${round} of ${ROUNDS}, ${workload}")
        foreach(program IN LISTS programs)
            execute_process(
                COMMAND "${program}" --csv --rounds 1 --seconds ${SECONDS} --workload "${workload}" ${mode}
                OUTPUT_VARIABLE rows
                RESULT_VARIABLE status
            )
            if(NOT status EQUAL 0)
                message(FATAL_ERROR "${program} failed: ${status}")
            endif()
            file(APPEND "${raw}" "${rows}")
        endforeach()
    endforeach()
endforeach()

weir_must_run("${here}/weir_bench_merge" "${raw}" "${here}/${name}.csv")
weir_say("the rows are in ${here}/${name}.csv")
