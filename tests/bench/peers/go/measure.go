// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

package main

import (
	"flag"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"time"
)

// The command line, the rounds and the rows of ../../support/measure.hpp, as far as the script that runs all needs them.

const peer = "go-1.19"

var (
	workloads = flag.String("workload", "", "only these")
	rounds    = flag.Int("rounds", 5, "how many times each is measured")
	seconds   = flag.Float64("seconds", 0.3, "how long a measurement takes, about")
	quick     = flag.Bool("quick", false, "one short round")
	_         = flag.Bool("csv", true, "rows; there is nothing else")
)

type figure struct {
	what, unit string
	value      float64
}

func isWanted(workload string) bool {
	if *workloads == "" {
		return true
	}
	for _, w := range strings.Split(*workloads, ",") {
		if w == workload {
			return true
		}
	}
	return false
}

// On so many threads of the runtime.
func figures(workload, param string, threads int, measure func() []figure) {
	if !isWanted(workload) {
		return
	}
	runtime.GOMAXPROCS(threads)
	var all [][]figure
	for r := 0; r < *rounds; r++ {
		all = append(all, measure())
	}
	for i := range all[0] {
		sort.Slice(all, func(a, b int) bool { return all[a][i].value < all[b][i].value })
		f := all[0][i]
		fmt.Printf("%s,%s,%s%s,%s,%s,%s,%s\n", peer, workload, param, f.what, f.unit,
			number(all[len(all)/2][i].value), number(f.value), number(all[len(all)-1][i].value))
	}
}

// How many operations take about so long. What run returns is how long it took.
func calibrate(run func(n int) time.Duration) int {
	enough := *seconds / 4
	if enough > 0.04 {
		enough = 0.04
	}
	for n := 1024; ; n *= 4 {
		if took := run(n).Seconds(); took > enough {
			return int(float64(n)**seconds/took) + 1
		}
	}
}

func timed(workload, param string, threads int, run func(n int) time.Duration, make func(n int, took time.Duration) figure) {
	n := 0
	figures(workload, param, threads, func() []figure {
		if n == 0 {
			n = calibrate(run)
		}
		return []figure{make(n, run(n))}
	})
}

// Operations a second.
func rate(workload, param, unit string, threads int, run func(n int) time.Duration) {
	timed(workload, param, threads, run, func(n int, took time.Duration) figure {
		return figure{"", unit, float64(n) / took.Seconds()}
	})
}

// Nanoseconds an operation.
func cost(workload, param string, threads int, run func(n int) time.Duration) {
	timed(workload, param, threads, run, func(n int, took time.Duration) figure {
		return figure{"", "ns", float64(took.Nanoseconds()) / float64(n)}
	})
}

// Median and percentiles of samples in nanoseconds.
func latency(workload, param string, threads int, run func() []uint32) {
	figures(workload, param, threads, func() []figure {
		samples := run()
		sort.Slice(samples, func(a, b int) bool { return samples[a] < samples[b] })
		at := func(part float64) float64 { return float64(samples[int(float64(len(samples)-1)*part)]) }
		return []figure{{" p50", "ns", at(0.5)}, {" p99", "ns", at(0.99)}, {" p99.9", "ns", at(0.999)}}
	})
}

func number(value float64) string {
	if value >= 1000 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.3f", value)
}

var first = time.Now()

func nanoseconds() int64 { return int64(time.Since(first)) }

type tally struct{ count, sum uint64 }

func (t *tally) take(value uint64) {
	t.count++
	t.sum += value
}

// Each of the senders has sent 0, 1, ... each - 1.
func (t tally) verify(senders, each int) {
	n := uint64(each)
	if t.count != uint64(senders)*n || t.sum != uint64(senders)*(n*(n-1)/2) {
		panic("what was received is not what was sent")
	}
}
