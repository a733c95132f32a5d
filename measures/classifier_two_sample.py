"""Can a classifier tell today's studies from the reference? If it can, something has changed.

The area under the ROC curve of guesses about studies that the classifier was not fitted on: 0.5 is
no shift, 1 is two different worlds. It says how visible a shift is in one number, and which
features give it away (Lopez-Paz and Oquab, ICLR 2017).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.feature_table import refuse_few, two_tables
from measures.inputs import Numbers
from measures.roc import auc
from measures.shift_verdict import ShiftLimits, ShiftVerdict

__all__ = ["ClassifierShift", "classifier_shift", "held_out_separation"]

FOLDS = 5
RIDGE = 1.0
_ROUNDS = 10  # of shuffling a feature; their mean is what is reported
Folds = NDArray[np.int64]
Score = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True)
class ClassifierShift:
    """verdict: with the p-value by arrangement; its effect is the AUC's distance above 0.5.
    separation: AUC of a classifier fitted to half of the studies, among the other half.
    drivers: (column, fall of that AUC when the column is shuffled), largest fall first.
    """

    verdict: ShiftVerdict
    separation: Estimate
    drivers: tuple[tuple[int, float], ...]


def classifier_shift(
    reference: ArrayLike, current: ArrayLike, *, limits: ShiftLimits
) -> ClassifierShift:
    """Do two windows differ so that a classifier sees it, and by which features?

    A ridge classifier on the standardised features and their squares, so that a change of a mean
    or of a spread is seen; fitted five times on four fifths, it guesses the fifth. The p-value is
    the share of random arrangements of the sides whose cross-validated AUC is as high, the
    classifier fitted anew to each: exact, where a test on pooled cross-validated guesses as if
    they were independent is not. Since the fit is linear in the sides, all arrangements are
    fitted in one matrix product. Changes of correlation alone are for :mod:`measures.mmd`.

    `separation` is told from the half of each side that its classifier was not fitted to, so that
    DeLong's interval covers that classifier's AUC (0.5 without shift). It is not the AUC of the
    best classifier, which is higher, and differs from the cross-validated one of the verdict, whose
    guesses come from five fits and have no interval that covers. Where one column repeats another,
    shuffling either shows little.

    reference, current: finite, shapes (n, columns) and (m, columns). Not estimable with fewer than
    10 studies on a side or where no column varies. Raises ValueError for missing or infinite
    entries or different columns.

    >>> rng = np.random.default_rng(3)
    >>> before, limits = rng.normal(size=(300, 4)), ShiftLimits(alpha=0.05, floor=0.05)
    >>> now = rng.normal(size=(150, 4))
    >>> now[:, 2] += 1.0
    >>> found = classifier_shift(before, now, limits=limits)
    >>> found.verdict.drifted, found.drivers[0][0], round(found.separation.value, 2)
    (True, 2, 0.76)
    """
    before, now = two_tables(reference, current)
    n, m = len(before), len(now)
    pooled = np.concatenate([before, now])
    reason = refuse_few(before, now)
    if not reason and (pooled == pooled[0]).all():
        reason = "constant: no column varies"
    if reason:
        nothing = Estimate.not_estimable("separation", reason, n=n + m)
        return ClassifierShift(ShiftVerdict("classifier", n, m, reason=reason), nothing, ())
    rng = np.random.default_rng(limits.seed)
    features = _with_squares(pooled)
    folds = rng.permutation(np.arange(n + m) % FOLDS)
    sides = _arrangements(n, m, limits.permutations, rng)
    areas = np.concatenate(
        [_areas(_guesses(features, part, folds), part) for part in _parts(sides)]
    )
    as_far = int(np.count_nonzero(areas[1:] >= areas[0] - 1e-12))
    p_value = (1 + as_far) / (1 + limits.permutations)
    effect = max(float(areas[0]) - 0.5, 0.0)
    verdict = ShiftVerdict(
        f"classifier, {FOLDS} folds, {limits.permutations} permutations", n, m,
        statistic=float(areas[0]), p_value=p_value, effect=effect, alpha=limits.alpha,
        effect_unit="cross-validated AUC above 0.5", floor=limits.floor,
        drifted=p_value <= limits.alpha and effect >= limits.floor,
    )  # fmt: skip
    truth = np.arange(n + m) >= n
    drivers = _drivers(pooled, truth, folds, rng)
    return ClassifierShift(verdict, held_out_separation(pooled, truth, rng)[0], drivers)


def held_out_separation(
    points: Numbers, truth: NDArray[np.bool_], rng: Generator
) -> tuple[Estimate, Score]:
    """AUC among a random half of either side of the classifier fitted to the other half, with
    DeLong's interval; and that classifier, which scores further studies (n, columns).

    >>> rng = np.random.default_rng(1)
    >>> found, score = held_out_separation(rng.normal(size=(40, 2)), np.arange(40) > 19, rng)
    >>> found.n, score(np.zeros((3, 2))).shape
    (20, (3,))
    """
    judged = np.zeros(len(points), dtype=bool)
    for side in (truth, ~truth):
        there = rng.permutation(np.flatnonzero(side))
        judged[there[: there.size // 2]] = True
    scaled = _scaling(points[~judged])
    squared = _scaling(scaled(points[~judged]) ** 2)

    def features(rows: Numbers) -> Numbers:
        return np.concatenate([scaled(rows), squared(scaled(rows) ** 2)], axis=1)

    weights = _fit(features(points[~judged]), truth[~judged].astype(np.float64))
    found = auc(truth[judged], features(points[judged]) @ weights)
    how = f"{found.method}, fitted to the other half"
    found = dataclasses.replace(found, measure="separation", method=how if found.estimable else "")
    return found, lambda rows: features(rows) @ weights


def _with_squares(points: Numbers) -> Numbers:
    """Standardised columns, then their standardised squares; constant ones become zero.

    Scaled over both sides together, so that the scale knows nothing of the sides.
    """
    scaled = _scaled(points)
    return np.concatenate([scaled, _scaled(scaled**2)], axis=1)


def _scaled(points: Numbers) -> Numbers:
    return _scaling(points)(points)


def _scaling(points: Numbers) -> Score:
    centre, spread = points.mean(axis=0), points.std(axis=0)
    varies = spread > 1e-12 * np.abs(points).max(axis=0)
    divisor = np.where(varies, spread, 1.0)

    def scaled(rows: Numbers) -> Numbers:
        return np.where(varies, (rows - centre) / divisor, 0.0)

    return scaled


def _arrangements(n: int, m: int, permutations: int, rng: Generator) -> Numbers:
    """Sides as 0 and 1, the true ones first; shape (studies, 1 + permutations)."""
    order = np.argsort(rng.random((n + m, 1 + permutations)), axis=0)
    sides = (order < m).astype(np.float64)
    sides[:, 0] = np.arange(n + m) >= n
    return sides


def _parts(sides: Numbers) -> list[Numbers]:
    return [sides[:, start : start + 256] for start in range(0, sides.shape[1], 256)]


def _fold_weights(features: Numbers, sides: Numbers, folds: Folds) -> list[Numbers]:
    """Coefficients of each fold's fit, shape (features, arrangements)."""
    fitted = []
    for fold in range(FOLDS):
        learn = folds != fold
        fitted.append(_fit(features[learn], sides[learn]))
    return fitted


def _fit(known: Numbers, wanted: Numbers) -> Numbers:
    design = known - known.mean(axis=0)
    curvature = design.T @ design + RIDGE * np.eye(known.shape[1])
    found: Numbers = np.linalg.solve(curvature, design.T @ (wanted - wanted.mean(axis=0)))
    return found


def _guesses(features: Numbers, sides: Numbers, folds: Folds) -> Numbers:
    """Each study's guess by the fit that did not see it; shape as `sides`."""
    found = np.empty_like(sides)
    for fold, weights in enumerate(_fold_weights(features, sides, folds)):
        found[folds == fold] = features[folds == fold] @ weights
    return found


def _areas(guesses: Numbers, sides: Numbers) -> Numbers:
    """AUC of each column of guesses; ties count by their order, which is the studies' own."""
    ranks = np.empty_like(guesses)
    order = np.argsort(guesses, axis=0, kind="stable")
    np.put_along_axis(ranks, order, np.arange(1.0, len(guesses) + 1.0)[:, None], axis=0)
    m = sides.sum(axis=0)
    n = len(sides) - m
    return np.asarray(((ranks * sides).sum(axis=0) - m * (m + 1.0) / 2.0) / (n * m))


def _drivers(
    points: Numbers, truth: NDArray[np.bool_], folds: Folds, rng: Generator
) -> tuple[tuple[int, float], ...]:
    """Fall of the cross-validated AUC when a column is shuffled among the studies of its fold."""
    features, sides = _with_squares(points), truth[:, None].astype(np.float64)
    columns = points.shape[1]
    fitted = np.stack([weights[:, 0] for weights in _fold_weights(features, sides, folds)])
    whole = (features * fitted[folds]).sum(axis=1)
    area = _areas(whole[:, None], sides)[0]
    falls = []
    for column in range(columns):
        both = [column, column + columns]
        own = features[:, both]
        shuffled = np.empty((len(points), _ROUNDS))
        for fold in range(FOLDS):
            there = np.flatnonzero(folds == fold)
            order = np.argsort(rng.random((there.size, _ROUNDS)), axis=0)
            moved = own[there][order] @ fitted[fold, both]
            shuffled[there] = (whole[there] - own[there] @ fitted[fold, both])[:, None] + moved
        found = _areas(shuffled, np.repeat(sides, _ROUNDS, axis=1))
        falls.append((column, float(area - found.mean())))
    return tuple(sorted(falls, key=lambda fall: -fall[1]))
