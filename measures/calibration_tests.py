"""Could so large a miscalibration be chance? Tests of 'the scores are right as they stand'.

With many studies every small fault is significant, with few none is: read a test beside the slope
and intercept of calibration with their intervals (Van Calster, BMC Med 2019;17:230).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.calibration import no_recalibration, truth_and_probability
from measures.inputs import Numbers
from measures.logistic import log_odds, logistic_line
from measures.reliability import Equal, reliability_bins
from measures.significance import SignificanceTest

__all__ = [
    "hosmer_lemeshow",
    "recalibration_test",
    "spiegelhalter",
]

_KEPT = 1e-7


def spiegelhalter(truth: ArrayLike, score: ArrayLike) -> SignificanceTest:
    """Whether the Brier score is larger or smaller than honest scores would give; two-sided.

    z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p)) (Spiegelhalter, Stat Med 1986;5:421).
    Blind to faults that leave the Brier score as expected, such as a shift of prevalence in
    scores that are symmetric round 0.5.

    truth: 0/1, score: probability, both of shape (studies,). No statistic when every score is 0,
    0.5 or 1, for then its variance is zero. Raises ValueError if malformed.

    >>> found = spiegelhalter([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.1])
    >>> round(found.statistic, 3), round(found.p_value, 3)
    (-0.843, 0.399)
    """
    name = "Spiegelhalter"
    diseased, score = truth_and_probability(truth, score)
    variance = float(np.sum((1.0 - 2.0 * score) ** 2 * score * (1.0 - score)))
    if variance <= 1e-15:
        reason = "no study" if score.size == 0 else "every score is 0, 0.5 or 1: variance zero"
        return SignificanceTest(name, score.size, reason=reason)
    z = float(np.sum((diseased - score) * (1.0 - 2.0 * score))) / math.sqrt(variance)
    return SignificanceTest(name, score.size, z, None, math.erfc(abs(z) / math.sqrt(2.0)))


def hosmer_lemeshow(
    truth: ArrayLike,
    score: ArrayLike,
    bins: int = 10,
    *,
    data: Literal["external", "development"],
    equal: Equal = "count",
) -> SignificanceTest:
    """Whether expected and observed numbers of diseased studies differ over groups of like score.

    Sum over non-empty bins of (O - E)^2 / (E (1 - E / n)). Degrees of freedom are the groups on
    external data, whose scores were not fitted to it (monitoring, validation), and groups - 2 on
    the development data, where a logistic model was: the caller must say which (Hosmer, Lemeshow
    and Sturdivant, Applied Logistic Regression, 3rd ed., 5.2.2). The chi-square law needs about
    five expected of either class in most groups.

    truth: 0/1, score: probability, both of shape (studies,). No statistic without studies, or on
    development data with fewer than three groups. Raises ValueError if malformed.

    >>> truth, score = [1, 0, 1, 0, 0, 1, 1, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.6, 0.7, 0.4]
    >>> found = hosmer_lemeshow(truth, score, 2, data="external")
    >>> round(found.statistic, 3), found.freedom, round(found.p_value, 3)
    (2.667, 2, 0.264)
    """
    from scipy.special import chdtrc

    if data not in ("external", "development"):
        raise ValueError(f"data must be 'external' or 'development', not {data!r}")
    name = f"Hosmer-Lemeshow, {data} data"
    points = reliability_bins(truth, score, bins, equal=equal)
    n = sum(point.observed.n for point in points)
    freedom = len(points) - (2 if data == "development" else 0)
    if freedom < 1:
        reason = "no study" if n == 0 else f"{len(points)} groups leave no degree of freedom"
        return SignificanceTest(name, n, reason=reason)
    counts = np.array([point.observed.n for point in points], dtype=np.float64)
    hits = np.array([point.observed.numerator for point in points], dtype=np.float64)
    stated = np.clip([point.mean_score for point in points], _KEPT, 1.0 - _KEPT)
    chi = float(np.sum((hits - counts * stated) ** 2 / (counts * stated * (1.0 - stated))))
    return SignificanceTest(name, n, chi, freedom, float(chdtrc(freedom, chi)))


def recalibration_test(truth: ArrayLike, score: ArrayLike) -> SignificanceTest:
    """Whether slope and intercept of calibration differ from 1 and 0 together: the sharpest of the
    tests against scores that are shifted, too extreme or too timid.

    Likelihood ratio of Cox's logistic recalibration against the scores as stated, chi-square with
    2 degrees of freedom (Miller, Langefeld and others, Med Decis Making 1993;13:49).

    truth: 0/1, score: probability, both of shape (studies,). No statistic where the recalibration
    has no finite fit. Raises ValueError if malformed.

    >>> found = recalibration_test([1, 0, 1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6, 0.8, 0.3])
    >>> round(found.statistic, 3), found.freedom, round(found.p_value, 3)
    (0.215, 2, 0.898)
    """
    from scipy.special import chdtrc

    name = "logistic recalibration, likelihood ratio"
    diseased, score = truth_and_probability(truth, score)
    reason = no_recalibration(diseased, score)
    if reason:
        return SignificanceTest(name, score.size, reason=reason)
    odds, sick = log_odds(score), diseased.astype(np.float64)
    try:
        beta, _ = logistic_line(odds, sick)
    except np.linalg.LinAlgError:
        return SignificanceTest(
            name, score.size, reason="the classes barely overlap: no finite fit"
        )
    chi = max(0.0, 2.0 * (_log_loss(odds, sick) - _log_loss(beta[0] + beta[1] * odds, sick)))
    return SignificanceTest(name, score.size, chi, 2, float(chdtrc(2, chi)))


def _log_loss(odds: Numbers, sick: Numbers) -> float:
    return float(np.sum(np.logaddexp(0.0, odds) - sick * odds))
