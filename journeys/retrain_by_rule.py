"""Retrain by the device's written protocol: from an alert or a schedule to a change request, or to
a recorded stop with its reason. An interrupted run goes on behind its last finished step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from filelock import FileLock, Timeout
from sqlmodel import select

from imaging.case_selection import (
    reasons_on_record,
    splits_from_record,
    splits_on_record,
)  # fmt: skip
from imaging.origin import Origin
from journeys.compare_versions import compare_versions, learnt_on_record, limits_on_record
from journeys.freeze_dataset import ByRule, freeze_dataset
from journeys.release import evaluate_version, propose_version
from journeys.retrain import retrain
from journeys.retraining_due import Due, retraining_due
from monitoring.retraining import why_stopped
from records.base import digest_of
from records.counting import counted
from records.errors import Refused, Unavailable
from records.lookup import find_record
from records.product import DatasetVersion, JourneyStep, ModelVersion
from records.quality import ChangeRequest
from records.queries import evaluations_of
from records.retraining_rules import RetrainingRules
from records.retrainings import (
    PROPOSED,
    STOPPED,
    RetrainingRun,
    journey_name,
    protocol_of,
    retraining_runs,
)  # fmt: skip
from records.store import Store
from records.surveillance import RETRAINING
from regulatory.acceptance import acceptance_results


@dataclass(frozen=True)
class _Course:
    """A run under way: who acts and when, and who is told."""

    store: Store
    device: str
    actor: str
    now: datetime
    report: Callable[[str], None]
    train: Callable[..., ModelVersion]


def retrain_by_rule(
    store: Store, device_name: str, *, seed: int, actor: str, now: datetime,
    report: Callable[[str], None], alert: str | None = None,
    train: Callable[..., ModelVersion] = retrain,
) -> RetrainingRun:  # fmt: skip
    """Select, freeze, train, compare, judge, propose, each step once, as the protocol declares.

    alert: the one that a person names as the reason; without it, the first that counts, else the
    schedule. seed: of the device's first run; each later run counts it up. train: makes the
    candidate of a dataset version, called as :func:`journeys.retrain.retrain` is.

    Raises:
        Refused: The protocol lets none begin now; each reason is told. Nothing was recorded.
        Unavailable: Another retraining of the device is going on.
    """
    course = _Course(store, device_name, actor, now, report, train)
    folder = store.workspace.vault / "training"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f".{device_name}.retraining.lock", timeout=1):
            return _go_on(course, _begun(course, seed, alert))
    except Timeout as busy:
        raise Unavailable(
            f"Another retraining of {device_name} is going on.", hint="Wait until it is done."
        ) from busy


def _begun(course: _Course, seed: int, alert: str | None) -> RetrainingRun:
    """The run that was interrupted, else a new one where the protocol lets it begin."""
    with course.store.reader() as reader:
        runs = retraining_runs(reader, course.device)
    if runs and runs[-1].open:
        began = runs[-1].said("begun")["alert"]
        if alert and alert != began:
            raise Refused(
                f"{runs[-1].name} was interrupted and goes on first; it began on "
                f"{runs[-1].said('begun')['trigger']}.", hint="Call again without --alert.",
            )
        course.report(f"{runs[-1].name} goes on")
        return runs[-1]
    begun = time.perf_counter()
    due = retraining_due(course.store, course.device, seed=seed, now=course.now, alert=alert)
    if not due.decision.allowed:
        raise Refused(
            f"The protocol of {course.device} lets no retraining begin: "
            f"{'; '.join(due.decision.against)}.", hint="See 'radvigil model retrainings'.",
        )
    run = RetrainingRun(course.device, due.number, {})
    course.report(f"{run.name} begins on {due.decision.trigger}")
    run = _finish(course, run, "begun", begun, {
        "trigger": due.decision.trigger, "alert": due.decision.alert, "seed": due.seed,
        "device": due.device.label, "rules_digest": _digest_of(due.rules),
        "version_in_use": due.material.in_use.label, "attempt": due.standing.failed + 1,
        "attempts_allowed": due.rules.stop.failed_attempts,
        "locked_test_uses": due.standing.uses + 1,
        "locked_test_uses_allowed": due.rules.stop.locked_test_uses,
    })  # fmt: skip
    return _selected(course, run, due)


def _digest_of(rules: RetrainingRules) -> str:
    return digest_of(rules.model_dump(mode="json"))


def _selected(course: _Course, run: RetrainingRun, due: Due) -> RetrainingRun:
    """Every study's reason, on record; what is taken is decided here and not again."""
    begun = time.perf_counter()
    chosen = due.material.selection
    return _finish(course, run, "selected", begun, {
        "new_cases": len(chosen.new), "locked_from": list(chosen.locked_from),
        "by_reason": reasons_on_record(chosen, due.material.cases),
        "taken": splits_on_record(chosen, due.material.cases),
    })  # fmt: skip


def _go_on(course: _Course, run: RetrainingRun) -> RetrainingRun:
    """The steps that are still to do."""
    said = run.said("begun")
    due = retraining_due(
        course.store, course.device, seed=said["seed"] - run.number, now=course.now
    )
    if said["rules_digest"] != _digest_of(due.rules):
        return _stop(course, run, "the device's protocol was revised while the run went on")
    if "selected" not in run.steps:
        run = _selected(course, run, due)
    if "frozen" not in run.steps:
        run = _frozen(course, run, due)
    if run.open and "trained" not in run.steps:
        run = _trained(course, run)
    if run.open and "compared" not in run.steps:
        run = _compared(course, run, due)
    return _proposed(course, run) if run.open else run


def _frozen(course: _Course, run: RetrainingRun, due: Due) -> RetrainingRun:
    begun = time.perf_counter()
    said = run.said("selected")
    parts = due.rules.selection.new_parts
    stated = due.rules.selection.origin
    by_rule = ByRule(
        splits=splits_from_record(said["taken"], due.material.cases),
        left_out={reason: one["studies"] for reason, one in said["by_reason"].items()
                  if not reason.startswith(("kept: ", "new case: "))},
        partition=(
            f"by {run.name}: parts and locked tests of earlier datasets kept, new patients dealt "
            f"within each site: {parts.train:.0%} train, {parts.tuning:.0%} tuning, "
            f"{parts.internal_test:.0%} locked test"
        ),
        stated={
            "run": run.name, "record": run.steps["selected"].label, "new_cases": said["new_cases"],
            "locked_from": said["locked_from"],
            "rules_digest": run.said("begun")["rules_digest"],
        },
    )  # fmt: skip
    try:
        made = freeze_dataset(
            course.store, course.device, seed=due.seed, actor=course.actor, now=course.now,
            origin=Origin(stated.source, stated.legal_basis, stated.consent), selected=by_rule,
        )
    except Refused as refused:
        return _stop(course, run, f"the dataset was not frozen: {refused.message}")
    course.report(
        f"froze {made.label}: {counted(made.studies, 'study', 'studies')}, {said['new_cases']} of "
        "them new"
    )
    return _finish(course, run, "frozen", begun, {
        "dataset": made.label, "manifest_digest": made.manifest_digest, "splits": made.splits,
    })  # fmt: skip


def _trained(course: _Course, run: RetrainingRun) -> RetrainingRun:
    begun = time.perf_counter()
    with course.store.reader() as reader:
        dataset = find_record(reader, DatasetVersion, run.said("frozen")["dataset"])
    try:
        made = course.train(
            course.store, course.device, seed=run.said("begun")["seed"], actor=course.actor,
            now=course.now, report=course.report, dataset=dataset,
        )
    except Refused as refused:
        return _stop(course, run, f"the candidate was not recorded: {refused.message}")
    course.report(f"trained {made.label} {made.name}")
    return _finish(course, run, "trained", begun, {
        "model_version": made.label, "weights_hash": made.weights_hash,
        "operating_point": made.operating_point,
    })  # fmt: skip


def _compared(course: _Course, run: RetrainingRun, due: Due) -> RetrainingRun:
    """The locked tests, and every limit against every earlier version."""
    begun = time.perf_counter()
    label = run.said("trained")["model_version"]
    with course.store.reader() as reader:
        candidate = find_record(reader, ModelVersion, label)
        before = [one.name for one in retraining_runs(reader, course.device)
                  if one.number < run.number
                  and one.said("trained").get("model_version") == label]  # fmt: skip
        known = evaluations_of(reader, candidate, RETRAINING)
    if candidate.status != "candidate" or before:
        return _stop(course, run, f"{label} was judged before: the same data and seed give the "
                     "same version")  # fmt: skip
    try:
        evaluate_version(course.store, candidate, actor=course.actor, now=course.now)
    except Refused as refused:
        return _stop(course, run, f"the candidate was not evaluated: {refused.message}")
    made = known[-1] if known else compare_versions(
        course.store, candidate, due.material, due.definition, due.rules, actor=course.actor,
        now=course.now,
    )
    with course.store.reader() as reader:
        criteria = acceptance_results(reader, candidate)
        limits = limits_on_record(reader, made)
        learnt = [str(one) for one in learnt_on_record(reader, made)]
    course.report(f"compared {candidate.label} with {', '.join(made.figures['compared_with'])}")
    return _finish(course, run, "compared", begun, {
        "evaluation": made.label, "compared_with": made.figures["compared_with"],
        "limits": limits, "learnt": learnt,
        "broken": why_stopped(limits, criteria),
    })  # fmt: skip


def _proposed(course: _Course, run: RetrainingRun) -> RetrainingRun:
    """The stop rule, or the change request that people sign."""
    begun = time.perf_counter()
    compared, candidate = run.said("compared"), run.said("trained")["model_version"]
    if compared["broken"]:
        return _stop(course, run, "; ".join(compared["broken"]), counts=True)
    with course.store.reader() as reader:
        version = find_record(reader, ModelVersion, candidate)
        change = reader.exec(
            select(ChangeRequest).where(ChangeRequest.model_version_id == version.id)
        ).first()
    if change is None:
        change = propose_version(
            course.store, version, actor=course.actor, now=course.now,
            reason=f"{run.name}, on {run.said('begun')['trigger']}", protocol=protocol_of(run),
        )
    course.report(f"proposed {change.label}")
    return _finish(course, run, "ended", begun, {
        "outcome": PROPOSED, "change_request": change.label,
        "reason": f"every limit is kept against {', '.join(compared['compared_with'])}",
        "not_estimable": sum(one["verdict"] == "not estimable" for one in compared["limits"]),
    })  # fmt: skip


def _stop(course: _Course, run: RetrainingRun, why: str, *, counts: bool = False) -> RetrainingRun:
    """The recorded stop; ``counts``: the locked tests were looked at, so it is a failed attempt."""
    course.report(f"stopped: {why}")
    return _finish(course, run, "ended", time.perf_counter(), {
        "outcome": STOPPED, "reason": why, "counts": counts,
    })  # fmt: skip


def _finish(
    course: _Course, run: RetrainingRun, step: str, begun: float, summary: dict[str, Any]
) -> RetrainingRun:
    """The step on record; the run with it."""
    made = JourneyStep(
        journey=journey_name(run.device, run.number), step=step, finished_at=course.now,
        seconds=round(time.perf_counter() - begun, 3), summary=summary,
    )
    with course.store.transaction(course.actor, f"{run.name}: {step}", now=course.now) as tx:
        tx.add(made)
        tx.flush()
    return RetrainingRun(run.device, run.number, {**run.steps, step: made})
