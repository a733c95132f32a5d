"""Does a measure differ between groups at all, before anybody looks at the worst of them.

No difference found is not 'the groups are alike': small groups hide large gaps. Read the gap's
interval (:func:`measures.fairness.gap`) beside the test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, number_column, refuse_unequal
from measures.roc import placements
from measures.significance import SignificanceTest
from measures.subgroups import group_labels

__all__ = ["auc_homogeneity", "share_homogeneity"]

_FEWEST_EXPECTED = 5.0


def share_homogeneity(
    estimates: Mapping[str, Estimate], *, resampling: Resampling
) -> SignificanceTest:
    """Whether a share, such as sensitivity, differs between groups by more than chance: the test of
    the interaction of group and measure.

    Pearson's chi-square with groups - 1 degrees of freedom. Where a cell expects fewer than five
    studies the chi-square law fails: then a permutation test of the same statistic, margins kept,
    from `resampling`; the test's name says which.

    estimates: the same share by group, with counts, else ValueError; groups that are not estimable
    are left out. n is the number of studies compared. No statistic with fewer than two groups, or
    when all or none of the studies are hits.

    >>> from measures.proportions import wilson
    >>> groups = {"a": wilson("sensitivity", 40, 50), "b": wilson("sensitivity", 18, 30)}
    >>> found = share_homogeneity(groups, resampling=Resampling(seed=1))
    >>> round(found.statistic, 3), found.freedom, round(found.p_value, 3)
    (3.762, 1, 0.052)
    """
    from scipy.special import chdtrc

    usable = [single for single in estimates.values() if single.estimable]
    if len({single.measure for single in usable}) > 1:
        raise ValueError("share_homogeneity: needs one measure")
    for single in usable:
        if single.numerator is None or single.denominator is None:
            raise ValueError(f"share_homogeneity: {single.measure} is not a share with counts")
    hits = np.array([single.numerator for single in usable], dtype=np.int64)
    sizes = np.array([single.denominator for single in usable], dtype=np.int64)
    n, total = int(sizes.sum()), int(hits.sum())
    name = "homogeneity, Pearson"
    if sizes.size < 2:
        return SignificanceTest(name, n, reason=f"groups that are estimable: {sizes.size}")
    if total in (0, n):
        return SignificanceTest(name, n, reason="all groups are 0 or all are 1: no variation")
    chi = float(_pearson(hits[None, :], sizes)[0])
    if min(total, n - total) * sizes.min() / n >= _FEWEST_EXPECTED:
        freedom = sizes.size - 1
        return SignificanceTest(name, n, chi, freedom, float(chdtrc(freedom, chi)))
    rng = np.random.default_rng(resampling.seed)
    drawn = _pearson(
        rng.multivariate_hypergeometric(sizes, total, size=resampling.replicates), sizes
    )
    as_large = int(np.count_nonzero(drawn >= chi * (1.0 - 1e-9)))
    p = (1 + as_large) / (1 + resampling.replicates)
    told = f"{name}, permutation, {resampling.replicates} draws, seed {resampling.seed}"
    return SignificanceTest(told, n, chi, None, p)


def auc_homogeneity(truth: ArrayLike, score: ArrayLike, groups: ArrayLike) -> SignificanceTest:
    """Whether the score separates diseased from healthy better in some groups than in others.

    Cochran's Q of the groups' AUCs on the logit scale, weighted by DeLong's variances, chi-square
    with groups - 1 degrees of freedom. Too many false alarms with fewer than about 20 diseased or
    healthy studies in a group, where DeLong's variance is itself uncertain.

    truth: 0/1, score: finite, groups: names, all of shape (studies,). Groups without two of each
    class, or whose variance is zero, are left out. No statistic with fewer than two left. Raises
    ValueError if malformed.

    >>> rng = np.random.default_rng(3)
    >>> truth = np.tile([0, 1], 100)
    >>> found = auc_homogeneity(truth, truth + rng.normal(size=200), np.repeat(["a", "b"], 100))
    >>> found.n, found.freedom, found.p_value > 0.05
    (200, 1, True)
    """
    from scipy.special import chdtrc

    diseased, marks = binary_column("truth", truth), number_column("score", score)
    labels = group_labels(groups)
    refuse_unequal(truth=diseased, score=marks, groups=labels)
    name, n = "homogeneity of AUC, Cochran Q", 0
    logits, weights = [], []
    for group in np.unique(labels).tolist():
        here = labels == group
        sick = int(diseased[here].sum())
        if min(sick, int(here.sum()) - sick) < 2:
            continue
        found = placements(diseased[here], marks[here])
        area = found.area
        if found.variance <= 1e-15 or not 0.0 < area < 1.0:
            continue
        n += int(here.sum())
        logits.append(math.log(area / (1.0 - area)))
        weights.append((area * (1.0 - area)) ** 2 / found.variance)
    if len(logits) < 2:
        reason = f"groups with an AUC and its variance: {len(logits)}"
        return SignificanceTest(name, n, reason=reason)
    middle = float(np.average(logits, weights=weights))
    q = float(np.sum(np.array(weights) * (np.array(logits) - middle) ** 2))
    return SignificanceTest(name, n, q, len(logits) - 1, float(chdtrc(len(logits) - 1, q)))


def _pearson(hits: NDArray[np.int64], sizes: NDArray[np.int64]) -> Numbers:
    share = hits.sum(axis=1, keepdims=True) / sizes.sum()
    expected = share * sizes
    chi: Numbers = ((hits - expected) ** 2 / (expected * (1.0 - share))).sum(axis=1)
    return chi
