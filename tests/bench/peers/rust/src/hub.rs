// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! W10 and W10lat: the hub as one writes it with tokio; names are shared strings.

use crate::measure::{nanoseconds, Suite};
use crate::runtime::{one_thread, pool_of_two, run};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

const SYMBOLS: usize = 64;
const SUBSCRIBERS: usize = 4;
const CAPACITY: usize = 1024;
const PAUSE: u64 = 10_000;

#[derive(Clone)]
struct Tick {
    symbol: Arc<str>,
    price: f64,
    volume: f64,
    sent: u64,
}

#[derive(Default)]
struct Statistics {
    count: u64,
    low: f64,
    high: f64,
    last: f64,
    volume: f64,
    turnover: f64,
}

impl Statistics {
    fn add(&mut self, tick: &Tick) {
        self.low = if self.count == 0 { tick.price } else { self.low.min(tick.price) };
        self.high = if self.count == 0 { tick.price } else { self.high.max(tick.price) };
        self.count += 1;
        self.last = tick.price;
        self.volume += tick.volume;
        self.turnover += tick.price * tick.volume;
    }
}

struct Subscribe {
    symbol: Arc<str>,
    to: mpsc::Sender<Tick>,
}

struct Hub {
    data: mpsc::Receiver<Tick>,
    commands: mpsc::Receiver<Subscribe>,
    shutdown: broadcast::Receiver<()>,
    subscribers: HashMap<Arc<str>, Vec<mpsc::Sender<Tick>>>,
    statistics: HashMap<Arc<str>, Statistics>,
    processed: u64,
    dropped: u64,
}

impl Hub {
    fn process(&mut self, tick: Tick) {
        self.processed += 1;
        match self.statistics.get_mut(&tick.symbol) {
            Some(statistics) => statistics.add(&tick),
            None => self.statistics.entry(tick.symbol.clone()).or_default().add(&tick),
        }
        for to in self.subscribers.get(&tick.symbol).into_iter().flatten() {
            if to.try_send(tick.clone()).is_err() {
                self.dropped += 1;
            }
        }
    }

    async fn act(mut self) -> (u64, u64) {
        loop {
            tokio::select! {
                tick = self.data.recv() => match tick { Some(tick) => self.process(tick), None => break },
                Some(command) = self.commands.recv() => self.subscribers.entry(command.symbol).or_default().push(command.to),
                _ = self.shutdown.recv() => break,
            }
        }
        std::hint::black_box(self.statistics.values().map(|s| s.low + s.high + s.last + s.turnover / s.volume).sum::<f64>());
        (self.processed, self.dropped)
    }
}

/// A hub that all have subscribed to.
struct Rig {
    feed: mpsc::Sender<Tick>,
    names: Vec<Arc<str>>,
    hub: JoinHandle<(u64, u64)>,
    readers: Vec<JoinHandle<(u64, Vec<u32>)>>,
    _open: (mpsc::Sender<Subscribe>, broadcast::Sender<()>),
}

impl Rig {
    async fn new(takes_times: bool) -> Rig {
        let (feed, data) = mpsc::channel(CAPACITY);
        let (client, commands) = mpsc::channel(64);
        let (stop, shutdown) = broadcast::channel(1);
        let hub = Hub { data, commands, shutdown, subscribers: HashMap::new(), statistics: HashMap::new(), processed: 0, dropped: 0 };
        let hub = tokio::spawn(hub.act());
        let names: Vec<Arc<str>> = (0..SYMBOLS).map(|s| format!("SYM{s}").into()).collect();
        let mut readers = vec![];
        for symbol in &names {
            for _ in 0..SUBSCRIBERS {
                let (to, mut from) = mpsc::channel::<Tick>(CAPACITY);
                assert!(client.send(Subscribe { symbol: symbol.clone(), to }).await.is_ok());
                readers.push(tokio::spawn(async move {
                    let (mut count, mut times) = (0, Vec::with_capacity(if takes_times { 1 << 14 } else { 0 }));
                    while let Some(tick) = from.recv().await {
                        count += 1;
                        if takes_times {
                            times.push((nanoseconds() - tick.sent) as u32);
                        }
                    }
                    (count, times)
                }));
            }
        }
        while client.capacity() != 64 {
            tokio::task::yield_now().await;
        }
        Rig { feed, names, hub, readers, _open: (client, stop) }
    }

    /// Waits for all to end; how many were delivered, and how long each took.
    async fn end(self, n: u64) -> (u64, Vec<u32>) {
        let (processed, dropped) = self.hub.await.unwrap();
        let (mut delivered, mut times) = (0, vec![]);
        for reader in self.readers {
            let (count, its_times) = reader.await.unwrap();
            delivered += count;
            times.extend(its_times);
        }
        assert_eq!(processed, n);
        assert_eq!(delivered + dropped, n * SUBSCRIBERS as u64);
        (delivered, times)
    }
}

fn tick(names: &[Arc<str>], n: u64, sent: u64) -> Tick {
    let symbol = names[n as usize % SYMBOLS].clone();
    Tick { symbol, price: 61837.63 + (n % 256) as f64, volume: 0.02 * (1 + n % 16) as f64, sent }
}

async fn flood(n: u64) -> (u64, Duration) {
    let mut rig = Rig::new(false).await;
    let (feed, names) = (std::mem::replace(&mut rig.feed, mpsc::channel(1).0), rig.names.clone());
    let start = Instant::now();
    tokio::spawn(async move {
        for i in 0..n {
            assert!(feed.send(tick(&names, i, i)).await.is_ok());
        }
    });
    rig.end(n).await;
    (n, start.elapsed())
}

fn latencies(runtime: &Runtime, seconds: f64, from_outside: bool) -> Vec<u32> {
    let n = ((seconds * 1e9) as u64 / PAUSE).max(64);
    let mut rig = run(runtime, Rig::new(true));
    let (feed, names) = (std::mem::replace(&mut rig.feed, mpsc::channel(1).0), rig.names.clone());
    let begin = nanoseconds();
    let mut outside = None;
    if from_outside {
        outside = Some(std::thread::spawn(move || {
            for i in 0..n {
                while nanoseconds() < begin + i * PAUSE {}
                assert!(feed.blocking_send(tick(&names, i, nanoseconds())).is_ok());
            }
        }));
    } else {
        runtime.spawn(async move {
            for i in 0..n {
                while nanoseconds() < begin + i * PAUSE {
                    tokio::task::yield_now().await;
                }
                assert!(feed.send(tick(&names, i, nanoseconds())).await.is_ok());
            }
        });
    }
    let (_, times) = run(runtime, rig.end(n));
    if let Some(thread) = outside {
        thread.join().unwrap();
    }
    times
}

pub fn measure(suite: &Suite) {
    let (loop_, pool) = (one_thread(), pool_of_two());
    suite.rate("W10", "1t", crate::TOKIO, "ticks/s", |n| run(&loop_, flood(n)));
    suite.rate("W10", "2t-pool", crate::TOKIO, "ticks/s", |n| run(&pool, flood(n)));
    suite.latency("W10lat", "1t in-loop yield-paced", crate::TOKIO, |seconds| latencies(&loop_, seconds, false));
    suite.latency("W10lat", "1t ext-thread spin-paced", crate::TOKIO, |seconds| latencies(&loop_, seconds, true));
    suite.latency("W10lat", "2t-pool ext-thread spin-paced", crate::TOKIO, |seconds| latencies(&pool, seconds, true));
}
