// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

//! The workloads of the benchmarks in Rust: tokio, and async-channel, flume and async-broadcast on tokio.

mod broadcast;
mod hub;
mod measure;
mod oneshot;
mod ping_pong;
mod queues;
mod runtime;
mod select;
mod watch;

const TOKIO: &str = "tokio-1.24 (no io driver)";

fn main() {
    let suite = measure::Suite::from_command_line();
    queues::measure(&suite);
    oneshot::measure(&suite);
    broadcast::measure(&suite);
    watch::measure(&suite);
    ping_pong::measure(&suite);
    select::measure(&suite);
    hub::measure(&suite);
}
