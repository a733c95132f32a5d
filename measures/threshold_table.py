"""What the device would do at each cut of its score: a row per threshold, counts and estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.balanced import balanced_accuracy_limits, mcc_limits
from measures.inputs import Numbers, number_column, truth_and_score
from measures.predictive_values import ratio_limits
from measures.proportions import normal_quantile, shares_of_groups

__all__ = ["ThresholdRange", "ThresholdTable", "table_of_counts", "threshold_table"]

_Counts = tuple[Numbers, Numbers, Numbers, Numbers]
_Limits = tuple[Numbers, Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class ThresholdRange:
    """A measure at every threshold of a table: value and interval, NaN where not estimable; the
    upper limit of a likelihood ratio is infinite where its denominator is zero. Shape (thresholds,)
    """

    value: Numbers
    low: Numbers
    high: Numbers


@dataclass(frozen=True, slots=True)
class ThresholdTable:
    """Counts at every threshold, and each measure by name.

    A study is flagged when score >= threshold. All columns have shape (thresholds,); counts are
    whole numbers. level: two-sided confidence of each interval (they are not joint).
    """

    threshold: Numbers
    true_positive: NDArray[np.int64]
    false_positive: NDArray[np.int64]
    false_negative: NDArray[np.int64]
    true_negative: NDArray[np.int64]
    measures: dict[str, ThresholdRange]
    level: float


def threshold_table(
    truth: ArrayLike,
    score: ArrayLike,
    thresholds: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> ThresholdTable:
    """How many the device would flag, miss and spare at each threshold, and how sure each share is.

    The numbers and intervals are those of the single functions (sensitivity, ppv, mcc, ...) at
    the decision that the threshold makes: Wilson for shares and F1, squared and added for balanced
    accuracy, Fisher z for MCC, log or MOVER for likelihood ratios. One sort, then one look-up a
    threshold.

    truth: 0/1, score: finite, both of shape (studies,). thresholds: finite, any order, kept; all
    distinct scores from high to low when None. Raises ValueError for malformed columns, no study,
    or no threshold.

    >>> table = threshold_table([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], [0.5, 0.95])
    >>> table.true_positive.tolist(), table.false_positive.tolist()
    ([1, 0], [1, 0])
    >>> table.measures["sensitivity"].value.tolist(), table.measures["ppv"].value.tolist()
    ([0.5, 0.0], [0.5, nan])
    """
    normal_quantile(level)
    diseased, marks = truth_and_score(truth, score)
    if marks.size == 0:
        raise ValueError("score: no study to cut")
    cuts = np.unique(marks)[::-1] if thresholds is None else number_column("thresholds", thresholds)
    if cuts.size == 0:
        raise ValueError("thresholds: none given")
    high, low = np.sort(marks[diseased]), np.sort(marks[~diseased])
    miss, quiet = np.searchsorted(high, cuts, "left"), np.searchsorted(low, cuts, "left")
    return table_of_counts(
        cuts, high.size - miss, low.size - quiet, (high.size, low.size), level=level
    )


def table_of_counts(
    cuts: Numbers, hits: NDArray[np.int64], alarms: NDArray[np.int64], sizes: tuple[int, int], *,
    level: float = 0.95,
) -> ThresholdTable:
    """The same from counts: diseased and healthy studies at or above each cut, shape (cuts,).

    sizes: diseased and healthy studies in all.

    >>> table = table_of_counts(np.array([0.5]), np.array([1]), np.array([1]), (2, 2))
    >>> table.measures["sensitivity"].value.tolist(), table.false_negative.tolist()
    ([0.5], [1])
    """
    counts = (hits, alarms, sizes[0] - hits, sizes[1] - alarms)
    table: list[Numbers] = [count.astype(np.float64) for count in counts]
    with np.errstate(divide="ignore", invalid="ignore"):
        measures = {
            name: ThresholdRange(*of((table[0], table[1], table[2], table[3]), level))
            for name, of in _FORMS.items()
        }
    return ThresholdTable(cuts, *counts, measures, level)


def _share(counts: Callable[[_Counts], tuple[Numbers, Numbers]]) -> Callable[..., _Limits]:
    def limits(table: _Counts, level: float) -> _Limits:
        return shares_of_groups(*counts(table), level=level)

    return limits


def _f1(table: _Counts, level: float) -> _Limits:
    shared = _share(lambda t: (t[0], t[0] + t[1] + t[2]))(table, level)
    value, low, high = (2.0 * part / (1.0 + part) for part in shared)
    return value, low, high


_FORMS: dict[str, Callable[[_Counts, float], _Limits]] = {
    "sensitivity": _share(lambda t: (t[0], t[0] + t[2])),
    "specificity": _share(lambda t: (t[3], t[1] + t[3])),
    "ppv": _share(lambda t: (t[0], t[0] + t[1])),
    "npv": _share(lambda t: (t[3], t[2] + t[3])),
    "accuracy": _share(lambda t: (t[0] + t[3], t[0] + t[1] + t[2] + t[3])),
    "f1": _f1,
    "balanced_accuracy": lambda t, level: balanced_accuracy_limits(t, level=level),
    "mcc": lambda t, level: mcc_limits(t, level=level),
    "likelihood_ratio_positive": lambda t, level: ratio_limits(
        (t[0], t[0] + t[2]), (t[1], t[1] + t[3]), level=level
    ),
    "likelihood_ratio_negative": lambda t, level: ratio_limits(
        (t[2], t[0] + t[2]), (t[3], t[1] + t[3]), level=level
    ),
}
