"""How often quiet columns are called drifted, and how often shifted ones are found.

    python -m benchmarks.shift_false_alarms              and write docs/statistics/shift.md
    python -m benchmarks.shift_false_alarms --repeats 50  to the terminal only

Nominal 5 %, no floor (a floor only lowers it). Beside ours, Evidently's default on the same draws.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.random import Generator

from measures.reference_summary import summarise_categories, summarise_numbers
from measures.shift import CategoryMethod, NumberMethod, category_shift, number_shift
from measures.shift_evidently import evidently_default, evidently_drift
from measures.shift_verdict import ShiftLimits

PAGE = Path(__file__).parents[1] / "docs" / "statistics" / "shift.md"
BEGIN, END = "<!-- false alarms: begin -->\n", "<!-- false alarms: end -->\n"
SIZES = {30: (3000, 300), 300: (3000, 300), 30_000: (30_000, 100)}  # n: reference, repeats
NUMBERS = ("smooth", "whole years", "70 % zero", "three values")
LEVELS = ("eight levels", "rare levels")
SHIFT = "0.3 SD, or 10 of 100 studies to another level"


def column(kind: str, n: int, rng: Generator, moved: bool) -> Any:
    """One window of a column; moved by the stated shift or not."""
    if kind in LEVELS:
        shares = np.full(8, 0.125)
        if kind == "rare levels":
            shares = np.array([0.9, 0.07, 0.02, 0.004, 0.003, 0.001, 0.001, 0.001])
        if moved:
            shares[0], shares[1] = shares[0] - 0.1, shares[1] + 0.1
        return rng.choice(list("abcdefgh"), n, p=shares)
    drawn = rng.normal(0.3 if moved else 0.0, 1.0, n)
    if kind == "whole years":
        return np.round(60.0 + 12.0 * drawn)
    if kind == "70 % zero":
        return np.where(rng.random(n) < 0.7, 0.0, drawn)
    return np.clip(np.round(drawn), -1, 1) if kind == "three values" else drawn


def shares(kind: str, n: int, moved: bool, repeats: int) -> dict[str, float]:
    """Share of windows called drifted, a method."""
    reference_n = SIZES[n][0]
    rng = np.random.default_rng(zlib.crc32(f"{kind}|{n}|{moved}".encode()))
    methods: tuple[Any, ...] = get_args(CategoryMethod if kind in LEVELS else NumberMethod)
    judge: Any = category_shift if kind in LEVELS else number_shift
    summarise: Any = summarise_categories if kind in LEVELS else summarise_numbers
    hits = dict.fromkeys((*methods, "Evidently"), 0)
    for seed in range(repeats):
        # another seed each time: one set of arrangements for all would share its own error
        limits = ShiftLimits(alpha=0.05, floor=0.0, permutations=199, seed=seed)
        before = summarise(column(kind, reference_n, rng, False))
        now = column(kind, n, rng, moved)
        for method in methods:
            hits[method] += judge(before, now, method=method, limits=limits).drifted is True
        window = summarise(now)
        theirs = evidently_drift(before, window, method=evidently_default(before, window))
        hits["Evidently"] += theirs.drifted
    return {method: count / repeats for method, count in hits.items()}


def tables(repeats: int | None) -> str:
    """Four tables: numbers and levels, quiet and moved."""
    text = []
    for kinds, methods in (
        (NUMBERS, get_args(NumberMethod)),
        (LEVELS, get_args(CategoryMethod)),
    ):
        for moved in (False, True):
            what = f"Found, per cent, of a shift of {SHIFT}" if moved else "False alarms, per cent"
            names = [*methods, "Evidently"]
            text.append(f"{what}:\n\n| column | reference | n | " + " | ".join(names) + " |")
            text.append("|---|---|---|" + "---|" * len(names))
            for kind in kinds:
                for n, (reference_n, usual) in SIZES.items():
                    found = shares(kind, n, moved, repeats or usual)
                    cells = " | ".join(f"{100 * found[name]:.1f}" for name in names)
                    text.append(f"| {kind} | {reference_n:,} | {n:,} | {cells} |")
                    print(text[-1], flush=True)
            text.append("")
    return "\n".join(text)


def main() -> int:
    """Print the tables, and put them into the page when run in full."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--repeats", type=int)
    repeats = asked.parse_args().repeats
    found = tables(repeats)
    if repeats is None:
        page = PAGE.read_text()
        head, tail = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n{found}\n{END}{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
