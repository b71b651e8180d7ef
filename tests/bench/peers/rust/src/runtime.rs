// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! Where the workloads run: "1t", "2t-pool" and "2t-split" of support/loops.hpp.

use std::future::Future;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

pub fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

pub fn pool_of_two() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// Runs it as a task, not as the future that block_on polls.
pub fn run<F>(runtime: &Runtime, main: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runtime.block_on(async { tokio::spawn(main).await.unwrap() })
}

/// Each on a loop and a thread of its own, which start together; the time until both have ended.
pub fn split<A, B>(here: A, there: B) -> (A::Output, Duration)
where
    A: Future + Send + 'static,
    B: Future + Send + 'static,
    A::Output: Send + 'static,
    B::Output: Send + 'static,
{
    let together = Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let runtime = one_thread();
            together.wait();
            run(&runtime, there);
        });
        let runtime = one_thread();
        together.wait();
        let start = Instant::now();
        let output = run(&runtime, here);
        other.join().unwrap();
        (output, start.elapsed())
    })
}
