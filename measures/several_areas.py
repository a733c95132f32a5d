"""Several scores on the same studies: how their areas under the curve vary together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers, truth_and_score
from measures.roc import placements

__all__ = ["EqualAreas", "area_covariance", "equal_areas"]


@dataclass(frozen=True, slots=True)
class EqualAreas:
    """The areas, and the test of 'all are equal': chi-square on so many degrees of freedom. All of
    the test is None, and reason says why, when nothing separates the areas' variance from zero.
    """

    areas: Numbers
    n: int
    chi_square: float | None
    freedom: int | None
    p_value: float | None
    reason: str = ""


def area_covariance(truth: ArrayLike, scores: Sequence[ArrayLike]) -> Numbers:
    """DeLong's covariance of the areas of several scores on the same studies.

    truth: 0/1; scores: each finite; all of shape (studies,). Returns shape (scores, scores); its
    diagonal holds the variances. Raises ValueError if malformed or with fewer than two of either
    class (DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837).

    >>> area_covariance([1, 1, 0, 0], [[4, 2, 3, 1], [3, 4, 1, 2]]).round(3).tolist()
    [[0.125, 0.0], [0.0, 0.0]]
    """
    diseased, _ = truth_and_score(truth, scores[0])
    sick = int(diseased.sum())
    if min(sick, diseased.size - sick) < 2:
        raise ValueError(f"truth: needs two of each, {sick} of {diseased.size} studies diseased")
    found = [placements(truth, score) for score in scores]
    return np.atleast_2d(np.cov([one.diseased for one in found])) / sick + np.atleast_2d(
        np.cov([one.healthy for one in found])
    ) / (diseased.size - sick)


def equal_areas(truth: ArrayLike, scores: Sequence[ArrayLike]) -> EqualAreas:
    """Whether several scores rank the same studies equally well, in one test for all of them.

    DeLong's chi-square of all contrasts between the areas. truth: 0/1; scores: at least two, each
    finite; all of shape (studies,). No test where a contrast has no variance (two scores rank
    alike). Raises ValueError if malformed or with fewer than two of either class.

    >>> found = equal_areas([1, 1, 1, 0, 0, 0], [[9, 8, 3, 4, 2, 1], [9, 2, 3, 4, 8, 1]])
    >>> found.freedom, round(found.p_value, 3)
    (1, 0.221)
    """
    from scipy.special import chdtrc

    if len(scores) < 2:
        raise ValueError("scores: at least two are needed to compare")
    covariance = area_covariance(truth, scores)
    areas = np.array([placements(truth, score).area for score in scores])
    contrasts = np.column_stack([np.ones(len(scores) - 1), -np.eye(len(scores) - 1)])
    between = contrasts @ covariance @ contrasts.T
    n, freedom = np.asarray(truth).size, len(scores) - 1
    if np.linalg.matrix_rank(between, tol=1e-12) < freedom:
        reason = "no test: two scores rank alike, so their difference has no variance"
        return EqualAreas(areas, n, None, None, None, reason)
    apart = contrasts @ areas
    chi_square = float(apart @ np.linalg.solve(between, apart))
    return EqualAreas(areas, n, chi_square, freedom, float(chdtrc(freedom, chi_square)))
