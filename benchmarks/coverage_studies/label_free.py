"""Without truth: scores whose meaning is known and kept, and one case where it is not."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Study
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers
from measures.label_free import (
    expected_performance,
    labelled_reference,
    realised_performance,
    weighted_performance,
)
from measures.label_free_checks import label_shift
from measures.prediction_powered import Sampled, Share, Unsampled, prediction_powered

_CLAIMED = (0.93, 0.97)
_REFERENCES = 20  # each judges a twentieth of the batches


def _drawn(rng: Generator, n: int, prevalence: float) -> tuple[Decisions, Numbers]:
    """Truth and an honest score at a prevalence of 0.2, a binormal AUC of 0.87."""
    truth = rng.random(n) < prevalence
    odds = 1.6 * (rng.normal(size=n) + 1.6 * (truth - 0.5)) + np.log(0.2 / 0.8)
    return truth, 1.0 / (1.0 + np.exp(-odds))


def _limits(found: list[tuple[Estimate, float]]) -> tuple[Numbers, Numbers]:
    low = [np.nan if one.low is None else one.low - true for one, true in found]
    high = [np.nan if one.high is None else one.high - true for one, true in found]
    return np.array(low), np.array(high)


def _expected(
    name: str, prevalence: float, claimed: tuple[float, float] | None, note: str
) -> Study:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found: list[tuple[Estimate, float]] = []
        each = -(-repeats // _REFERENCES)
        for at in range(_REFERENCES):
            truth, score = _drawn(rng, 3000, 0.2)
            learnt = labelled_reference(truth, score, resampling=Resampling(at, 200))
            for _ in range(min(each, repeats - len(found))):
                truth, score = _drawn(rng, 400, prevalence)
                real = realised_performance(truth, score, score >= 0.2)[name]
                one = expected_performance(learnt, score, score >= 0.2)[name]
                found.append((one, np.nan if real is None else real))
        return _limits(found)

    setting = f"reference 3000 at 0.20, batch 400 at {prevalence:.2f}; limits minus the realised"
    method = "calibrated probability, Wilson at effective n"
    return Study(f"expected {name}", method, setting, 0.0, intervals, claimed, note)


def _weighted(name: str, truth: float) -> Study:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found: list[tuple[Estimate, float]] = []
        for _ in range(repeats):
            score = rng.random(500)
            sick = rng.random(500) < score
            new = weighted_performance(sick, score, score >= 0.5, 2.0 * score)[name]
            found.append((new, 0.0))
        return _limits(found)

    setting = "500 labelled, scores uniform, weighted to Beta(2, 1)"
    method = "importance weights, linearised"
    return Study(f"weighted {name}", method, setting, truth, intervals, _CLAIMED)


def _powered(measure: Share, few: int, prevalence: float, truth: float, note: str = "") -> Study:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found: list[tuple[Estimate, float]] = []
        for _ in range(repeats):
            sick, score = _drawn(rng, few + 2000, prevalence)
            flagged = score >= 0.2
            one = prediction_powered(
                measure,
                Sampled(sick[:few], flagged[:few], score[:few]),
                Unsampled(flagged[few:], score[few:]),
            )
            found.append((one, 0.0))
        return _limits(found)

    setting = f"{few} with truth, 2000 without, prevalence {prevalence:.2f}, score made for 0.20"
    method = "prediction-powered, power tuned"
    claimed = None if note else _CLAIMED
    return Study(f"powered {measure}", method, setting, truth, intervals, claimed, note)


def _shifted(prevalence: float) -> Study:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found: list[tuple[Estimate, float]] = []
        for _ in range(repeats):
            truth, score = _drawn(rng, 2000, 0.2)
            found.append((label_shift(truth, score, _drawn(rng, 1000, prevalence)[1])[0], 0.0))
        return _limits(found)

    setting = f"reference 2000 at 0.20, 1000 now at {prevalence:.2f}"
    method = "most likely mix, Wald, logit"
    return Study("prevalence by label shift", method, setting, prevalence, intervals, _CLAIMED)


def _flagged(apart: float) -> float:
    """Share flagged (score at least 0.2: log odds above the reference's) of a class."""
    from scipy.special import ndtr

    return float(ndtr(1.6 * apart))


_WRONG = "label shift: the assumption is broken, and no interval can tell; see the checks"
_SMALL_N = "about 20 diseased sampled: a linearised interval is short"
_SICK, _WELL = _flagged(0.5), 1.0 - _flagged(-0.5)

STUDIES: list[Study] = [
    *(
        _expected(name, 0.2, _CLAIMED, "")
        for name in ("accuracy", "sensitivity", "ppv", "f1", "auc", "average_precision")
    ),
    _expected("ppv", 0.05, None, _WRONG),
    _expected("sensitivity", 0.05, None, _WRONG),
    _weighted("accuracy", 0.75),
    _weighted("sensitivity", 7.0 / 8.0),
    _powered("sensitivity", 300, 0.2, _SICK),
    _powered("sensitivity", 100, 0.2, _SICK, _SMALL_N),
    _powered("specificity", 300, 0.2, _WELL),
    _powered("specificity", 300, 0.05, _WELL),
    _powered("prevalence", 300, 0.05, 0.05),
    _powered("accuracy", 100, 0.2, 0.2 * _SICK + 0.8 * _WELL),
    _shifted(0.2),
    _shifted(0.5),
]
