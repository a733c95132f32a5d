"""Intervals of what a score shows: areas, fixed operating points, precision-recall, net benefit.

Scores are normal with equal spread in both classes, d standard deviations apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Study
from measures.comparison import paired_auc_difference, unpaired_auc_difference
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.net_benefit import net_benefit
from measures.operating_points import sensitivity_at_specificity, specificity_at_sensitivity
from measures.partial_auc import partial_auc
from measures.precision_recall import average_precision
from measures.roc import auc

__all__ = ["STUDIES"]

_Measure = Callable[[Numbers, Numbers], Estimate]
_Intervals = Callable[[Generator, int], tuple[Numbers, Numbers]]


def _normal(x: Any) -> Any:
    from scipy.special import ndtr

    return ndtr(x)


def _quantile(p: Any) -> Any:
    from scipy.special import ndtri

    return ndtri(p)


def _limits_of(found: list[Estimate]) -> tuple[Numbers, Numbers]:
    low = np.array([one.low if one.low is not None else np.nan for one in found])
    return low, np.array([one.high if one.high is not None else np.nan for one in found])


def _fixed_classes(measure: _Measure, sick: int, healthy: int, apart: float) -> _Intervals:
    truth = np.repeat([1.0, 0.0], [sick, healthy])

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        draws = rng.normal(size=(repeats, truth.size)) + apart * truth
        return _limits_of([measure(truth, row) for row in draws])

    return intervals


def _sampled(measure: _Measure, n: int, prevalence: float, apart: float) -> _Intervals:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found = []
        for _ in range(repeats):
            truth = (rng.random(n) < prevalence).astype(np.float64)
            found.append(measure(truth, rng.normal(size=n) + apart * truth))
        return _limits_of(found)

    return intervals


def _areas() -> list[Study]:
    found = []
    for sick, healthy, apart in (
        (10, 90, 1.5), (30, 30, 1.0), (30, 300, 1.5), (60, 140, 2.5), (200, 200, 0.3),
        (20, 1000, 2.0),
    ):  # fmt: skip
        setting = f"{sick} diseased, {healthy} healthy, d = {apart:g}"
        area = float(_normal(apart / 2**0.5))
        drawn = partial(_fixed_classes, sick=sick, healthy=healthy, apart=apart)
        few = sick <= 20
        note = "short with few diseased: a plan's minimum n must see to it" if few else ""
        claimed = None if few else (0.93, 0.97)
        found.append(Study("AUC", "DeLong, logit", setting, area, drawn(auc), claimed, note))
        grid = (np.arange(200_000) + 0.5) / 200_000 * 0.2
        partly = float(_normal(apart + _quantile(grid)).mean()) * 0.2
        measure = partial(partial_auc, specificity=(0.8, 1.0))
        found.append(
            Study("partial AUC, specificity 0.8 to 1", "placements, logit", setting, partly,
                  drawn(measure))
        )  # fmt: skip
        for fixed in (0.8, 0.95):
            there = float(_normal(apart + _quantile(1.0 - fixed)))
            for name, one in (
                (
                    "sensitivity at specificity",
                    partial(sensitivity_at_specificity, specificity=fixed),
                ),
                (
                    "specificity at sensitivity",
                    partial(specificity_at_sensitivity, sensitivity=fixed),
                ),
            ):
                method, wide = "Wilson and order statistics", "wide in small samples, never short"
                found.append(
                    Study(
                        f"{name} {fixed:g}", method, setting, there, drawn(one), (0.93, 1.0), wide
                    )
                )
    return found


def _precision() -> list[Study]:
    found = []
    for n, prevalence, apart in (
        (100, 0.5, 1.0), (300, 0.1, 1.5), (1000, 0.05, 2.0), (1000, 0.3, 1.0), (2000, 0.02, 2.0),
    ):  # fmt: skip
        grid = _quantile((np.arange(400_000) + 0.5) / 400_000) + apart  # diseased scores
        sick, healthy = prevalence * _normal(apart - grid), (1 - prevalence) * _normal(-grid)
        truth = float((sick / (sick + healthy)).mean())
        setting = f"n = {n}, prevalence {prevalence:g}, d = {apart:g}"
        found.append(
            Study("average precision", "influence, logit, t", setting, truth,
                  _sampled(average_precision, n, prevalence, apart))
        )  # fmt: skip
    return found


def _benefit() -> list[Study]:
    found = []
    for n, prevalence, apart in ((100, 0.3, 1.5), (300, 0.1, 1.5), (1000, 0.05, 2.0)):
        for threshold in (0.05, 0.2, 0.5):
            # Where the calibrated probability reaches the threshold.
            odds = np.log(threshold / (1 - threshold)) - np.log(prevalence / (1 - prevalence))
            cut = (odds + apart * apart / 2.0) / apart
            sick, healthy = _normal(apart - cut), _normal(-cut)
            weight = threshold / (1 - threshold)
            truth = float(prevalence * sick - (1 - prevalence) * healthy * weight)

            def calibrated(
                truth: Numbers,
                score: Numbers,
                asked: tuple[float, float, float] = (prevalence, apart, threshold),
            ) -> Estimate:
                share, d, t = asked
                log_odds = d * score - d * d / 2.0 + np.log(share / (1.0 - share))
                return net_benefit(truth, 0.5 * (1.0 + np.tanh(0.5 * log_odds)), t)

            setting = f"n = {n}, prevalence {prevalence:g}, d = {apart:g}, threshold {threshold:g}"
            found.append(
                Study("net benefit", "Wilson, squared and added", setting, truth,
                      _sampled(calibrated, n, prevalence, apart))
            )  # fmt: skip
    return found


def _differences() -> list[Study]:
    found = []
    for sick, healthy in ((30, 70), (100, 100)):
        classes = np.repeat([1.0, 0.0], [sick, healthy])

        def paired(rng: Generator, repeats: int, y: Numbers = classes) -> tuple[Numbers, Numbers]:
            both = rng.normal(size=(repeats, y.size))
            own = rng.normal(size=(2, repeats, y.size))
            pairs = zip(both + own[0] + 2.0 * y, both + own[1] + 1.5 * y, strict=True)
            return _limits_of([paired_auc_difference(y, a, b).difference for a, b in pairs])

        def unpaired(rng: Generator, repeats: int, y: Numbers = classes) -> tuple[Numbers, Numbers]:
            one, other = 2**0.5 * rng.normal(size=(2, repeats, y.size))
            pairs = zip(one + 2.0 * y, other + 1.5 * y, strict=True)
            return _limits_of(
                [unpaired_auc_difference((y, a), (y, b)).difference for a, b in pairs]
            )

        truth = float(_normal(1.0) - _normal(0.75))
        setting = f"{sick} diseased, {healthy} healthy"
        found += [
            Study("AUC difference, paired", "DeLong", setting, truth, paired),
            Study("AUC difference, unpaired", "Welch on DeLong", setting, truth, unpaired),
        ]
    return found


STUDIES: list[Study] = [*_areas(), *_precision(), *_benefit(), *_differences()]
