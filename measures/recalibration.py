"""Making scores honest: curves learnt from studies with truth, applied to new scores.

Fit on studies that neither trained the model nor judge it. A recalibrated score is another model
version: it needs its own evaluation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.calibration import calibration_in_the_large, one_class, truth_and_probability
from measures.estimate import Estimate
from measures.inputs import (
    Numbers,
    binary_column,
    number_column,
    probability_column,
    refuse_unequal,
)
from measures.logistic import log_odds, logistic_line
from measures.proportions import normal_quantile

__all__ = [
    "IsotonicCurve",
    "LogisticCurve",
    "class_temperature",
    "derived_prevalence",
    "isotonic",
    "platt",
    "platt_fit",
    "prevalence_shift",
    "temperature",
]


@dataclass(frozen=True, slots=True)
class LogisticCurve:
    """A new probability with log odds ``slope * log odds of the score + intercept``."""

    slope: float
    intercept: float

    def apply(self, score: ArrayLike) -> Numbers:
        """Recalibrated probabilities; score: probability, shape (studies,).

        >>> LogisticCurve(slope=1.0, intercept=0.0).apply([0.25]).tolist()
        [0.25]
        """
        odds = self.slope * log_odds(probability_column("score", score)) + self.intercept
        chance: Numbers = 0.5 * (1.0 + np.tanh(0.5 * odds))
        return chance


@dataclass(frozen=True, slots=True)
class IsotonicCurve:
    """A rising curve of straight pieces: `chance` at each of the rising `score`s, flat outside."""

    score: tuple[float, ...]
    chance: tuple[float, ...]

    def apply(self, score: ArrayLike) -> Numbers:
        """Recalibrated probabilities; score: any finite scale, shape (studies,).

        >>> IsotonicCurve((0.2, 0.6), (0.0, 1.0)).apply([0.1, 0.4, 0.9]).round(2).tolist()
        [0.0, 0.5, 1.0]
        """
        chance: Numbers = np.interp(number_column("score", score), self.score, self.chance)
        return chance


def temperature(truth: ArrayLike, score: ArrayLike) -> LogisticCurve:
    """Scores pulled towards 0.5 or away from it, their order and the score 0.5 unchanged.

    Log odds divided by one temperature, chosen by maximum likelihood (Guo, ICML 2017); the
    temperature is 1 / slope. It cannot mend a shift of prevalence: see :func:`prevalence_shift`.

    truth: 0/1, score: probability, both of shape (studies,). Raises ValueError if malformed, when
    a class is missing, when every score is 0.5, or when the best temperature is zero, infinite or
    negative (scores without a fault, or without use).

    >>> curve = temperature([1, 0, 1, 0, 0, 1], [0.99, 0.01, 0.95, 0.9, 0.1, 0.2])
    >>> round(1.0 / curve.slope, 2)
    2.39
    """
    from scipy.optimize import brentq

    diseased, score = truth_and_probability(truth, score)
    _refuse_one_class(bool(one_class(diseased)))
    odds = log_odds(score)
    if np.max(np.abs(odds)) <= 1e-9:
        raise ValueError("score: every score is 0.5, nothing to calibrate")

    def gain(logarithm: float) -> float:
        chance = 0.5 * (1.0 + np.tanh(0.5 * math.exp(logarithm) * odds))
        return float(np.sum((diseased - chance) * odds))

    reach = (math.log(1e-4), math.log(1e4))
    if gain(reach[0]) <= 0.0 or gain(reach[1]) >= 0.0:
        raise ValueError("score: no finite temperature fits, the scores separate fully or not")
    return LogisticCurve(math.exp(float(brentq(gain, *reach, xtol=1e-12))), 0.0)


def class_temperature(logit: ArrayLike, truth: ArrayLike) -> float:
    """One slope for all raw outputs, so that their softmax is the chance of each class.

    1 / slope is the temperature (Guo, ICML 2017), chosen by maximum likelihood. The truth is
    softened as by Platt (1999), (n + 1) / (n + K) for a class of n among K, the rest shared by the
    others, so that the fit stays finite where the outputs separate the classes completely.

    logit: shape (studies, classes), finite; truth: numbers of classes, shape (studies,). Raises
    ValueError if malformed, when a class is missing, when no output differs within a study, or
    when the outputs say no more than chance, so that no positive slope fits.

    >>> outputs = [[2., 0., 0.], [0., 2., 0.], [0., 0., 2.], [2., 0., 0.], [0., 2., 1.]]
    >>> round(class_temperature(outputs, [0, 1, 2, 0, 2]), 2)
    0.43
    """
    from scipy.optimize import brentq

    raw, true = np.asarray(logit, dtype=np.float64), np.asarray(truth)
    if raw.ndim != 2 or true.shape != raw.shape[:1] or not np.isfinite(raw).all():
        raise ValueError(f"logit: finite, (studies, classes) is needed, got shape {raw.shape}")
    count = raw.shape[1]
    if not np.isin(true, np.arange(count)).all():
        raise ValueError(f"truth: numbers of classes from 0 to {count - 1} are needed")
    sizes = np.bincount(true.astype(int), minlength=count)
    if count < 2 or not sizes.all():
        raise ValueError("truth: a study of every class is needed")
    if np.ptp(raw, axis=1).max() <= 1e-9:
        raise ValueError("logit: all outputs are equal, nothing to calibrate")
    soft = (1.0 / (sizes + count))[true][:, None] * np.ones(count)
    soft[np.arange(true.size), true] = ((sizes + 1.0) / (sizes + count))[true]
    centred = raw - raw.max(axis=1, keepdims=True)

    def gain(logarithm: float) -> float:
        odds = np.exp(math.exp(logarithm) * centred)
        return float(np.sum((soft - odds / odds.sum(axis=1, keepdims=True)) * centred))

    reach = (math.log(1e-4), math.log(1e4))
    if gain(reach[0]) <= 0.0 or gain(reach[1]) >= 0.0:
        raise ValueError("logit: no finite temperature fits, the outputs tell no classes apart")
    return math.exp(float(brentq(gain, *reach, xtol=1e-12)))


def platt(truth: ArrayLike, score: ArrayLike) -> LogisticCurve:
    """Scores shifted and stretched to fit: Platt's two parameters on the log odds of the score.

    As :func:`platt_fit`, which takes a network's raw output.
    truth: 0/1, score: probability, both of shape (studies,). Raises ValueError as it does.

    >>> curve = platt([1, 0, 1, 0, 0, 1], [0.9, 0.1, 0.8, 0.6, 0.3, 0.4])
    >>> curve.apply([0.3, 0.5, 0.7]).round(2).tolist()
    [0.36, 0.49, 0.62]
    """
    diseased, score = truth_and_probability(truth, score)
    return LogisticCurve(*platt_fit(log_odds(score), diseased))


def platt_fit(logit: ArrayLike, truth: ArrayLike) -> tuple[float, float]:
    """Slope and intercept that turn a network's raw output into a probability:
    ``1 / (1 + exp(-(slope * logit + intercept)))``.

    Platt (1999) with his softened targets, (sick + 1) / (sick + 2) and 1 / (healthy + 2), so the
    fit stays finite even when the output separates the classes completely.

    logit: any finite scale, truth: 0/1, both of shape (studies,). Raises ValueError if malformed,
    when one class is missing, or when all outputs are equal.

    >>> slope, intercept = platt_fit([2.0, 1.0, -1.0, -2.0], [1, 1, 0, 0])
    >>> round(slope, 3), round(intercept, 3)
    (0.674, 0.0)
    """
    raw, diseased = number_column("logit", logit), binary_column("truth", truth)
    refuse_unequal(logit=raw, truth=diseased)
    _refuse_one_class(one_class(diseased))
    if np.ptp(raw) <= 1e-9 * max(1.0, float(np.abs(raw).max())):
        raise ValueError("logit: all outputs are equal, nothing to calibrate")
    sick = int(diseased.sum())
    target = np.where(diseased, (sick + 1) / (sick + 2), 1 / (diseased.size - sick + 2))
    beta, _ = logistic_line(raw, target)
    return float(beta[1]), float(beta[0])


def isotonic(
    truth: ArrayLike, score: ArrayLike, *, weights: ArrayLike | None = None
) -> IsotonicCurve:
    """Scores replaced by the share diseased at their height, under no assumption but that a higher
    score never means less disease.

    Weighted least squares by pooling adjacent violators (Zadrozny and Elkan, KDD 2002), tied scores
    averaged first, straight between them, flat outside; the same curve as scikit-learn's with
    ``out_of_bounds="clip"``. Needs many studies (a thousand, say): with few it follows chance.

    truth: 0/1, score: any finite scale, weights: not negative (density ratios, say), all of shape
    (studies,). Raises ValueError if malformed, when a class is missing among weighted studies, or
    for weights that sum to zero.

    >>> isotonic([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9]).chance
    (0.0, 0.5, 0.5, 1.0)
    """
    from scipy.optimize import isotonic_regression

    diseased, marks = binary_column("truth", truth), number_column("score", score)
    mass = np.ones(marks.size) if weights is None else number_column("weights", weights)
    refuse_unequal(truth=diseased, score=marks, weights=mass)
    if np.any(mass < 0.0) or (mass.size > 0 and mass.sum() <= 0.0):
        raise ValueError("weights: must not be negative or sum to zero")
    counted = mass > 0.0
    diseased, marks, mass = diseased[counted], marks[counted], mass[counted]
    _refuse_one_class(one_class(diseased))
    heights, place = np.unique(marks, return_inverse=True)
    total = np.bincount(place, weights=mass)
    share = np.bincount(place, weights=mass * diseased) / total
    fitted = isotonic_regression(share, weights=total).x
    # Only the ends of a level piece matter to a curve of straight pieces.
    inner = np.r_[False, (fitted[1:-1] == fitted[:-2]) & (fitted[1:-1] == fitted[2:]), False]
    kept = ~inner[: fitted.size]
    return IsotonicCurve(
        tuple(heights[kept].tolist()), tuple(np.clip(fitted[kept], 0.0, 1.0).tolist())
    )


def prevalence_shift(*, before: float, now: float) -> LogisticCurve:
    """Scores made for one prevalence, adjusted to another: what a site with rarer disease needs.

    Bayes: the log odds move by the difference in log odds of prevalence; right when only the
    prevalence changed and not how disease looks (Elkan, IJCAI 2001).

    before, now: shares diseased, between 0 and 1 exclusive, else ValueError.

    >>> prevalence_shift(before=0.5, now=0.1).apply([0.5]).round(3).tolist()
    [0.1]
    """
    for name, share in (("before", before), ("now", now)):
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name}: a prevalence lies between 0 and 1, not {share!r}")
    return LogisticCurve(1.0, math.log(now / (1.0 - now)) - math.log(before / (1.0 - before)))


def derived_prevalence(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The prevalence that these scores speak of: where it differs from that of the studies,
    :func:`prevalence_shift` from it to theirs mends calibration-in-the-large.

    logit eta = logit(observed prevalence) - calibration-in-the-large: the eta that makes the
    adjusted scores most likely. Interval on the logit scale from the joint influence of both terms.

    truth: 0/1, score: probability, both of shape (studies,). n is the number of studies. Not
    estimable where calibration-in-the-large is not. Raises ValueError if malformed.

    >>> print(derived_prevalence([1, 0, 0, 0, 0, 0], [0.9, 0.5, 0.4, 0.5, 0.2, 0.3]))
    derived_prevalence 0.580 (95 % interval 0.401 to 0.740, n = 6)
    """
    name = "derived_prevalence"
    large = calibration_in_the_large(truth, score, level=level)
    if large.value is None:
        return Estimate.not_estimable(name, large.reason, n=large.n)
    diseased, score = truth_and_probability(truth, score)
    share = float(diseased.mean())
    middle = math.log(share / (1.0 - share)) - large.value
    chance = 0.5 * (1.0 + np.tanh(0.5 * (log_odds(score) + large.value)))
    of_share = (diseased - share) / (share * (1.0 - share))
    of_shift = (diseased - chance) / float(np.mean(chance * (1.0 - chance)))
    error = float(np.std(of_share - of_shift)) / math.sqrt(diseased.size)
    if np.ptp(score) <= 1e-9:
        return Estimate.not_estimable(name, "all scores are equal", n=large.n)
    low, value, high = (
        0.5 * (1.0 + math.tanh(0.5 * (middle + step * error)))
        for step in (-normal_quantile(level), 0.0, normal_quantile(level))
    )
    return Estimate(name, diseased.size, value, low, high, level, "delta method, logit")


def _refuse_one_class(missing: bool) -> None:
    if missing:
        raise ValueError("truth: both diseased and healthy studies are needed")
