"""Can a classifier tell today's studies from the reference? If it can, something has changed.

The area under the ROC curve of guesses about studies that the classifier was not fitted on: 0.5 is
no shift, 1 is two different worlds. It says how visible a shift is in one number, and which
features give it away (Lopez-Paz and Oquab, ICLR 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.feature_table import refuse_few, two_tables
from measures.inputs import Numbers
from measures.roc import auc
from measures.shift_verdict import ShiftLimits, ShiftVerdict

__all__ = ["ClassifierShift", "classifier_shift"]

FOLDS = 5
RIDGE = 1.0
_ROUNDS = 10  # of shuffling a feature; their mean is what is reported
Folds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassifierShift:
    """verdict: with the p-value by arrangement; its effect is the AUC's distance above 0.5.
    separation: the cross-validated AUC with DeLong's interval, of this classifier as fitted.
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

    The interval of `separation` treats the guesses as fixed and is too narrow: without shift it
    holds 0.5 about 80 times in 100, and it does not cover the AUC of the best classifier. Whether
    there is a shift is the p-value's to say. Where one column repeats another, shuffling either
    shows little.

    reference, current: finite, shapes (n, columns) and (m, columns). Not estimable with fewer than
    10 studies on a side or where no column varies. Raises ValueError for missing or infinite
    entries or different columns.

    >>> rng = np.random.default_rng(3)
    >>> before, limits = rng.normal(size=(300, 4)), ShiftLimits(alpha=0.05, floor=0.05)
    >>> now = rng.normal(size=(150, 4))
    >>> now[:, 2] += 1.0
    >>> found = classifier_shift(before, now, limits=limits)
    >>> found.verdict.drifted, found.drivers[0][0], round(found.separation.value, 2)
    (True, 2, 0.79)
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
    guessed = _guesses(features, sides[:, :1], folds)[:, 0]
    separation = _named(auc(truth, guessed))
    return ClassifierShift(verdict, separation, _drivers(pooled, truth, folds, rng))


def _with_squares(points: Numbers) -> Numbers:
    """Standardised columns, then their standardised squares; constant ones become zero.

    Scaled over both sides together, so that the scale knows nothing of the sides.
    """
    scaled = _scaled(points)
    return np.concatenate([scaled, _scaled(scaled**2)], axis=1)


def _scaled(points: Numbers) -> Numbers:
    spread = points.std(axis=0)
    varies = spread > 1e-12 * np.abs(points).max(axis=0)
    centred: Numbers = (points - points.mean(axis=0)) / np.where(varies, spread, 1.0)
    return np.where(varies, centred, 0.0)


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
        known, wanted = features[learn], sides[learn]
        centre = known.mean(axis=0)
        design = known - centre
        curvature = design.T @ design + RIDGE * np.eye(features.shape[1])
        fitted.append(np.linalg.solve(curvature, design.T @ (wanted - wanted.mean(axis=0))))
    return fitted


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


def _named(found: Estimate) -> Estimate:
    import dataclasses

    return dataclasses.replace(
        found, measure="separation", method=f"cross-validated, {found.method}"
    )
