"""Confidence sequences: does the truth stay inside at every look, in 95 of 100 streams?

A row's interval is the intersection of a stream's intervals over all looks, so it covers only
where none of them ever missed. The claim is one of at least 95 %: these intervals are careful,
more so the fewer looks are taken. E-processes are judged likewise: their 'interval' covers the
claim unless their evidence ever reached 20 (Ville).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.confidence_sequences import (
    bernoulli_confidence_sequence,
    bounded_mean_limits,
    normal_mixture_bound,
)
from measures.e_processes import mean_evidence
from measures.inputs import Numbers
from measures.sequential import Capital, bernoulli_bets, conformal_bets

__all__ = ["STUDIES"]

AT_LEAST = (0.95, 1.0)
LOOKS = (1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 60, 80, 110, 150, 200, 260, 330, 400, 500)


@cache
def _share_limits(successes: int, trials: int) -> tuple[float, float]:
    found = bernoulli_confidence_sequence("share", successes, trials)
    assert found.low is not None and found.high is not None
    return found.low, found.high


def shares(share: float) -> Intervals:
    """Streams of 500 yes/no cases, looked at 19 times."""

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        seen = np.cumsum(rng.random((repeats, LOOKS[-1])) < share, axis=1)
        limits = np.array(
            [[_share_limits(int(x), n) for x, n in zip(row, LOOKS, strict=True)]
             for row in seen[:, np.array(LOOKS) - 1]]
        )  # fmt: skip
        return limits[..., 0].max(axis=1), limits[..., 1].min(axis=1)

    return drawn


def normal_means(n: int) -> Intervals:
    """Streams of n normal values with known SD 1, looked at after each."""
    sizes = np.arange(1, n + 1)
    half = np.array([normal_mixture_bound(float(t), alpha=0.05, v_opt=100.0) / t for t in sizes])

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        means = np.cumsum(rng.standard_normal((repeats, n)), axis=1) / sizes
        return (means - half).max(axis=1), (means + half).min(axis=1)

    return drawn


def bounded_means(a: float, b: float, n: int) -> Intervals:
    """Streams of n beta values, looked at after each."""

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        low, high = bounded_mean_limits(rng.beta(a, b, (repeats, n)))
        return low.max(axis=1), high.min(axis=1)

    return drawn


def bets_on_means(a: float, b: float, *, above: bool) -> Intervals:
    """0 to 1 where the evidence against the true mean never reached 20, else an empty place."""

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        values = rng.beta(a, b, (repeats, 500))
        evidence = mean_evidence(values, claimed=a / (a + b), above=above)
        return _unless(evidence.max(axis=1) >= np.log10(20.0))

    return drawn


def claims(share: float) -> Intervals:
    """Bettors on 'below the claim', 40 days of 5 cases, where the claim just holds."""

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        days = rng.random((repeats, 40, 5)) < share
        paid = bernoulli_bets(days.ravel(), at_least=share).reshape(repeats, 40, 5, -1)
        return _unless(_ever_rich(paid))

    return drawn


def ranks() -> Intervals:
    """Bettors on uniform p values, 40 days of 5."""

    def drawn(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        paid = conformal_bets(rng.random(repeats * 200)).reshape(repeats, 40, 5, -1)
        return _unless(_ever_rich(paid))

    return drawn


def _ever_rich(paid: Numbers) -> np.ndarray:
    rich = []
    for days in paid:
        capital, most = Capital.fresh(days.shape[-1]), 0.0
        for bets in days:
            capital = capital.after(bets, share=1.0 / 40.0)
            most = max(most, capital.evidence)
        rich.append(most >= np.log10(20.0))
    return np.array(rich)


def _unless(missed: np.ndarray) -> tuple[Numbers, Numbers]:
    return np.where(missed, 2.0, 0.0), np.where(missed, 2.0, 1.0)


STUDIES = [
    *[
        Study("share", "beta-binomial mixture", f"share {share:g}, 19 looks to n 500", share,
              shares(share), claimed=AT_LEAST)
        for share in (0.02, 0.1, 0.5, 0.9)
    ],
    *[
        Study("mean, SD known", "normal mixture", f"{n} looks to n {n}", 0.0, normal_means(n),
              claimed=AT_LEAST)
        for n in (100, 2000)
    ],
    *[
        Study("mean of bounded values", "empirical Bernstein", f"beta({a}, {b}), {n} looks",
              a / (a + b), bounded_means(a, b, n), claimed=AT_LEAST)
        for a, b in ((8, 2), (1, 1), (0.2, 1.8))
        for n in (50, 1000)
    ],
    *[
        Study("mean at most claimed" if above else "mean at least claimed", "betting, reaches 20",
              f"beta({a}, {b}), 500 looks", a / (a + b), bets_on_means(a, b, above=above),
              claimed=AT_LEAST, note="width means nothing here")
        for a, b in ((8, 2), (0.2, 1.8))
        for above in (True, False)
    ],
    *[
        Study("share at least claimed", "betting, reaches 20", f"share {share:g}, 40 days of 5",
              share, claims(share), claimed=AT_LEAST, note="width means nothing here")
        for share in (0.85, 0.95)
    ],
    Study("exchangeable", "conformal bets, reaches 20", "40 days of 5", 0.5, ranks(),
          claimed=AT_LEAST, note="width means nothing here"),
]  # fmt: skip
