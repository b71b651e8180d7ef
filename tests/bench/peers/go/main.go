// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// The workloads of the benchmarks with Go's channels. "2t-split": the goroutines are locked to threads, so that every
// message crosses them.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

const capacity = 1024

// Locks the calling goroutine to its thread.
func lockIf(split bool) {
	if split {
		runtime.LockOSThread()
	}
}

func queue(n, producers int, split bool) time.Duration {
	each := n/producers + 1
	start := time.Now()
	values := make(chan uint64, capacity)
	var running atomic.Int64
	running.Store(int64(producers))
	for p := 0; p < producers; p++ {
		go func() {
			lockIf(split)
			for i := 0; i < each; i++ {
				values <- uint64(i)
			}
			if running.Add(-1) == 0 {
				close(values)
			}
		}()
	}
	done := make(chan tally)
	go func() {
		lockIf(split)
		var received tally
		for value := range values {
			received.take(value)
		}
		done <- received
	}()
	received := <-done
	took := time.Since(start)
	received.verify(producers, each)
	return took
}

func sameTask(n int) time.Duration {
	start := time.Now()
	var received tally
	for i := 0; i < n; i++ {
		once := make(chan uint64, 1)
		once <- uint64(i)
		received.take(<-once)
	}
	took := time.Since(start)
	received.verify(1, n)
	return took
}

func acrossTasks(n int) time.Duration {
	start := time.Now()
	var slot atomic.Pointer[chan uint64]
	go func() {
		for i := 0; i < n; {
			if waiting := slot.Swap(nil); waiting != nil {
				*waiting <- uint64(i)
				i++
			}
			runtime.Gosched()
		}
	}()
	done := make(chan tally)
	go func() {
		var received tally
		for i := 0; i < n; i++ {
			once := make(chan uint64, 1)
			slot.Store(&once)
			received.take(<-once)
		}
		done <- received
	}()
	received := <-done
	took := time.Since(start)
	received.verify(1, n)
	return took
}

type request struct {
	number uint64
	answer chan uint64
}

func actor(n int, split bool) time.Duration {
	start := time.Now()
	requests := make(chan request, capacity)
	go func() {
		lockIf(split)
		for r := range requests {
			r.answer <- r.number + 1
		}
	}()
	done := make(chan tally)
	go func() {
		lockIf(split)
		var received tally
		for i := 0; i < n; i++ {
			answer := make(chan uint64, 1)
			requests <- request{uint64(i), answer}
			received.take(<-answer - 1)
		}
		close(requests)
		done <- received
	}()
	received := <-done
	took := time.Since(start)
	received.verify(1, n)
	return took
}

// Go has no broadcast: a channel for each receiver, and a loop over them.
func fanOut(n, receivers int, oneByOne bool) time.Duration {
	start := time.Now()
	channels := make([]chan uint64, receivers)
	done := make(chan tally)
	for r := range channels {
		values := make(chan uint64, capacity)
		channels[r] = values
		go func() {
			var received tally
			for value := range values {
				received.take(value)
			}
			done <- received
		}()
	}
	go func() {
		for i := 0; i < n; i++ {
			for _, c := range channels {
				c <- uint64(i)
			}
			if oneByOne {
				runtime.Gosched()
			}
		}
		for _, c := range channels {
			close(c)
		}
	}()
	for range channels {
		received := <-done
		received.verify(1, n)
	}
	return time.Since(start)
}

func pingPong(n int, split bool) time.Duration {
	start := time.Now()
	there, back := make(chan uint64, 1), make(chan uint64, 1)
	go func() {
		lockIf(split)
		for value := range there {
			back <- value
		}
	}()
	done := make(chan tally)
	go func() {
		lockIf(split)
		var received tally
		for i := 0; i < n; i++ {
			there <- uint64(i)
			received.take(<-back)
		}
		close(there)
		done <- received
	}()
	received := <-done
	took := time.Since(start)
	received.verify(1, n)
	return took
}

func selecting(n int) time.Duration {
	start := time.Now()
	data, commands, shutdown := make(chan uint64, capacity), make(chan uint64, 32), make(chan struct{})
	go func() {
		for i := 0; i < n; i++ {
			data <- uint64(i)
		}
		close(data)
	}()
	done := make(chan tally)
	go func() {
		var received tally
		defer func() { done <- received }()
		for {
			select {
			case value, isOpen := <-data:
				if !isOpen {
					return
				}
				received.take(value)
			case command := <-commands:
				received.take(command)
			case <-shutdown:
				return
			}
		}
	}()
	received := <-done
	took := time.Since(start)
	received.verify(1, n)
	return took
}

// How many messages fit into the time, with the pause between them.
func howMany(pause int64) int {
	if n := int(*seconds * 1e9 / float64(pause)); n > 10 {
		return n
	}
	return 10
}

func oneWay(pause int64) []uint32 {
	n := howMany(pause)
	values := make(chan int64, 16)
	go func() {
		runtime.LockOSThread()
		for i := 0; i < n; i++ {
			for from := nanoseconds(); nanoseconds()-from < pause; {
			}
			values <- nanoseconds()
		}
		close(values)
	}()
	done := make(chan []uint32)
	go func() {
		samples := make([]uint32, 0, n)
		for sent := range values {
			samples = append(samples, uint32(nanoseconds()-sent))
		}
		done <- samples
	}()
	return <-done
}

func main() {
	flag.Parse()
	if *quick {
		*rounds, *seconds = 1, 0.002
	}
	plain := func(producers int, split bool) func(int) time.Duration {
		return func(n int) time.Duration { return queue(n, producers, split) }
	}
	rate("W1", "1t", "msg/s", 1, plain(1, false))
	rate("W2", "2t-pool", "msg/s", 2, plain(1, false))
	rate("W2", "2t-split", "msg/s", 2, plain(1, true))
	rate("W3", "2t-pool", "msg/s", 2, plain(4, false))
	rate("W3", "1t", "msg/s", 1, plain(4, false))
	cost("W4", "same task", 1, sameTask)
	cost("W4", "cross task (receiver waiting)", 1, acrossTasks)
	cost("W5", "1t", 1, func(n int) time.Duration { return actor(n, false) })
	cost("W5", "2t-pool", 2, func(n int) time.Duration { return actor(n, false) })
	cost("W5", "2t-split", 2, func(n int) time.Duration { return actor(n, true) })
	for _, receivers := range []int{1, 4, 16, 64} {
		r := receivers
		for threads, name := range []string{"1t", "2t-pool"} {
			rate("W6", fmt.Sprintf("R=%d %s", r, name), "deliveries/s", threads+1, func(n int) time.Duration {
				return fanOut(n/r+1, r, false)
			})
		}
	}
	rate("W6", "R=16 1t one-by-one", "deliveries/s", 1, func(n int) time.Duration { return fanOut(n/16+1, 16, true) })
	rate("W7", "R=8 1t", "updates/s", 1, updates)
	rate("W7", "R=8 2t-pool", "updates/s", 2, updates)
	cost("W8", "1t", 1, func(n int) time.Duration { return pingPong(n, false) })
	cost("W8", "2t-pool", 2, func(n int) time.Duration { return pingPong(n, false) })
	cost("W8", "2t-split", 2, func(n int) time.Duration { return pingPong(n, true) })
	rate("W9", "1t", "msg/s", 1, selecting)
	rate("W10", "1t", "ticks/s", 1, flood)
	rate("W10", "2t-pool", "ticks/s", 2, flood)
	latency("W10lat", "1t in-loop yield-paced", 1, func() []uint32 { return latencies(false) })
	latency("W10lat", "2t-pool ext-thread spin-paced", 2, func() []uint32 { return latencies(true) })
	latency("W11", "one-way gap 20us", 2, func() []uint32 { return oneWay(20_000) })
	latency("W11", "one-way gap 200us", 2, func() []uint32 { return oneWay(200_000) })
}
