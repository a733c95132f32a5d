"""Where a version comes from and what became of it: data, model, evaluations, decision (REG-046).

Only what is before a decision stands in the graph; operation has its own records.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Document, Release
from records.surveillance import RETRAINING, VALIDATION, AcceptanceResult, Evaluation

DATA, MODEL, EVALUATION, DECISION = "data", "model", "evaluation", "release"
KINDS: Final = (DATA, MODEL, EVALUATION, DECISION)
"""The columns of the graph, in the order in which one comes from the other."""
PURPOSES: Final = ("internal_test", "external_test", VALIDATION, RETRAINING)
"""What a version is evaluated for before it is decided about."""


@dataclass(frozen=True, slots=True)
class Node:
    """A record of the graph: what it is, its name, and how it stands, in words."""

    label: str
    kind: str
    title: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One record came from another."""

    source: str
    target: str
    said: str
    """How: trained on, tested on, evaluated in, decided in."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """The records of a device's versions and what came from what."""

    device: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class VersionStanding:
    """A model version with where it runs now."""

    id: int
    label: str
    name: str
    device: str
    status: str
    architecture: str
    dataset: str
    """The label of the dataset version; '' of a product that is seen from outside only."""
    made: str
    """trained, registered, or seen from outside."""
    made_at: str
    runs: tuple[str, ...]
    """Such as 'north: live since 2026-01-05'; empty where it runs nowhere."""
    changes: tuple[str, ...]
    """Labels of its change requests."""


def version_standings(session: Session, *, device: str = "") -> list[VersionStanding]:
    """Every model version, the newest first, with where it runs and its change requests.

    device: of this device only; empty means all.
    """
    query = select(ModelVersion, Device.name).join(
        Device, col(Device.id) == ModelVersion.device_id
    )
    if device:
        query = query.where(Device.name == device)
    found = session.exec(query.order_by(col(ModelVersion.id).desc())).all()
    runs: dict[int, list[str]] = {}
    running = (
        select(Deployment, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(col(Deployment.ended_at).is_(None)).order_by(Site.name, col(Deployment.id))
    )
    for one, site in session.exec(running):
        runs.setdefault(one.model_version_id, []).append(
            f"{site}: {one.mode} since {one.started_at:%Y-%m-%d}"
        )
    changes: dict[int, list[str]] = {}
    for change in session.exec(select(ChangeRequest).order_by(col(ChangeRequest.id))):
        changes.setdefault(change.model_version_id, []).append(change.label)
    return [
        VersionStanding(
            id=one.id or 0, label=one.label, name=one.name, device=name, status=one.status,
            architecture=one.architecture, made=_made(one), made_at=f"{one.trained_at:%Y-%m-%d}",
            dataset=DatasetVersion.label_of(one.dataset_version_id)
            if one.dataset_version_id else "",
            runs=tuple(runs.get(one.id or 0, ())), changes=tuple(changes.get(one.id or 0, ())),
        )
        for one, name in found
    ]  # fmt: skip


def _made(one: ModelVersion) -> str:
    if one.seen_from_outside:
        return "seen from outside"
    return "registered" if one.made_elsewhere else "trained"


def newest_documents(
    session: Session, device: str, kinds: tuple[str, ...]
) -> dict[str, Document]:  # fmt: skip
    """By kind, the newest revision of a device's documents; a kind without one is left out."""
    query = (
        select(Document).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == device, col(Document.kind).in_(kinds)).order_by(col(Document.id))
    )
    return {one.kind: one for one in session.exec(query)}


def lineage_of(session: Session, device: str, *, version: str = "") -> Lineage:
    """The graph of a device's versions.

    version: the label of one, with what it came from and what came of it only; empty: all.
    """
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device).order_by(col(ModelVersion.id))
    )
    versions = [one for one in session.exec(query) if version in ("", one.label)]
    numbers = [one.id or 0 for one in versions]
    wanted = {one.dataset_version_id for one in versions if one.dataset_version_id}
    datasets = session.exec(
        select(DatasetVersion).where(col(DatasetVersion.id).in_(wanted))
        .order_by(col(DatasetVersion.id))
    ).all()
    evaluations = session.exec(
        select(Evaluation).where(
            col(Evaluation.model_version_id).in_(numbers), col(Evaluation.purpose).in_(PURPOSES)
        ).order_by(col(Evaluation.id))
    ).all()
    decisions = session.exec(
        select(ChangeRequest, Release)
        .outerjoin(Release, col(Release.change_request_id) == ChangeRequest.id)
        .where(col(ChangeRequest.model_version_id).in_(numbers)).order_by(col(ChangeRequest.id))
    ).all()
    judged = _judged(session, numbers)
    nodes = [
        *(Node(one.label, DATA, one.name, f"{one.studies} studies, {one.patients} patients")
          for one in datasets),
        *(Node(one.label, MODEL, one.name, one.status) for one in versions),
        *(Node(one.label, EVALUATION, one.purpose.replace("_", " "),
               judged.get(one.id or 0, f"{one.studies} studies")) for one in evaluations),
        *(Node(change.label, DECISION, change.title, release.outcome if release else change.status)
          for change, release in decisions),
    ]  # fmt: skip
    return Lineage(
        device, tuple(nodes), tuple(_edges(versions, evaluations, [one for one, _ in decisions]))
    )


def _judged(session: Session, versions: list[int]) -> dict[int, str]:
    """Of each evaluation how many of the criteria that it was judged by are met."""
    query = select(AcceptanceResult).where(col(AcceptanceResult.model_version_id).in_(versions))
    verdicts: dict[int, list[str]] = {}
    for one in session.exec(query):
        if one.evaluation_id is not None:
            verdicts.setdefault(one.evaluation_id, []).append(one.verdict)
    return {
        number: f"{found.count('met')} of {len(found)} criteria met"
        for number, found in verdicts.items()
    }


def _edges(
    versions: Iterable[ModelVersion], evaluations: Iterable[Evaluation],
    changes: Iterable[ChangeRequest],
) -> Iterable[Edge]:  # fmt: skip
    evaluated: dict[int, list[str]] = {}
    for one in versions:
        if one.dataset_version_id:
            said = "tested on" if one.made_elsewhere else "trained on"
            yield Edge(DatasetVersion.label_of(one.dataset_version_id), one.label, said)
    for each in evaluations:
        evaluated.setdefault(each.model_version_id, []).append(each.label)
        yield Edge(ModelVersion.label_of(each.model_version_id), each.label, "evaluated in")
    for change in changes:
        sources = evaluated.get(
            change.model_version_id, [ModelVersion.label_of(change.model_version_id)]
        )
        for source in sources:
            yield Edge(source, change.label, "decided in")
