"""A day's drift check against a reference of 100,000 studies, and MMD with 500 permutations.

    python -m benchmarks.shift

Processor time, medians of the rounds, all in this one run. Floor of the day: SciPy's ks_2samp and
chi2_contingency on the raw columns. Peer: Evidently's drift report on the same table. Floor of
MMD: the plain loop that sums three blocks of the kernel for each arrangement.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from measures.mmd import mmd_shift
from measures.reference_summary import summarise_categories, summarise_numbers
from measures.shift import category_shift, number_shift
from measures.shift_verdict import ShiftLimits
from records.quiet import switch_off_usage_statistics

REFERENCE = 100_000
LIMITS = ShiftLimits(alpha=0.0025, floor=0.1)


def milliseconds(act: Callable[[], Any], rounds: int) -> float:
    """Median processor time of some rounds, after one that does not count."""
    act()
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        spent.append(1000.0 * (time.process_time() - began))
    return statistics.median(spent)


def table(n: int, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """20 columns as monitored: 10 smooth, 5 skewed, 5 of kinds; nothing has drifted."""
    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for number in range(10):
        columns[f"smooth {number}"] = rng.normal(size=n)
    for number in range(5):
        columns[f"skewed {number}"] = np.exp(rng.normal(size=n))
        columns[f"kind {number}"] = rng.choice(list("abcdef"), n)
    return columns


def daily(n: int) -> None:
    """One day of n studies: ours, SciPy, Evidently."""
    from scipy.stats import chi2_contingency, ks_2samp

    before, now = table(REFERENCE, 1), table(n, 2)
    began = time.process_time()
    known: dict[str, Any] = {
        name: summarise_categories(column) if "kind" in name else summarise_numbers(column)
        for name, column in before.items()
    }
    once = 1000.0 * (time.process_time() - began)

    def ours() -> None:
        for name, column in now.items():
            if "kind" in name:
                category_shift(known[name], column, method="chi_square", limits=LIMITS)
            else:
                number_shift(known[name], column, method="ks", limits=LIMITS)

    def floor() -> None:
        for name, column in now.items():
            if "kind" in name:
                levels = np.unique(before[name])
                counts = [
                    [(side == one).sum() for one in levels] for side in (before[name], column)
                ]
                chi2_contingency(counts)
            else:
                ks_2samp(before[name], column)

    mine, scipys, theirs = (
        milliseconds(ours, 5), milliseconds(floor, 3), evidently_report(before, now),
    )  # fmt: skip
    print(
        f"{n} studies a day: ours {mine:.1f} ms (reference summarised once in {once:.0f} ms), "
        f"SciPy {scipys:.0f} ms ({scipys / mine:.0f} x), "
        f"Evidently {theirs:.0f} ms ({theirs / mine:.0f} x)"
    )


def evidently_report(before: dict[str, Any], now: dict[str, Any]) -> float:
    """The same 20 columns by Evidently's drift preset, data frames made beforehand."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        kinds = [name for name in now if "kind" in name]
        numbers = [name for name in now if "kind" not in name]
        definition = DataDefinition(numerical_columns=numbers, categorical_columns=kinds)
        sides = [
            Dataset.from_pandas(pd.DataFrame(side), data_definition=definition)
            for side in (now, before)
        ]
        return milliseconds(lambda: Report([DataDriftPreset()]).run(*sides).json(), 3)


def mmd(permutations: int = 500) -> None:
    """2 x 1,000 studies of 64 columns: ours, and the plain loop over a kernel made once."""
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(3)
    before, now = rng.normal(size=(1000, 64)), rng.normal(size=(1000, 64))
    pooled = np.concatenate([before, now])
    limits = ShiftLimits(alpha=0.05, floor=0.0, permutations=permutations)

    def loop() -> None:
        kernel = np.exp(-cdist(pooled, pooled, "sqeuclidean") / 128.0)
        for _ in range(permutations // 10):  # a tenth: it is told ten times as long
            order = rng.permutation(2000)
            one, two = order[:1000], order[1000:]
            kernel[np.ix_(one, one)].sum(), kernel[np.ix_(two, two)].sum()
            kernel[np.ix_(one, two)].sum()

    mine = milliseconds(lambda: mmd_shift(before, now, limits=limits), 3)
    plain = 10.0 * milliseconds(loop, 1)
    print(
        f"MMD, 2 x 1,000 x 64, {permutations} permutations: ours {mine:.0f} ms, "
        f"plain loop {plain:.0f} ms ({plain / mine:.0f} x)"
    )
    many = rng.normal(size=(20_000, 64)), rng.normal(size=(2000, 64))
    fast = milliseconds(lambda: mmd_shift(*many, limits=limits), 1)
    print(f"MMD, 20,000 and 2,000 x 64, random features: {fast:.0f} ms")


def main() -> int:
    """Print a line a comparison."""
    switch_off_usage_statistics()
    for n in (500, 50):
        daily(n)
    mmd()
    return 0


if __name__ == "__main__":
    sys.exit(main())
