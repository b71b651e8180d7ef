// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W1, W1u, W2, W3, W3u.

use crate::measure::{Suite, Tally};
use crate::runtime::{one_thread, pool_of_two, run, split};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const CAPACITY: usize = 1024;
const YIELD_EVERY: u64 = 1024;

/// The same for each library, whose functions differ in name only.
macro_rules! workloads {
    ($module:ident, $peer:expr, $bounded:path, $unbounded:path, $send:ident, $send_unbounded:ident, |$receiver:ident| $receive:expr) => {
        mod $module {
            use super::*;

            async fn bounded(n: u64, producers: u64) -> (u64, Duration) {
                let each = n / producers + 1;
                let start = Instant::now();
                #[allow(unused_mut)]
                let (sender, mut $receiver) = $bounded(CAPACITY);
                for _ in 0..producers {
                    let sender = sender.clone();
                    tokio::spawn(async move {
                        for i in 0..each {
                            sender.$send(i).await.unwrap();
                        }
                    });
                }
                drop(sender);
                let consumer = async move {
                    let mut received = Tally::default();
                    while let Some(value) = $receive {
                        received.take(value);
                    }
                    received
                };
                let received = tokio::spawn(consumer).await.unwrap();
                let took = start.elapsed();
                received.verify(producers, each);
                (received.count, took)
            }

            async fn unbounded(n: u64, producers: u64) -> (u64, Duration) {
                let each = n / producers + 1;
                let start = Instant::now();
                #[allow(unused_mut)]
                let (sender, mut $receiver) = $unbounded();
                for _ in 0..producers {
                    let sender = sender.clone();
                    tokio::spawn(async move {
                        for i in 0..each {
                            sender.$send_unbounded(i).unwrap();
                            if i % YIELD_EVERY == YIELD_EVERY - 1 {
                                tokio::task::yield_now().await;
                            }
                        }
                    });
                }
                drop(sender);
                let consumer = async move {
                    let mut received = Tally::default();
                    while let Some(value) = $receive {
                        received.take(value);
                    }
                    received
                };
                let received = tokio::spawn(consumer).await.unwrap();
                let took = start.elapsed();
                received.verify(producers, each);
                (received.count, took)
            }

            fn on_two_loops(n: u64) -> (u64, Duration) {
                #[allow(unused_mut)]
                let (sender, mut $receiver) = $bounded(CAPACITY);
                let consumer = async move {
                    let mut received = Tally::default();
                    while let Some(value) = $receive {
                        received.take(value);
                    }
                    received
                };
                let producer = async move {
                    for i in 0..n {
                        sender.$send(i).await.unwrap();
                    }
                };
                let (received, took) = split(consumer, producer);
                received.verify(1, n);
                (n, took)
            }

            pub fn measure(suite: &Suite, loop_: &Runtime, pool: &Runtime) {
                suite.rate("W1", "1t", $peer, "msg/s", |n| run(loop_, bounded(n, 1)));
                suite.rate("W1u", "1t", $peer, "msg/s", |n| run(loop_, unbounded(n, 1)));
                suite.rate("W2", "2t-pool", $peer, "msg/s", |n| run(pool, bounded(n, 1)));
                suite.rate("W2", "2t-split", $peer, "msg/s", on_two_loops);
                suite.rate("W3", "2t-pool", $peer, "msg/s", |n| run(pool, bounded(n, 4)));
                suite.rate("W3", "1t", $peer, "msg/s", |n| run(loop_, bounded(n, 4)));
                suite.rate("W3u", "2t-pool", $peer, "msg/s", |n| run(pool, unbounded(n, 4)));
            }
        }
    };
}

workloads!(with_tokio, crate::TOKIO, tokio::sync::mpsc::channel::<u64>, tokio::sync::mpsc::unbounded_channel::<u64>, send, send, |receiver| {
    receiver.recv().await
});
workloads!(with_async_channel, "async-channel-1.8 on tokio", ::async_channel::bounded::<u64>, ::async_channel::unbounded::<u64>, send, try_send, |receiver| {
    receiver.recv().await.ok()
});
workloads!(with_flume, "flume-0.10 on tokio", ::flume::bounded::<u64>, ::flume::unbounded::<u64>, send_async, send, |receiver| {
    receiver.recv_async().await.ok()
});

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    with_tokio::measure(suite, &loop_, &pool);
    with_async_channel::measure(suite, &loop_, &pool);
    with_flume::measure(suite, &loop_, &pool);
}
