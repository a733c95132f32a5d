"""Readers times arms times studies, analysed as variance: is the difference more than chance?

Obuchowski and Rockette (Commun Stat 1995;24:285) with Hillis's degrees of freedom (Stat Med 2007;
26:596; 2014;33:330), for AUC in fully crossed studies. For designs with readings missing, and for
decisions, use :mod:`measures.reader_variance`. Agrees with MRMCaov and RJafroc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.readers import ReaderAverage, Readings, mean_over_readers
from measures.roc import placements

__all__ = [
    "CovarianceFrom",
    "EqualArms",
    "ReaderAnova",
    "Sampled",
    "VarianceComponents",
    "obuchowski_rockette",
]

CovarianceFrom = Literal["jackknife", "delong"]
Sampled = Literal["readers and studies", "studies", "readers"]


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """What makes AUCs differ: the readers, readers reacting to arms, and the studies.

    reader, arm_reader: variances between readers, and of readers' reactions to the arm (can come
    out negative). error: variance of a reader's AUC from the studies; cov1, cov2, cov3: covariance
    of two AUCs from the same studies: the same reader in two arms, two readers in one arm, two
    readers in two arms.
    """

    reader: float
    arm_reader: float
    error: float
    cov1: float
    cov2: float
    cov3: float


@dataclass(frozen=True, slots=True)
class EqualArms:
    """The test that all arms are equal: F with its degrees of freedom; infinite second ones where
    readers are fixed (F times the first is then chi-squared).
    """

    f: float
    freedom: tuple[float, float]
    p_value: float

    @property
    def chi_squared(self) -> float:
        """The statistic of the test with fixed readers.

        >>> EqualArms(2.0, (1.0, math.inf), 0.157).chi_squared
        2.0
        """
        return self.f * self.freedom[0]


@dataclass(frozen=True, slots=True)
class ReaderAnova:
    """A fully crossed reader study, analysed.

    areas: each AUC, shape (arms, readers). covariance: of all of them from the studies, the AUCs
    flattened in that order. n: studies. keeps_negative: as asked.
    """

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    areas: Numbers
    covariance: Numbers
    covariance_from: CovarianceFrom
    n: int
    keeps_negative: bool = False

    @property
    def mean_squares(self) -> dict[str, float]:
        """Mean squares of arm, reader and arm by reader; NaN with one arm or one reader."""
        t, r = self.areas.shape
        by_arm, by_reader = self.areas.mean(axis=1), self.areas.mean(axis=0)
        left = self.areas - by_arm[:, None] - by_reader[None, :] + self.areas.mean()
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "arm": r * _variance(by_arm),
                "reader": t * _variance(by_reader),
                "arm_reader": float(np.float64(np.sum(left**2)) / ((t - 1) * (r - 1))),
            }

    @property
    def components(self) -> VarianceComponents:
        """Variance components and error covariances over all arms."""
        t, r = self.areas.shape
        error, cov1, cov2, cov3 = _averaged(self.covariance, t, r)
        squares = self.mean_squares
        return VarianceComponents(
            reader=(squares["reader"] - squares["arm_reader"]) / t - cov1 + cov3,
            arm_reader=squares["arm_reader"] - error + cov1 + max(cov2 - cov3, 0.0),
            error=error, cov1=cov1, cov2=cov2, cov3=cov3,
        )  # fmt: skip

    def equal_arms(self, sampled: Sampled = "readers and studies") -> EqualArms | None:
        """Whether the arms differ at all; None where no variance is left to test against."""
        t, _ = self.areas.shape
        bottom, freedom = self._against(sampled)
        if t < 2 or not bottom > 1e-15:
            return None
        f = self.mean_squares["arm"] / bottom
        return EqualArms(f, (t - 1.0, freedom), _f_tail(f, t - 1.0, freedom))

    def arm(
        self, name: str, sampled: Sampled = "readers and studies", *, level: float = 0.95
    ) -> ReaderAverage:
        """How well the readers do in one arm, from that arm's readings alone."""
        at, r = self._position(name), self.areas.shape[1]
        square, error, cov2 = self.within_arm(name)
        shared = r * (cov2 if self.keeps_negative else max(cov2, 0.0))
        bottom, freedom = square + shared, _satterthwaite(square + shared, square, r - 1)
        if sampled == "studies":
            bottom, freedom = error + shared - shared / r, math.inf
        elif sampled == "readers":
            bottom, freedom = square, r - 1.0
        value = float(self.areas[at].mean())
        if r < 2:
            return self._one_reader("auc", value)
        return mean_over_readers(
            "auc", value, bottom / r, freedom, readers=r, n=self.n,
            method=self._method(sampled), null=0.5, level=level,
        )  # fmt: skip

    def within_arm(self, name: str) -> tuple[float, float, float]:
        """An arm's own mean square of readers, error variance and covariance of two readers."""
        at, r = self._position(name), self.areas.shape[1]
        own = self.covariance[at * r : (at + 1) * r, at * r : (at + 1) * r]
        error, _, cov2, _ = _averaged(own, 1, r)
        return _variance(self.areas[at]), error, cov2

    def difference(
        self,
        first: str,
        second: str,
        sampled: Sampled = "readers and studies",
        *,
        level: float = 0.95,
    ) -> ReaderAverage:
        """How much better the readers do in the first arm than in the second."""
        one, two = self._position(first), self._position(second)
        r = self.areas.shape[1]
        value = float(self.areas[one].mean() - self.areas[two].mean())
        if r < 2:
            return self._one_reader("auc_difference", value)
        bottom, freedom = self._against(sampled)
        return mean_over_readers(
            "auc_difference", value, 2.0 * bottom / r, freedom, readers=r, n=self.n,
            method=self._method(sampled), null=0.0, level=level, least=-1.0,
        )  # fmt: skip

    def _against(self, sampled: Sampled) -> tuple[float, float]:
        """The mean square that arms are held against, and its degrees of freedom."""
        t, r = self.areas.shape
        _method_name(sampled)
        of, square = self.components, self.mean_squares["arm_reader"]
        apart = of.cov2 - of.cov3
        kept = apart if self.keeps_negative else max(apart, 0.0)
        if sampled == "studies":
            return of.error - of.cov1 + (r - 1) * kept, math.inf
        if sampled == "readers":
            return square, float((t - 1) * (r - 1))
        bottom = square + r * max(apart, 0.0)
        return bottom, _satterthwaite(bottom, square, (t - 1) * (r - 1))

    def _position(self, name: str) -> int:
        if name not in self.arms:
            raise ValueError(f"arm: {name!r} is none of {', '.join(self.arms)}")
        return self.arms.index(name)

    def _method(self, sampled: Sampled) -> str:
        source = {"jackknife": "jackknife", "delong": "DeLong"}[self.covariance_from]
        return f"Obuchowski-Rockette, {source}, {_method_name(sampled)}"

    def _one_reader(self, measure: str, value: float) -> ReaderAverage:
        reason = "one reader: no spread between readers can be told"
        found = Estimate.not_estimable(measure, reason, n=self.n)
        return ReaderAverage(found, value, None, None, None, None, 1)


def obuchowski_rockette(
    readings: Readings, *, covariance: CovarianceFrom = "jackknife", keeps_negative: bool = False
) -> ReaderAnova:
    """Analyse a study in which every reader read every study in every arm.

    `equal_arms`, `arm` and `difference` then answer for other readers and other studies (both
    sampled), for these readers (only studies sampled: normal), or for these studies (only readers
    sampled). Both sampled: difference SE^2 = (2 / r) (MS(arm x reader) + r max(Cov2 - Cov3, 0)),
    degrees of freedom by Hillis; one arm SE^2 = (MS(reader) + r max(Cov2, 0)) / r of that arm.

    readings: :func:`measures.readers.gather_readings`, ratings on any scale. covariance: how the
    studies' share is had, by leaving each study out or by DeLong. keeps_negative: with readers
    fixed, use a Cov2 - Cov3 below zero as it comes (as MRMCaov does) where the default takes zero,
    which is never narrower (as Iowa's OR-DBM does).
    Raises ValueError when a reading is missing, or with fewer than two studies of a class.

    >>> from measures.readers import gather_readings
    >>> reader, study = np.tile(np.repeat(["a", "b", "c"], 6), 2), np.tile(list("uvwxyz"), 6)
    >>> aided = [5, 4, 4, 3, 1, 1, 5, 4, 3, 2, 2, 1, 5, 4, 4, 2, 3, 1]
    >>> alone = [5, 4, 2, 3, 1, 1, 5, 2, 3, 3, 2, 1, 4, 4, 4, 2, 3, 1]
    >>> block = gather_readings(reader, study, np.tile([1, 1, 1, 0, 0, 0], 6), aided + alone,
    ...                         arm=["aided"] * 18 + ["alone"] * 18)
    >>> print(obuchowski_rockette(block).difference("aided", "alone").estimate)
    auc_difference 0.111 (95 % interval -0.103 to 0.325, n = 6)
    """
    if covariance not in ("jackknife", "delong"):
        raise ValueError(f"covariance: 'jackknife' or 'delong', not {covariance!r}")
    if not readings.crossed:
        missing = int(np.isnan(readings.ratings).sum())
        raise ValueError(
            f"rating: {missing} readings are missing, and every reader must have read every study "
            "in every arm; for other designs use measures.reader_variance"
        )
    sick = readings.diseased
    if min(sick.sum(), (~sick).sum()) < 2:
        found = f"{int(sick.sum())} diseased and {int((~sick).sum())} healthy"
        raise ValueError(f"truth: two studies of each class are needed, found {found}")
    t, r, n = readings.ratings.shape
    placed = [placements(sick, row) for row in readings.ratings.reshape(t * r, n)]
    diseased = np.stack([one.diseased for one in placed])
    healthy = np.stack([one.healthy for one in placed])
    found_areas = diseased.mean(axis=1)
    spread = (_jackknife if covariance == "jackknife" else _delong)(diseased, healthy)
    return ReaderAnova(
        readings.arms, readings.readers, found_areas.reshape(t, r), spread, covariance, n,
        keeps_negative,
    )  # fmt: skip


def _delong(diseased: Numbers, healthy: Numbers) -> Numbers:
    parts = [np.atleast_2d(np.cov(one)) / one.shape[1] for one in (diseased, healthy)]
    found: Numbers = parts[0] + parts[1]
    return found


def _jackknife(diseased: Numbers, healthy: Numbers) -> Numbers:
    """An AUC without one study is (n A - placement) / (n - 1), n studies of that one's class."""
    area = diseased.mean(axis=1, keepdims=True)
    n1, n0 = diseased.shape[1], healthy.shape[1]
    left_out = np.hstack([(n1 * area - diseased) / (n1 - 1), (n0 * area - healthy) / (n0 - 1)])
    off = left_out - left_out.mean(axis=1, keepdims=True)
    found: Numbers = (n1 + n0 - 1) / (n1 + n0) * off @ off.T
    return found


def _averaged(covariance: Numbers, t: int, r: int) -> tuple[float, float, float, float]:
    """Mean of the variances, then of the covariances of one reader, of one arm, and of neither."""
    block = covariance.reshape(t, r, t, r)
    everything = float(block.sum())
    own = float(np.einsum("iaia->", block))
    reader = float(np.einsum("iaja->", block)) - own
    arm = float(np.einsum("iaib->", block)) - own
    sums = own, reader, arm, everything - own - reader - arm
    pairs = t * r, t * (t - 1) * r, t * r * (r - 1), t * (t - 1) * r * (r - 1)
    first, second, third, fourth = (
        total / count if count else 0.0 for total, count in zip(sums, pairs, strict=True)
    )
    return first, second, third, fourth


def _variance(values: Numbers) -> float:
    return float(values.var(ddof=1)) if values.size > 1 else math.nan


def _satterthwaite(bottom: float, square: float, freedom: float) -> float:
    # Without spread between readers all of the variance is the studies': normal.
    return bottom**2 / (square**2 / freedom) if square > 0.0 and freedom > 0 else math.inf


def _method_name(sampled: Sampled) -> str:
    names = {
        "readers and studies": "readers and studies random, t with Hillis degrees of freedom",
        "studies": "readers fixed, normal",
        "readers": "studies fixed, t",
    }
    if sampled not in names:
        raise ValueError(f"sampled: one of {', '.join(names)}, not {sampled!r}")
    return names[sampled]


def _f_tail(f: float, first: float, second: float) -> float:
    from scipy.special import chdtrc, fdtrc

    return float(chdtrc(first, f * first) if math.isinf(second) else fdtrc(first, second, f))
