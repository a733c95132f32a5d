"""The steps of a demonstration that ends at a signed validation report: where they are others.

A device whose versions are not operated (:attr:`models.tasks.base.Task.not_operated`) is made,
evaluated and validated as any other; its release is refused, and its report is signed all the same.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlmodel import col, select

from imaging.origin import simulated_origin
from imaging.sources.cases import OPERATION_START
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE
from journeys import demonstration_steps
from journeys.demonstration_setup import DEMO_PASSWORD
from journeys.demonstration_steps import (
    Course,
    assessed_change,
    candidate_of,
    defined,
    frozen_figures,
    put_in_force,
    told_of,
)
from journeys.freeze_dataset import freeze_dataset
from journeys.make_studies import DEVELOPMENT_TRUTH, Arrivals, Batch, write_arrivals
from journeys.receive_truth import TRUTH
from journeys.release import reject_change, release_change
from journeys.simulated_subjects import TableSubject, reported_subject_of
from journeys.summarise import intake_figures
from journeys.take_in_table import (
    Captured,
    TableOrder,
    capture_table,
    declared_splits,
    take_in_table,
)
from journeys.tell import write_document
from journeys.validate_version import validate_version
from records.definition import DeviceDefinition
from records.errors import Refused
from records.quality import Document
from regulatory.compile import Request
from regulatory.documents.registry import VALIDATION_REPORT

TABLE: Final = "simulated"
"""The folder of the table in ``incoming``."""


def make(course: Course) -> dict[str, Any]:
    """Step 2a: studies are written as somebody would send them: a folder with a table, or series by
    site with a truth list."""
    workspace, subject = course.store.workspace, reported_subject_of(course.device)
    table = isinstance(subject, TableSubject)
    folder = workspace.incoming / TABLE if table else workspace.incoming
    folder.mkdir(parents=True, exist_ok=True)
    subject.write(folder, course.seed, course.scale.development_per_site)
    if not table:
        (folder / TRUTH).replace(folder / DEVELOPMENT_TRUTH)
    made = Arrivals(
        description=subject.description, sites=DEVELOPMENT_SITES,
        batches=() if table else tuple(map(_batch, DEVELOPMENT_SITES)),
        first_day=OPERATION_START, days=0, daily_per_site=0, external=True,
    )
    write_arrivals(workspace, made)
    return told_of(made)


def _batch(site: str) -> Batch:
    purpose = "external" if site == EXTERNAL_SITE else "development"
    return Batch(site=site, purpose=purpose, origin="reported", assigned=(), folder=site)


def take_in(course: Course) -> dict[str, Any]:
    """Steps 2 and 3: the studies are de-identified and checked, their truth is recorded."""
    now, definition = course.at(course.day_before(14)), defined(course)
    if course.arrivals.batches:
        return demonstration_steps.take_in(course)
    captured = _captured(course, definition)
    taken = take_in_table(
        course.store, definition, captured, workers=course.workers, actor="service:intake",
        now=now, report=_silent,
    )
    with course.store.reader() as reader:
        figures = intake_figures(reader, taken.report, before=course.arrivals.first_day)
    return figures | {"notes": [*captured.notes, *taken.notes]}


def version(course: Course) -> dict[str, Any]:
    """Step 4: the dataset version, with the parts that a table states."""
    now, declared = course.at(course.day_before(13)), {}
    if not course.arrivals.batches:
        captured = _captured(course, defined(course))
        declared = declared_splits(course.store, captured.studies)
    made = freeze_dataset(
        course.store, course.device, seed=course.seed, actor="service:training", now=now,
        origin=simulated_origin(course.arrivals.description, real_images=False),
        declared=declared,
    )
    return frozen_figures(made)


def validate(course: Course) -> dict[str, Any]:
    """Step 7: what a reviewer asks beyond the locked tests."""
    now = course.at(course.day_before(10))
    made = validate_version(
        course.store, candidate_of(course), actor="service:training", now=now, report=_silent
    )
    return {
        "record": made.label, "studies": made.studies, "patients": made.patients,
        "flagged": [one["gap"] for one in made.figures["parts"] if one["flagged"]],
        "not_asked": made.figures["not_asked"],
    }


def decide(course: Course) -> dict[str, Any]:
    """Step 8: change request and its signed assessment. Where criteria are not met the version is
    refused; where they are, its release is asked for, and refused by the rule."""
    change = assessed_change(course, now=course.at(course.day_before(9)))
    assert change.id is not None
    now = course.at(course.day_before(7))
    asked: dict[str, Any] = {
        "decided_by": "demo.quality", "password": DEMO_PASSWORD, "now": now,
        "reason": "decision on the change request",
    }
    if change.status == "refused":
        outcome, why = "refused", ""
    elif not change.assessment["all_met"]:
        decided = reject_change(course.store, change.id, **asked)
        outcome, why = decided.outcome, decided.reason
    else:
        outcome, why = "not released", _refusal(course, change.id, asked)
    return {"change_request": change.label, "outcome": outcome, "reason": why, "mode": None}


def _refusal(course: Course, change_id: int, asked: Mapping[str, Any]) -> str:
    """Why the rules do not let a version of this task be released; the attempt is on record."""
    try:
        release_change(course.store, change_id, sites=list(course.arrivals.sites), **asked)
    except Refused as refused:
        return refused.message
    raise AssertionError(f"a version of {course.device} was released, and nothing watches it")


def report(course: Course) -> dict[str, Any]:
    """Step 9: the validation report, compiled, reviewed, signed, and put into force."""
    now, store = course.at(course.day_before(6)), course.store
    with store.reader() as reader:
        known = reader.exec(
            select(Document).where(Document.kind == VALIDATION_REPORT)
            .order_by(col(Document.id).desc())
        ).first()
    draft = known or write_document(
        store,
        Request(VALIDATION_REPORT, course.device, requested_by="service:documents",
                reason="validation of the device"),
        actor="service:documents", now=now,
    )  # fmt: skip
    return {"documents": [put_in_force(course, draft, now=now)], "not_made": {}}


def _captured(course: Course, definition: DeviceDefinition) -> Captured:
    folder, subject = course.store.workspace.incoming / TABLE, reported_subject_of(course.device)
    assert isinstance(subject, TableSubject)
    order = TableOrder(
        data=folder, seed=course.seed, columns=subject.columns(folder),
        origin=simulated_origin(course.arrivals.description, real_images=False),
    )
    return capture_table(course.store, definition, order, report=_silent)


def _silent(_line: str) -> None:
    """Nothing: the step's bar says enough."""
