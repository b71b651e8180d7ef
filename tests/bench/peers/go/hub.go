// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

package main

import (
	"fmt"
	"runtime"
	"time"
)

// W10 and W10lat: the hub as one writes it in Go.

const (
	symbols     = 64
	subscribers = 4 // of each symbol
)

type tick struct {
	symbol        string
	price, volume float64
	sent          int64
}

type statistics struct {
	count                             uint64
	low, high, last, volume, turnover float64
}

func (s *statistics) add(t tick) {
	if s.count == 0 || t.price < s.low {
		s.low = t.price
	}
	if s.count == 0 || t.price > s.high {
		s.high = t.price
	}
	s.count++
	s.last = t.price
	s.volume += t.volume
	s.turnover += t.price * t.volume
}

type subscribe struct {
	symbol string
	to     chan tick
}

type hub struct {
	data               chan tick
	commands           chan subscribe
	shutdown           chan struct{}
	subscribers        map[string][]chan tick
	statistics         map[string]*statistics
	processed, dropped int
}

func (h *hub) process(t tick) {
	h.processed++
	s := h.statistics[t.symbol]
	if s == nil {
		s = &statistics{}
		h.statistics[t.symbol] = s
	}
	s.add(t)
	for _, to := range h.subscribers[t.symbol] {
		select {
		case to <- t:
		default:
			h.dropped++
		}
	}
}

func (h *hub) act(ended chan struct{}) {
	defer func() {
		for _, all := range h.subscribers {
			for _, to := range all {
				close(to)
			}
		}
		close(ended)
	}()
	for {
		select {
		case t, isOpen := <-h.data:
			if !isOpen {
				return
			}
			h.process(t)
		case c := <-h.commands:
			h.subscribers[c.symbol] = append(h.subscribers[c.symbol], c.to)
		case <-h.shutdown:
			return
		}
	}
}

type receipt struct {
	count   int
	samples []uint32
}

type rig struct {
	hub      *hub
	ended    chan struct{}
	receipts chan receipt
	names    []string
}

// A hub that all have subscribed to.
func newRig(takesTimes bool) *rig {
	r := &rig{
		hub: &hub{
			data: make(chan tick, capacity), commands: make(chan subscribe), shutdown: make(chan struct{}),
			subscribers: map[string][]chan tick{}, statistics: map[string]*statistics{},
		},
		ended:    make(chan struct{}),
		receipts: make(chan receipt, symbols*subscribers),
	}
	go r.hub.act(r.ended)
	for s := 0; s < symbols; s++ {
		name := fmt.Sprintf("SYM%d", s)
		r.names = append(r.names, name)
		for i := 0; i < subscribers; i++ {
			from := make(chan tick, capacity)
			r.hub.commands <- subscribe{name, from}
			go func() {
				var mine receipt
				for t := range from {
					mine.count++
					if takesTimes {
						mine.samples = append(mine.samples, uint32(nanoseconds()-t.sent))
					}
				}
				r.receipts <- mine
			}()
		}
	}
	return r
}

func (r *rig) tick(n int, sent int64) tick {
	return tick{r.names[n%symbols], 61837.63 + float64(n%256), 0.02 * float64(1+n%16), sent}
}

// Waits for all to end.
func (r *rig) end(n int) (samples []uint32) {
	<-r.ended
	delivered := 0
	for i := 0; i < symbols*subscribers; i++ {
		one := <-r.receipts
		delivered += one.count
		samples = append(samples, one.samples...)
	}
	if r.hub.processed != n || delivered+r.hub.dropped != n*subscribers {
		panic("what was delivered is not what was sent")
	}
	return samples
}

func flood(n int) time.Duration {
	r := newRig(false)
	start := time.Now()
	go func() {
		for i := 0; i < n; i++ {
			r.hub.data <- r.tick(i, int64(i))
		}
		close(r.hub.data)
	}()
	r.end(n)
	return time.Since(start)
}

func latencies(fromOutside bool) []uint32 {
	const pause = 10_000
	n := howMany(pause)
	r := newRig(true)
	begin := nanoseconds()
	go func() {
		lockIf(fromOutside)
		for i := 0; i < n; i++ {
			for nanoseconds() < begin+int64(i)*pause {
				if !fromOutside {
					runtime.Gosched()
				}
			}
			r.hub.data <- r.tick(i, nanoseconds())
		}
		close(r.hub.data)
	}()
	return r.end(n)
}
