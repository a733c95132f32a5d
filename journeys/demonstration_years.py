"""The steps of a scenario that runs over years: its devices, its few days of studies, its story."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from imaging.sources.cases import OPERATION_START
from imaging.sources.simulator import development_plan, operation_day_plan, simulate
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE, OPERATION_SITES
from journeys import demonstration_steps as steps
from journeys.demonstration_setup import DEMO_PASSWORD, define_and_accept, prepare_workspace
from journeys.demonstration_steps import Course, put_in_force, told_of
from journeys.make_studies import Arrivals, Batch, write_arrivals, write_truths
from journeys.read_by_checklist import READINGS, read_documents_of_folder
from journeys.review_documents import compile_every_kind
from journeys.scenario import Scene, carry_out, done_deeds, read_story, scenario_folder
from journeys.scenario_changes import CHANGES, CHANGES_ALONE
from journeys.scenario_events import EVENTS
from journeys.scenario_quality import QUALITY, QUALITY_ALONE
from journeys.simulated_subjects import subject_of
from journeys.summarise import operation_figures
from journeys.watch_day import watch_day, watched_days
from records.anchors import write_anchor
from records.errors import Refused
from records.lookup import list_records
from records.people import Actor, Role, find_actor, register_person
from records.product import Device
from records.quality import Document
from records.settings import Workspace
from records.signature_policy import acknowledge_policy
from records.surveillance import Revalidation
from records.yaml_source import read_yaml

RESPONSIBLE: Final = "demo.responsible"
WATCHED_AT: Final = 20
"""The hour at which the studies of a day are read and the charts stepped."""


def merged(base: Any, changes: Any) -> Any:
    """A definition with sections changed: mappings merged, null taken away, the rest replaced."""
    if not (isinstance(base, Mapping) and isinstance(changes, Mapping)):
        return changes
    whole = {**base, **{key: merged(base.get(key), one) for key, one in changes.items()}}
    return {key: one for key, one in whole.items() if not (key in changes and one is None)}


def definitions(workspace: Workspace, scenario: str) -> list[Path]:
    """The definitions of the scenario's devices, written below ``incoming/definitions``."""
    from ruamel.yaml import YAML

    from records.definition import find_definition

    folder = workspace.incoming / "definitions"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in read_yaml(scenario_folder(scenario) / "devices.yaml").content["devices"]:
        content = merged(read_yaml(find_definition(one["from"])).content, one["changes"])
        path = folder / f"{content['name']}.yaml"
        with path.open("w", encoding="utf-8") as target:
            YAML(typ="safe").dump(content, target)
        written.append(path)
    return written


def device_names(scenario: str) -> list[str]:
    """The devices of a scenario, the one that leads first."""
    rows = read_yaml(scenario_folder(scenario) / "devices.yaml").content["devices"]
    return [str(one["changes"].get("name", one["from"])) for one in rows]


def define(course: Course) -> dict[str, Any]:
    """Step 1: the people, with a responsible person, and every device defined and signed."""
    prepare_workspace(course.store, course.order, now=course.now)
    _responsible_person(course)
    made = [define_and_accept(course.store, path, now=course.now)
            for path in definitions(course.store.workspace, course.scenario)]  # fmt: skip
    return {
        "order": course.order, "device": made[0].name, "revision": made[0].revision,
        "definition_digest": made[0].definition_digest, "record": made[0].label,
        "devices": [{"device": one.name, "record": one.label} for one in made],
    }


def _responsible_person(course: Course) -> None:
    """Who answers for regulatory compliance (MDR Art. 15) is registered, verified and qualified."""
    from sqlmodel import select

    from journeys.demonstration_setup import QUALIFIED_FOR
    from records.identity_checks import SIMULATED, verify_identity
    from records.people import Meaning
    from records.qualifications import qualify

    now = course.now
    with course.store.transaction("radvigil", "begin a demonstration", now=now) as tx:
        if tx.exec(select(Actor).where(Actor.name == RESPONSIBLE)).first() is not None:
            return
        person = register_person(
            tx, RESPONSIBLE, full_name="Demo Responsible Person", roles=[Role.RESPONSIBLE_PERSON],
            password=DEMO_PASSWORD, now=now,
        )
        quality = find_actor(tx, "demo.quality")
        verify_identity(tx, person, way=SIMULATED, now=now, verified_on=now.date(), by=quality,
                        evidence="a simulated person of a demonstration")  # fmt: skip
        qualify(tx, person, [Meaning.RESPONSIBLE_PERSON, Meaning.REVIEW], now=now,
                until=(now + QUALIFIED_FOR).date(), recorded_by=quality,
                evidence="simulated training of a demonstration")  # fmt: skip
    with course.store.transaction(RESPONSIBLE, "before the first signature", now=now) as tx:
        acknowledge_policy(tx, find_actor(tx, RESPONSIBLE), password=DEMO_PASSWORD, now=now)


def watched(scenario: str) -> tuple[list[date], str, tuple[date, date]]:
    """The days on which studies come, the site with the fault, and its first and last day."""
    said = read_yaml(scenario_folder(scenario) / "story.yaml").content["watch"]
    first, last = (date.fromisoformat(str(said[key])) for key in ("since", "until"))
    if first < OPERATION_START:
        raise ValueError(f"the simulated sites have no studies in operation before {first}")
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    more = {date.fromisoformat(str(one)) for one in said.get("also") or ()}
    days = [day for day in every if day.day in said["days_of_month"] or day in more]
    fault = tuple(date.fromisoformat(str(said["fault"][key])) for key in ("since", "until"))
    return days, str(said["fault"]["site"]), (fault[0], fault[1])


def make(course: Course) -> dict[str, Any]:
    """Step 2a: studies of the development, and of a few days a month of operation."""
    workspace, definition = course.store.workspace, steps.defined(course)
    subject = subject_of(course.order["device"])
    days, faulty, (since, until) = watched(course.scenario)
    plans = development_plan(course.seed, course.scale.development_per_site, knobs=subject.knobs)
    for site in OPERATION_SITES:
        for day in days:
            plans += operation_day_plan(
                course.seed, site, (day - OPERATION_START).days, course.scale.daily_per_site,
                site == faulty and since <= day <= until, knobs=subject.knobs,
            )
    studies = simulate(plans, workspace.incoming, workers=course.workers,
                       progress=lambda done: course.advance(done, len(plans)))  # fmt: skip
    write_truths(workspace, studies)
    arrivals = Arrivals(
        description=f"{subject.description}, on {len(days)} days of two years",
        sites=tuple(OPERATION_SITES), batches=tuple(
            Batch(site=site, origin="reported", assigned=(), folder=f"{site}/development",
                  purpose="external" if site == EXTERNAL_SITE else "development")
            for site in DEVELOPMENT_SITES
        ),
        first_day=OPERATION_START, days=(days[-1] - OPERATION_START).days + 1,
        daily_per_site=course.scale.daily_per_site, external=True, changed_site=faulty,
        change_day=since, notes=(f"{faulty} has faulty detector software until {until}",),
    )  # fmt: skip
    write_arrivals(workspace, arrivals)
    assert definition.task.finding
    return told_of(arrivals)


def others(course: Course) -> dict[str, Any]:
    """The other devices of the scenario, each frozen, trained, evaluated and released as the first.

    They read the same studies at the same sites; their versions are trained from other seeds.
    """
    told = []
    for number, name in enumerate(device_names(course.scenario)[1:], start=1):
        own = replace(course, device=name, seed=course.seed + 100 * number)
        said = {"device": name, "dataset": steps.version(own)["record"]}
        said |= {"model": steps.train(own)["record"]}
        steps.evaluate(own)
        said |= {"outcome": steps.release(own)["outcome"]}
        course.now = own.now
        told.append(said)
    return {"devices": told}


def operate(course: Course) -> dict[str, Any]:
    """The story: days are watched and people act, in order; what was done is not done again."""
    scenes = read_story(scenario_folder(course.scenario) / "story.yaml", device=course.device)
    days, _, _ = watched(course.scenario)
    done, names = done_deeds(course.store), device_names(course.scenario)
    seen = {name: watched_days(course.store, name) for name in names}
    events: list[tuple[date, int, Scene | None]] = [(one.day, one.hour, one) for one in scenes]
    events += [(day, WATCHED_AT, None) for day in days]
    events.sort(key=lambda one: one[:2])
    for number, (day, hour, scene) in enumerate(events, start=1):
        if scene is not None and scene.name not in done:
            carry_out(course, scene, done, within={**EVENTS, **QUALITY, **CHANGES},
                      alone={**QUALITY_ALONE, **CHANGES_ALONE})  # fmt: skip
        elif scene is None:
            _watch(course, [name for name in names if day not in seen[name]], day, hour)
        course.advance(number, len(events))
    with course.store.reader() as reader:
        return {"days": len(days), "deeds": len(scenes)} | operation_figures(reader)


def _watch(course: Course, names: list[str], day: date, hour: int) -> None:
    for name in names:
        watch_day(course.store, name, day, actor="service:surveillance",
                  now=course.at(day, hour=hour))  # fmt: skip
    if names:
        write_anchor(course.store, now=course.now)


def revalidations(course: Course) -> dict[str, Any]:
    """What the story's revalidations found."""
    with course.store.reader() as reader:
        return {"revalidations": [
            {"record": one.label, "site": one.site, "outcome": one.outcome,
             "conclusion": one.conclusion} for one in list_records(reader, Revalidation)
        ]}  # fmt: skip


def document(course: Course) -> dict[str, Any]:
    """Every kind of document of every device is compiled; those that the story names are signed.

    The readings by the reviewer's checklist that come with the scenario are recorded.
    """
    said = read_yaml(scenario_folder(course.scenario) / "story.yaml").content["documents"]
    now = course.at(course.arrivals.day(course.arrivals.days), hour=22)
    with course.store.reader() as reader:
        known = {one.kind for one in list_records(reader, Document)}
    not_made: dict[str, str] = {}
    if not known:
        for name, made in compile_every_kind(course.store, None, actor="service:documents",
                                             reason="two years", now=now).items():  # fmt: skip
            not_made |= {f"{name}: {kind}": why for kind, why in made.skipped.items()}
    exported = []
    for kind in said["in_force"]:
        with course.store.reader() as reader:
            lead = [one.id for one in list_records(reader, Device) if one.name == course.device]
            found = [one for one in list_records(reader, Document, kind=kind)
                     if one.device_id in lead]  # fmt: skip
        if not found:
            raise Refused(f"No {kind} of {course.device} was made.", hint=str(not_made))
        exported.append(put_in_force(course, found[-1], now=now))
    # after that: what is declared of a document's gaps is a part of what its readers read
    read = read_documents_of_folder(
        course.store, scenario_folder(course.scenario) / READINGS, device_names(course.scenario),
        by="demo.regulatory", now=now,
    )
    return {
        "documents": exported, "not_made": not_made,
        "read_by_checklist": {name: one.words for name, one in read.items()},
    }
