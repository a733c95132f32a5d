"""Our verdict and Evidently's on the same columns: where they agree, and why they differ elsewhere.

Ours is that of one window of a chart `fact_distribution` with its defaults, at the chance of one
window of a plan of one false alert a year with twenty columns watched by weeks. Evidently's is that
of a plan's pinned methods and limits, on whole tables. Each case is drawn several times; the shares
that call it changed are printed and held. Figures: docs/statistics/shift.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from monitoring.detectors.evidently_tables import compare_tables
from monitoring.detectors.window_verdicts import (
    freeze_names,
    freeze_numbers,
    judge_names,
    judge_numbers,
)
from monitoring.plan import EvidentlySettings

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]
FULL = os.environ.get("RADVIGIL_PROOF") == "full"
DRAWS = 20 if FULL else 4
SIZES = (50, 500, 5_000, 20_000) if FULL else (50, 5_000)
REFERENCE = {50: 400, 500: 2_000, 5_000: 20_000, 20_000: 20_000}
ALPHA, FLOOR = 1.0 / 20 / 52, 0.02
PINNED = EvidentlySettings(maximum_rows=20_000)
LEVELS = np.array(["PA", "AP", "LL", "RL"], object)
SHARES = np.array([0.5, 0.3, 0.15, 0.05])
Column = Any
Draw = Callable[[Generator, int, bool], Column]


def skewed(rng: Generator, n: int) -> Column:
    return np.exp(0.5 * rng.normal(size=n))


def moved(by: float) -> Draw:
    """Numbers, moved by so many SD."""
    return lambda rng, n, now: rng.normal(by * now, 1.0, n)


def spread(factor: float) -> Draw:
    return lambda rng, n, now: rng.normal(0.0, factor if now else 1.0, n)


def dose(by: float) -> Draw:
    """Skewed numbers, moved by so many of their SD (0.6)."""
    return lambda rng, n, now: skewed(rng, n) + 0.6 * by * now


def with_sentinel(by: float) -> Draw:
    """One 999999 in the reference, the values moved."""

    def drawn(rng: Generator, n: int, now: bool) -> Column:
        values = rng.normal(by * now, 1.0, n)
        if not now:
            values[0] = 999_999.0
        return values

    return drawn


def missing(share: float) -> Draw:
    """Numbers of which so many are no longer recorded."""
    return lambda rng, n, now: np.where(rng.random(n) < share * now, np.nan, rng.normal(size=n))


def mix(points: float) -> Draw:
    """Four names; so much of the first becomes the second."""
    change = np.array([-points, points, 0.0, 0.0])
    return lambda rng, n, now: rng.choice(LEVELS, n, p=SHARES + change * now)


def unseen(share: float) -> Draw:
    """A name that the reference never held, in so many studies."""

    def drawn(rng: Generator, n: int, now: bool) -> Column:
        values = rng.choice(LEVELS, n, p=SHARES)
        values[rng.random(n) < share * now] = "XA"
        return values

    return drawn


@dataclass(frozen=True)
class Case:
    """A change of a column, and who calls it changed at each size; sizes that are not named are
    not held, as chance decides there."""

    name: str
    draw: Draw
    names: bool
    said: dict[int, str]


OURS, THEIRS, BOTH, NEITHER, BY_CHANCE = "ours", "theirs", "both", "neither", "theirs by chance"
FROM_500, FROM_5000 = (500, 5_000, 20_000), (5_000, 20_000)
NOTHING = {50: BY_CHANCE, **dict.fromkeys(FROM_500, NEITHER)}
SMALL = {50: BY_CHANCE, 500: NEITHER, **dict.fromkeys(FROM_5000, OURS)}
CLEAR = dict.fromkeys(FROM_500, BOTH)
CASES = (
    Case("numbers, unchanged", moved(0.0), False, NOTHING),
    Case("numbers, 0.08 SD", moved(0.08), False, SMALL),
    Case("numbers, 0.5 SD", moved(0.5), False, {50: THEIRS, **CLEAR}),
    Case("numbers, 1.5 SD", moved(1.5), False, {50: BOTH, **CLEAR}),
    Case("skewed numbers, 0.5 SD", dose(0.5), False, CLEAR),
    Case("numbers, 1.5 times as wide", spread(1.5), False, {50: THEIRS, **CLEAR}),
    Case("numbers, 0.5 SD, one 999999 before", with_sentinel(0.5), False,
         dict.fromkeys(FROM_500, OURS)),
    Case("numbers, three in ten not recorded", missing(0.3), False,
         dict.fromkeys(FROM_500, OURS)),
    Case("names, unchanged", mix(0.0), True, NOTHING),
    Case("names, 5 points", mix(0.05), True, SMALL),
    Case("names, 30 points", mix(0.3), True, CLEAR),
    Case("names, a new one in 3 %", unseen(0.03), True, dict.fromkeys(FROM_5000, BOTH)),
)  # fmt: skip


def holds(said: str, ours: float, theirs: float) -> bool:
    """Whether the shares of draws are as a word says."""
    often, rarely = 0.7, 0.2
    return {
        BOTH: min(ours, theirs) >= often, NEITHER: max(ours, theirs) <= rarely,
        OURS: ours >= often and theirs <= rarely, THEIRS: theirs >= often and ours <= 0.5,
        BY_CHANCE: ours <= rarely and (theirs > 0.0 or not FULL),
    }[said]  # fmt: skip


@cache
def shares(n: int) -> dict[str, tuple[float, float]]:
    """By case the share of draws that we and that Evidently call changed; all in one report."""
    before, now, ours = {}, {}, dict.fromkeys((one.name for one in CASES), 0)
    for at, case in enumerate(CASES):
        for draw in range(DRAWS):
            rng, column = np.random.default_rng([n, at, draw]), f"{at} {draw}"
            before[column] = case.draw(rng, REFERENCE[n], False)
            now[column] = case.draw(rng, n, True)
            ours[case.name] += we_say(case, before[column], now[column])
    named = {f"{at} {draw}" for at, case in enumerate(CASES) if case.names
             for draw in range(DRAWS)}  # fmt: skip
    settings = replace(
        PINNED, columns=tuple(one for one in before if one not in named),
        categorical_columns=tuple(one for one in before if one in named),
    )
    found = compare_tables(pd.DataFrame(before), pd.DataFrame(now), settings)
    theirs = {one.name: 0 for one in CASES}
    for verdict in found.verdicts:
        theirs[CASES[int(verdict.column.split()[0])].name] += bool(verdict.drifted)
    return {name: (ours[name] / DRAWS, theirs[name] / DRAWS) for name in ours}


def we_say(case: Case, before: Column, now: Column) -> bool:
    """Whether one window of our chart is beyond its limit."""
    judge, freeze = (
        (judge_names, freeze_names) if case.names else (judge_numbers, freeze_numbers)
    )
    judged, _ = judge(freeze(before), now, alpha=ALPHA, least=10, floor=FLOOR, worth=0.2)
    assert judged.value is not None
    return bool(judged.beyond)


@pytest.mark.parametrize("n", SIZES)
def test_where_evidently_and_we_agree_and_where_not(n: int) -> None:
    found = shares(n)
    print(f"\n| {n:,} studies against {REFERENCE[n]:,} | ours | Evidently |")
    for name, (ours, theirs) in found.items():
        print(f"| {name} | {100 * ours:.0f} % | {100 * theirs:.0f} % |")
    wrong = {
        one.name: (one.said[n], *found[one.name]) for one in CASES
        if n in one.said and not holds(one.said[n], *found[one.name])
    }
    assert wrong == {}
