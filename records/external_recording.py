"""Results under pseudonyms become Predictions, wait, or are kept as changed: once, in any order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from records.base import digest_of
from records.batches import add_batch
from records.cases import Prediction, Study
from records.definition import DeviceDefinition
from records.errors import Refused
from records.external_product import ExternalProduct
from records.external_results import (
    APPLIED,
    CHANGED,
    WAITING,
    ExternalResult,
    said_before,
    waiting_results,
)
from records.external_scores import Said, contradicts_at
from records.external_versions import (
    Spoken,
    changes_at_site,
    deployment_of,
    observe_versions,
    record_changes,
    running_at,
)
from records.held_definition import definition_of
from records.notices import NoticeKind, raise_notice
from records.product import Deployment, Device, ModelVersion, Site
from records.queries import find_device, register_site, studies_by_uid

NOT_CLINICAL: Final = "study_not_clinical"


@dataclass
class ResultsReport:
    """What became of results: put on record, waiting for their study, said before, saying something
    else than before, refused by reason; the versions that were seen for the first time, and whose
    scores contradict their decisions. places: by reason the lines of tables that were refused."""

    applied: int = 0
    waiting: int = 0
    known: int = 0
    changed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    versions: list[str] = field(default_factory=list)
    version_changes: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    places: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, why: str, where: str = "") -> None:
        """Count a result that is not taken; where it stood, such as 'line 4', if that is known."""
        self.refused[why] += 1
        if where:
            self.places.setdefault(why, []).append(where)


@dataclass(frozen=True, slots=True)
class Heard:
    """A result under the pseudonym of its study. site: where it came from; the study's own counts
    where the study is here. where: it stood in a file, if that can be told."""

    study_uid: str
    site: str
    software: str
    score: float | None
    decision: bool
    said_at: datetime
    origin: str
    source_digest: str
    where: str = ""

    @property
    def content_digest(self) -> str:
        """SHA-256 over what is said, by whichever way it came."""
        score = None if self.score is None else round(self.score, 6)
        return digest_of([self.study_uid, self.software, score, self.decision])


def product_of(reader: Session, device_name: str) -> tuple[Device, DeviceDefinition]:
    """The device with its definition, of a product that is seen from outside.

    Raises:
        Refused: The device is made here, or its definition is not in force.
    """
    device = find_device(reader, device_name)
    definition = definition_of(device)
    if definition.external is None:
        raise Refused(
            f"{device_name} is made here, and its studies are read here.",
            hint="Results are received for a device whose definition has a section 'external'.",
        )
    if device.status != "accepted":
        raise Refused(
            f"{device.label} is '{device.status}': results are received by a definition in force.",
            hint="Sign and accept it first: 'radvigil device sign' and 'radvigil device accept'.",
        )
    return device, definition


def watched_products(reader: Session) -> dict[str, ExternalProduct]:
    """By device, the products that are seen from outside and whose definition is in force."""
    query = select(Device).where(Device.status == "accepted").order_by(col(Device.id))
    found = ((one.name, definition_of(one).external) for one in reader.exec(query))
    return {name: external for name, external in found if external is not None}


def record_heard(
    tx: Session, device: Device, definition: DeviceDefinition, heard: Sequence[Heard], *,
    now: datetime, report: ResultsReport,
) -> None:
    """Put results on record, and those that waited for studies which are here now.

    Of a study the first that a version says becomes its Prediction; what the same version says
    otherwise later is kept as 'changed', and told. What was said before adds nothing.
    """
    waiting = waiting_results(tx, device.name)
    fresh = _not_said_before(tx, device.name, heard, report)
    uids = {one.study_uid for one in fresh} | {one.study_uid for one in waiting}
    studies = studies_by_uid(tx, uids)
    everything: list[Heard | ExternalResult] = [*waiting, *fresh]
    spoken = [
        one for one in everything
        if one.study_uid in studies and studies[one.study_uid].purpose == "clinical"
    ]
    spoken.sort(key=lambda one: (one.said_at, one.software))
    sites = _sites(tx, fresh, now)
    known = set(observe_versions(tx, device, definition, (), now=now))
    softwares = {one.software for one in (*fresh, *spoken)}
    versions = observe_versions(tx, device, definition, softwares, now=now)
    report.versions += sorted(versions[one].name for one in softwares - known)
    run = _run(tx, definition, versions, sites, studies, spoken, report, now)
    answers, outcome = _decide(
        spoken, studies, versions, _answered(tx, studies.values(), versions.values())
    )
    add_batch(tx, Prediction, [
        {
            "study_id": study.id, "model_version_id": version.id,
            "deployment_id": deployment_of(
                tx, run[study.site_id], version, sites[study.site_id], one.said_at
            ).id,
            "score": one.score, "decision": one.decision, "out_of_distribution": None,
            "returned_to_care": False, "predicted_at": one.said_at,
        }
        for one, study, version in answers
    ])  # fmt: skip
    for one in waiting:
        if id(one) in outcome:
            one.status = outcome[id(one)]
            tx.add(one)
    _keep(tx, device, fresh, outcome, studies, sites, now, report)
    report.applied += len(answers)
    changed = len(outcome) - len(answers)
    report.changed += changed
    _tell_changed(tx, device, definition, changed, now)
    _tell_contradicted(tx, answers, sites, report, now)


def _decide(
    spoken: Sequence[Heard | ExternalResult], studies: Mapping[str, Study],
    versions: Mapping[str, ModelVersion], answered: set[tuple[int, int]],
) -> tuple[list[tuple[Heard | ExternalResult, Study, ModelVersion]], dict[int, str]]:
    """Which results become predictions, and the status of each by its identity in memory."""
    answers: list[tuple[Heard | ExternalResult, Study, ModelVersion]] = []
    outcome: dict[int, str] = {}
    for one in spoken:
        study, version = studies[one.study_uid], versions[one.software]
        pair = (study.id or 0, version.id or 0)
        if pair in answered:
            outcome[id(one)] = CHANGED
            continue
        answered.add(pair)
        outcome[id(one)] = APPLIED
        answers.append((one, study, version))
    return answers, outcome


def _tell_changed(
    tx: Session, device: Device, definition: DeviceDefinition, changed: int, now: datetime
) -> None:
    if changed:
        raise_notice(
            tx, NoticeKind.RESULT_CHANGED, device.subject,
            f"{changed} of the results of {definition.trade_name} received on {now:%Y-%m-%d} at "
            f"{now:%H:%M} UTC say something else of their study than the same version said before. "
            "What was said first stays the prediction; these are on record as 'changed'.", now=now,
        )


def _tell_contradicted(
    tx: Session, answers: Sequence[tuple[Heard | ExternalResult, Study, ModelVersion]],
    sites: Mapping[int, Site], report: ResultsReport, now: datetime,
) -> None:  # fmt: skip
    """Once while nobody has answered the notice, however many results come."""
    new: dict[tuple[int, int], tuple[ModelVersion, list[Said]]] = {}
    for one, study, version in answers:
        if one.score is not None:
            slot = new.setdefault((version.id or 0, study.site_id), (version, []))
            slot[1].append((one.score, one.decision))
    for (_, number), (version, said) in sorted(new.items()):
        if contradicts_at(tx, version, sites[number], said):
            words = (
                f"{version.name} at {sites[number].name} says yes at a lower score than no: no "
                "threshold parts its scores by its decisions. A score or a decision is sent or "
                "read wrongly, or its threshold was changed. See 'radvigil external list'."
            )
            report.contradictions.append(words)
            raise_notice(tx, NoticeKind.SCORE_CONTRADICTED, version.subject, words, now=now)


def _not_said_before(
    tx: Session, device_name: str, heard: Sequence[Heard], report: ResultsReport
) -> list[Heard]:
    before = said_before(tx, device_name, {one.content_digest for one in heard})
    fresh: dict[str, Heard] = {}
    for one in sorted(heard, key=lambda each: each.said_at):
        if one.content_digest in before or one.content_digest in fresh:
            report.known += 1
        else:
            fresh[one.content_digest] = one
    return list(fresh.values())


def _sites(tx: Session, fresh: Sequence[Heard], now: datetime) -> dict[int, Site]:
    """Every site by its number; the one that results came from is registered."""
    for name in sorted({one.site for one in fresh}):
        register_site(tx, name, origin="reported", now=now)
    return {one.id: one for one in tx.exec(select(Site)) if one.id is not None}


def _run(
    tx: Session, definition: DeviceDefinition, versions: dict[str, ModelVersion],
    sites: Mapping[int, Site], studies: Mapping[str, Study],
    spoken: Sequence[Heard | ExternalResult], report: ResultsReport, now: datetime,
) -> dict[int, list[Deployment]]:
    """Which deployments there are at each site, after what these results show."""
    by_site: dict[int, list[Spoken]] = {}
    for one in spoken:
        number = studies[one.study_uid].site_id
        by_site.setdefault(number, []).append(Spoken(one.software, one.said_at))
    before = running_at(tx, versions.values())
    found: dict[int, list[Deployment]] = {}
    for number, said in sorted(by_site.items()):
        here = before.get(number, [])
        current = next(
            (Spoken(software, one.started_at) for one, software in reversed(here)
             if one.ended_at is None), None,
        )  # fmt: skip
        changes = changes_at_site(said, current)
        found[number] = record_changes(tx, sites[number], changes, versions, here)
        for change in (one for one in changes if one.before):
            words = (
                f"{definition.trade_name} at {sites[number].name} names version {change.software} "
                f"since {change.since:%Y-%m-%d}; before, it named {change.before}. Its charts "
                "there begin anew, with a reference of the new version's own studies."
            )
            report.version_changes.append(words)
            version = versions[change.software]
            raise_notice(tx, NoticeKind.VERSION_CHANGED, version.subject, words, now=now)
    return found


def _answered(
    tx: Session, studies: Iterable[Study], versions: Iterable[ModelVersion]
) -> set[tuple[int, int]]:
    """Study and version of each answer on record."""
    numbers = sorted(one.id for one in studies if one.id is not None)
    own, found = [one.id for one in versions], set[tuple[int, int]]()
    for at in range(0, len(numbers), 500):
        query = select(Prediction.study_id, Prediction.model_version_id).where(
            col(Prediction.study_id).in_(numbers[at : at + 500]),
            col(Prediction.model_version_id).in_(own),
        )
        found.update((int(study), int(version)) for study, version in tx.exec(query))
    return found


def _keep(
    tx: Session, device: Device, fresh: Sequence[Heard], outcome: Mapping[int, str],
    studies: Mapping[str, Study], sites: Mapping[int, Site], now: datetime, report: ResultsReport,
) -> None:
    by_name = {one.name: number for number, one in sites.items()}
    rows = []
    for one in fresh:
        study = studies.get(one.study_uid)
        if study is not None and study.purpose != "clinical":
            report.refuse(NOT_CLINICAL, one.where)
            continue
        report.waiting += study is None
        rows.append({
            "device_id": device.id, "study_uid": one.study_uid, "origin": one.origin,
            "site_id": study.site_id if study else by_name[one.site],
            "software": one.software, "score": one.score, "decision": one.decision,
            "said_at": one.said_at, "content_digest": one.content_digest,
            "source_digest": one.source_digest, "received_at": now,
            "status": outcome.get(id(one), WAITING),
        })  # fmt: skip
    add_batch(tx, ExternalResult, rows)
