// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W4 and W5.

use crate::measure::{Suite, Tally};
use crate::runtime::{one_thread, pool_of_two, run, split};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

async fn same_task(n: u64) -> (u64, Duration) {
    let start = Instant::now();
    let mut received = Tally::default();
    for i in 0..n {
        let (sender, receiver) = oneshot::channel::<u64>();
        sender.send(i).unwrap();
        received.take(receiver.await.unwrap());
    }
    let took = start.elapsed();
    received.verify(1, n);
    (n, took)
}

async fn across_tasks(n: u64) -> (u64, Duration) {
    let start = Instant::now();
    let slot = Arc::new(Mutex::new(None::<oneshot::Sender<u64>>));
    let who_waits = slot.clone();
    tokio::spawn(async move {
        let mut i = 0;
        while i != n {
            let sender = who_waits.lock().unwrap().take();
            if let Some(sender) = sender {
                sender.send(i).unwrap();
                i += 1;
            }
            tokio::task::yield_now().await;
        }
    });
    let receiving = async move {
        let mut received = Tally::default();
        for _ in 0..n {
            let (sender, receiver) = oneshot::channel();
            *slot.lock().unwrap() = Some(sender);
            received.take(receiver.await.unwrap());
        }
        received
    };
    let received = tokio::spawn(receiving).await.unwrap();
    let took = start.elapsed();
    received.verify(1, n);
    (n, took)
}

struct Request {
    number: u64,
    answer: oneshot::Sender<u64>,
}

async fn serve(mut requests: mpsc::Receiver<Request>) {
    while let Some(request) = requests.recv().await {
        request.answer.send(request.number + 1).unwrap();
    }
}

async fn call(actor: mpsc::Sender<Request>, n: u64) -> Tally {
    let mut received = Tally::default();
    for number in 0..n {
        let (answer, from) = oneshot::channel();
        assert!(actor.send(Request { number, answer }).await.is_ok());
        received.take(from.await.unwrap() - 1);
    }
    received
}

async fn actor(n: u64) -> (u64, Duration) {
    let start = Instant::now();
    let (sender, requests) = mpsc::channel(1024);
    tokio::spawn(serve(requests));
    let received = tokio::spawn(call(sender, n)).await.unwrap();
    let took = start.elapsed();
    received.verify(1, n);
    (n, took)
}

fn actor_on_two_loops(n: u64) -> (u64, Duration) {
    let (sender, requests) = mpsc::channel(1024);
    let (received, took) = split(call(sender, n), serve(requests));
    received.verify(1, n);
    (n, took)
}

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    suite.cost("W4", "same task", crate::TOKIO, |n| run(&loop_, same_task(n)));
    suite.cost("W4", "cross task (receiver waiting)", crate::TOKIO, |n| run(&loop_, across_tasks(n)));
    suite.cost("W5", "1t", crate::TOKIO, |n| run(&loop_, actor(n)));
    suite.cost("W5", "2t-pool", crate::TOKIO, |n| run(&pool, actor(n)));
    suite.cost("W5", "2t-split", crate::TOKIO, actor_on_two_loops);
}
