"""Performance estimated before the truth is known. Never a performance claim: an early warning.

Everything here assumes that a score means what it meant on the reference, P(diseased | score)
unchanged. A shift of prevalence, a disease that looks different, a reader who codes differently
break that without a trace in the estimate: `measures.label_free_checks` tells when not to trust
it, and a sample with truth (:mod:`measures.prediction_powered`) is the remedy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import (
    Numbers,
    binary_column,
    number_column,
    probability_column,
    refuse_unequal,
)
from measures.partial_truth import PERFORMANCE, Parts, Slope, performance_slopes
from measures.proportions import normal_quantile, wilson_limits
from measures.recalibration import IsotonicCurve, isotonic

__all__ = [
    "LabelledReference",
    "expected_counts",
    "expected_performance",
    "labelled_reference",
    "performance_limits",
    "realised_performance",
    "sampling_errors",
    "weighted_performance",
]

_FEWEST_EFFECTIVE = 20.0


@dataclass(frozen=True, slots=True)
class LabelledReference:
    """What a labelled period taught about the score: the curve from score to probability, refits
    of it on resamples (how unsure it is), the range of scores seen, and the number of studies."""

    curve: IsotonicCurve
    refits: tuple[IsotonicCurve, ...]
    lowest: float
    highest: float
    n: int


def labelled_reference(
    truth: ArrayLike, score: ArrayLike, *, resampling: Resampling
) -> LabelledReference:
    """Learn from a period with truth what a score means, to be applied to periods without.

    Isotonic curve on all studies; the same on resamples of studies, drawn from the seed. truth:
    0/1, score: probability, both of shape (studies,); a thousand or more, or the curve follows
    chance. Raises ValueError if malformed or when a class is missing.

    >>> learnt = labelled_reference([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9],
    ...                             resampling=Resampling(seed=1, replicates=200))
    >>> learnt.curve.apply([0.1, 0.5]).tolist(), learnt.n
    ([0.0, 0.5], 4)
    """
    diseased, chance = binary_column("truth", truth), probability_column("score", score)
    curve = isotonic(diseased, chance)
    rng = np.random.default_rng(resampling.seed)
    refits = []
    for _ in range(resampling.replicates):
        drawn = rng.integers(0, chance.size, chance.size)
        if 0 < int(diseased[drawn].sum()) < chance.size:
            refits.append(isotonic(diseased[drawn], chance[drawn]))
    lowest, highest = float(chance.min()), float(chance.max())
    return LabelledReference(curve, tuple(refits), lowest, highest, chance.size)


def expected_performance(
    reference: LabelledReference, score: ArrayLike, decision: ArrayLike, *, level: float = 0.95
) -> dict[str, Estimate]:
    """How well the device probably did on studies whose truth is not known yet, by measure.

    Confidence-based: each study counts with its calibrated probability as diseased and with the
    rest as healthy (CBPE, Białek and others, arXiv 2407.08649). The interval is for the number
    that these very studies will show once their truth is known: the truth's own chance, p (1 - p) a
    study through each measure's derivative, and the curve's, from its refits; Wilson at the
    effective sample size. It holds only while P(diseased | score) is unchanged. Outside the
    reference's range the curve is flat, and nothing is known.

    score: probability, decision: 0/1, both of shape (studies,). n is the number of studies. Not
    estimable without a study, where a measure is undefined, or where every probability is 0 or 1.
    Raises ValueError if malformed.

    >>> rng = np.random.default_rng(5)
    >>> seen = rng.random(2000)
    >>> learnt = labelled_reference(rng.random(2000) < seen, seen,
    ...                             resampling=Resampling(seed=1, replicates=200))
    >>> new = rng.random(500)
    >>> found = expected_performance(learnt, new, new > 0.5)["accuracy"]
    >>> found.low < 0.75 < found.high
    True
    """
    normal_quantile(level)
    marks, flagged = probability_column("score", score), binary_column("decision", decision)
    refuse_unequal(score=marks, decision=flagged)
    chance = reference.curve.apply(marks)
    slopes = performance_slopes(Parts(chance, 1.0 - chance, flagged, marks))
    noise = chance * (1.0 - chance)
    refits = [curve.apply(marks) for curve in reference.refits]
    method = f"isotonic curve of {reference.n} studies, {len(refits)} refits"
    found = {}
    for name, slope in slopes.items():
        if isinstance(slope, str):
            found[name] = Estimate.not_estimable(f"expected_{name}", slope, n=marks.size)
            continue
        turn = slope.diseased - slope.healthy
        of_curve = float(np.var([turn @ (refit - chance) for refit in refits])) if refits else 0.0
        variance = float(turn**2 @ noise) + of_curve
        found[name] = _within(f"expected_{name}", marks.size, slope.value, variance, level, method)
    return found


def expected_counts(
    reference: LabelledReference, score: ArrayLike, decision: ArrayLike
) -> dict[str, float]:
    """The two-by-two table that is to be expected, in fractions of studies.

    score: probability, decision: 0/1, both of shape (studies,). Raises ValueError if malformed.

    >>> learnt = labelled_reference([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9],
    ...                             resampling=Resampling(seed=1, replicates=200))
    >>> expected_counts(learnt, [0.5, 0.9], [0, 1])["true_positive"]
    1.0
    """
    marks, flagged = probability_column("score", score), binary_column("decision", decision)
    refuse_unequal(score=marks, decision=flagged)
    chance = reference.curve.apply(marks)
    return {
        "true_positive": float(chance[flagged].sum()),
        "false_positive": float((1.0 - chance[flagged]).sum()),
        "false_negative": float(chance[~flagged].sum()),
        "true_negative": float((1.0 - chance[~flagged]).sum()),
    }


def realised_performance(
    truth: ArrayLike, score: ArrayLike, decision: ArrayLike
) -> Mapping[str, float | None]:
    """The same numbers from the truth, to lay beside what was expected; None where undefined.

    Plain values: for a report take the measures with their intervals (:mod:`measures.binary`).

    >>> realised_performance([1, 0, 1, 0], [0.9, 0.4, 0.6, 0.1], [1, 0, 1, 0])["auc"]
    1.0
    """
    slopes = performance_slopes(_with_truth(truth, score, decision))
    return {name: None if isinstance(one, str) else one.value for name, one in slopes.items()}


def weighted_performance(
    truth: ArrayLike,
    score: ArrayLike,
    decision: ArrayLike,
    weights: ArrayLike,
    *,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """How well the device probably does on a changed mix of studies, from labelled studies weighted
    towards that mix.

    weights: how much commoner a study like this is in the new mix (density ratio); the measures
    are self-normalised, the interval is Wilson's at the effective sample size from the linearised
    variance (Owen, Monte Carlo Theory, 9.2), the weights taken as known. Right for a covariate
    shift that the weights capture, P(diseased | study) unchanged; wrong for a shift of prevalence
    or of meaning, and blind to studies the reference has none of.

    truth, decision: 0/1, score: finite, weights: not negative, all of shape (studies,). n is the
    number of studies with weight. Not estimable when the effective sample size (sum w)^2 / sum w^2
    is below 20. Raises ValueError if malformed or for weights that sum to zero.

    >>> rng = np.random.default_rng(2)
    >>> score = rng.random(400)
    >>> truth = rng.random(400) < score
    >>> found = weighted_performance(truth, score, score > 0.5, np.ones(400))["accuracy"]
    >>> found.value == float(np.mean(truth == (score > 0.5)))
    True
    """
    normal_quantile(level)
    plain, mass = _with_truth(truth, score, decision), number_column("weights", weights)
    refuse_unequal(truth=plain.diseased, weights=mass)
    if np.any(mass < 0.0) or (mass.size > 0 and mass.sum() <= 0.0):
        raise ValueError("weights: must not be negative or sum to zero")
    n = int(np.count_nonzero(mass))
    size = float(mass.sum() ** 2 / np.sum(mass**2)) if n else 0.0
    parts = Parts(mass * plain.diseased, mass * plain.healthy, plain.flagged, plain.score)
    found = {}
    for name, slope in performance_slopes(parts).items():
        reason = slope if isinstance(slope, str) else ""
        if not reason and size < _FEWEST_EFFECTIVE:
            reason = f"effective sample size {size:.1f} of the weights is below 20"
        if isinstance(slope, str) or reason:
            found[name] = Estimate.not_estimable(f"weighted_{name}", reason, n=n)
            continue
        variance = _sampling_variance(slope, parts)
        method = f"importance-weighted, effective sample size {size:.0f}"
        found[name] = _within(f"weighted_{name}", n, slope.value, variance, level, method)
    return found


def sampling_errors(
    truth: ArrayLike, score: ArrayLike, decision: ArrayLike, *, size: int
) -> dict[str, float | None]:
    """By how much each measure varies from batch to batch of this size although nothing changes.

    Standard errors from the labelled reference, through the measures' derivatives: the binomial
    one for shares, DeLong's for the AUC. size: studies a batch. None where undefined.

    >>> found = sampling_errors([1, 1, 0, 0], [4, 2, 3, 1], [1, 0, 0, 0], size=400)
    >>> round(found["accuracy"], 4)
    0.0217
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, not {size}")
    parts = _with_truth(truth, score, decision)
    return {
        name: None
        if isinstance(slope, str)
        else math.sqrt(_sampling_variance(slope, parts) * parts.score.size / size)
        for name, slope in performance_slopes(parts).items()
    }


def performance_limits(
    truth: ArrayLike, score: ArrayLike, decision: ArrayLike, *, size: int, width: float = 3.0
) -> dict[str, tuple[float, float]]:
    """The range in which each measure lay, batch by batch, while the device was known to do well.

    Mean plus or minus `width` standard deviations (of the population of batches) of the realised
    measure over consecutive batches of `size` studies, cut at 0 and 1: NannyML's rule. With ten
    batches such limits are themselves noisy and promise no false-alarm rate; a plan that needs one
    takes a chart of :mod:`measures.control_charts`.

    Measures undefined in a batch are left out. Raises ValueError with fewer than two batches.

    >>> found = performance_limits([1, 0] * 4, [0.9, 0.1] * 4, [1, 0] * 3 + [0, 0], size=2)
    >>> [round(limit, 3) for limit in found["accuracy"]]
    [0.225, 1.0]
    """
    parts = _with_truth(truth, score, decision)
    count = -(-parts.score.size // size) if size > 0 else 0
    if count < 2:
        raise ValueError(f"size: needs at least two batches, got {count}")
    batches = []
    for start in range(0, parts.score.size, size):
        here = slice(start, start + size)
        columns = (parts.diseased[here], parts.score[here], parts.flagged[here])
        batches.append(realised_performance(*columns))
    found = {}
    for name in PERFORMANCE:
        values = [batch[name] for batch in batches]
        numbers = np.array([value for value in values if value is not None])
        if numbers.size == len(values):
            middle, spread = float(numbers.mean()), width * float(numbers.std())
            found[name] = (max(0.0, middle - spread), min(1.0, middle + spread))
    return found


def _with_truth(truth: ArrayLike, score: ArrayLike, decision: ArrayLike) -> Parts:
    diseased, marks = binary_column("truth", truth), number_column("score", score)
    flagged = binary_column("decision", decision)
    refuse_unequal(truth=diseased, score=marks, decision=flagged)
    sick = diseased.astype(np.float64)
    return Parts(sick, 1.0 - sick, flagged, marks)


def _sampling_variance(slope: Slope, parts: Parts) -> float:
    pull: Numbers = parts.diseased * slope.diseased + parts.healthy * slope.healthy
    return float(pull @ pull)


def _within(
    name: str, n: int, value: float, variance: float, level: float, method: str
) -> Estimate:
    """Wilson limits at the number of studies that a share with this variance would need."""
    if variance <= 1e-15 or not 0.0 < value < 1.0:
        return Estimate.not_estimable(name, "no spread: its variance is zero", n=n)
    size = value * (1.0 - value) / variance
    low, high = wilson_limits(value * size, size, level=level)
    return Estimate(name, n, value, float(low), float(high), level, method)
