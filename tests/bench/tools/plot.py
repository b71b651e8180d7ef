#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors

"""plot.py GROWTH.csv DIRECTORY: draws DIRECTORY/growth.svg, a plot for each workload of GROWTH.csv.

The line is the median cost of an operation, the band goes from the smallest to the largest round.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402: the backend comes first

UNITS = {
    "capacity": "capacity, messages",
    "message size": "size of a message, bytes",
    "producers": "producers",
    "receivers": "receivers of a broadcast",
    "symbols": "symbols of the hub, a subscriber each",
    "subscribers": "subscribers of one symbol",
    "select cases": "cases of a select, one of them busy",
}


def read(path):
    """Rows in nanoseconds: workload -> peer -> [(param, median, min, max)]."""
    found = defaultdict(lambda: defaultdict(list))
    with open(path, newline="") as rows:
        for row in csv.DictReader(rows):
            if row["unit"] == "ns":
                values = [float(row[column]) for column in ("param", "median", "min", "max")]
                found[row["workload"]][row["peer"]].append(values)
    return found


def draw(axes, workload, peers):
    for peer, rows in peers.items():
        params, medians, lows, highs = zip(*sorted(rows))
        axes.plot(params, medians, marker=".", label=peer)
        axes.fill_between(params, lows, highs, alpha=0.2)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(UNITS.get(workload, workload))
    axes.set_ylabel("ns per operation")
    axes.grid(True, alpha=0.3)
    axes.legend()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    found = read(sys.argv[1])
    if not found:
        sys.exit(f"plot.py: no rows in ns in {sys.argv[1]}")
    columns = 2
    lines = -(-len(found) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(10, 3 * lines), squeeze=False)
    for axes, (workload, peers) in zip(grid.flat, found.items()):
        draw(axes, workload, peers)
    for axes in list(grid.flat)[len(found):]:
        axes.remove()
    figure.tight_layout()
    matplotlib.rcParams["svg.hashsalt"] = "weir"  # the same rows, the same file
    figure.savefig(Path(sys.argv[2]) / "growth.svg", metadata={"Date": None})


main()
