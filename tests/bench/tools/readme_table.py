#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors

"""readme_table.py RESULTS.csv: prints the table of README.md in Markdown."""

import csv
import sys

# workload, param, unit, what the table calls it; which row of weir, if not "weir"
LINES = [
    ("W1", "1t", "msg/s", "queue of 1024, one thread, M messages/s"),
    ("W1u", "1t", "msg/s", "the same, unbounded"),
    ("W2", "2t-split", "msg/s", "the same, each message crosses threads"),
    ("W3", "2t-pool", "msg/s", "four producers, a pool of two threads"),
    ("W4", "same task", "ns", "oneshot made, sent, received, ns"),
    ("W4", "cross task (receiver waiting)", "ns", "oneshot to who waits, ns"),
    ("W5", "1t", "ns", "call of an actor, ns"),
    ("W6", "R=16 1t", "deliveries/s", "broadcast to 16, one thread, M deliveries/s"),
    ("W6", "R=16 2t-pool", "deliveries/s", "the same on a pool of two threads"),
    ("W7", "R=8 1t", "updates/s", "watch with 8 receivers, M changes/s"),
    ("W8", "1t", "ns", "ping-pong, one thread, ns"),
    ("W8", "2t-split", "ns", "ping-pong between two threads, ns"),
    ("W8", "2t-split", "ns", "the same, both loops poll", "weir busy_poll"),
    ("W9", "1t", "msg/s", "select of three, M messages/s"),
    ("W9", "1t", "msg/s", "the same by a selector", "weir selector"),
    ("W9", "1t", "msg/s", "the data alone, by a plain receive", "weir receive"),
    ("W10", "1t", "ticks/s", "hub, one thread, M ticks/s"),
    ("W10", "2t-pool", "ticks/s", "hub, a pool of two threads"),
    ("W10lat", "1t in-loop yield-paced p50", "ns", "hub, a tick to a subscriber, ns"),
    ("W10lat", "1t ext-thread spin-paced p50", "ns", "the same from another thread"),
    ("W10lat", "1t ext-thread spin-paced p50", "ns", "the same, the loop polls", "weir busy_poll"),
    ("W11", "one-way gap 200us p50", "ns", "foreign thread to a task, ns"),
    ("W11", "one-way gap 200us p50", "ns", "the same, the loop polls", "weir busy_poll"),
]


def readable(value, unit):
    if value is None:
        return ""
    if unit == "ns":
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    return f"{value / 1e6:.1f}" if value >= 1e6 else f"{value / 1e6:.2f}"


def best(figures, unit):
    """The peer with the best figure, and the figure; (None, None) of nothing."""
    choose = min if unit == "ns" else max
    return choose(figures.items(), key=lambda item: item[1], default=(None, None))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = {}
    with open(sys.argv[1], newline="") as rows:
        for row in csv.DictReader(rows):
            key = (row["workload"], row["param"], row["unit"])
            found.setdefault(key, {})[row["peer"]] = float(row["median"])
    print("| | weir | beside threads | `single_threaded` | tokio | Go | Asio's channel, as used | best peer | weir / best |")
    print("|---|---:|---:|---:|---:|---:|---:|---|---:|")
    for workload, param, unit, name, *row in LINES:
        ours = row[0] if row else "weir"
        figures = found.get((workload, param, unit), {})
        if ours not in figures:
            continue
        # Asio's channel without a lock, tried before it is awaited, may only be used on one thread.
        peers = {p: v for p, v in figures.items() if not p.startswith(("weir", "raw", "asio channel try"))}
        asio = {p: v for p, v in peers.items() if p.startswith("asio") and "try-first" not in p}
        peer, value = best(peers, unit)
        columns = [figures[ours], figures.get(f"{ours} beside threads")]
        columns.append(figures.get(ours.replace("weir", "weir single_threaded")))
        columns += [best({p: v for p, v in peers.items() if p.startswith(who)}, unit)[1] for who in ("tokio", "go")]
        columns.append(best(asio, unit)[1])
        print(f"| {workload}: {name} | " + " | ".join(readable(c, unit) for c in columns), end="")
        if peer is None:
            print(" | | |")
        else:
            short = peer.replace(" (no io driver)", "").replace(" on tokio", "")
            print(f" | {short} {readable(value, unit)} | {figures[ours] / value:.2f} |")


main()
