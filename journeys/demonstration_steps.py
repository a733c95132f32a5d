"""The steps of a demonstration, each a call of the same use cases that the doors call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select

from imaging.origin import simulated_origin
from imaging.sources.sites import COUNTRIES
from journeys.control_documents import Deed, approve, make_effective, submit
from journeys.demonstration_facts import take_in_shipped_facts
from journeys.demonstration_order import DEVICE
from journeys.demonstration_setup import (
    DEMO_PASSWORD,
    SIGNERS,
    define_and_accept,
    prepare_workspace,
    sign_as,
)  # fmt: skip
from journeys.freeze_dataset import freeze_dataset
from journeys.make_from_tables import make_from_tables
from journeys.make_studies import Arrivals, make_simulated, read_arrivals
from journeys.release import decide_change, evaluate_version, propose_version
from journeys.retrain import retrain
from journeys.simulated_subjects import Scale, subject_of
from journeys.start_watch import start_watch
from journeys.summarise import intake_figures, operation_figures
from journeys.take_in import take_in_development
from journeys.tell import declare_gaps_unknown, write_documents
from journeys.watch_day import examine_days, watch_day, watch_of, watched_days
from records.anchors import write_anchor
from records.clock import advance_clock
from records.definition import DeviceDefinition, find_definition
from records.held_definition import definition_of
from records.lookup import list_records
from records.people import Actor, Meaning, find_actor
from records.product import DatasetVersion, ModelVersion, WorkspaceMark
from records.quality import DECLARED_BY, ChangeRequest, Document
from records.queries import find_device, newest_model, open_alerts, register_site
from records.required_signatures import needed_for
from records.site_decisions import place_site
from records.store import Store
from records.surveillance import ChartBaseline, Revalidation
from records.text_writers import writes_for


@dataclass
class Course:
    """A demonstration under way: what was ordered, the store, and the simulated instant."""

    store: Store
    order: dict[str, Any]
    seed: int
    data: Path | None
    external: Path | None
    drift: bool
    columns: dict[str, Any]
    workers: int
    scale: Scale
    advance: Callable[[int, int], None]
    now: datetime = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
    device: str = DEVICE
    scenario: str = ""

    @property
    def arrivals(self) -> Arrivals:
        """What lies in incoming."""
        return read_arrivals(self.store.workspace)

    def at(self, day: date, hour: int = 8) -> datetime:
        """Move the simulated clock (never back) to an hour of a day."""
        wanted = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        self.now = max(self.now, wanted)
        with self.store.reader() as reader:
            marked = reader.get(WorkspaceMark, 1)
        if marked is not None and marked.clock_at is not None and marked.clock_at < self.now:
            with self.store.transaction("radvigil", "the clock moves on", now=self.now) as tx:
                advance_clock(tx, self.now)
        elif marked is not None and marked.clock_at is not None:
            self.now = marked.clock_at
        return self.now

    def day_before(self, days: int) -> date:
        """So many days before operation begins."""
        return self.arrivals.first_day - timedelta(days=days)


def define(course: Course) -> dict[str, Any]:
    """Step 1: the workspace is marked, people are registered, the definition is signed."""
    prepare_workspace(course.store, course.order, now=course.now)
    device = define_and_accept(course.store, find_definition(course.device), now=course.now)
    return {
        "order": course.order, "device": device.name, "revision": device.revision,
        "definition_digest": device.definition_digest, "record": device.label,
    }


def make(course: Course) -> dict[str, Any]:
    """Step 2a: studies are written as the files that the sites would send."""
    workspace, definition = course.store.workspace, defined(course)
    if course.data is None:
        made = make_simulated(
            workspace, subject_of(course.device), definition.task, seed=course.seed,
            drift=course.drift, scale=course.scale, workers=course.workers,
            progress=course.advance,
        )
    else:
        made = make_from_tables(
            workspace, course.data, course.external, seed=course.seed, drift=course.drift,
            scale=course.scale, task=definition.task, columns=course.columns,
            acquired=definition.input_requirements.pictured, progress=course.advance,
        )
    return told_of(made)


def told_of(made: Arrivals) -> dict[str, Any]:
    """What is told of the studies that were made."""
    return {
        "source": made.description, "sites": list(made.sites), "days": made.days,
        "daily_per_site": made.daily_per_site, "changed_site": made.changed_site,
        "change_day": made.change_day.isoformat() if made.change_day else "",
        "notes": list(made.notes),
    }


def defined(course: Course) -> DeviceDefinition:
    """The device's definition, as accepted."""
    with course.store.reader() as reader:
        return definition_of(find_device(reader, course.device))


def take_in(course: Course) -> dict[str, Any]:
    """Steps 2 and 3: development studies are de-identified, checked, and gated."""
    now = course.at(course.day_before(14))
    report = take_in_development(
        course.store, course.device, course.arrivals, actor="service:intake", now=now,
        workers=course.workers, progress=course.advance,
    )
    with course.store.reader() as reader:
        return intake_figures(reader, report, before=course.arrivals.first_day)


def version(course: Course) -> dict[str, Any]:
    """Step 4: the dataset version."""
    now = course.at(course.day_before(13))
    made = freeze_dataset(
        course.store, course.device, seed=course.seed, actor="service:training", now=now,
        origin=simulated_origin(
            course.arrivals.description, real_images=course.data is not None
        ),
    )
    return frozen_figures(made)


def frozen_figures(made: DatasetVersion) -> dict[str, Any]:
    """What is told of a frozen dataset."""
    return {
        "record": made.label, "name": made.name, "studies": made.studies,
        "patients": made.patients, "splits": made.splits,
        "manifest_digest": made.manifest_digest,
        "limitations": made.datasheet["checks"]["limitations"],
        "datasheet": {name: one for name, one in made.datasheet.items() if name != "checks"},
    }


def train(course: Course) -> dict[str, Any]:
    """Step 5: the candidate."""
    now = course.at(course.day_before(12))
    made = retrain(
        course.store, course.device, seed=course.seed, actor="service:training", now=now,
    )
    return {
        "record": made.label, "name": made.name, "weights_hash": made.weights_hash,
        "operating_point": made.operating_point, "architecture": made.architecture,
    }


def candidate_of(course: Course) -> ModelVersion:
    """The version that was trained."""
    with course.store.reader() as reader:
        found = newest_model(reader, find_device(reader, course.device))
    assert found is not None
    return found


def evaluate(course: Course) -> dict[str, Any]:
    """Step 6: internal and external test, criteria judged."""
    now = course.at(course.day_before(11))
    judged = evaluate_version(
        course.store, candidate_of(course), actor="service:training", now=now
    )
    return {
        "criteria": [
            {"criterion": one.criterion, "statement": one.statement, "verdict": one.verdict,
             "observed": one.observed, "reason": one.reason}
            for one in judged
        ]
    }


def release(course: Course) -> dict[str, Any]:
    """Step 7: change request, two signatures, release and deployment; or refusal and shadow."""
    now = course.at(course.day_before(10))
    store, arrivals = course.store, course.arrivals
    change = assessed_change(course, now=now)
    assert change.id is not None
    if change.status == "assessed":
        decided = decide_change(
            store, change.id, sites=list(arrivals.sites), decided_by="demo.quality",
            password=DEMO_PASSWORD, reason="decision on the change request",
            now=course.at(course.day_before(7)),
        )
        outcome, why = decided.outcome, decided.reason
    else:
        outcome, why = ("released" if change.status == "released" else "refused"), ""
    start_watch(
        store, course.device, daily_n=arrivals.daily_per_site, seed=course.seed,
        actor="service:surveillance", now=course.at(course.day_before(3)),
    )
    with store.reader() as reader:
        baselines = list_records(reader, ChartBaseline)
    return {
        "change_request": change.label, "outcome": outcome, "reason": why,
        "mode": "live" if outcome == "released" else "shadow",
        "baselines": len(baselines),
        "unwatched": [f"{one.chart}: {one.reason}" for one in baselines if one.reason],
    }


def assessed_change(course: Course, *, now: datetime) -> ChangeRequest:
    """The sites confirmed, the version proposed for them, and its assessment signed."""
    arrivals, candidate = course.arrivals, candidate_of(course)
    with course.store.transaction("demo.quality", "sites that take part", now=now) as tx:
        origin = "assigned" if arrivals.sites_assigned else "reported"
        for name in arrivals.sites:
            site = register_site(tx, name, origin=origin, now=now)
            if site.status == "unconfirmed":
                site.status = "confirmed"
                tx.add(site)
            if not (arrivals.sites_assigned or site.country) and name in COUNTRIES:
                place_site(tx, site, COUNTRIES[name], by=find_actor(tx, "demo.quality"))
    with course.store.reader() as reader:
        query = select(ChangeRequest).where(ChangeRequest.model_version_id == candidate.id)
        known = reader.exec(query).first()
    change = known or propose_version(
        course.store, candidate, reason="first release of the device", actor="demo.engineer",
        now=now,
    )
    if change.status == "assessed":
        _sign_assessment(course, change)
    return change


def _sign_assessment(course: Course, change: ChangeRequest) -> None:
    """Two people in different roles sign: an approval where the criteria are met, else a review."""
    met = bool(change.assessment.get("all_met"))
    second = Meaning.APPROVAL if met else Meaning.REVIEW
    for days, name, meaning in (
        (9, "demo.engineer", Meaning.AUTHOR), (8, "demo.quality", second)
    ):
        sign_as(
            course.store, change, name, meaning, reason="assessment of the declared criteria",
            now=course.at(course.day_before(days)),
        )


def operate(
    course: Course, *, evening: Callable[[int, datetime], None] = lambda _number, _now: None
) -> dict[str, Any]:
    """Steps 8 and 9: day by day, studies arrive, are read, truth comes in, charts are stepped.

    evening: what else comes on a day, by its number, when its studies are read.
    """
    arrivals = course.arrivals
    days = [arrivals.day(number) for number in range(1, arrivals.days + 1)]
    done = watched_days(course.store, course.device)
    if done:  # the last one may have been interrupted between its charts and its tables
        watch_day(
            course.store, course.device, max(done), actor="service:surveillance",
            now=course.at(max(done), hour=20),
        )
    ahead = examine_days(course.store, course.device, [day for day in days if day not in done])
    for number, day in enumerate(days, start=1):
        if day in done:
            continue
        _answer_alerts(course, day)
        watch_day(
            course.store, course.device, day, ahead=ahead, actor="service:surveillance",
            now=course.at(day, hour=20),
        )
        evening(number, course.at(day, hour=21))
        write_anchor(course.store, now=course.now)
        course.advance(number, arrivals.days)
    with course.store.reader() as reader:
        return {"days": arrivals.days} | operation_figures(reader)


def _answer_alerts(course: Course, day: date) -> None:
    """At nine the quality manager acknowledges what was raised the evening before."""
    from journeys.revalidate import acknowledge_alerts

    with course.store.reader() as reader:
        alerts = open_alerts(reader, watch_of(reader, course.device).plan)
    waiting = [alert for alert in alerts if alert.status == "open"]
    if waiting:
        acknowledge_alerts(
            course.store, waiting, by="demo.quality", now=course.at(day, hour=9)
        )


def revalidate(course: Course) -> dict[str, Any]:
    """Step 10: the deployed version judged again at the site of each alert."""
    from journeys.revalidate import revalidate_alerts

    revalidate_alerts(
        course.store, course.device, actor="service:surveillance", quality="demo.quality",
        now=course.at(course.arrivals.day(course.arrivals.days), hour=21),
    )
    with course.store.reader() as reader:  # an attempt before this one may have made some
        done = list_records(reader, Revalidation)
    return {
        "revalidations": [
            {"record": one.label, "site": one.site, "outcome": one.outcome,
             "conclusion": one.conclusion}
            for one in done
        ]
    }


def document(course: Course) -> dict[str, Any]:
    """Step 11: four documents, compiled as of one freeze, reviewed, signed, put into force."""
    now = course.at(course.arrivals.day(course.arrivals.days), hour=22)
    facts = take_in_shipped_facts(course.store, course.device, by="demo.regulatory", now=now)
    made = write_documents(course.store, course.device, actor="service:documents", now=now)
    exported = [put_in_force(course, draft, now=now) for draft in made.documents]
    return {"documents": exported, "not_made": made.skipped, "facts": facts}


def put_in_force(course: Course, document: Document, *, now: datetime) -> dict[str, Any]:
    """A draft is submitted, signed by all whom its kind needs, approved, and put into force; one
    that an interrupted attempt has brought further goes on from there."""
    number, store = document.id or 0, course.store
    if document.status == "draft":
        _declare_gaps(store, document, now=now)
        submit(store, Deed(number, "demo.engineer", "complete, to be reviewed", now))
    if document.status in ("draft", "in review"):
        for name, meaning in (*SIGNERS, *_others(document.kind)):
            sign_as(store, document, name, meaning, reason="review of the document", now=now)
        approve(store, Deed(number, "demo.regulatory", "reviewed and signed", now))
    return make_effective(store, Deed(number, "demo.regulatory", "in force from now", now))


def _declare_gaps(store: Store, document: Document, *, now: datetime) -> None:
    """Everybody declares unknown what is theirs to fill."""
    for name in ("demo.quality", "demo.radiologist", "demo.responsible"):
        with store.reader() as reader:
            draft = reader.get_one(Document, document.id)
            person = reader.exec(select(Actor).where(Actor.name == name)).first()
        if person is not None and any(
            writes_for(person, str(gap["who"])) for gap in draft.gaps if not gap.get(DECLARED_BY)
        ):
            declare_gaps_unknown(
                store, document.id or 0, by=name, now=now,
                reason="nobody writes this text in a demonstration",
            )


def _others(kind: str) -> list[tuple[str, Meaning]]:
    """Who else signs a kind of document: the radiologist, who developed nothing here."""
    return [("demo.radiologist", one.meaning) for one in needed_for(kind) if one.independent]


def verify(course: Course) -> dict[str, Any]:
    """Step 11, last part: the audit trail is whole; an altered byte and a cut-off tail show."""
    from journeys.prove_tamper_evidence import prove_tamper_evidence

    return prove_tamper_evidence(course.store, now=course.now)
