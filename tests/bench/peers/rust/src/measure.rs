// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! The command line, the rounds and the rows of ../../../support/measure.hpp, as far as the script that runs all needs them.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub struct Suite {
    workloads: Vec<String>,
    rounds: usize,
    seconds: f64,
}

pub struct Figure {
    pub what: &'static str,
    pub unit: &'static str,
    pub value: f64,
}

impl Suite {
    pub fn from_command_line() -> Suite {
        let mut suite = Suite { workloads: vec![], rounds: 5, seconds: 0.3 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--csv" => {}
                "--quick" => (suite.rounds, suite.seconds) = (1, 0.002),
                "--workload" => suite.workloads = value().split(',').map(Into::into).collect(),
                "--rounds" => suite.rounds = value().parse().expect("a number of rounds"),
                "--seconds" => suite.seconds = value().parse().expect("seconds"),
                _ => panic!("unknown argument {word}"),
            }
        }
        suite
    }

    /// Operations a second. `run(n)` does about n operations and says how many, and how long they took.
    pub fn rate(&self, workload: &str, param: &str, peer: &str, unit: &'static str, run: impl FnMut(u64) -> (u64, Duration)) {
        self.timed(workload, param, peer, run, |n, took| Figure { what: "", unit, value: n as f64 / took.as_secs_f64() });
    }

    /// Nanoseconds an operation.
    pub fn cost(&self, workload: &str, param: &str, peer: &str, run: impl FnMut(u64) -> (u64, Duration)) {
        self.timed(workload, param, peer, run, |n, took| Figure { what: "", unit: "ns", value: took.as_nanos() as f64 / n as f64 });
    }

    /// Median and percentiles of samples in nanoseconds; `run` gets the seconds that it may take.
    pub fn latency(&self, workload: &str, param: &str, peer: &str, mut run: impl FnMut(f64) -> Vec<u32>) {
        self.figures(workload, param, peer, |seconds| {
            let mut samples = run(seconds);
            samples.sort_unstable();
            let at = |part: f64| samples[((samples.len() - 1) as f64 * part) as usize] as f64;
            [(" p50", 0.5), (" p99", 0.99), (" p99.9", 0.999)].map(|(what, part)| Figure { what, unit: "ns", value: at(part) }).into()
        });
    }

    fn timed(
        &self,
        workload: &str,
        param: &str,
        peer: &str,
        mut run: impl FnMut(u64) -> (u64, Duration),
        figure: impl Fn(u64, Duration) -> Figure,
    ) {
        let mut n = 0;
        self.figures(workload, param, peer, |seconds| {
            if n == 0 {
                n = calibrate(&mut run, seconds);
            }
            let (done, took) = run(n);
            vec![figure(done, took)]
        });
    }

    fn figures(&self, workload: &str, param: &str, peer: &str, mut measure: impl FnMut(f64) -> Vec<Figure>) {
        if !self.workloads.is_empty() && !self.workloads.iter().any(|w| w == workload) {
            return;
        }
        let mut rounds: Vec<Vec<Figure>> = (0..self.rounds).map(|_| measure(self.seconds)).collect();
        for i in 0..rounds[0].len() {
            rounds.sort_by(|a, b| a[i].value.total_cmp(&b[i].value));
            let value = |round: usize| number(rounds[round][i].value);
            let Figure { what, unit, .. } = rounds[0][i];
            let last = rounds.len() - 1;
            println!("{peer},{workload},{param}{what},{unit},{},{},{}", value(rounds.len() / 2), value(0), value(last));
        }
    }
}

/// How many operations take about so long.
fn calibrate(run: &mut impl FnMut(u64) -> (u64, Duration), seconds: f64) -> u64 {
    let mut n = 1024;
    loop {
        let took = run(n).1.as_secs_f64();
        if took > (seconds / 4.0).min(0.04) {
            return (n as f64 * seconds / took) as u64 + 1;
        }
        n *= 4;
    }
}

fn number(value: f64) -> String {
    if value >= 1000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// Nanoseconds since the first call.
pub fn nanoseconds() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// What was received.
#[derive(Default, Clone, Copy)]
pub struct Tally {
    pub count: u64,
    pub sum: u64,
}

impl Tally {
    pub fn take(&mut self, value: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(value);
    }

    /// Each of `senders` has sent 0, 1, ... each - 1.
    pub fn verify(&self, senders: u64, each: u64) {
        assert_eq!(self.count, senders * each);
        assert_eq!(self.sum, (senders * (each * (each - 1) / 2)));
    }
}
