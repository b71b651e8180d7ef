// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

package main

import (
	"runtime"
	"sync"
	"time"
)

// Go has no watch: a value under a lock, and a channel that is closed when it changes.
type watch struct {
	mutex   sync.Mutex
	value   uint64
	changed chan struct{}
}

func (w *watch) look() (uint64, chan struct{}) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.value, w.changed
}

func (w *watch) send(value uint64) {
	w.mutex.Lock()
	before := w.changed
	w.value, w.changed = value, make(chan struct{})
	w.mutex.Unlock()
	close(before)
}

func updates(n int) time.Duration {
	start := time.Now()
	w := &watch{changed: make(chan struct{})}
	const receivers = 8
	done := make(chan uint64)
	for r := 0; r < receivers; r++ {
		go func() {
			last := uint64(0)
			for last != uint64(n) {
				value, changed := w.look()
				if value == last {
					<-changed
				} else {
					last = value
				}
			}
			done <- last
		}()
	}
	go func() {
		runtime.Gosched()
		for i := 1; i <= n; i++ {
			w.send(uint64(i))
			runtime.Gosched()
		}
	}()
	for r := 0; r < receivers; r++ {
		if <-done != uint64(n) {
			panic("somebody has not seen the last value")
		}
	}
	return time.Since(start)
}
