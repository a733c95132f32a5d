"""Intervals of shares and of the 2 x 2 table, verification bias among them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Study
from measures.balanced import balanced_accuracy_limits, mcc_limits
from measures.inputs import Numbers
from measures.predictive_values import ratio_limits
from measures.proportion_methods import (
    jeffreys_limits,
    logit_limits,
    mid_p_limits,
    wilson_corrected_limits,
)
from measures.proportions import clopper_pearson_limits, wilson_limits
from measures.verification_bias import corrected_sensitivity, corrected_specificity

__all__ = ["STUDIES"]

_Limits = Callable[..., tuple[Numbers, Numbers]]
_Table = tuple[Numbers, Numbers, Numbers, Numbers]
_OfTable = Callable[[_Table], tuple[Numbers, Numbers]]
_AT_LEAST = (0.95, 1.0)


def _shares() -> list[Study]:
    methods: list[tuple[str, _Limits, tuple[float, float] | None, str]] = [
        ("Wilson", wilson_limits, (0.93, 0.97), ""),
        ("Wilson, continuity corrected", wilson_corrected_limits, (0.93, 1.0), "wide on purpose"),
        ("Clopper-Pearson", clopper_pearson_limits, _AT_LEAST, "never below nominal"),
        ("mid-P", mid_p_limits, (0.93, 0.97), ""),
        ("Jeffreys", _jeffreys, (0.93, 0.97), ""),
        ("logit", logit_limits, (0.93, 0.97), ""),
    ]
    return [
        _share(method, limits, (share, n), (claimed, note))
        for method, limits, claimed, note in methods
        for share in (0.02, 0.1, 0.5, 0.9)
        for n in (20, 60, 300, 2000)
    ]


def _jeffreys(hits: Numbers, n: Numbers, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
    low, high = jeffreys_limits(hits, n, level=level)
    return np.where(hits == 0, 0.0, low), np.where(hits == n, 1.0, high)


def _share(
    method: str,
    limits: _Limits,
    at: tuple[float, int],
    claim: tuple[tuple[float, float] | None, str],
) -> Study:
    share, n = at

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        return limits(rng.binomial(n, share, size=repeats), np.full(repeats, n))

    setting, (claimed, note) = f"n = {n}, share {share:g}", claim
    if method == "mid-P" and n * min(share, 1.0 - share) <= 2.0 + 1e-9:
        claimed, note = None, "too wide where two or fewer hits (or misses) are expected"
    return Study("share", method, setting, share, intervals, claimed, note)


def _tables() -> list[Study]:
    found = []
    for n, prevalence, sensitivity, specificity in (
        (60, 0.5, 0.9, 0.8), (200, 0.1, 0.9, 0.9), (200, 0.5, 0.8, 0.8), (200, 0.3, 0.6, 0.95),
        (1000, 0.02, 0.85, 0.9), (2000, 0.1, 0.95, 0.9),
    ):  # fmt: skip
        cells = np.array([
            prevalence * sensitivity, (1 - prevalence) * (1 - specificity),
            prevalence * (1 - sensitivity), (1 - prevalence) * specificity,
        ])  # fmt: skip
        setting = (
            f"n = {n}, prevalence {prevalence:g}, sens. {sensitivity:g}, spec. {specificity:g}"
        )
        for measure, method, of in _OF_TABLE:
            truth = float(of(tuple(cells[:, None] * 1e12))[0].mean())
            found.append(Study(measure, method, setting, truth, _drawn(of, cells, n)))
    return found


def _drawn(
    of: _OfTable, cells: Numbers, n: int
) -> Callable[[Generator, int], tuple[Numbers, Numbers]]:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        table = rng.multinomial(n, cells, size=repeats).astype(np.float64).T
        return of((table[0], table[1], table[2], table[3]))

    return intervals


def _f1(t: _Table) -> tuple[Numbers, Numbers]:
    low, high = wilson_limits(t[0], np.maximum(t[0] + t[1] + t[2], 1.0))
    return 2 * low / (1 + low), 2 * high / (1 + high)


def _positive(t: _Table) -> tuple[Numbers, Numbers]:
    return ratio_limits((t[0], t[0] + t[2]), (t[1], t[1] + t[3]))[1:]


def _negative(t: _Table) -> tuple[Numbers, Numbers]:
    return ratio_limits((t[2], t[0] + t[2]), (t[3], t[1] + t[3]))[1:]


def _ppv(t: _Table) -> tuple[Numbers, Numbers]:
    low, high = _positive(t)
    with np.errstate(invalid="ignore"):
        return 0.05 * low / (0.05 * low + 0.95), np.where(
            np.isinf(high), 1.0, 0.05 * high / (0.05 * high + 0.95)
        )


def _npv(t: _Table) -> tuple[Numbers, Numbers]:
    low, high = _negative(t)
    return 0.95 / (0.05 * high + 0.95), 0.95 / (0.05 * low + 0.95)


_OF_TABLE: list[tuple[str, str, _OfTable]] = [
    ("balanced accuracy", "Wilson, squared and added", lambda t: balanced_accuracy_limits(t)[1:]),
    ("MCC", "delta method, Fisher z", lambda t: mcc_limits(t)[1:]),
    ("F1", "Wilson on the Jaccard share", _f1),
    ("likelihood ratio +", "log, MOVER at an empty cell", _positive),
    ("likelihood ratio -", "log, MOVER at an empty cell", _negative),
    ("PPV at prevalence 0.05", "logit, MOVER at an empty cell", _ppv),
    ("NPV at prevalence 0.05", "logit, MOVER at an empty cell", _npv),
]


def _verification() -> list[Study]:
    found = []
    for n, prevalence, sensitivity, specificity, followed in (
        (1000, 0.1, 0.9, 0.9, 0.2), (1000, 0.2, 0.7, 0.9, 0.5), (400, 0.3, 0.8, 0.8, 0.3),
        (3000, 0.05, 0.9, 0.95, 0.1),
    ):  # fmt: skip
        for name, correct, truth in (
            ("sensitivity", corrected_sensitivity, sensitivity),
            ("specificity", corrected_specificity, specificity),
        ):

            def intervals(
                rng: Generator,
                repeats: int,
                asked: tuple[float, ...] = (n, prevalence, sensitivity, specificity, followed),
                correct: Callable[..., object] = correct,
            ) -> tuple[Numbers, Numbers]:
                limits = np.full((repeats, 2), np.nan)
                size, chance, right, spared, share = asked
                for row in limits:
                    sick = rng.random(int(size)) < chance
                    flagged = rng.random(int(size)) < np.where(sick, right, 1.0 - spared)
                    known = flagged | (rng.random(int(size)) < share)
                    one = correct(sick, flagged, known)
                    row[:] = one.low, one.high  # type: ignore[attr-defined]
                return limits[:, 0], limits[:, 1]

            setting = (
                f"n = {n}, prevalence {prevalence:g}, sens. {sensitivity:g}, "
                f"spec. {specificity:g}, flagged and {100 * followed:g} % of the others verified"
            )
            found.append(
                Study(f"{name}, partly verified", "Begg-Greenes, logit", setting, truth, intervals)
            )
    return found


STUDIES: list[Study] = [*_shares(), *_tables(), *_verification()]
