"""Performance from a small sample with truth and many studies without: unbiased whatever the score
is worth, and narrower than the sample alone where the score is good.

Prediction-powered inference (Angelopoulos and others, Science 2023;382:669) with its power tuned
(PPI++, arXiv 2311.01453). The one condition is how the sample was drawn: at random from the same
studies. A sample of alarms only, or of what came back first, breaks it; no score can mend that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, probability_column, refuse_unequal
from measures.proportions import normal_quantile, wilson_limits

__all__ = ["Sampled", "Unsampled", "prediction_powered"]

Share = Literal["accuracy", "sensitivity", "specificity", "ppv", "npv", "prevalence"]

_FEWEST = 10


@dataclass(frozen=True)
class Sampled:
    """The random sample: truth and decision 0/1, and the probability stated of each study."""

    truth: ArrayLike
    decision: ArrayLike
    chance: ArrayLike


@dataclass(frozen=True)
class Unsampled:
    """The studies whose truth is not known: decision 0/1 and the probability stated of each."""

    decision: ArrayLike
    chance: ArrayLike


def prediction_powered(
    measure: Share,
    sampled: Sampled,
    unsampled: Unsampled,
    *,
    power: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """A share over all studies of a period, from the few of them with truth, steadied by the
    stated probabilities of the rest.

    A measure is top / bottom, such as diseased and flagged over diseased. Each mean is power times
    its expectation without truth plus the mean error of that expectation on the sample, so wrong
    probabilities widen the interval and do not move the value. power None chooses the value with
    the smallest variance (0: the sample alone; 1: the first form of the method). The interval is
    Wilson's at the effective sample size from the linearised variance; with few studies in the
    bottom (under about 30 sampled) it covers too little, as any linearised one does.

    n is the number of sampled studies in the bottom. Not estimable with fewer than ten of those or
    where the variance is zero. Raises ValueError if malformed or for an unknown measure.

    >>> rng = np.random.default_rng(4)
    >>> chance = rng.random(3000)
    >>> truth = rng.random(3000) < chance
    >>> few, many = slice(0, 300), slice(300, 3000)
    >>> found = prediction_powered("accuracy", Sampled(truth[few], chance[few] > 0.5, chance[few]),
    ...                            Unsampled(chance[many] > 0.5, chance[many]))
    >>> found.low < 0.75 < found.high, found.n
    (True, 300)
    """
    normal_quantile(level)
    if measure not in _SHARES:
        raise ValueError(f"measure must be one of {sorted(_SHARES)}, not {measure!r}")
    truth, flagged = (
        binary_column("truth", sampled.truth),
        binary_column("decision", sampled.decision),
    )
    chance = probability_column("chance", sampled.chance)
    refuse_unequal(truth=truth, decision=flagged, chance=chance)
    others = binary_column("decision", unsampled.decision)
    stated = probability_column("chance", unsampled.chance)
    refuse_unequal(decision=others, chance=stated)
    if power is not None and not 0.0 <= power <= 1.0:
        raise ValueError(f"power must lie between 0 and 1, not {power!r}")
    real = _top_and_bottom(measure, truth.astype(np.float64), flagged.astype(np.float64))
    n = round(float(real[1].sum()))
    if n < _FEWEST:
        return Estimate.not_estimable(
            measure, f"{n} sampled studies count, at least {_FEWEST} must", n=n
        )
    if stated.size < 2:
        power, others, stated = 0.0, flagged, chance
    guess = _top_and_bottom(measure, chance, flagged.astype(np.float64))
    rest = _top_and_bottom(measure, stated, others.astype(np.float64))
    return _estimate((measure, n, level), real, guess, rest, power)


def _top_and_bottom(measure: Share, sick: Numbers, flagged: Numbers) -> Numbers:
    top, bottom = _SHARES[measure]
    parts = {
        "hit": sick * flagged,
        "right": sick * flagged + (1.0 - sick) * (1.0 - flagged),
        "quiet": (1.0 - sick) * (1.0 - flagged),
        "sick": sick,
        "well": 1.0 - sick,
        "flagged": flagged,
        "left": 1.0 - flagged,
        "all": np.ones_like(sick),
    }
    return np.stack([parts[top], parts[bottom]])


_SHARES: dict[str, tuple[str, str]] = {
    "accuracy": ("right", "all"),
    "sensitivity": ("hit", "sick"),
    "specificity": ("quiet", "well"),
    "ppv": ("hit", "flagged"),
    "npv": ("quiet", "left"),
    "prevalence": ("sick", "all"),
}


def _estimate(
    told: tuple[str, int, float], real: Numbers, guess: Numbers, rest: Numbers, power: float | None
) -> Estimate:
    measure, n, level = told
    size, more = real.shape[1], rest.shape[1]
    share = float(real[0].sum() / real[1].sum())
    for _ in range(2):  # the best power depends on the share; a second round settles it
        lines = [columns[0] - share * columns[1] for columns in (real, guess, rest)]
        used = _best_power(lines, size, more) if power is None else power
        means = used * rest.mean(axis=1) + (real - used * guess).mean(axis=1)
        if means[1] <= 0.0:
            return Estimate.not_estimable(measure, "the expected denominator is zero", n=n)
        share = float(np.clip(means[0] / means[1], 0.0, 1.0))
    lines = [columns[0] - share * columns[1] for columns in (real, guess, rest)]
    variance = float(np.var(lines[0] - used * lines[1], ddof=1)) / size
    variance += used**2 * float(np.var(lines[2])) / more
    variance /= float(means[1]) ** 2
    if variance <= 1e-15 or not 0.0 < share < 1.0:
        return Estimate.not_estimable(measure, "no spread: its variance is zero", n=n)
    effective = share * (1.0 - share) / variance
    low, high = wilson_limits(share * effective, effective, level=level)
    method = f"prediction-powered, power {used:.2f}, {size} studies with truth and {more} without"
    return Estimate(measure, n, share, float(low), float(high), level, method)


def _best_power(lines: list[Numbers], size: int, more: int) -> float:
    spread = float(np.var(np.concatenate(lines[1:])))
    if spread <= 1e-15:
        return 0.0
    together = float(np.mean((lines[0] - lines[0].mean()) * (lines[1] - lines[1].mean())))
    return float(np.clip(together / ((1.0 + size / more) * spread), 0.0, 1.0))
