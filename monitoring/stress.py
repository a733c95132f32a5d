"""What a validation adds to the locked tests: how the figures fall as images get worse, what other
thresholds would do, where it failed most, and whether it is better than the version before.

Pure: scores and truths in, estimates and plain figures out.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.comparison import (
    paired_auc_difference,
    paired_proportion_difference,
    unpaired_auc_difference,
)
from measures.estimate import Estimate
from measures.net_benefit import decision_curve
from measures.threshold_table import threshold_table
from models.tasks.base import Outcomes, Task

Row = Mapping[str, Any]
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
WORST = 5
"""Studies of each kind that the list of failures names."""


def stressed(
    task: Task, rows: Sequence[Row], said: Sequence[Row], *, name: str, minimum_n: int
) -> list[Estimate]:
    """The measures that the task follows on degraded images, and the change of the AUC against the
    images as they were, by DeLong's paired test.

    rows: truth, score and patient of the same studies as they were, and what else the task asks
    for. said: score and decision of the degraded ones, and of the same what changes with them.
    name: becomes the subgroup.
    """
    truth = np.array([int(row["truth"]) for row in rows])
    before = np.array([float(row["score"]) for row in rows])
    score = np.array([float(one["score"]) for one in said])
    both = [{**row, **one} for row, one in zip(rows, said, strict=True)]
    outcomes = Outcomes(
        truth, score, np.array([int(one["decision"]) for one in said]),
        np.array([str(row["patient"]) for row in rows], dtype=object),
        more={column: np.array([one[column] for one in both]) for column in task.columns},
    )
    found = [
        one.for_subgroup(name)
        for one in task.estimates(outcomes, minimum_n=minimum_n)
        if one.measure in task.followed
    ]
    if len(rows) < minimum_n:
        return found
    change = paired_auc_difference(truth, score, before).difference
    return [*found, change.for_subgroup(name)]


def compared(rows: Sequence[Row], earlier: Mapping[str, Row], *, name: str) -> list[Estimate]:
    """This version minus an earlier one on the studies that both have read, paired.

    rows: study, truth, score, decision; earlier: by study, score and decision of the other version.
    """
    both = [row for row in rows if row["study"] in earlier]
    if not both:
        return [
            Estimate.not_estimable(
                "auc_difference", "no study was read by both", n=0, subgroup=name
            )
        ]
    truth = np.array([int(row["truth"]) for row in both])
    new, old = (
        np.array([float(one["score"]) for one in chosen])
        for chosen in (both, [earlier[row["study"]] for row in both])
    )
    found = [paired_auc_difference(truth, new, old).difference.for_subgroup(name)]
    for measure, value in (("sensitivity_difference", 1), ("specificity_difference", 0)):
        chosen = [row for row in both if int(row["truth"]) == value]
        if not chosen:
            reason = "no diseased study" if value else "no healthy study"
            found.append(Estimate.not_estimable(measure, reason, n=0, subgroup=name))
            continue
        right = [
            np.array([bool(one["decision"]) == bool(value) for one in read])
            for read in (chosen, [earlier[row["study"]] for row in chosen])
        ]
        difference = paired_proportion_difference(*right, measure=measure).difference
        found.append(difference.for_subgroup(name))
    return found


def gaps(parts: Mapping[str, Sequence[Row]]) -> list[Estimate]:
    """Difference of the AUC between neighbouring parts of the data, in the order given."""
    found = []
    named = [(name, rows) for name, rows in parts.items() if rows]
    for (first, one), (second, two) in pairwise(named):
        columns = [
            (np.array([int(row["truth"]) for row in rows]),
             np.array([float(row["score"]) for row in rows]))
            for rows in (two, one)
        ]  # fmt: skip
        difference = unpaired_auc_difference(columns[0], columns[1]).difference
        found.append(difference.for_subgroup(f"{second} minus {first}"))
    return found


def thresholds(rows: Sequence[Row], operating_point: float) -> list[dict[str, Any]]:
    """What the device would do at each threshold: counts, sensitivity, specificity, PPV, NPV and
    net benefit with their limits, and the net benefit of acting on every study; None where not
    estimable. Net benefit takes the score as a probability and the threshold as the one to act
    from."""
    truth = np.array([int(row["truth"]) for row in rows])
    score = np.array([float(row["score"]) for row in rows])
    cuts = sorted({*THRESHOLDS, operating_point})
    table = threshold_table(truth, score, cuts)
    shown = ("sensitivity", "specificity", "ppv", "npv")
    benefit = _net_benefit(truth, score, cuts)
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


def _net_benefit(
    truth: NDArray[Any], score: NDArray[Any], cuts: Sequence[float]
) -> list[dict[str, Any]]:
    """Of acting on the score, and on every study, at each cut."""
    nothing = {"net_benefit": [None] * 3, "act_on_all": None}
    if truth.size == 0 or truth.min() == truth.max():
        return [nothing] * len(cuts)
    inside = [at for at, cut in enumerate(cuts) if 0.0 < cut < 1.0]
    curve = decision_curve(truth, score, [cuts[at] for at in inside])
    found = dict.fromkeys(range(len(cuts)), nothing) | {
        at: {
            "net_benefit": [float(side[place]) for side in (curve.value, curve.low, curve.high)],
            "act_on_all": float(curve.treat_all[place]),
        }
        for place, at in enumerate(inside)
    }
    return [found[at] for at in range(len(cuts))]


def _plain(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def worst_failures(rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """The missed diseased studies with the lowest scores and the false alarms with the highest."""
    missed = [row for row in rows if int(row["truth"]) and not row["decision"]]
    alarms = [row for row in rows if not int(row["truth"]) and row["decision"]]
    missed.sort(key=lambda row: (float(row["score"]), str(row["study"])))
    alarms.sort(key=lambda row: (-float(row["score"]), str(row["study"])))
    return {
        "false_negative": [_failure(row) for row in missed[:WORST]],
        "false_positive": [_failure(row) for row in alarms[:WORST]],
    }


def _failure(row: Row) -> dict[str, Any]:
    return {"image": row["record"], "site": row["site"], "score": float(row["score"])}
