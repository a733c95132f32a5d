"""Supplementary analyses of a validation: what a reviewer asks of the internal test that the task's
own measures do not answer.

What a flag means where the finding is rarer or commoner, where other rules would have cut the
score, whether the declared subgroups differ by more than chance, and calibration and separation in
full. One study a patient: these intervals take studies as independent.

Pure: scores and truths in, estimates and plain figures out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from measures.balanced import balanced_accuracy, mcc
from measures.binary import sensitivity, specificity
from measures.calibration import calibration_in_the_large, log_loss
from measures.calibration_error import expected_calibration_error, maximum_calibration_error
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.integrated_calibration import calibration_curve, integrated_calibration_index
from measures.net_benefit import net_benefit
from measures.operating_points import (
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    threshold_at_cost,
    threshold_at_sensitivity,
    threshold_at_specificity,
    threshold_youden,
)
from measures.precision_recall import average_precision, precision_recall_points
from measures.predictive_values import (
    likelihood_ratio_negative,
    likelihood_ratio_positive,
    npv_at_prevalence,
    ppv_at_prevalence,
)
from measures.reliability import brier_decomposition
from models.tasks.base import Outcomes, Task
from models.tasks.two_classes import present, settled
from monitoring.group_differences import Asked, group_differences

Row = Mapping[str, Any]
RATE = 0.90
"""The sensitivity, or the specificity, that the rules with a fixed rate ask for."""
PREVALENCES = (0.01, 0.05, 0.2)
"""Shares of the finding that predictive values are told for, beside those the device declares."""
_POINTS = 200


@dataclass(frozen=True)
class Supplement:
    """What the analyses found: estimates, and what else their tables hold."""

    estimates: list[Estimate]
    figures: dict[str, Any]


def one_a_patient(rows: Sequence[Row]) -> list[Row]:
    """The first study of each patient, in order of the studies' pseudonyms.

    >>> rows = [{"study": "b", "patient": "p"}, {"study": "a", "patient": "p"}]
    >>> [row["study"] for row in one_a_patient(rows)]
    ['a']
    """
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: str(one["study"])):
        first.setdefault(str(row["patient"]), row)
    return list(first.values())


def supplement(task: Task, tested: Outcomes, tuning: Outcomes, asked: Asked) -> Supplement:
    """All analyses of one test set that make sense for the task.

    tested: the test studies, one a patient, with the declared subgroups; tuning: those of the split
    that thresholds are chosen on, empty where there is none. Studies of which it is not known
    whether they show any finding are left out of what asks for that. Below the minimum of studies,
    or without both classes where two are told apart, nothing is told but the reason.
    """
    told = tested.where(settled(tested))
    truth, n = present(told).astype(np.int8), len(told)
    two = "auc" in task.measures
    reason = f"fewer than {asked.minimum_n} studies" if n < asked.minimum_n else ""
    if not reason and two and truth.min() == truth.max():
        reason = "diseased and healthy studies are needed"
    said: dict[str, Any] = {"supplement": {"studies": n, "reason": reason}}
    if reason:
        return Supplement([], said)
    between, tests = group_differences(task, tested, asked)
    own = task.further(tested)
    said |= {"group_tests": tests, "own": [[one.measure, one.subgroup] for one in own]}
    if not two:
        return Supplement([*own, *between], said)
    elsewhere, conditions = predictive_values(truth, told.decision, asked.prevalences)
    cuts, rules = other_rules(
        task, tuning.where(settled(tuning)), told, operating_point=asked.operating_point
    )
    calibrated = "calibration" not in task.not_asked
    further = further_measures(told, asked.resampling, calibrated=calibrated)
    if "net benefit" not in task.not_asked and 0.0 < asked.operating_point < 1.0:
        further.append(net_benefit(truth, told.score, asked.operating_point))
    return Supplement(
        [*further, *own, *elsewhere, *cuts, *between],
        said | {
            "further": [one.measure for one in further], "prevalences": conditions,
            "rules": rules,
            "curves": curves(truth, np.asarray(told.score), calibrated=calibrated),
        },
    )  # fmt: skip


def further_measures(
    outcomes: Outcomes, resampling: Resampling, *, calibrated: bool
) -> list[Estimate]:
    """Separation in full; calibration too where the score is a probability of the finding."""
    truth = present(outcomes).astype(np.int8)
    score, decision = np.asarray(outcomes.score), outcomes.decision
    separation = [
        average_precision(truth, score),
        sensitivity_at_specificity(truth, score, RATE),
        specificity_at_sensitivity(truth, score, RATE),
        balanced_accuracy(truth, decision),
        mcc(truth, decision),
        likelihood_ratio_positive(truth, decision),
        likelihood_ratio_negative(truth, decision),
    ]
    if not calibrated:
        return separation
    parts = brier_decomposition(truth, score, equal="count", resampling=resampling)
    pieces = [parts] if isinstance(parts, Estimate) else [
        parts.reliability, parts.resolution, parts.uncertainty
    ]  # fmt: skip
    return [
        *separation,
        log_loss(truth, score),
        *pieces,
        calibration_in_the_large(truth, score),
        expected_calibration_error(
            truth, score, equal="count", debiased=True, resampling=resampling
        ),
        maximum_calibration_error(truth, score, equal="count"),
        integrated_calibration_index(truth, score, resampling=resampling),
    ]


def predictive_values(
    truth: np.ndarray, decision: np.ndarray, prevalences: Sequence[float]
) -> tuple[list[Estimate], list[dict[str, Any]]]:
    """PPV and NPV where the finding is as common as each prevalence says, taken as known."""
    found, told = [], []
    for prevalence in sorted(set(prevalences)):
        where = f"prevalence={100 * prevalence:.3g} %"
        found += [
            value(truth, decision, prevalence=prevalence).for_subgroup(where)
            for value in (ppv_at_prevalence, npv_at_prevalence)
        ]
        told.append({"prevalence": prevalence, "subgroup": where})
    return found, told


def other_rules(
    task: Task, tuning: Outcomes, tested: Outcomes, *, operating_point: float
) -> tuple[list[Estimate], list[dict[str, Any]]]:
    """Where other rules would have cut on the tuning split, and what each cut does on the test set:
    a cut is never judged on the studies that chose it.

    The rule of least cost, of a probability of the finding only, weighs a missed finding and a
    false alarm as the operating point does: whoever acts from a probability t on holds a false
    alarm to be t / (1 - t) times as bad.
    """
    truth, score, marks = present(tuning).astype(np.int8), task.cut(tuning), task.cut(tested)
    if score is None or marks is None or truth.size == 0 or truth.min() == truth.max():
        return [], []
    tested_truth = present(tested).astype(np.int8)
    cuts = {
        "operating point": operating_point,
        "Youden's index": threshold_youden(truth, score),
        f"sensitivity {RATE:g}": threshold_at_sensitivity(truth, score, RATE),
        f"specificity {RATE:g}": threshold_at_specificity(truth, score, RATE),
    }
    if "net benefit" not in task.not_asked:
        weighed = min(max(operating_point, 1e-6), 1.0 - 1e-6)
        cuts["least cost"] = threshold_at_cost(
            truth, score, missed=1.0 - weighed, false_alarm=weighed, prevalence=float(truth.mean())
        )
    found, told = [], []
    for rule, cut in cuts.items():
        group = f"cut={rule}"
        flagged = (marks >= cut).astype(np.int8)
        for share in (sensitivity, specificity):
            found.append(share(tested_truth, flagged).for_subgroup(group))
        told.append(
            {"rule": rule, "threshold": cut if np.isfinite(cut) else None, "subgroup": group}
        )
    return found, told


def curves(
    truth: np.ndarray, score: np.ndarray, *, calibrated: bool = True
) -> dict[str, list[float]]:
    """Points of the precision-recall curve, and of the smooth calibration curve where the score is
    a probability and one can be fitted."""
    points = precision_recall_points(truth, score)
    keep = _thinned(points.recall.size)
    found = {
        "recall": np.round(points.recall[keep], 6).tolist(),
        "precision": np.round(points.precision[keep], 6).tolist(),
        "score": [], "share": [],
    }  # fmt: skip
    if not calibrated:
        return found
    try:
        smooth = calibration_curve(truth, score)
    except ValueError:  # all scores equal
        return found
    order = np.argsort(score, kind="stable")[_thinned(score.size)]
    found["score"] = np.round(score[order], 6).tolist()
    found["share"] = np.round(np.clip(smooth[order], 0.0, 1.0), 6).tolist()
    return found


def _thinned(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, _POINTS)).round().astype(int))
