"""Whether a score of 0.7 means seven in ten: agreement between stated and observed risk.

Scores are probabilities. Where a logit is taken they are first kept within 1e-7 of 0 and 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import weighted_by
from measures.estimate import Estimate
from measures.inputs import (
    Decisions,
    Numbers,
    binary_column,
    probability_column,
    refuse_unequal,
)
from measures.logistic import log_odds, logistic_fit, logistic_line
from measures.proportions import normal_quantile, wilson_limits

__all__ = [
    "ONE_CLASS",
    "brier",
    "calibration_in_the_large",
    "calibration_intercept",
    "calibration_slope",
    "log_loss",
    "no_recalibration",
    "one_class",
    "truth_and_probability",
]

ONE_CLASS = "only one class present"
_HOPELESS = 1e12  # variance beyond which a Wald interval says nothing
_CERTAIN = "every score is 0 or 1, so there are no log odds to move"
_SEPARATED = "the scores separate the classes completely, or all but"


def _weighted_brier(truth: Numbers, score: Numbers, weights: Numbers) -> Numbers:
    loss: Numbers = weights @ ((score - truth) ** 2) / weights.sum(axis=1)
    return loss


@weighted_by(_weighted_brier)
def brier(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean squared distance between stated probability and truth: 0 perfect, 0.25 for saying 0.5
    to everything.

    The interval is Wilson's at the effective sample size b(1 - b) / variance, which equals Wilson's
    for hard 0/1 scores and the usual normal one for many studies, and stays within 0 and 1. With
    no spread in the losses the effective size is the number of studies: wide, never zero-width.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies; not
    estimable below two. Raises ValueError if malformed (Brier, Mon Weather Rev 1950;78:1).

    >>> print(brier([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.1]))
    brier 0.055 (95 % interval 0.016 to 0.170, n = 4)
    """
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    if n < 2:
        return Estimate.not_estimable("brier", "needs at least two studies", n=n)
    loss = (score - diseased) ** 2
    mean, spread = float(loss.mean()), float(loss.var(ddof=1))
    size = float(n) if spread <= 1e-15 else max(float(n), mean * (1.0 - mean) / spread * n)
    low, high = wilson_limits(mean * size, size, level=level)
    method = "Wilson at the effective sample size"
    return Estimate("brier", n, mean, float(low), float(high), level, method)


def calibration_in_the_large(
    truth: ArrayLike, score: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """How far, overall, disease is commoner (above 0) or rarer (below 0) than the scores say, in
    log odds: the first number to move when prevalence shifts.

    Intercept of a logistic model with the logit of the score as offset (slope fixed at 1), Wald
    interval (Van Calster, BMC Med 2019;17:230). 0 is perfect.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies; not
    estimable with one class only, or when every score is 0 or 1 (no log odds to move). Raises
    ValueError if malformed.

    >>> print(calibration_in_the_large([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]))
    calibration_in_the_large -1.099 (95 % interval -3.362 to 1.165, n = 4)
    >>> calibration_in_the_large([1, 0, 1, 0], [1.0, 0.0, 1.0, 0.0]).reason
    'every score is 0 or 1, so there are no log odds to move'
    """
    name = "calibration_in_the_large"
    diseased, score = truth_and_probability(truth, score)
    if one_class(diseased):
        return Estimate.not_estimable(name, ONE_CLASS, n=diseased.size)
    offset = log_odds(score)
    if _all_certain(offset):
        return Estimate.not_estimable(name, _CERTAIN, n=diseased.size)
    ones = np.ones((diseased.size, 1))
    fit = logistic_fit(ones, diseased.astype(np.float64), offset=offset)
    return _wald(name, diseased.size, fit, 0, level)


def calibration_intercept(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Log odds of disease where the device says 0.5, fitted together with the slope; 0 is perfect.

    Cox's logistic recalibration (Biometrika 1958;45:562), Wald interval. Not the same as
    :func:`calibration_in_the_large`, which fixes the slope at 1.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies. Not
    estimable with one class only, equal scores, scores of 0 and 1 only, or scores that separate the
    classes completely.
    Raises ValueError if malformed.

    >>> print(calibration_intercept([1, 0, 1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6, 0.8, 0.3]))
    calibration_intercept -0.134 (95 % interval -2.322 to 2.054, n = 6)
    """
    return _recalibration("calibration_intercept", (truth, score), 0, level)


def calibration_slope(
    truth: ArrayLike, score: ArrayLike, *, intercept: float | None = None, level: float = 0.95
) -> Estimate:
    """Whether scores are too extreme (below 1, as after overfitting) or too timid (above 1).

    Cox's logistic recalibration, Wald interval; same conditions as :func:`calibration_intercept`.
    intercept: log odds to hold fixed where the device says 0.5; None fits it together with the
    slope, as one normally wants.

    >>> calibration_slope([1, 0], [0.7, 0.7]).reason
    'all scores are equal'
    >>> print(calibration_slope([1, 0, 1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6, 0.8, 0.3]))
    calibration_slope 1.465 (95 % interval -0.775 to 3.706, n = 6)
    """
    name = "calibration_slope"
    if intercept is None:
        return _recalibration(name, (truth, score), 1, level)
    diseased, score = truth_and_probability(truth, score)
    reason = no_recalibration(diseased, score)
    if reason:
        return Estimate.not_estimable(name, reason, n=diseased.size)
    held = np.full(diseased.size, float(intercept))
    try:
        fit = logistic_fit(log_odds(score)[:, None], diseased.astype(np.float64), offset=held)
    except np.linalg.LinAlgError:
        return Estimate.not_estimable(name, _SEPARATED, n=diseased.size)
    return _wald(name, diseased.size, fit, 0, level)


def log_loss(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean surprise at the truth in nats: 0 perfect, 0.693 for saying 0.5 to everything; one
    confident error costs much more than in the Brier score.

    Minus the mean log likelihood, scores kept within 1e-7 of 0 and 1; Student's t interval cut
    at 0 (Good, J R Stat Soc B 1952;14:107). truth: 0/1, score: probability, both of shape
    (studies,). Not estimable below two studies or when all losses are equal.

    >>> print(log_loss([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.1]))
    log_loss 0.236 (95 % interval 0.000 to 0.541, n = 4)
    """
    from scipy.special import stdtrit

    normal_quantile(level)
    diseased, score = truth_and_probability(truth, score)
    n = diseased.size
    if n < 2:
        return Estimate.not_estimable("log_loss", "needs at least two studies", n=n)
    odds = log_odds(score)
    loss = np.logaddexp(0.0, np.where(diseased, -odds, odds))
    if np.ptp(loss) <= 1e-12:
        return Estimate.not_estimable("log_loss", "all losses are equal: no spread", n=n)
    mean, error = float(loss.mean()), float(loss.std(ddof=1)) / math.sqrt(n)
    half = -float(stdtrit(n - 1, (1.0 - level) / 2.0)) * error
    return Estimate("log_loss", n, mean, max(0.0, mean - half), mean + half, level, "Student t")


def truth_and_probability(truth: ArrayLike, score: ArrayLike) -> tuple[Decisions, Numbers]:
    """Truth and stated probability of the same studies; raises ValueError, naming the column.

    >>> truth_and_probability([1], [0.3])[1].tolist()
    [0.3]
    """
    diseased, chance = binary_column("truth", truth), probability_column("score", score)
    refuse_unequal(truth=diseased, score=chance)
    return diseased, chance


def one_class(diseased: Decisions) -> bool:
    """Whether diseased or healthy studies are missing altogether.

    >>> one_class(np.array([True, True]))
    True
    """
    return bool(diseased.all() or not diseased.any())


def _recalibration(
    name: str, columns: tuple[ArrayLike, ArrayLike], position: int, level: float
) -> Estimate:
    diseased, score = truth_and_probability(*columns)
    reason = no_recalibration(diseased, score)
    if reason:
        return Estimate.not_estimable(name, reason, n=diseased.size)
    try:
        fit = logistic_line(log_odds(score), diseased.astype(np.float64))
    except np.linalg.LinAlgError:
        return Estimate.not_estimable(name, _SEPARATED, n=diseased.size)
    return _wald(name, diseased.size, fit, position, level)


def no_recalibration(diseased: Decisions, score: Numbers) -> str:
    """Why a logistic line through these studies has no finite best fit; empty when it has.

    >>> no_recalibration(np.array([True, False]), np.array([0.4, 0.4]))
    'all scores are equal'
    """
    if one_class(diseased):
        return ONE_CLASS
    kept = log_odds(score)
    if _all_certain(kept):
        return _CERTAIN
    if np.ptp(kept) <= 1e-9:
        return "all scores are equal"
    sick, healthy = kept[diseased], kept[~diseased]
    # The fit is finite only if the two classes overlap (Albert and Anderson, Biometrika 1984).
    if sick.min() >= healthy.max() or healthy.min() >= sick.max():
        return _SEPARATED
    return ""


def _all_certain(odds: Numbers) -> bool:
    """Whether every score is 0 or 1: its log odds are then those of the clipping, not the score."""
    return bool(odds.size) and bool(np.abs(odds).min() >= log_odds(np.ones(1))[0] - 1e-6)


def _wald(name: str, n: int, fit: tuple[Numbers, Numbers], position: int, level: float) -> Estimate:
    value, variance = float(fit[0][position]), float(fit[1][position, position])
    if not (math.isfinite(value) and 0.0 < variance < _HOPELESS):
        return Estimate.not_estimable(name, _SEPARATED, n=n)
    half = normal_quantile(level) * math.sqrt(variance)
    return Estimate(name, n, value, value - half, value + half, level, "Wald")
