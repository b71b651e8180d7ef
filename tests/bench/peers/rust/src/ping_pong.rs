// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W8 and W11.

use crate::measure::{nanoseconds, Suite, Tally};
use crate::runtime::{one_thread, pool_of_two, run, split};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

async fn ping(sender: mpsc::Sender<u64>, mut receiver: mpsc::Receiver<u64>, n: u64) -> Tally {
    let mut received = Tally::default();
    for i in 0..n {
        sender.send(i).await.unwrap();
        received.take(receiver.recv().await.unwrap());
    }
    received
}

async fn pong(sender: mpsc::Sender<u64>, mut receiver: mpsc::Receiver<u64>) {
    while let Some(value) = receiver.recv().await {
        sender.send(value).await.unwrap();
    }
}

async fn ping_pong(n: u64) -> (u64, Duration) {
    let start = Instant::now();
    let (there, from_here) = mpsc::channel(1);
    let (back, from_there) = mpsc::channel(1);
    tokio::spawn(pong(back, from_here));
    let received = tokio::spawn(ping(there, from_there, n)).await.unwrap();
    let took = start.elapsed();
    received.verify(1, n);
    (n, took)
}

fn on_two_loops(n: u64) -> (u64, Duration) {
    let (there, from_here) = mpsc::channel(1);
    let (back, from_there) = mpsc::channel(1);
    let (received, took) = split(ping(there, from_there, n), pong(back, from_here));
    received.verify(1, n);
    (n, took)
}

fn one_way(seconds: f64, pause: u64) -> Vec<u32> {
    let n = ((seconds * 1e9) as u64 / pause).max(10) as usize;
    let (sender, mut receiver) = mpsc::channel(16);
    let foreign = std::thread::spawn(move || {
        for _ in 0..n {
            let from = nanoseconds();
            while nanoseconds() - from < pause {}
            sender.blocking_send(nanoseconds()).unwrap();
        }
    });
    let runtime = one_thread();
    let samples = run(&runtime, async move {
        let mut samples = Vec::with_capacity(n);
        while let Some(sent) = receiver.recv().await {
            samples.push((nanoseconds() - sent) as u32);
        }
        samples
    });
    foreign.join().unwrap();
    assert_eq!(samples.len(), n);
    samples
}

fn round_trip(n: u64) -> (u64, Duration) {
    let (sender, mut requests) = mpsc::channel::<(u64, oneshot::Sender<u64>)>(16);
    let foreign = std::thread::spawn(move || {
        let mut received = Tally::default();
        let start = Instant::now();
        for i in 0..n {
            let (answer, from) = oneshot::channel();
            assert!(sender.blocking_send((i, answer)).is_ok());
            received.take(from.blocking_recv().unwrap() - 1);
        }
        (received, start.elapsed())
    });
    let runtime = one_thread();
    run(&runtime, async move {
        while let Some((number, answer)) = requests.recv().await {
            answer.send(number + 1).unwrap();
        }
    });
    let (received, took) = foreign.join().unwrap();
    received.verify(1, n);
    (n, took)
}

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    suite.cost("W8", "1t", crate::TOKIO, |n| run(&loop_, ping_pong(n)));
    suite.cost("W8", "2t-pool", crate::TOKIO, |n| run(&pool, ping_pong(n)));
    suite.cost("W8", "2t-split", crate::TOKIO, on_two_loops);
    for micros in [20, 200] {
        suite.latency("W11", &format!("one-way gap {micros}us"), crate::TOKIO, |seconds| one_way(seconds, micros * 1000));
    }
    suite.cost("W11", "round trip", crate::TOKIO, round_trip);
}
