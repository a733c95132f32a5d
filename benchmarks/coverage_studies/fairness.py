"""Fairness: groups whose true shares are known, alike and apart, large and small."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy.stats import norm

from benchmarks.coverage_studies.study import Study
from measures.estimate import Estimate
from measures.fairness import gap, ratio, share_ratio, worst_group
from measures.inputs import Numbers
from measures.proportions import wilson
from measures.shrinkage import shrunken_shares
from measures.stratified_auc import stratified_auc, stratified_auc_difference

Groups = dict[str, Estimate]

_CLAIMED, _AT_LEAST = (0.93, 0.97), (0.95, 1.0)
_ALIKE, _APART = (0.85,) * 4, (0.92, 0.88, 0.85, 0.75)
_EVEN, _SMALL = (100,) * 4, (300, 100, 40, 15)
_BONFERRONI = "for all groups at once: covers more than nominal by design"


def _drawn(rng: Generator, shares: tuple[float, ...], sizes: tuple[int, ...]) -> Groups:
    hits = rng.binomial(sizes, shares)
    return {
        f"group {at}": wilson("sensitivity", int(hits[at]), size) for at, size in enumerate(sizes)
    }


def _study(
    name: str,
    method: str,
    told: tuple[tuple[float, ...], tuple[int, ...]],
    measure: Callable[[Groups], Estimate],
    truth: float,
    claim: tuple[tuple[float, float] | None, str],
) -> Study:
    shares, sizes = told

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found = [measure(_drawn(rng, shares, sizes)) for _ in range(repeats)]
        return (
            np.array([np.nan if one.low is None else one.low for one in found]),
            np.array([np.nan if one.high is None else one.high for one in found]),
        )

    setting = f"shares {'/'.join(f'{s:g}' for s in shares)}, n {'/'.join(map(str, sizes))}"
    return Study(name, method, setting, truth, intervals, claim[0], claim[1])


def _own_interval(groups: Groups) -> Estimate:
    return min(groups.values(), key=lambda single: single.value or 0.0)


def _of_two(groups: Groups) -> Estimate:
    return share_ratio(groups["group 0"], groups["group 1"])


def _shrunken(groups: int, size: int, spread: tuple[float, float]) -> Study:
    """One group of each draw, its true share drawn too: limits are kept relative to it."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        low, high = np.empty(repeats), np.empty(repeats)
        for at in range(repeats):
            true = rng.beta(*spread, size=groups)
            found = shrunken_shares(_drawn(rng, tuple(true), (size,) * groups))["group 0"]
            low[at] = np.nan if found.low is None else found.low - true[0]
            high[at] = np.nan if found.high is None else found.high - true[0]
        return low, high

    setting = f"{groups} groups of {size}, true shares beta{spread}; limits minus the true share"
    note = "on average over groups, not for one that really differs; a little short with many"
    method = "beta-binomial empirical Bayes"
    return Study("shrunken share", method, setting, 0.0, intervals, None, note)


def _within_strata() -> list[Study]:
    """Two sites, at one of which the finding is commoner and every score a standard deviation
    higher; the score of the diseased lies another above."""
    within = float(norm.cdf(0.5**0.5))
    # A diseased and a healthy study of any sites: 0.75 and 0.25 of the diseased, 1/3 and 2/3 of
    # the healthy are of the first and of the other site.
    pooled = sum(
        sick * well * float(norm.cdf((1.0 + one - other) / 2**0.5))
        for sick, one in ((0.75, 1.0), (0.25, 0.0)) for well, other in ((1 / 3, 1.0), (2 / 3, 0.0))
    )
    asked: list[tuple[str, str, Callable[..., Estimate], float]] = [
        ("stratified AUC", "logit, between patients", stratified_auc, within),
        ("stratified less pooled AUC", "normal, between patients", stratified_auc_difference,
         within - pooled),
    ]  # fmt: skip
    return [
        _of_sites(name, method, measure, (truth, n))
        for name, method, measure, truth in asked for n in (120, 400)
    ]


def _of_sites(
    name: str, method: str, measure: Callable[..., Estimate], of: tuple[float, int]
) -> Study:
    truth, n = of

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        low, high = np.full(repeats, np.nan), np.full(repeats, np.nan)
        for at in range(repeats):
            first = rng.random(n) < 0.5
            ill = (rng.random(n) < np.where(first, 0.6, 0.2)).astype(int)
            score = rng.normal(size=n) + ill + first
            found = measure(ill, score, np.where(first, "a", "b"), patients=np.arange(n))
            if found.low is not None and found.high is not None:
                low[at], high[at] = found.low, found.high
        return low, high

    setting = f"two sites, 0.6 and 0.2 positive, one a standard deviation higher, n = {n}"
    return Study(name, method, setting, truth, intervals)


def _all() -> list[Study]:
    found: list[Study] = []
    worlds: list[tuple[tuple[float, ...], tuple[int, ...]]] = [
        (_ALIKE, _EVEN),
        (_ALIKE, _SMALL),
        (_APART, _EVEN),
        (_APART, _SMALL),
    ]
    for told in worlds:
        low, high = min(told[0]), max(told[0])
        of: list[tuple[str, str, Callable[[Groups], Estimate], float]] = [
            ("gap", "Newcombe, all pairs at once", gap, high - low),
            ("ratio", "MOVER-R, all pairs at once", ratio, low / high),
            ("worst group", "Wilson, all groups at once", worst_group, low),
        ]
        for name, method, measure, truth in of:
            claim = (_AT_LEAST, _BONFERRONI)
            found.append(_study(name, method, told, measure, truth, claim))
    never = "the picked group's own interval ignores the picking: never quoted, shown as a warning"
    alike = (_ALIKE, _EVEN)
    found.append(_study("worst group", "its own Wilson", alike, _own_interval, 0.85, (None, never)))
    for shares, sizes in (
        ((0.8, 0.9), (50, 50)),
        ((0.3, 0.2), (30, 200)),
        ((0.95, 0.9), (300, 40)),
    ):
        truth = shares[0] / shares[1]
        pair = (shares, sizes)
        claim_two = (_CLAIMED, "")
        found.append(_study("share ratio", "MOVER-R on Wilson", pair, _of_two, truth, claim_two))
    return found


STUDIES: list[Study] = [
    *_all(),
    *_within_strata(),
    _shrunken(5, 20, (16, 4)),
    _shrunken(12, 20, (16, 4)),
    _shrunken(12, 60, (40, 10)),
]
