"""How much more often a reference study would occur today: weights that make old studies speak for
new ones.

Under covariate shift (the mix of patients changed, the truth given the image did not) a weighted
mean over the reference estimates today's mean. The weights are guesses; a diagnostic says when
they must not be trusted, and then nothing should be weighted with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.feature_table import refuse_few, two_tables
from measures.inputs import Numbers

__all__ = ["DensityRatio", "density_ratio"]

FOLDS = 5
LEAST_PER_SIDE = 50
LEAST_EFFECTIVE_SHARE = 0.1
LEAST_EFFECTIVE = 50.0
MOST_CLIPPED_SHARE = 0.01
MOST_IMBALANCE = 0.1
MOST_UNSEEN_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class DensityRatio:
    """weights: one per reference study, mean 1. effective_sample_size: ``(sum w)^2 / sum w^2``, how
    many unweighted studies would say as much. clipped: share of current studies whose own ratio is
    above the clip. imbalance: largest difference of a column's weighted reference mean
    from the current mean, in SDs of the reference, beyond twice its own error. unseen: share of
    current studies outside the reference's range in some column by more than a tenth of it.
    distrust: why the weights must not be used, empty if they may. Without enough studies the
    numbers are None and distrust says so.
    """

    n_reference: int
    n_current: int
    distrust: tuple[str, ...]
    weights: Numbers | None = None
    effective_sample_size: float | None = None
    clipped: float | None = None
    imbalance: float | None = None
    unseen: float | None = None

    @property
    def trusted(self) -> bool:
        """Whether no diagnostic speaks against the weights.

        >>> DensityRatio(500, 12, ("12 current studies, 50 needed",)).trusted
        False
        """
        return not self.distrust


def density_ratio(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    clip: float = 20.0,
    squares: bool = True,
    seed: int = 0,
) -> DensityRatio:
    """Weights that give the reference the current mix of patients, and whether to believe them.

    The odds of a logistic regression that tells current from reference studies, times ``n / m``,
    are the ratio of the two densities (Bickel et al., JMLR 2009;10:2137); fitted on four fifths,
    taken for the fifth, five times, so that no study weighs itself. Cut at `clip`, then brought to
    mean 1. squares: whether the standardised columns' squares are in it, which a change of spread
    needs; two normal laws are then met exactly.

    Not to be trusted when the effective sample size is below a tenth of the reference or below 50,
    more than 1 % of current studies lie above the clip, a column's mean is not brought within 0.1
    SD (beyond twice its error), or more than 2 % of current studies lie where the reference has
    none. It cannot see that the truth itself changed given the image: no weights mend that.

    reference, current: finite, shapes (n, columns) and (m, columns). With fewer than 50 studies on
    a side or no column that varies there are no weights, and `distrust` says why. Raises
    ValueError for missing or infinite entries, different columns, or a clip not above 1.

    >>> rng = np.random.default_rng(3)
    >>> before, now = rng.normal(size=(2000, 2)), rng.normal(0.5, size=(1000, 2))
    >>> found = density_ratio(before, now)
    >>> found.trusted, (found.weights[:, None] * before).mean(axis=0).round(1).tolist()
    (True, [0.5, 0.5])
    >>> density_ratio(before, now + 6.0).distrust[0]
    'effective sample size 3.4 of 2000'
    """
    if not 1.0 < clip < float("inf"):
        raise ValueError(f"clip must be above 1 and finite, not {clip!r}")
    before, now = two_tables(reference, current)
    n, m = len(before), len(now)
    reason = refuse_few(before, now, least=LEAST_PER_SIDE)
    if reason:
        return DensityRatio(n, m, (reason,))
    centre, spread = before.mean(axis=0), before.std(axis=0)
    flat = np.flatnonzero(spread <= 1e-12 * np.abs(before).max(axis=0))
    if flat.size:
        return DensityRatio(n, m, (f"constant in the reference: column {int(flat[0])}",))
    design = _design((np.concatenate([before, now]) - centre) / spread, squares)
    ratios = _cross_fitted(design, np.arange(n + m) >= n, seed) * n / m
    raw = np.minimum(ratios[:n], clip)
    weights = raw / raw.mean()
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    clipped = float((ratios[n:] > clip).mean())
    imbalance = _imbalance((before - centre) / spread, (now - centre) / spread, weights)
    unseen = _unseen(before, now)
    doubts = (
        (
            effective < max(LEAST_EFFECTIVE_SHARE * n, LEAST_EFFECTIVE),
            f"effective sample size {effective:.1f} of {n}",
        ),
        (
            clipped > MOST_CLIPPED_SHARE,
            f"{100 * clipped:.1f} % of current studies lie above the clip",
        ),
        (
            imbalance > MOST_IMBALANCE,
            f"a column's mean stays {imbalance:.2f} SD off after weighting",
        ),
        (
            unseen > MOST_UNSEEN_SHARE,
            f"{100 * unseen:.1f} % of current studies lie where the reference has none",
        ),
    )
    distrust = tuple(told for true, told in doubts if true)
    return DensityRatio(n, m, distrust, weights, effective, clipped, imbalance, unseen)


def _design(scaled: Numbers, squares: bool) -> Numbers:
    if not squares:
        return scaled
    # a far value's square would outweigh all others in the fit; 5 SDs hold what a ratio can use
    return np.concatenate([scaled, np.clip(scaled, -5.0, 5.0) ** 2], axis=1)


def _cross_fitted(design: Numbers, current: NDArray[np.bool_], seed: int) -> Numbers:
    """Odds of being current by the fit that did not see the study."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    folds = np.empty(len(current), dtype=np.int64)
    for side in (True, False):
        there = np.flatnonzero(current == side)
        folds[there] = rng.permutation(np.arange(there.size) % FOLDS)
    log_odds = np.empty(len(current))
    for fold in range(FOLDS):
        learn = folds != fold
        # a weak penalty: it only keeps the fit finite where the sides do not overlap
        fit = LogisticRegression(C=10.0, max_iter=500).fit(design[learn], current[learn])
        log_odds[~learn] = fit.decision_function(design[~learn])
    odds: Numbers = np.exp(np.clip(log_odds, -30.0, 30.0))
    return odds


def _imbalance(before: Numbers, now: Numbers, weights: Numbers) -> float:
    share = (weights / weights.sum())[:, None]
    mean = (share * before).sum(axis=0)
    error = np.sqrt((share**2 * (before - mean) ** 2).sum(axis=0) + now.var(axis=0) / len(now))
    return float(np.maximum(np.abs(mean - now.mean(axis=0)) - 2.0 * error, 0.0).max())


def _unseen(before: Numbers, now: Numbers) -> float:
    low, high = before.min(axis=0), before.max(axis=0)
    margin = 0.1 * (high - low)
    return float(((now < low - margin) | (now > high + margin)).any(axis=1).mean())
