"""Each group of patients by itself: the same number for each, with interval and n.

The declared subgroups of a plan, and intersections of several attributes. What differs between
groups is asked in :mod:`measures.fairness` and :mod:`measures.group_tests`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.binary import accuracy, ppv, sensitivity, specificity, two_by_two
from measures.clusters import Measure
from measures.estimate import Estimate
from measures.inputs import number_column, refuse_unequal
from measures.proportions import wilson

__all__ = [
    "GROUP_RATES",
    "by_group",
    "false_negative_rate",
    "false_positive_rate",
    "group_labels",
    "intersections",
    "selection_rate",
]

Rate = Callable[[ArrayLike, ArrayLike], Estimate]
_MISSING = ("", "None", "nan", "NaT", "<NA>")


def selection_rate(truth: ArrayLike, decision: ArrayLike) -> Estimate:
    """Share of studies that the device flags, diseased or not.

    truth, decision: 0/1 of shape (studies,). Not estimable without a study.

    >>> selection_rate([1, 0, 0, 0], [1, 1, 0, 0]).value
    0.5
    """
    table = two_by_two(truth, decision)
    return wilson("selection_rate", table.true_positive + table.false_positive, table.n)


def false_positive_rate(truth: ArrayLike, decision: ArrayLike) -> Estimate:
    """Share of healthy studies that the device flags: 1 - specificity.

    >>> false_positive_rate([1, 0, 0, 0, 0], [1, 1, 0, 0, 0]).value
    0.25
    """
    table = two_by_two(truth, decision)
    healthy = table.false_positive + table.true_negative
    return wilson("false_positive_rate", table.false_positive, healthy)


def false_negative_rate(truth: ArrayLike, decision: ArrayLike) -> Estimate:
    """Share of diseased studies that the device misses: 1 - sensitivity.

    >>> false_negative_rate([1, 1, 0], [1, 0, 0]).value
    0.5
    """
    table = two_by_two(truth, decision)
    sick = table.true_positive + table.false_negative
    return wilson("false_negative_rate", table.false_negative, sick)


GROUP_RATES: dict[str, Rate] = {
    "selection_rate": selection_rate,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "ppv": ppv,
    "accuracy": accuracy,
}


def group_labels(groups: ArrayLike) -> NDArray[np.str_]:
    """The group of each study, as text; raises ValueError for a study without one.

    >>> group_labels(["north", "south"]).tolist()
    ['north', 'south']
    """
    labels = np.asarray(groups, dtype=object)
    if labels.ndim != 1:
        raise ValueError(f"groups: needs one entry per study, got shape {labels.shape}")
    named = np.array([str(label) for label in labels.tolist()], dtype=str)
    if np.isin(named, _MISSING).any():
        raise ValueError("groups: a study without a group; name it 'not recorded' to count it")
    return named


def intersections(columns: Mapping[str, ArrayLike]) -> NDArray[np.str_]:
    """Groups where several attributes meet, such as 'sex=F, site=north', one label a study.

    columns: attribute names and their values, each of shape (studies,). A fault may sit in an
    intersection although every single attribute looks even (Buolamwini and Gebru, FAT 2018).
    Raises ValueError for no column, unequal lengths or a missing value.

    >>> intersections({"sex": ["F", "M"], "site": ["north", "north"]}).tolist()
    ['sex=F, site=north', 'sex=M, site=north']
    """
    if not columns:
        raise ValueError("columns: at least one attribute is needed")
    named = {name: group_labels(values) for name, values in columns.items()}
    refuse_unequal(**named)
    rows = zip(*named.values(), strict=True)
    told = [", ".join(f"{a}={b}" for a, b in zip(named, row, strict=True)) for row in rows]
    return np.array(told, dtype=str)


def by_group(
    measure: Measure, truth: ArrayLike, prediction: ArrayLike, groups: ArrayLike, *, minimum: int
) -> dict[str, Estimate]:
    """The same number for each group, in the order of their names, with interval and n.

    measure: a function of (truth, prediction) returning an Estimate. minimum: where the estimate
    rests on fewer studies (diseased ones for sensitivity) it is not estimable, and says so; 1 asks
    for everything. groups: shape (studies,), see :func:`intersections` for several attributes.
    Raises ValueError if malformed.

    >>> found = by_group(sensitivity, [1, 1, 1, 0], [1, 0, 1, 0], ["a", "a", "b", "b"], minimum=2)
    >>> found["a"].value, found["b"].reason
    (0.5, 'n = 1 is below the minimum of 2')
    """
    if minimum < 1:
        raise ValueError(f"minimum must be at least 1, not {minimum}")
    y, p = number_column("truth", truth), number_column("prediction", prediction)
    labels = group_labels(groups)
    refuse_unequal(truth=y, prediction=p, groups=labels)
    found = {}
    for name in np.unique(labels).tolist():
        here = labels == name
        single = measure(y[here], p[here])
        if single.estimable and single.n < minimum:
            reason = f"n = {single.n} is below the minimum of {minimum}"
            single = Estimate.not_estimable(single.measure, reason, n=single.n)
        found[name] = single.for_subgroup(name)
    return found
