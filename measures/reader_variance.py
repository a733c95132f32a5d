"""How well readers do on average, when readers and studies are both samples: any reading design.

U-statistics give the variance without a model, for fully crossed, split-plot and incomplete
designs, for AUC and for decisions: Gallas (Acad Radiol 2006;13:353, "one-shot"), Gallas and Brown
(Neural Netw 2008;21:387), Gallas, Bandos, Samuelson and Wagner (Commun Stat 2009;38:2586). Agrees
with FDA's iMRMC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers
from measures.readers import ReaderAverage, Readings, mean_over_readers

__all__ = ["Endpoint", "VarianceForm", "reader_auc", "reader_average", "reader_difference"]

Endpoint = Literal["auc", "sensitivity", "specificity"]
VarianceForm = Literal["unbiased", "mle"]

# Sums over all pairs of readings, in the order M1 to M8 of Gallas 2006, to sums over distinct ones.
_DISTINCT = np.array(
    [
        [1, 0, 0, 0, 0, 0, 0, 0],
        [-1, 1, 0, 0, 0, 0, 0, 0],
        [-1, 0, 1, 0, 0, 0, 0, 0],
        [1, -1, -1, 1, 0, 0, 0, 0],
        [-1, 0, 0, 0, 1, 0, 0, 0],
        [1, -1, 0, 0, -1, 1, 0, 0],
        [1, 0, -1, 0, -1, 0, 1, 0],
        [-1, 1, 1, -1, 1, -1, -1, 1],
    ],
    dtype=np.float64,
)
# Components of healthy studies, diseased studies and readers, from moments and from coefficients.
_COMPONENTS = np.zeros((3, 8))
_COMPONENTS[[0, 1, 2], [6, 5, 3]] = 1.0
_COMPONENTS[:, 7] = -1.0
_SHARED = np.array(
    [[1, 0, 1, 0, 1, 0, 1, 0], [1, 1, 0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]],
    dtype=np.float64,
)


@dataclass(frozen=True, slots=True)
class _Arm:
    """One arm's successes: who read what, and the sums of the kernel each way."""

    healthy: Decisions  # read, shape (readers, healthy studies)
    diseased: Decisions
    scores: tuple[Numbers, Numbers]  # of the healthy, of the diseased
    by_healthy: Numbers  # successes summed over the diseased, shape (readers, healthy studies)
    by_diseased: Numbers
    summed: Numbers  # over readers, shape (healthy studies, diseased studies)

    @property
    def value(self) -> float:
        return float(self.by_diseased.sum() / self.pairs.sum())

    @property
    def pairs(self) -> Numbers:
        counted: Numbers = (self.healthy.sum(axis=1) * self.diseased.sum(axis=1)).astype(np.float64)
        return counted


@dataclass(frozen=True, slots=True)
class _Moments:
    """variance: unbiased and mle. components: of healthy, diseased, readers. free: of each."""

    unbiased: float
    mle: float
    components: Numbers
    free: Numbers

    def less(self, both: _Moments, other: _Moments) -> _Moments:
        """Of the difference of two arms, whose covariance is `both`."""
        return _Moments(
            self.unbiased + other.unbiased - 2.0 * both.unbiased,
            self.mle + other.mle - 2.0 * both.mle,
            self.components + other.components - 2.0 * both.components,
            np.minimum(self.free, other.free),
        )


def reader_average(
    readings: Readings,
    endpoint: Endpoint = "auc",
    *,
    arm: str | None = None,
    variance: VarianceForm = "unbiased",
    level: float = 0.95,
) -> ReaderAverage:
    """How well the readers of an arm do on average, for other readers and other studies too.

    Each reader weighs as many pairs of a diseased and a healthy study as were read, for sensitivity
    and specificity as well, so that the three describe one average reader. Interval: Student's t
    on the logit scale, with the real-valued degrees of freedom of Obuchowski, Gallas and Hillis
    (Acad Radiol 2012;19:1508) from the components of healthy studies, diseased studies and readers,
    at least the smallest of the three (Gaylor and Hopper 1969). AUC is tested against 0.5.

    readings: :func:`measures.readers.gather_readings`; for sensitivity and specificity its ratings
    are decisions, 0/1 (1: recalled). variance: "unbiased" can turn out negative in small studies,
    then the average is not estimable; "mle" (the V-statistic) cannot where every reader read every
    study, and seldom does where readings are missing. n is the number of studies read. Not
    estimable with fewer than two readers, or fewer than two studies of a class that the endpoint
    needs. Raises ValueError for an unknown arm or ratings that are not decisions.

    >>> from measures.readers import gather_readings
    >>> reader, study = np.repeat(["a", "b", "c"], 6), np.tile(list("uvwxyz"), 3)
    >>> marks = [5, 4, 2, 3, 1, 1, 5, 2, 3, 3, 2, 1, 4, 4, 4, 2, 3, 1]
    >>> block = gather_readings(reader, study, np.tile([1, 1, 1, 0, 0, 0], 3), marks)
    >>> print(reader_average(block).estimate)
    auc 0.889 (95 % interval 0.148 to 0.997, n = 6)
    """
    at = readings.position(arm)
    method = _method(variance)
    n = int(np.any(~np.isnan(readings.ratings[at]), axis=0).sum())
    few = _too_few(readings, (at,), endpoint)
    if few:
        return _without(endpoint, few, n)
    one, moments = _prepared(readings, (at,), endpoint)
    return mean_over_readers(
        endpoint, one[0].value, _chosen(moments[0], variance), _freedom(moments[0], variance),
        readers=int((one[0].pairs > 0).sum()), n=n, method=method,
        null=0.5 if endpoint == "auc" else None, level=level,
    )  # fmt: skip


def reader_difference(
    readings: Readings,
    first: str,
    second: str,
    endpoint: Endpoint = "auc",
    *,
    variance: VarianceForm = "unbiased",
    level: float = 0.95,
) -> ReaderAverage:
    """Whether readers do better in one arm than in another, first minus second, such as with the
    device's output in view and without.

    As :func:`reader_average`; readers and studies may be the same, other or partly the same in the
    two arms: the covariance comes from what they share. Tested against no difference.

    >>> from measures.readers import gather_readings
    >>> reader, study = np.tile(np.repeat(["a", "b", "c"], 6), 2), np.tile(list("uvwxyz"), 6)
    >>> aided = [5, 4, 4, 3, 1, 1, 5, 4, 3, 2, 2, 1, 5, 4, 4, 2, 3, 1]
    >>> alone = [5, 4, 2, 3, 1, 1, 5, 2, 3, 3, 2, 1, 4, 4, 4, 2, 3, 1]
    >>> block = gather_readings(reader, study, np.tile([1, 1, 1, 0, 0, 0], 6), aided + alone,
    ...                         arm=["aided"] * 18 + ["alone"] * 18)
    >>> print(reader_difference(block, "aided", "alone").estimate)
    auc_difference 0.111 (95 % interval -0.267 to 0.489, n = 6)
    """
    pair = readings.position(first), readings.position(second)
    measure = f"{endpoint}_difference"
    n = int(np.any(~np.isnan(readings.ratings[list(pair)]), axis=(0, 1)).sum())
    few = _too_few(readings, pair, endpoint)
    if few:
        return _without(measure, few, n)
    arms, moments = _prepared(readings, pair, endpoint)
    found = moments[0].less(moments[2], moments[1])
    return mean_over_readers(
        measure, arms[0].value - arms[1].value, _chosen(found, variance), _freedom(found, variance),
        readers=int(((arms[0].pairs > 0) | (arms[1].pairs > 0)).sum()), n=n,
        method=_method(variance), null=0.0, level=level, least=-1.0,
    )  # fmt: skip


def reader_auc(readings: Readings, *, arm: str | None = None) -> dict[str, tuple[float, float]]:
    """Each reader's own AUC in an arm with its unbiased variance over studies (readers fixed).

    Readers without a diseased or a healthy study are left out; the variance is NaN with one of a
    class.

    >>> from measures.readers import gather_readings
    >>> block = gather_readings(["a"] * 4, list("wxyz"), [1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])
    >>> reader_auc(block)["a"]
    (0.75, 0.0625)
    """
    at = readings.position(arm)
    found: dict[str, tuple[float, float]] = {}
    for which, name in enumerate(readings.readers):
        alone = Readings(
            readings.arms[at : at + 1], (name,), readings.studies, readings.diseased,
            readings.ratings[at : at + 1, which : which + 1],
        )  # fmt: skip
        read = ~np.isnan(alone.ratings[0, 0])
        classes = (read & alone.diseased).sum(), (read & ~alone.diseased).sum()
        if min(classes) > 0:
            arms, moments = _prepared(alone, (0,), "auc")
            spread = moments[0].unbiased if min(classes) > 1 else float("nan")
            found[name] = (arms[0].value, spread)
    return found


def _prepared(
    readings: Readings, at: tuple[int, ...], endpoint: Endpoint
) -> tuple[list[_Arm], list[_Moments]]:
    """The arms, and the moments of each and, for two, of the first with the second."""
    arms = [_arm(readings, one, endpoint) for one in at]
    moments = [_moments(arm, arm, endpoint) for arm in arms]
    return arms, moments + ([_moments(arms[0], arms[1], endpoint)] if len(arms) == 2 else [])


def _arm(readings: Readings, at: int, endpoint: Endpoint) -> _Arm:
    marks = readings.ratings[at]
    if endpoint != "auc" and not np.all(np.isnan(marks) | (marks == 0.0) | (marks == 1.0)):
        raise ValueError(f"rating: {endpoint} needs decisions, 0 or 1")
    split = []
    for of in (~readings.diseased, readings.diseased):
        part = marks[:, of]
        # Where the endpoint needs one class only and the other is absent, one study stands for it.
        absent = part.shape[1] == 0 and endpoint != "auc"
        split.append(np.zeros((marks.shape[0], 1)) if absent else part)
    read = [~np.isnan(part) for part in split]
    scores = [np.nan_to_num(part) for part in split]
    by_healthy, by_diseased = np.zeros(split[0].shape), np.zeros(split[1].shape)
    summed = np.zeros((split[0].shape[1], split[1].shape[1]))
    for reader in range(marks.shape[0]):
        success = _success(scores, read, reader, endpoint)
        summed += success
        by_healthy[reader], by_diseased[reader] = success.sum(axis=1), success.sum(axis=0)
    return _Arm(read[0], read[1], (scores[0], scores[1]), by_healthy, by_diseased, summed)


def _success(scores: list[Numbers], read: list[Decisions], at: int, endpoint: Endpoint) -> Numbers:
    low, high = scores[0][at][:, None], scores[1][at][None, :]
    success: Numbers
    if endpoint == "auc":
        success = (low < high) + 0.5 * (low == high)
    else:
        success = high + 0.0 * low if endpoint == "sensitivity" else 1.0 - low + 0.0 * high
    success = success * read[0][at][:, None]
    success *= read[1][at][None, :]
    return success


def _moments(one: _Arm, other: _Arm, endpoint: Endpoint) -> _Moments:
    own = 0.0
    for at in range(one.healthy.shape[0]):
        first = _success(list(one.scores), [one.healthy, one.diseased], at, endpoint)
        second = (
            first if other is one
            else _success(list(other.scores), [other.healthy, other.diseased], at, endpoint)
        )  # fmt: skip
        own += float(np.vdot(first, second))
    top = _sums(
        own, (one.by_healthy, other.by_healthy), (one.by_diseased, other.by_diseased),
        float(np.vdot(one.summed, other.summed)),
    )  # fmt: skip
    d0, d1 = (one.healthy * 1.0, other.healthy * 1.0), (one.diseased * 1.0, other.diseased * 1.0)
    n0, n1 = [d.sum(axis=1)[:, None] for d in d0], [d.sum(axis=1)[:, None] for d in d1]
    shared = (d0[0] * d0[1]).sum(axis=1) @ (d1[0] * d1[1]).sum(axis=1)
    overlap = float(np.vdot(d0[0].T @ d1[0], d0[1].T @ d1[1]))
    bottom = _sums(
        float(shared), (d0[0] * n1[0], d0[1] * n1[1]), (d1[0] * n0[0], d1[1] * n0[1]), overlap
    )
    distinct, of = _DISTINCT @ bottom, _DISTINCT @ top
    weights = np.where(distinct > 0.5, distinct, 0.0) / bottom[7]
    with np.errstate(invalid="ignore", divide="ignore"):
        moments = np.where(distinct > 0.5, of / distinct, 0.0)
        biased = np.where(bottom > 0.5, top / bottom, 0.0)
        free = np.round(1.0 / (_SHARED @ weights) - 1.0)
    # The square of the mean: from two readers, or, of one reader, from distinct studies.
    weights[7 if distinct[7] > 0.5 else 3] -= 1.0
    return _Moments(
        float(weights @ moments), float(weights @ biased), _COMPONENTS @ biased, np.asarray(free)
    )


def _sums(
    own: float, healthy: tuple[Numbers, Numbers], diseased: tuple[Numbers, Numbers], across: float
) -> Numbers:
    """Sums of products over pairs of readings that share: all, the diseased study, the healthy one,
    neither (of one reader each: 1 to 4), and the same over all pairs of readers (5 to 8).
    """
    totals = [part.sum(axis=1) for part in healthy]
    return np.array(
        [
            own, np.vdot(*diseased), np.vdot(*healthy), totals[0] @ totals[1],
            across, diseased[0].sum(axis=0) @ diseased[1].sum(axis=0),
            healthy[0].sum(axis=0) @ healthy[1].sum(axis=0), totals[0].sum() * totals[1].sum(),
        ]
    )  # fmt: skip


def _freedom(of: _Moments, variance: VarianceForm) -> float:
    spread = _chosen(of, variance)
    counted = of.free > 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        bottom = float(np.sum(of.components[counted] ** 2 / of.free[counted] ** 3))
    least = float(of.free[counted].min())
    return max(spread**2 / bottom, least) if bottom > 0.0 else least


def _chosen(of: _Moments, variance: VarianceForm) -> float:
    return of.unbiased if variance == "unbiased" else of.mle


def _method(variance: VarianceForm) -> str:
    if variance not in ("unbiased", "mle"):
        raise ValueError(f"variance: 'unbiased' or 'mle', not {variance!r}")
    return f"U-statistics, {variance}, t with BDG degrees of freedom"


def _too_few(readings: Readings, at: tuple[int, ...], endpoint: Endpoint) -> str:
    if endpoint not in ("auc", "sensitivity", "specificity"):
        raise ValueError(f"endpoint: auc, sensitivity or specificity, not {endpoint!r}")
    for one in at:
        read = ~np.isnan(readings.ratings[one])
        sick, well = read[:, readings.diseased], read[:, ~readings.diseased]
        diseased, healthy = int(sick.any(axis=0).sum()), int(well.any(axis=0).sum())
        if (endpoint != "specificity" and diseased < 2) or (
            endpoint != "sensitivity" and healthy < 2
        ):
            return f"needs two studies of a class: {diseased} diseased, {healthy} healthy"
        # Of a class that nobody has a study of, one stands for it (_arm): not within one arm alone.
        no_sick, no_well = not sick.shape[1], not well.shape[1]
        if (not diseased and not no_sick) or (not healthy and not no_well):
            return (
                f"{diseased} diseased and {healthy} healthy studies were read in an arm: readers "
                "weigh by both"
            )
        both = (sick.any(axis=1) | no_sick) & (well.any(axis=1) | no_well)
        if int(both.sum()) < 2:
            return "fewer than two readers: no spread between readers can be told"
    return ""


def _without(measure: str, reason: str, n: int) -> ReaderAverage:
    found = Estimate.not_estimable(measure, reason, n=n)
    return ReaderAverage(found, None, None, None, None, None, 0)
