"""What a validation adds to the locked tests: how the figures fall as images get worse, how
training, tests and use differ, what other thresholds would do, where it failed most, and whether it
is better than the version before.

Pure: outcomes in, estimates and plain figures out; what is measured, the task says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.net_benefit import decision_curve
from measures.threshold_table import threshold_table
from models.tasks.base import Outcomes, Task

Row = Mapping[str, Any]
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
WORST = 5
"""Studies of each kind that the list of failures names."""
NOT_READ = "no study was read by both"


def stressed(
    task: Task, before: Outcomes, after: Outcomes, *, name: str, minimum_n: int
) -> list[Estimate]:
    """The measures that the task follows on degraded images or with facts missing, and the change
    of the main one against the same studies as they were, paired.

    before, after: of the same studies in the same order. name: becomes the subgroup.
    """
    found = followed(task, after, name=name, minimum_n=minimum_n)
    if len(after) < minimum_n:
        return found
    changes = task.paired(_bare(after), _bare(before))
    return [*found, *(_under(one, name) for one in changes[:1])]


def followed(task: Task, outcomes: Outcomes, *, name: str, minimum_n: int) -> list[Estimate]:
    """The measures that the task follows, of all studies; name: becomes the subgroup."""
    return [
        _under(one, name)
        for one in task.estimates(_bare(outcomes), minimum_n=minimum_n)
        if one.measure in task.followed
    ]


def _bare(outcomes: Outcomes) -> Outcomes:
    """Without subgroups: of degraded images and parts of the data only all studies are told."""
    return replace(outcomes, subgroups={})


def _under(one: Estimate, name: str) -> Estimate:
    """Under a condition, and of one class under both."""
    return one.for_subgroup(name if one.subgroup == "all" else f"{name}, {one.subgroup}")


def compared(
    task: Task, first: Outcomes, second: Outcomes, *, name: str
) -> list[Estimate]:
    """This version minus an earlier one on the studies that both have read, paired.

    first, second: what they said of the same studies in the same order.
    """
    measure = f"{task.main_measure}_difference"
    if not len(first):
        return [Estimate.not_estimable(measure, NOT_READ, n=0, subgroup=name)]
    return [one.for_subgroup(name) for one in task.paired(first, second)]


def gaps(task: Task, parts: Mapping[str, Outcomes]) -> list[Estimate]:
    """Difference of the main measure between neighbouring parts of the data, in the order given."""
    named = [(name, one) for name, one in parts.items() if len(one)]
    return [
        task.apart(after, before).for_subgroup(f"{second} minus {first}")
        for (first, before), (second, after) in pairwise(named)
    ]


def side_by_side(
    task: Task, parts: Mapping[str, Outcomes], why: Mapping[str, str], *, minimum_n: int
) -> tuple[list[Estimate], list[dict[str, Any]]]:
    """The measures that the task follows in each part of the data, and the gap to the part before,
    flagged where its interval leaves out 0.

    why: of an empty part, the reason.
    """
    between = {one.subgroup: one for one in gaps(task, parts)}
    found, told, before = list(between.values()), [], ""
    for name, outcomes in parts.items():
        subgroup = f"part={name}"
        gap = between.get(f"{name} minus {before}")
        told.append({
            "part": name, "subgroup": subgroup, "studies": len(outcomes),
            "reason": "" if len(outcomes) else why.get(name, "no study"),
            "gap": gap.subgroup if gap else "", "measure": task.main_measure,
            "flagged": gap is not None and leaves_out_nought(gap),
        })  # fmt: skip
        if len(outcomes):
            found += followed(task, outcomes, name=subgroup, minimum_n=minimum_n)
            before = name
    return found, told


def leaves_out_nought(gap: Estimate) -> bool:
    """Whether the interval of a difference shows one."""
    return gap.low is not None and gap.high is not None and not gap.low <= 0.0 <= gap.high


def thresholds(
    truth: NDArray[Any], score: NDArray[Any], operating_point: float, *, probability: bool
) -> list[dict[str, Any]]:
    """What the device would do at each threshold: counts, sensitivity, specificity, PPV, NPV and
    net benefit with their limits, and the net benefit of acting on every study; None where not
    estimable; no net benefit of a rank.

    truth: whether a finding is there; score: what the operating point cuts. probability: whether it
    is one of the finding; net benefit takes it as one, and the threshold as the one to act from.
    """
    cuts = sorted({*THRESHOLDS, operating_point})
    table = threshold_table(truth, score, cuts)
    shown = ("sensitivity", "specificity", "ppv", "npv")
    benefit = _net_benefit(truth, score, cuts) if probability else [{}] * len(cuts)
    return [
        {
            "threshold": cut, "flagged": int(table.true_positive[at] + table.false_positive[at]),
            "missed": int(table.false_negative[at]), "operating_point": cut == operating_point,
        }
        | {
            name: [_plain(getattr(table.measures[name], side)[at])
                   for side in ("value", "low", "high")]
            for name in shown
        }
        | benefit[at]
        for at, cut in enumerate(cuts)
    ]  # fmt: skip


_NO_BENEFIT: dict[str, Any] = {"net_benefit": [None] * 3, "act_on_all": None}


def _net_benefit(
    truth: NDArray[Any], score: NDArray[Any], cuts: Sequence[float]
) -> list[dict[str, Any]]:
    """Of acting on the score, and on every study, at each cut."""
    if truth.size == 0 or truth.min() == truth.max():
        return [_NO_BENEFIT] * len(cuts)
    inside = [at for at, cut in enumerate(cuts) if 0.0 < cut < 1.0]
    curve = decision_curve(truth, score, [cuts[at] for at in inside])
    found = dict.fromkeys(range(len(cuts)), _NO_BENEFIT) | {
        at: {
            "net_benefit": [float(side[place]) for side in (curve.value, curve.low, curve.high)],
            "act_on_all": float(curve.treat_all[place]),
        }
        for place, at in enumerate(inside)
    }
    return [found[at] for at in range(len(cuts))]


def _plain(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def worst_failures(
    task: Task, outcomes: Outcomes, rows: Sequence[Row]
) -> dict[str, list[dict[str, Any]]]:
    """By kind, the studies in which the device failed most, with image and site.

    rows: record and site of the same studies in the same order.
    """
    return {
        kind: [
            {"image": rows[one.at]["record"], "site": rows[one.at]["site"], "score": one.value,
             "measure": one.measure, "words": one.words}
            for one in worst
        ]
        for kind, worst in task.failures(outcomes, WORST).items()
    }  # fmt: skip
