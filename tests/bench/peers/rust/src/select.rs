// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W9.

use crate::measure::{Suite, Tally};
use crate::runtime::{one_thread, run};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

async fn actor(n: u64, biased: bool) -> (u64, Duration) {
    let start = Instant::now();
    let (sender, mut data) = mpsc::channel::<u64>(1024);
    let (keeps_commands, mut commands) = mpsc::channel::<u64>(32);
    let (keeps_shutdown, mut shutdown) = mpsc::channel::<u64>(1);
    tokio::spawn(async move {
        for i in 0..n {
            sender.send(i).await.unwrap();
        }
    });
    let acting = async move {
        let mut received = Tally::default();
        loop {
            if biased {
                tokio::select! {
                    biased;
                    value = data.recv() => match value { Some(value) => received.take(value), None => break },
                    command = commands.recv() => received.take(command.unwrap()),
                    _ = shutdown.recv() => break,
                }
            } else {
                tokio::select! {
                    value = data.recv() => match value { Some(value) => received.take(value), None => break },
                    command = commands.recv() => received.take(command.unwrap()),
                    _ = shutdown.recv() => break,
                }
            }
        }
        received
    };
    let received = tokio::spawn(acting).await.unwrap();
    let took = start.elapsed();
    drop((keeps_commands, keeps_shutdown));
    received.verify(1, n);
    (n, took)
}

pub fn measure(suite: &Suite) {
    let loop_ = one_thread();
    suite.rate("W9", "1t", crate::TOKIO, "msg/s", |n| run(&loop_, actor(n, false)));
    suite.rate("W9", "1t", &format!("{} biased", crate::TOKIO), "msg/s", |n| run(&loop_, actor(n, true)));
}
