"""Has anything changed in many columns at once? Maximum mean discrepancy between two samples.

Each study is a point, such as an image's embedding; a kernel says how alike two points are. If
both windows come from the same patients, points of one are as alike each other as they are alike
those of the other. It sees shifts that no single column shows, such as two features that begin to
move together. It does not say which column: see :mod:`measures.classifier_two_sample`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from measures.feature_table import refuse_few, two_tables
from measures.inputs import Numbers
from measures.shift_verdict import ShiftLimits, ShiftVerdict

__all__ = ["EXACT_UP_TO", "median_bandwidth", "mmd_shift"]

EXACT_UP_TO = 4000
"""Studies of both sides together up to which every pair is compared; beyond, random features."""

RANDOM_FEATURES = 512
SAMPLED_FOR_BANDWIDTH = 1000
_Kernel = tuple[Callable[[Numbers], Numbers], Numbers]


def mmd_shift(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    limits: ShiftLimits,
    bandwidth: float | None = None,
    exact_up_to: int = EXACT_UP_TO,
) -> ShiftVerdict:
    """Do two windows of embeddings differ, in any way at all? With a p-value by arrangement.

    The statistic is the unbiased squared discrepancy (Gretton et al., JMLR 2012;13:723, eq. 3)
    with the Gaussian kernel ``exp(-d^2 / (2 bandwidth^2))``; below zero means no sign of a
    difference. The effect is its root (0 where negative), at most ``sqrt(2)``, held against the
    floor. Beyond `exact_up_to` studies in all the kernel is replaced by 512 random Fourier
    features (Rahimi and Recht 2007), so time and memory grow with the studies, not their square.
    Either way the p-value is exact: the share of random arrangements that lie as far apart. All
    arrangements are one matrix product.

    reference, current: finite, shapes (n, columns) and (m, columns). Columns count as they are:
    bring columns of different units to one scale first. bandwidth: None for the median distance
    of all pairs of both sides (of 1,000 drawn studies where there are more). Not estimable with
    fewer than 10 studies on a side or where all studies are the same. Raises ValueError for
    missing or infinite entries, different columns, or a bandwidth that is not positive.

    >>> rng = np.random.default_rng(3)
    >>> before, limits = rng.normal(size=(200, 8)), ShiftLimits(alpha=0.01, floor=0.0)
    >>> mmd_shift(before, rng.normal(size=(100, 8)), limits=limits).drifted
    False
    >>> mmd_shift(before, rng.normal(0.5, size=(100, 8)), limits=limits).drifted
    True
    """
    before, now = two_tables(reference, current)
    method = "mmd"
    if bandwidth is not None and not 0.0 < bandwidth < math.inf:
        raise ValueError(f"bandwidth must be positive and finite, not {bandwidth!r}")
    reason = refuse_few(before, now)
    pooled = np.concatenate([before, now])
    if not reason and (pooled == pooled[0]).all():
        reason = "constant: every study of both sides is the same"
    if reason:
        return ShiftVerdict(method, len(before), len(now), reason=reason)
    rng = np.random.default_rng(limits.seed)
    width = bandwidth or median_bandwidth(pooled, rng)
    exact = len(pooled) <= exact_up_to
    kernel = _every_pair(pooled, width) if exact else _random_features(pooled, width, rng)
    found = _discrepancies(kernel, len(before), len(now), limits.permutations, rng)
    as_far = int(np.count_nonzero(found[1:] >= found[0] - 1e-12))
    p_value = (1 + as_far) / (1 + limits.permutations)
    effect = math.sqrt(max(float(found[0]), 0.0))
    how = "every pair" if exact else f"{RANDOM_FEATURES} random features"
    return ShiftVerdict(
        f"{method}, {how}, {limits.permutations} permutations", len(before), len(now),
        statistic=float(found[0]), p_value=p_value, effect=effect, alpha=limits.alpha,
        effect_unit="root of the squared discrepancy", floor=limits.floor,
        drifted=p_value <= limits.alpha and effect >= limits.floor,
    )  # fmt: skip


def median_bandwidth(points: Numbers, rng: Generator) -> float:
    """The median distance between two different studies, the kernel's customary width.

    points: shape (studies, columns); of more than 1,000 studies a drawn 1,000 are used. Where more
    than half of all pairs coincide, the median of the distances that are not zero; raises
    ValueError where none is left.

    >>> median_bandwidth(np.array([[0.0], [1.0], [3.0]]), np.random.default_rng(0))
    2.0
    """
    from scipy.spatial.distance import pdist

    some = points
    if len(points) > SAMPLED_FOR_BANDWIDTH:
        some = points[rng.choice(len(points), SAMPLED_FOR_BANDWIDTH, replace=False)]
    apart = pdist(some)
    width = float(np.median(apart)) if apart.size else 0.0
    if width == 0.0:
        if not (apart > 0.0).any():
            raise ValueError("points: no two studies differ, so there is no distance to scale by")
        width = float(np.median(apart[apart > 0.0]))
    return width


def _every_pair(points: Numbers, width: float) -> _Kernel:
    """A function of arrangements (studies, many) of 0 and 1, the kernel summed over all pairs of
    ones; and the kernel of each study summed over all others."""
    from scipy.spatial.distance import cdist

    kernel = cdist(points, points, "sqeuclidean")
    kernel *= -0.5 / width**2
    np.exp(kernel, out=kernel)
    np.fill_diagonal(kernel, 0.0)

    def sums(chosen: Numbers) -> Numbers:
        return np.asarray(np.einsum("ij,ij->j", chosen, kernel @ chosen))

    return sums, kernel.sum(axis=1)


def _random_features(points: Numbers, width: float, rng: Generator) -> _Kernel:
    """The same from random features: a study's product with itself is exactly 1 and left out."""
    angles = points @ rng.normal(0.0, 1.0 / width, (points.shape[1], RANDOM_FEATURES))
    features = np.concatenate([np.cos(angles), np.sin(angles)], axis=1) / RANDOM_FEATURES**0.5
    turned = np.ascontiguousarray(features.T)

    def sums(chosen: Numbers) -> Numbers:
        return np.asarray((np.square(turned @ chosen)).sum(axis=0) - chosen.sum(axis=0))

    return sums, features @ features.sum(axis=0) - 1.0


def _discrepancies(kernel: _Kernel, n: int, m: int, permutations: int, rng: Generator) -> Numbers:
    """The unbiased statistic as observed, then of each arrangement; shape (1 + permutations,)."""
    sums, to_all = kernel
    total, everyone = n + m, float(to_all.sum())
    found = []
    for start in range(0, 1 + permutations, 256):
        many = min(256, 1 + permutations - start)
        # the current side: the first m places of a random order of all studies
        now = (np.argsort(rng.random((total, many)), axis=0) < m).astype(np.float64)
        if start == 0:
            now[:, 0] = np.arange(total) >= n
        within_now, touching_now = sums(now), to_all @ now
        within_before = everyone - 2.0 * touching_now + within_now
        between = touching_now - within_now
        found.append(
            within_before / (n * (n - 1)) + within_now / (m * (m - 1)) - 2.0 * between / (n * m)
        )
    return np.concatenate(found)
