// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W6. tokio's sender does not wait for its receivers, so it keeps count of what they have had and stays ahead by no more
//! than the capacity; async-broadcast waits by itself.

use crate::measure::{Suite, Tally};
use crate::runtime::{one_thread, pool_of_two, run};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{self, error::RecvError};

const CAPACITY: u64 = 1024;

/// How many receivers have had so many blocks.
struct Progress {
    blocks: Vec<AtomicU64>,
}

/// In blocks of `block` messages, at most `ahead` blocks before the slowest.
async fn tokio_fan_out(n: u64, receivers: u64, block: u64, ahead: u64) -> (u64, Duration) {
    let progress = Arc::new(Progress { blocks: (0..n / block + 1).map(|_| AtomicU64::new(0)).collect() });
    let start = Instant::now();
    let (sender, _) = broadcast::channel::<u64>(CAPACITY as usize);
    let mut running = vec![];
    for _ in 0..receivers {
        let mut receiver = sender.subscribe();
        let progress = progress.clone();
        running.push(tokio::spawn(async move {
            let mut received = Tally::default();
            loop {
                match receiver.recv().await {
                    Ok(value) => {
                        received.take(value);
                        if received.count % block == 0 {
                            progress.blocks[(received.count / block - 1) as usize].fetch_add(1, Ordering::Release);
                        }
                    }
                    Err(RecvError::Lagged(_)) => panic!("lagged"),
                    Err(RecvError::Closed) => return received,
                }
            }
        }));
    }
    tokio::spawn(async move {
        for i in 0..n {
            sender.send(i).unwrap();
            let blocks = (i + 1) / block;
            if (i + 1) % block == 0 && blocks > ahead {
                while progress.blocks[(blocks - ahead - 1) as usize].load(Ordering::Acquire) != receivers {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    for one in running {
        one.await.unwrap().verify(1, n);
    }
    (n * receivers, start.elapsed())
}

async fn async_broadcast_fan_out(n: u64, receivers: u64) -> (u64, Duration) {
    let start = Instant::now();
    let (sender, receiver) = async_broadcast::broadcast::<u64>(CAPACITY as usize);
    let mut running = vec![];
    for _ in 0..receivers {
        let mut receiver = receiver.clone();
        running.push(tokio::spawn(async move {
            let mut received = Tally::default();
            while let Ok(value) = receiver.recv().await {
                received.take(value);
            }
            received
        }));
    }
    drop(receiver);
    tokio::spawn(async move {
        for i in 0..n {
            sender.broadcast(i).await.unwrap();
        }
    });
    for one in running {
        one.await.unwrap().verify(1, n);
    }
    (n * receivers, start.elapsed())
}

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    for receivers in [1, 4, 16, 64] {
        for (runtime, name) in [(&loop_, "1t"), (&pool, "2t-pool")] {
            let param = format!("R={receivers} {name}");
            suite.rate("W6", &param, crate::TOKIO, "deliveries/s", |n| {
                run(runtime, tokio_fan_out(n / receivers + 1, receivers, 256, 3))
            });
            suite.rate("W6", &param, "async-broadcast-0.4 on tokio", "deliveries/s", |n| {
                run(runtime, async_broadcast_fan_out(n / receivers + 1, receivers))
            });
        }
    }
    suite.rate("W6", "R=16 1t one-by-one", crate::TOKIO, "deliveries/s", |n| run(&loop_, tokio_fan_out(n / 16 + 1, 16, 1, 0)));
}
