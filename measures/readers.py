"""Who read which study, with what in view: the readings of a multi-reader multi-case study.

An *arm* is what the literature on reader studies calls a modality, a treatment or a test: reading
alone, reading with the device's output in view, the device itself. A DICOM modality is not meant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers, binary_column, number_column, refuse_unequal

__all__ = ["ReaderAverage", "Readings", "gather_readings", "mean_over_readers", "name_codes"]

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Readings:
    """A reader study as a block: each rating has its arm, its reader and its study.

    arms, readers, studies: names, sorted. diseased: the truth, shape (studies,).
    ratings: shape (arms, readers, studies); NaN where that reader did not read that study there.
    """

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    studies: tuple[str, ...]
    diseased: Decisions
    ratings: Numbers

    @property
    def crossed(self) -> bool:
        """Whether every reader read every study in every arm.

        >>> gather_readings(["a", "b"], ["s", "s"], [1, 1], [0.5, 0.7]).crossed
        True
        """
        return not bool(np.isnan(self.ratings).any())

    def position(self, arm: str | None) -> int:
        """Where an arm stands in `ratings`; None is allowed where there is one only.

        Raises ValueError for an unknown arm, quoting those there are.

        >>> gather_readings(["a"], ["s"], [1], [0.5], arm=["aided"]).position("aided")
        0
        """
        if arm is None and len(self.arms) == 1:
            return 0
        if arm not in self.arms:
            raise ValueError(f"arm: {arm!r} is none of {', '.join(self.arms)}")
        return self.arms.index(arm)


@dataclass(frozen=True, slots=True)
class ReaderAverage:
    """A figure averaged over readers, or a difference of two, with what its interval rests on.

    estimate: value and interval, within the bounds of the measure, or why there is none.
    value: the average itself, which is known even where its variance is not; None without readings.
    variance: as estimated (the unbiased one can be negative). freedom: of Student's t; infinite for
    a normal interval. p_value: two-sided, of the stated `null`; None where none is tested.
    readers: how many the average is over.
    """

    estimate: Estimate
    value: float | None
    variance: float | None
    freedom: float | None
    null: float | None
    p_value: float | None
    readers: int

    @property
    def se(self) -> float | None:
        """Standard error; None where the variance is not above zero.

        >>> mean_over_readers("auc", 0.8, 0.0004, 12.0, readers=4, n=80, method="t").se
        0.02
        """
        return math.sqrt(self.variance) if self.variance and self.variance > 0.0 else None

    def limits(self, *, level: float = 0.95, freedom: float | None = None) -> tuple[float, float]:
        """Limits not cut at any bound, with these or other degrees of freedom (infinite: normal).

        Raises ValueError where there is no variance.

        >>> found = mean_over_readers("auc", 0.8, 0.0004, 12.0, readers=4, n=80, method="t")
        >>> [round(limit, 4) for limit in found.limits(freedom=math.inf)]
        [0.7608, 0.8392]
        """
        free = self.freedom if freedom is None else freedom
        if self.value is None or self.se is None or free is None:
            raise ValueError(f"{self.estimate.measure}: no limits, {self.estimate.reason}")
        half = _quantile(free, level) * self.se
        return self.value - half, self.value + half

    def p_with(self, freedom: float) -> float:
        """The p-value with other degrees of freedom (infinite: normal).

        Raises ValueError where nothing is tested.

        >>> found = mean_over_readers("auc", 0.8, 0.01, 12.0, readers=4, n=80, method="t", null=0.5)
        >>> round(found.p_with(math.inf), 4)
        0.0027
        """
        if self.value is None or self.se is None or self.null is None:
            raise ValueError(f"{self.estimate.measure}: nothing is tested")
        return _two_sided((self.value - self.null) / self.se, freedom)


def mean_over_readers(
    measure: str,
    value: float,
    variance: float,
    freedom: float,
    *,
    readers: int,
    n: int,
    method: str,
    null: float | None = None,
    level: float = 0.95,
    least: float = 0.0,
) -> ReaderAverage:
    """An average over readers with Student's interval, or the reason why it has none.

    A share or an AUC gets its interval on the logit scale, as :func:`measures.roc.auc` does: it
    covers better near 1. :meth:`ReaderAverage.limits` gives the one on the plain scale that other
    programs print.

    least: the lowest value of the measure (0, or -1 for a difference); the highest is 1.
    Not estimable when the variance is not above zero.

    >>> print(mean_over_readers("auc", 0.8, 0.0004, 12.0, readers=4, n=80, method="t").estimate)
    auc 0.800 (95 % interval 0.753 to 0.840, n = 80)
    """
    half = _quantile(freedom, level) if freedom > 0.0 else math.nan
    if not variance > 1e-15 or not math.isfinite(half):
        what = "is negative" if variance < -1e-15 else "is zero: no spread to build an interval on"
        found = Estimate.not_estimable(measure, f"the variance ({method}) {what}", n=n)
        return ReaderAverage(found, value, variance, None, null, None, readers)
    half *= math.sqrt(variance)
    low, high = max(least, value - half), min(1.0, value + half)
    if least == 0.0 and 0.0 < value < 1.0:
        step = half / (value * (1.0 - value))
        odds = value / (1.0 - value)
        low, high = (1.0 / (1.0 + math.exp(side) / odds) for side in (step, -step))
        method = f"{method}, logit"
    found = Estimate(measure, n, value, low, high, level, method)
    p = None if null is None else _two_sided((value - null) / math.sqrt(variance), freedom)
    return ReaderAverage(found, value, variance, freedom, null, p, readers)


def gather_readings(
    reader: ArrayLike,
    study: ArrayLike,
    truth: ArrayLike,
    rating: ArrayLike,
    *,
    arm: ArrayLike | None = None,
) -> Readings:
    """Put the readings of a study, one a row, into a block that the analyses take.

    reader, study, arm: names or numbers; truth: 0/1; rating: a suspicion on any finite scale, or
    0/1 for a decision; all of shape (readings,). Not every reader need read every study.
    Raises ValueError without a reading, for a missing name, NaN or infinity, unequal lengths, a
    study with two truths, or a reader who read a study twice in an arm.

    >>> block = gather_readings(["a", "a", "b"], ["s1", "s2", "s1"], [1, 0, 1], [0.9, 0.2, 0.7])
    >>> block.readers, block.ratings.shape, block.crossed
    (('a', 'b'), (1, 2, 2), False)
    """
    sick, marks = binary_column("truth", truth), number_column("rating", rating)
    readers, who = name_codes("reader", reader)
    studies, what = name_codes("study", study)
    arms, where = name_codes("arm", np.full(marks.size, "all") if arm is None else arm)
    refuse_unequal(reader=who, study=what, truth=sick, rating=marks, arm=where)
    if marks.size == 0:
        raise ValueError("rating: no reading")
    votes = np.bincount(what, weights=sick) / np.bincount(what)
    if np.any((votes > 0.0) & (votes < 1.0)):
        raise ValueError("truth: a study is both diseased and healthy")
    shape = (len(arms), len(readers), len(studies))
    cell = np.ravel_multi_index((where, who, what), shape)
    if np.unique(cell).size < cell.size:
        raise ValueError("rating: a reader read a study twice in one arm; keep one reading")
    block = np.full(shape, np.nan)
    block[where, who, what] = marks
    return Readings(arms, readers, studies, votes == 1.0, block)


def name_codes(name: str, values: ArrayLike) -> tuple[tuple[str, ...], Codes]:
    """The distinct names of a column, sorted, and which of them each row has.

    Raises ValueError, naming the column, for a missing name or a column that is not flat.

    >>> name_codes("reader", ["b", "a", "b"])[0]
    ('a', 'b')
    """
    labels = np.asarray(values)
    if labels.ndim != 1:
        raise ValueError(f"{name}: needs one entry per reading, got shape {labels.shape}")
    if labels.dtype.kind in "bf":  # 1, 1.0 and True are one name, however a table was read
        whole = labels.astype(np.float64)
        if np.all(np.mod(whole, 1.0) == 0.0) and np.all(np.abs(whole) < 2**53):
            labels = whole.astype(np.int64)
    texts = [str(label) for label in labels.tolist()]
    if any(text in ("", "None", "nan", "NaT", "<NA>") for text in texts):
        raise ValueError(f"{name}: an entry is missing")
    names, codes = np.unique(np.asarray(texts, dtype=str), return_inverse=True)
    return tuple(str(one) for one in names), codes.astype(np.intp)


def _quantile(freedom: float, level: float) -> float:
    from scipy.special import ndtri, stdtrit

    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}")
    tail = (1.0 - level) / 2.0
    return -float(ndtri(tail) if math.isinf(freedom) else stdtrit(freedom, tail))


def _two_sided(statistic: float, freedom: float) -> float:
    from scipy.special import ndtr, stdtr

    tail = ndtr(-abs(statistic)) if math.isinf(freedom) else stdtr(freedom, -abs(statistic))
    return 2.0 * float(tail)
