// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W7.

use crate::measure::Suite;
use crate::runtime::{one_thread, pool_of_two, run};
use std::time::{Duration, Instant};
use tokio::sync::watch;

async fn updates(n: u64) -> (u64, Duration) {
    let start = Instant::now();
    let (sender, receiver) = watch::channel(0u64);
    let mut running = vec![];
    for _ in 0..8 {
        let mut receiver = receiver.clone();
        running.push(tokio::spawn(async move {
            let mut last = 0;
            while receiver.changed().await.is_ok() {
                let now = *receiver.borrow_and_update();
                assert!(now > last);
                last = now;
            }
            last
        }));
    }
    drop(receiver);
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        for i in 1..=n {
            sender.send(i).unwrap();
            tokio::task::yield_now().await;
        }
    });
    for one in running {
        assert_eq!(one.await.unwrap(), n);
    }
    (n, start.elapsed())
}

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    suite.rate("W7", "R=8 1t", crate::TOKIO, "updates/s", |n| run(&loop_, updates(n)));
    suite.rate("W7", "R=8 2t-pool", crate::TOKIO, "updates/s", |n| run(&pool, updates(n)));
}
