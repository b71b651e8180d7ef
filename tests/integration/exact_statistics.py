#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 The weir authors
"""The statistics of recorded trades, by another way than the library's.

Reads the same CSV files with Python's own csv, decimal and fractions modules and prints, as `hub --json` does, one
JSON object with a member per instrument: count, open, high, low, last, volume and vwap (half-even at nine places),
numbers as text in plain notation. Nothing is rounded but the VWAP, at the end.

    exact_statistics.py FILE...                       print the statistics
    exact_statistics.py --check ACTUAL.json FILE...   compare them with ACTUAL.json ("-": standard input)
    exact_statistics.py compare EXPECTED.json ACTUAL.json

The last two print every difference and exit with 1 if there is one.
"""

import csv
import decimal
import fractions
import json
import re
import sys

FIELDS = ("count", "open", "high", "low", "last", "volume", "vwap")
VWAP_PLACES = 9

# Sums stay exact, or this raises: digits enough for anything, and no rounding allowed.
decimal.setcontext(decimal.Context(prec=1000, traps=[decimal.Inexact, decimal.InvalidOperation]))


class Instrument:
    def __init__(self):
        self.trades = []  # (event time, sequence, price, size)

    def statistics(self):
        trades = sorted(self.trades)
        prices = [price for _, _, price, _ in trades]
        volume = sum((size for _, _, _, size in trades), decimal.Decimal(0))
        value = sum((price * size for _, _, price, size in trades), decimal.Decimal(0))
        vwap = round(fractions.Fraction(value) / fractions.Fraction(volume), VWAP_PLACES)  # rounds half to even
        scaled = vwap * 10**VWAP_PLACES
        assert scaled.denominator == 1
        return {
            "count": len(trades),
            "open": plain(prices[0]),
            "high": plain(max(prices)),
            "low": plain(min(prices)),
            "last": plain(prices[-1]),
            "volume": plain(volume),
            "vwap": plain(decimal.Decimal(scaled.numerator).scaleb(-VWAP_PLACES)),
        }


def plain(number):
    """The digits without an exponent and without zeros that say nothing."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def sequence_of(trade_id, row_number):
    """The trade's id where that is a plain 64-bit number, else its row's place in the file."""
    if re.fullmatch("[0-9]+", trade_id) and int(trade_id) < 2**64:
        return int(trade_id)
    return row_number


def statistics_of(paths):
    instruments = {}
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file, escapechar="\\", doublequote=False, strict=True)
            for row_number, row in enumerate(rows, start=1):
                name = f"{row['venue']}:{row['symbol']}"
                instruments.setdefault(name, Instrument()).trades.append(
                    (
                        int(row["ts_event"]),
                        sequence_of(row["trade_id"], row_number),
                        decimal.Decimal(row["price"]),
                        decimal.Decimal(row["size"]),
                    )
                )
    return {name: instrument.statistics() for name, instrument in instruments.items()}


def without_repeats(pairs):
    """json would keep the last of two members of one name; to say an instrument twice is an error."""
    members = dict(pairs)
    if len(members) != len(pairs):
        sys.exit("a JSON object has two members of the same name")
    return members


def load(path):
    if path == "-":
        return json.load(sys.stdin, object_pairs_hook=without_repeats)
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=without_repeats)


def differences(expected, actual):
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            yield f"{name}: missing"
        elif name not in expected:
            yield f"{name}: not expected"
        else:
            for field in FIELDS:
                want, got = expected[name].get(field), actual[name].get(field)
                if want != got or type(want) is not type(got):
                    yield f"{name}: {field} is {got!r}, should be {want!r}"
            for field in sorted(actual[name].keys() - set(FIELDS)):
                yield f"{name}: {field} is not a member of the contract"


def compare(expected, actual):
    found = list(differences(expected, actual))
    for line in found:
        print(line)
    if not expected:
        found.append("nothing to compare")
        print(found[-1])
    print(f"{len(expected)} instruments, {len(found)} differences", file=sys.stderr)
    return 1 if found else 0


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "compare":
        return compare(load(arguments[1]), load(arguments[2]))
    if len(arguments) >= 3 and arguments[0] == "--check":
        return compare(statistics_of(arguments[2:]), load(arguments[1]))
    if arguments and not arguments[0].startswith("-"):
        print(json.dumps(statistics_of(arguments), indent=1))
        return 0
    print(__doc__, file=sys.stderr)
    return 0 if arguments in (["-h"], ["--help"]) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
