"""One simulation study: data drawn many times from a known truth, an interval each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from measures.inputs import Numbers

__all__ = ["Coverage", "Study", "covered"]

Intervals = Callable[[Generator, int], tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class Study:
    """measure, method, setting: what, by which interval, on what data (n, prevalence), for the
    table. truth: the value that the interval should cover. intervals: draws `repeats` data sets
    and returns their lower and upper limits, NaN where not estimable. claimed: the share that the
    method must cover, or None where it claims less; then `note` says so. repeats: 2,000 or more.
    """

    measure: str
    method: str
    setting: str
    truth: float
    intervals: Intervals
    claimed: tuple[float, float] | None = (0.93, 0.97)
    note: str = ""
    repeats: int = 2000


@dataclass(frozen=True)
class Coverage:
    """share: of estimable intervals that cover. width: their mean. not_estimable: share of all.
    kept: whether the claim holds within two standard errors of the simulation; None without claim.
    """

    study: Study
    share: float
    width: float
    not_estimable: float
    kept: bool | None


def covered(study: Study, seed: int, repeats: int | None = None) -> Coverage:
    """Run one study; the same seed draws the same data."""
    wanted = repeats or study.repeats
    low, high = study.intervals(np.random.default_rng(seed), wanted)
    if low.shape != (wanted,) or high.shape != (wanted,):
        raise ValueError(f"{study.measure}, {study.method}: {low.shape} limits for {wanted} draws")
    there = np.isfinite(low) & np.isfinite(high)
    hit = (low[there] <= study.truth) & (study.truth <= high[there])
    share = float(hit.mean()) if there.any() else float("nan")
    error = 2.0 * (0.05 * 0.95 / max(int(there.sum()), 1)) ** 0.5
    kept = None
    if study.claimed is not None:
        kept = study.claimed[0] - error <= share <= study.claimed[1] + error
    width = float(np.mean(high[there] - low[there])) if there.any() else float("nan")
    return Coverage(study, share, width, float(1.0 - there.mean()), kept)
