"""Evidence that may be read at any time, and what many charts together may claim of it.

An e-process is the capital of a fair bet against 'nothing is wrong'. Ville's inequality: it ever
reaches 1 / alpha with probability at most alpha. Evidence is its base-10 logarithm, as in
:class:`measures.sequential.Capital`: 2 means 100 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.confidence_sequences import refuse_alpha
from measures.inputs import Numbers
from measures.run_lengths import finite_number

__all__ = ["charts_to_trust", "mean_evidence"]


def charts_to_trust(evidence: ArrayLike, *, false_share: float) -> NDArray[np.bool_]:
    """Which of many charts may be believed, with a known share of false ones among them.

    evidence: shape (charts,), base-10 logarithms of e-values (each chart's capital today, or its
    e-process at any stopping time). The e-BH procedure (Wang & Ramdas 2022): the k charts with the
    most evidence, for the largest k whose k-th has an e-value of ``charts / (k false_share)``.
    The expected share of false ones among them is at most `false_share`, however the charts depend
    on each other. Raises ValueError for no chart, NaN, and a share outside 0 to 1; minus infinity
    (all is lost) is evidence too.

    >>> charts_to_trust([2.5, 0.3, 1.9, -1.0], false_share=0.05).tolist()
    [True, False, True, False]
    """
    found = np.asarray(evidence, np.float64)
    if found.ndim != 1 or not found.size or np.isnan(found).any() or np.any(found == np.inf):
        raise ValueError("evidence: one number a chart is needed, none missing or +infinite")
    order = np.argsort(-found, kind="stable")
    needed = np.log10(found.size / (refuse_alpha(false_share) * np.arange(1, found.size + 1)))
    enough = np.flatnonzero(found[order] >= needed)
    trusted = np.zeros(found.size, bool)
    if enough.size:
        trusted[order[: enough[-1] + 1]] = True
    return trusted


def mean_evidence(
    values: ArrayLike, *, claimed: float, low: float = 0.0, high: float = 1.0, above: bool = True
) -> Numbers:
    """How strongly bounded values speak against 'their mean is at most (at least) as claimed'.

    values: shape (..., n), each row a stream; returns base-10 evidence after each value, same
    shape. Each value pays ``1 + stake (x - claimed)``; the stake is set from earlier values only
    (``(m - claimed) / (v + (m - claimed)^2)``, kept between 0 and half of what could lose all), so
    the capital is fair or unfavourable while the claim holds (Waudby-Smith & Ramdas 2024).
    above: True bets on a mean above the claim (error rate risen), False on one below.

    Raises ValueError for values outside `low` to `high`, a claim on or outside them, NaN.

    >>> round(float(mean_evidence([1.0] * 20, claimed=0.5)[-1]), 2)
    3.35
    """
    x = np.asarray(values, np.float64)
    if (
        not finite_number("low", low)
        < finite_number("claimed", claimed)
        < finite_number("high", high)
    ):
        raise ValueError(f"claimed: must lie between {low!r} and {high!r}, got {claimed!r}")
    if not x.size or not np.isfinite(x).all() or np.any(x < low) or np.any(x > high):
        raise ValueError(f"values: need finite values between {low!r} and {high!r}, at least one")
    x, claim = (x - low) / (high - low), (claimed - low) / (high - low)
    if not above:
        x, claim = 1.0 - x, 1.0 - claim
    t = np.arange(1, x.shape[-1] + 1)
    before = np.zeros((*x.shape[:-1], 1))
    sums = np.concatenate([before, np.cumsum(x, axis=-1)[..., :-1]], axis=-1)
    squares = np.concatenate([before, np.cumsum(x * x, axis=-1)[..., :-1]], axis=-1)
    mean = (claim + sums) / t
    spread = (0.25 + squares + claim**2) / t - mean**2
    stake = (mean - claim) / (np.maximum(spread, 1e-6) + (mean - claim) ** 2)
    stake = np.clip(stake, 0.0, 0.5 / claim)
    return np.asarray(np.cumsum(np.log10(1.0 + stake * (x - claim)), axis=-1))
