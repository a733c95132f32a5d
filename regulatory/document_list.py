"""The controlled documents of devices by area of work: where the newest revision of each stands.

Pages and command line read it here; nothing of it is computed twice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from records.checklist_answers import ChecklistAnswer, answers_on
from records.control_overview import DocumentStanding, documents
from records.held_definition import definition_of
from records.owed_document_work import DUE
from records.product import Device
from records.quality import DECLARED_BY, Document
from regulatory.checklist_readings import NOT_READ, standing_reading
from regulatory.documents.areas import AREA_OF, AREAS
from regulatory.documents.registry import DOCUMENTS
from regulatory.gathering.subjects import subjects_of
from regulatory.periodic_schedule import ScheduledReport, device_in_force, schedule_of

GAP_DAY = "the day set for a gap"


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document by its newest revision, with what is still owed to it.

    due: the next day that somebody or a rule set for it; due_by says which. checklist: how it was
    read; verdict is empty where nobody read it.
    """

    area: str
    code: str
    clause: str
    device: str
    newest: DocumentStanding
    in_force: int | None
    open_gaps: int
    due: date | None
    due_by: str
    checklist: str
    verdict: str
    percent: float | None

    def as_told(self) -> dict[str, Any]:
        """As programs read it."""
        one = self.newest
        return {
            "area": self.area, "code": self.code, "clause": self.clause, "device": self.device,
            "document": one.label, "number": one.number, "version": one.version,
            "title": one.title, "kind": one.kind, "status": one.status,
            "in_force": self.in_force, "open_gaps": self.open_gaps, "gaps": len(one.gaps),
            "due": self.due, "due_by": self.due_by, "checklist": self.checklist,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindToCompile:
    """A type of document that a device has: its records where each has one, and whether it is made.
    """

    kind: str
    area: str
    code: str
    title: str
    subjects: tuple[str, ...]
    by_subject: bool
    compiled: bool


def listed_documents(reader: Session, *, on: date) -> list[ListedDocument]:
    """Each document by its newest revision: areas in order of :data:`AREAS`, there by code.

    Raises:
        IntegrityBroken: The definition of a device was altered.
    """
    standing = documents(reader)
    rows = {one.id or 0: one for one in reader.exec(select(Document).order_by(col(Document.id)))}
    names = {one.id: one.name for one in reader.exec(select(Device))}
    answers: dict[int, list[ChecklistAnswer]] = {}
    for one in answers_on(reader, list(rows)):
        answers.setdefault(one.document_id, []).append(one)
    revisions: dict[str, list[DocumentStanding]] = {}
    for each in standing:
        revisions.setdefault(each.number, []).append(each)
    days = _scheduled(reader, {names[one.device_id] for one in standing}, on)
    found = [
        _listed(sorted(known, key=lambda one: one.version), names, rows, answers, days)
        for known in revisions.values()
    ]
    order = list(AREAS)
    return sorted(found, key=lambda one: (order.index(one.area), one.code, one.newest.number))


def _listed(
    known: Sequence[DocumentStanding], names: Mapping[int | None, str],
    rows: Mapping[int, Document], answers: Mapping[int, list[ChecklistAnswer]],
    days: Mapping[tuple[str, str], ScheduledReport],
) -> ListedDocument:
    newest, kind = known[-1], DOCUMENTS[known[-1].kind]
    device = names[newest.device_id]
    read = standing_reading([rows[one.id] for one in known], answers)
    gaps = [one for one in newest.gaps if isinstance(one, dict) and not one.get(DECLARED_BY)]
    due, due_by = _due(gaps, days.get((device, newest.kind)))
    return ListedDocument(
        area=AREA_OF[newest.kind], code=kind.code, clause="; ".join(kind.legal_basis),
        device=device, newest=newest,
        in_force=max((one.version for one in known if one.status == "effective"), default=None),
        open_gaps=len(gaps), due=due, due_by=due_by,
        checklist=read.words if read else NOT_READ,
        verdict=read.score.verdict if read and not read.not_current else "",
        percent=read.score.percent if read and not read.not_current else None,
    )


def _due(
    gaps: Sequence[Mapping[str, Any]], scheduled: ScheduledReport | None
) -> tuple[date | None, str]:
    days = [(date.fromisoformat(one[DUE]), GAP_DAY) for one in gaps if one.get(DUE)]
    if scheduled is not None and scheduled.issue_due is not None:
        days.append((scheduled.issue_due, scheduled.citation))
    return min(days, default=(None, ""))


def _scheduled(
    reader: Session, devices: Collection[str], on: date
) -> dict[tuple[str, str], ScheduledReport]:
    """By device and type of document the next report that the schedule has a day for."""
    found: dict[tuple[str, str], ScheduledReport] = {}
    for name in sorted(devices):
        for one in schedule_of(reader, device_in_force(reader, name), on=on):
            if one.issue_due is not None:
                found.setdefault((name, one.report.lower()), one)
    return found


def kinds_to_compile(reader: Session, device: Device) -> list[KindToCompile]:
    """The types of document that apply to a device, by area; those already compiled say so."""
    made = set(reader.exec(
        select(Document.kind).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == device.name).distinct()
    ))  # fmt: skip
    definition = definition_of(device)
    risk_class, markets = definition.risk_class.eu, definition.markets
    return [
        KindToCompile(kind, area, known.code, known.title,
                      tuple(subjects_of(reader, kind, device)), bool(known.subjects), kind in made)
        for area, kinds in AREAS.items() for kind in kinds
        for known in (DOCUMENTS[kind],) if known.applies(risk_class, markets)
    ]  # fmt: skip


def as_json(rows: Sequence[ListedDocument]) -> list[dict[str, Any]]:
    """The list as programs read it, with the signatures of each newest revision."""
    return [
        one.as_told() | {"signatures": [asdict(each) for each in one.newest.signatures]}
        for one in rows
    ]
