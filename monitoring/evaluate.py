"""How good is this version on these studies? Estimates, and the declared criteria beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from sqlmodel import Session, col, func, select

from measures.binary import roc_points, two_by_two
from measures.estimate import Estimate
from measures.multiclass import confusion_table
from measures.reliability import reliability_bins
from measures.score_counts import score_counts
from models.tasks import TASKS
from models.tasks.base import Outcomes, Task
from models.tasks.detection import froc_points
from models.tasks.multiclass import named_class
from models.tasks.multilabel import by_number
from models.tasks.prognosis import PrognosisTask, calibration_at_horizon
from models.tasks.two_classes import settled
from monitoring.time_to_read import waiting_saved
from records.base import digest_of
from records.definition import DeviceDefinition, Subgroup, TaskDefinition
from records.errors import IntegrityBroken, Refused
from records.finding_states import PRESENT, UNKNOWN
from records.lookup import find_record
from records.performance_claims import AcceptanceCriterion
from records.product import DatasetVersion, ModelVersion, Site
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class EvaluationFacts:
    """What was found, before it is recorded."""

    purpose: str
    estimates: list[Estimate]
    figures: dict[str, Any]
    inputs_digest: str
    studies: int
    patients: int


def subgroup_labels(subgroups: Sequence[Subgroup], rows: Rows) -> dict[str, np.ndarray]:
    """For each declared subgroup one label a study; '' where the value was not recorded.

    Age bins are half open: '18 to under 40'.
    """
    return {
        group.name: np.array([_label(group, row.get(group.field)) for row in rows], dtype=object)
        for group in subgroups
    }


def _label(group: Subgroup, value: Any) -> str:
    if value is None or value == "" or value != value:
        return ""
    if group.bins:
        for low, high in pairwise(group.bins):
            if low <= float(value) < high:
                return f"{low:g} to under {high:g}"
        return "outside the declared bins"
    if group.values and str(value) not in group.values:
        return "other"
    return str(value)


def evaluate_rows(
    definition: DeviceDefinition, rows: Rows, *, purpose: str
) -> EvaluationFacts:
    """Judge predictions whose truth is known: the task's estimates, overall and by subgroup.

    Args:
        definition: The device's promises: task, subgroups, minimum n.
        rows: One mapping a study with truth, score, decision, patient and the subgroup fields;
            rows without truth must have been left out. Of a device of several classes also the
            probability of each, by name as stored (``outputs``) or by number (``probabilities``);
            of findings that may be present together also the truth in words (``truth_finding``, or
            ``findings`` of a manifest).
            Of a prognosis also days followed, and the horizon.
        purpose: internal_test, external_test or revalidation.

    Raises:
        Refused: Follow-up of a study is not known, of a prognosis.
    """
    task = TASKS[definition.task.kind]
    if task.name == PrognosisTask.name and any("days" not in row for row in rows):
        raise Refused(
            f"A prognosis of {definition.task.finding} is judged by follow-up, and that of studies "
            "in operation is not taken in yet.",
            hint="Evaluate on a table with follow-up: radvigil model evaluate --data --facts.",
        )
    if definition.task.classes:
        rows = [_with_classes(definition.task, row) for row in rows]
    outcomes = outcomes_of(definition, rows)
    estimates = task.estimates(outcomes, minimum_n=definition.minimum_n)
    if definition.worklist is not None:
        known = outcomes.where(settled(outcomes))
        present = [bool(one) for one in known.truth > 0]
        moved_up = [bool(one) for one in known.decision]
        estimates += waiting_saved(definition.worklist, present, moved_up)
    return EvaluationFacts(
        purpose=purpose,
        estimates=estimates,
        figures=_figures(outcomes, task),
        inputs_digest=digest_of(
            [[str(row["study"]), row["score"], bool(row["decision"]),
              int(row["truth"]) if outcomes.classes or not task.two_classes else bool(row["truth"]),
              *(row[name] for name in task.columns)] for row in rows]
        ),
        studies=len(rows),
        patients=len(set(outcomes.patient.tolist())),
    )


def outcomes_of(
    definition: DeviceDefinition, rows: Rows, *, columns: Sequence[str] | None = None
) -> Outcomes:
    """Predictions beside their truth, column by column, with the declared subgroups.

    rows: as for :func:`evaluate_rows`. columns: of those that the task asks for, which the rows
    have; all where none are named.
    """
    if definition.task.classes:
        rows = [_with_classes(definition.task, row) for row in rows]
    asked = TASKS[definition.task.kind].columns if columns is None else columns
    return Outcomes(
        truth=np.array([int(row["truth"]) for row in rows], dtype=np.int8),
        score=np.array([_score(row) for row in rows], dtype=np.float64),
        decision=np.array([int(row["decision"]) for row in rows], dtype=np.int8),
        patient=np.array([str(row["patient"]) for row in rows], dtype=object),
        subgroups=subgroup_labels(definition.subgroups, rows),
        more={name: np.array([row[name] for row in rows]) for name in asked},
        classes=definition.task.classes,
    )


def _score(row: Mapping[str, Any]) -> float:
    """The score; NaN where another maker's product stated none, so that nothing is made of it."""
    return float("nan") if row["score"] is None else float(row["score"])


def _with_classes(task: TaskDefinition, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the truth as number of its class, and the classes' probabilities by number."""
    if task.coexisting:
        return _with_states(task, row)
    found = dict(row)
    if row.get("truth_finding"):
        found["truth"] = task.class_number(str(row["truth_finding"]), of=str(row["study"]))
    if "probabilities" not in row:
        stored = row["outputs"]
        if set(stored) != set(task.classes):
            raise IntegrityBroken(
                f"What was said of study {row['study']} is not of the device's classes "
                f"({', '.join(task.classes)})."
            )
        found["probabilities"] = [float(stored[name]) for name in task.classes]
    return found


def _with_states(task: TaskDefinition, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the true state of each finding, its probability, and whether it is named; truth
    is whether any is known to be present."""
    found = dict(row)
    if "states" not in row:
        told = row.get("truth_finding") or row["findings"]
        found["states"] = list(task.states(str(told), of=str(row["study"])))
    found["truth"] = PRESENT in found["states"]
    if "probabilities" not in row:
        try:
            found |= by_number(row["outputs"], task.classes[1:])
        except KeyError:
            raise IntegrityBroken(
                f"What was said of study {row['study']} is not of the device's findings "
                f"({', '.join(task.classes[1:])})."
            ) from None
    return found


def _by_finding(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Of each finding that may be present beside others, the device's answers against the truth,
    and in how many studies it is not known."""
    found = []
    for at, name in enumerate(outcomes.classes[1:]):
        states = np.asarray(outcomes.more["states"])[:, at]
        known = states != UNKNOWN
        named = np.asarray(outcomes.more["named"])[known, at]
        found.append(
            {"finding": name, "not_known": int((~known).sum())}
            | _counts(states[known], named)
        )
    return found


def _counts(truth: np.ndarray, decision: np.ndarray) -> dict[str, int]:
    table = two_by_two(truth, decision)
    return {
        "true_positive": table.true_positive, "false_positive": table.false_positive,
        "false_negative": table.false_negative, "true_negative": table.true_negative,
    }


def _by_class(outcomes: Outcomes) -> dict[str, Any]:
    """How many studies of each class were put into which, where the task has classes."""
    if not outcomes.classes or not len(outcomes):
        return {}
    said = named_class(outcomes.more["probabilities"], outcomes.decision)
    counts = confusion_table(outcomes.truth, said, range(len(outcomes.classes)))
    return {"confusion": {"classes": list(outcomes.classes), "counts": counts.tolist()}}


def _figures(outcomes: Outcomes, task: Task) -> dict[str, Any]:
    """Of a task that marks lesions also its free-response curve; reliability where the score of a
    study is a probability, of a prognosis that at its horizon alone."""
    if task.name == PrognosisTask.name:
        return {"reliability": calibration_at_horizon(outcomes)}
    if not task.two_classes:
        return _by_class(outcomes)
    found = figures_of(outcomes.where(settled(outcomes)))
    if "states" in outcomes.more and len(outcomes):
        found["by_finding"] = _by_finding(outcomes)
    if "calibration" in task.not_asked:
        found["reliability"] = None
        if "score_counts" in found:
            found["score_counts"]["probability"] = False
    if "marks" in outcomes.more:
        found["froc"] = froc_points(outcomes)
    return found


def figures_of(outcomes: Outcomes) -> dict[str, Any]:
    """What the figures of a report are drawn from: two-by-two table, ROC points, reliability; and
    the counts by which another threshold is judged."""
    truth, score = (np.asarray(outcomes.truth) > 0).astype(np.int8), outcomes.score
    both = 0 < int(truth.sum()) < len(truth) and bool(np.isfinite(score).all())
    found: dict[str, Any] = {"two_by_two": None, "roc": None, "reliability": None}
    if len(truth) and bool(np.isfinite(score).all()):
        counts = score_counts(truth, score, probability=not outcomes.classes)
        found["score_counts"] = counts.to_dict()
    if len(truth):
        found["two_by_two"] = _counts(truth, np.asarray(outcomes.decision))
    if both:
        roc = roc_points(truth, score)
        keep = _thinned(len(roc.sensitivity), 200)
        found["roc"] = {
            "sensitivity": np.round(roc.sensitivity[keep], 6).tolist(),
            "specificity": np.round(roc.specificity[keep], 6).tolist(),
        }
        if not outcomes.classes:  # an urgency is no probability
            bins = reliability_bins(truth, score, bins=10)
            found["reliability"] = [_bin(one) for one in bins]
    return found


def _thinned(n: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def _bin(one: Any) -> dict[str, Any]:
    share = one.observed
    return {
        "predicted": float(one.mean_score), "n": int(share.n), "observed": share.value,
        "low": share.low, "high": share.high,
    }


def record_evaluation(
    tx: Session,
    version: ModelVersion,
    facts: EvaluationFacts,
    *,
    dataset: DatasetVersion | None = None,
    site: Site | None = None,
    period: tuple[date, date] | None = None,
    now: datetime,
) -> Evaluation:
    """Record an evaluation with all its estimates; each look at a locked test set is counted, those
    on an earlier dataset whose locked tests this one has taken over among them."""
    assert version.id is not None
    looks = select(func.count()).where(
        Evaluation.purpose == facts.purpose,
        col(Evaluation.dataset_version_id).in_(_same_tests(tx, dataset) if dataset else []),
    )
    evaluation = Evaluation(
        model_version_id=version.id, dataset_version_id=dataset.id if dataset else None,
        purpose=facts.purpose, site_id=site.id if site else None,
        period_from=period[0] if period else None, period_to=period[1] if period else None,
        attempt=int(tx.exec(looks).one()) + 1 if dataset else 1, studies=facts.studies,
        patients=facts.patients, figures=facts.figures, inputs_digest=facts.inputs_digest,
        evaluated_at=now,
    )
    tx.add(evaluation)
    tx.flush()
    assert evaluation.id is not None
    tx.add_all(
        EvaluationResult(evaluation_id=evaluation.id, **estimate.to_dict())
        for estimate in facts.estimates
    )
    tx.flush()
    return evaluation


def _same_tests(session: Session, dataset: DatasetVersion) -> set[int]:
    """The numbers of the dataset, of those whose locked tests a retraining kept in it, of those
    whose tests were kept in them, and so on."""
    found: set[int] = set()
    left = [dataset]
    while left:
        one = left.pop()
        if one.id is None or one.id in found:
            continue
        found.add(one.id)
        earlier = one.datasheet.get("selection", {}).get("locked_from", [])
        left += [find_record(session, DatasetVersion, label) for label in earlier]
    return found


def judge_criteria(
    tx: Session,
    definition: DeviceDefinition,
    version: ModelVersion,
    evaluations: Mapping[str, Evaluation],
    *,
    now: datetime,
) -> list[AcceptanceResult]:
    """Set every declared criterion beside what was found.

    A split without an evaluation is 'not available' and an estimate that could not be made is
    'not estimable': neither is ever counted as met.
    """
    judged = []
    for criterion in definition.acceptance_criteria:
        evaluation = evaluations.get(criterion.split)
        result = _result_for(tx, criterion, evaluation)
        verdict, observed, reason = judge(criterion, evaluation, result)
        assert version.id is not None
        judged.append(
            AcceptanceResult(
                evaluation_id=evaluation.id if evaluation else None, model_version_id=version.id,
                evaluation_result_id=result.id if result else None, criterion=criterion.id,
                statement=criterion.statement, verdict=verdict, observed=observed,
                bound=criterion.bound, reason=reason, judged_at=now,
            )
        )
    tx.add_all(judged)
    tx.flush()
    return judged


def _result_for(
    session: Session, criterion: AcceptanceCriterion, evaluation: Evaluation | None
) -> EvaluationResult | None:
    if evaluation is None:
        return None
    return session.exec(
        select(EvaluationResult).where(
            EvaluationResult.evaluation_id == evaluation.id,
            EvaluationResult.measure == criterion.measure,
            EvaluationResult.subgroup == criterion.subgroup,
        )
    ).first()


def judge(
    criterion: AcceptanceCriterion,
    evaluation: Evaluation | None,
    result: EvaluationResult | None,
) -> tuple[str, float | None, str]:
    """(verdict, observed number, reason) of one criterion."""
    if evaluation is None:
        return "not available", None, f"no {criterion.split.replace('_', ' ')} could be made"
    if result is None:
        return "not estimable", None, f"no estimate of {criterion.measure} {criterion.subgroup}"
    observed = getattr(result, criterion.basis)
    if observed is None:
        return "not estimable", None, result.reason
    met = (
        observed >= criterion.bound
        if criterion.at_least is not None
        else observed <= criterion.bound
    )
    return ("met" if met else "not met"), float(observed), ""
