"""The steps of a demonstration whose hospitals send what they know, and no list knows the truth."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import select

from imaging.sources.base import StudyPlan
from imaging.sources.cases import Case
from imaging.sources.clinic_panel import panel_answer
from imaging.sources.simulator import operation_day_plan
from journeys import demonstration_steps as steps
from journeys.compare_truth_kinds import compare_truth_kinds
from journeys.demonstration_setup import DEMO_PASSWORD, define_and_accept
from journeys.demonstration_steps import Course
from journeys.receive_truth import TRUTH
from journeys.simulated_clinic import SimulatedClinic
from journeys.watch_day import watched_days
from monitoring.draw_adjudication import draw_audit_sample, version_read
from records.adjudicated import cases_of, samples_of
from records.adjudication import SETTLED
from records.adjudication_queue import ABSENT, CANNOT_TELL, PRESENT, next_case, read_case
from records.definition import TaskDefinition, find_definition
from records.errors import NotFound
from records.held_definition import definition_of
from records.people import Actor, Role, find_actor, register_person
from records.product import Device, ModelVersion
from records.queries import find_device
from records.store import Store
from records.truth_kind_results import EVERYWHERE, newest_comparisons

OTHER_DEVICE: Final = "other-maker-chest-pneumonia"
"""The product of another maker that the simulated hospitals run beside the device."""
PANEL: Final = (
    ("demo.reader1", "Demo Blinded Reader"), ("demo.reader2", "Demo Second Reader"),
    ("demo.arbiter", "Demo Arbiter"),
)
"""Simulated clinicians who read for adjudication, and for nothing else."""


def define(course: Course) -> dict[str, Any]:
    """Step 1, and the definition by which another maker's product is read and watched."""
    told = steps.define(course)
    other = define_and_accept(course.store, find_definition(OTHER_DEVICE), now=course.now)
    return told | {"other_device": other.name, "other_record": other.label}


def make(course: Course) -> dict[str, Any]:
    """Step 2a; the list that knows the truth of all studies in operation is thrown away."""
    told = steps.make(course)
    (course.store.workspace.incoming / TRUTH).unlink(missing_ok=True)
    return told


def operate(course: Course) -> dict[str, Any]:
    """Steps 8 and 9, and each evening what the hospitals send."""
    clinic = clinic_of(course)

    def evening(number: int, now: datetime) -> None:
        clinic.evening(plans_of(course, number), actor="service:intake", now=now)

    arrivals = course.arrivals
    done = sorted(watched_days(course.store, course.device))
    with clinic.open(by="demo.administrator", now=course.now):
        for day in done:
            number = (day - arrivals.first_day).days + 1
            if day != done[-1]:
                clinic.remember(plans_of(course, number), until=_evening(course, number))
        if done:  # the last one may have been interrupted before its evening
            number = (done[-1] - arrivals.first_day).days + 1
            evening(number, course.at(done[-1], hour=21))
        told = steps.operate(course, evening=evening)
    return told | {"clinic": sent_figures(clinic)}


def sent_figures(clinic: SimulatedClinic) -> dict[str, Any]:
    """What is told of what the hospitals sent in this call."""
    sent = clinic.sent
    return {
        "messages": dict(sent.messages), "acknowledged": dict(sent.acknowledged),
        "answers": dict(sent.answers), "results_of_other_maker": sent.results,
        "truths": sent.truths,
    }


def clinic_of(course: Course) -> SimulatedClinic:
    """The simulated hospitals of a demonstration."""
    return SimulatedClinic(course.store, steps.defined(course).task, other_device=OTHER_DEVICE)


def plans_of(course: Course, number: int) -> list[StudyPlan]:
    """The studies of one day of operation at all sites, counted from 1, as they were made."""
    arrivals = course.arrivals
    return [
        plan for site in arrivals.sites
        for plan in operation_day_plan(
            course.seed, site, number - 1, arrivals.daily_per_site,
            site == arrivals.changed_site and arrivals.change_day is not None
            and arrivals.day(number) >= arrivals.change_day,
        )
    ]


def _evening(course: Course, number: int) -> datetime:
    day = course.arrivals.day(number)
    return datetime(day.year, day.month, day.day, 21, tzinfo=course.now.tzinfo)


def whole_truth(course: Course) -> dict[int, bool]:
    """The truth of every study in operation by its id, which the records never learn."""
    clinic = clinic_of(course)
    for number in range(1, course.arrivals.days + 1):
        clinic.remember(plans_of(course, number), until=_evening(course, number))
    return clinic.full_truth()


def adjudicate(course: Course) -> dict[str, Any]:
    """An audit sample of the days of operation is drawn, and blinded readers work through it."""
    now = course.at(course.arrivals.day(course.arrivals.days), hour=21)
    store = course.store
    _register_panel(store, now=now)
    with store.reader() as reader:
        device = find_device(reader, course.device)
        task = definition_of(device).task
        try:
            version = version_read(reader, device)
        except NotFound as none:
            return {"cases": 0, "reason": none.message}
        drawn = samples_of(reader, version)
    if not drawn:
        with store.transaction("demo.quality", "audit sample of the operation", now=now) as tx:
            draw_audit_sample(
                tx, tx.get_one(ModelVersion, version.id), since=course.arrivals.day(1),
                until=now.date(), seed=course.seed, by=find_actor(tx, "demo.quality"), now=now,
            )
    cases = clinic_of(course).cases_by_study(
        [plan for number in range(1, course.arrivals.days + 1)
         for plan in plans_of(course, number)]
    )
    read = {name: read_queue(store, device, task, name, cases, now=now) for name, _ in PANEL}
    with store.reader() as reader:
        queue = cases_of(reader, version)
    return {"cases": len(queue), "readings": read,
            "settled": sum(one.status == SETTLED for one in queue)}  # fmt: skip


def _register_panel(store: Store, *, now: datetime) -> None:
    with store.transaction("demo.administrator", "blinded readers", now=now) as tx:
        known = set(tx.exec(select(Actor.name)).all())
        for name, full_name in PANEL:
            if name not in known:
                register_person(tx, name, full_name=full_name, roles=[Role.CLINICIAN],
                                password=DEMO_PASSWORD, now=now)  # fmt: skip


def read_queue(
    store: Store, device: Device, task: TaskDefinition, name: str, cases: Mapping[int, Case], *,
    now: datetime,
) -> int:
    """One blinded reader answers case after case until nothing waits; how many were read.

    name: the account of the reader. cases: what each study that may be drawn shows, by its id.
    """
    count = 0
    with store.transaction(name, "blinded reading", now=now) as tx:
        person = find_actor(tx, name)
        while (one := next_case(tx, device, person)) is not None:
            said = panel_answer(cases[one.study_id], name)
            answer = CANNOT_TELL if said is None else PRESENT if said else ABSENT
            read_case(tx, one, answer, task=task, by=person, now=now)
            count += 1
    return count


def compare(course: Course) -> dict[str, Any]:
    """How good both products are by each way of knowing the truth, and by the whole truth."""
    now = course.at(course.arrivals.day(course.arrivals.days), hour=21)
    full = whole_truth(course)
    for device in (course.device, OTHER_DEVICE):
        compare_truth_kinds(
            course.store, device, until=now.date(), actor="service:surveillance", now=now,
            full=full,
        )
    return {"kinds_of_truth": _told(course.store)}


def _told(store: Store) -> list[dict[str, Any]]:
    with store.reader() as reader:
        return [
            {"product": row.name, "truth_by": row.way, "measure": row.result.measure,
             "value": row.result.value, "low": row.result.low, "high": row.result.high,
             "n": row.result.n, "reason": row.result.reason}
            for one in newest_comparisons(reader) for row in one.rows if row.site == EVERYWHERE
        ]  # fmt: skip
