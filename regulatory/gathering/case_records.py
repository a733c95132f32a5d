"""The records of one case: a subject, and all that belongs to it, each table asked once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlmodel import Session, col, or_, select

from records.awareness import AwarenessCandidate
from records.base import Record
from records.capas import CAPA
from records.complaints import Complaint, ComplaintLink
from records.correction_assessments import CorrectionAssessment
from records.field_actions import FieldAction, asks_about
from records.incidents import Incident
from records.no_capas import NoCAPA
from records.product import Device
from records.quality import Signature
from records.suspensions import Suspension
from regulatory.documents.blocks import Signed
from regulatory.gathering.edition import signed_line
from regulatory.gathering.subjects import of_device

AnyRecord = TypeVar("AnyRecord", bound=Any)
Edges = dict[str, set[str]]
_HELD: Final = ("CMP", "INC", "FSA", "COA", "CAPA", "NCA")
"""Kinds of records that a case consists of; others are only named as tied to it."""
_GOES_ON: Final = (*_HELD, "SUS", "RBK", "AWR")


@dataclass(frozen=True)
class CaseRecords:
    """The records of a case, each kind in order; links of complaints; what else it is tied to."""

    subject: str
    complaints: list[Complaint]
    links: list[ComplaintLink]
    incidents: list[Incident]
    actions: list[FieldAction]
    corrections: list[CorrectionAssessment]
    capas: list[CAPA]
    no_capas: list[NoCAPA]
    tied: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> set[str]:
        """The labels of all of them."""
        held: tuple[list[Any], ...] = (self.complaints, self.incidents, self.actions,
                                       self.corrections, self.capas, self.no_capas)  # fmt: skip
        return {one.label for found in held for one in found}


def case_of(session: Session, device: Device, subject: str) -> CaseRecords:
    """Everything of a device that belongs to the case of a subject, such as INC-0001.

    A CAPA belongs to the case of a complaint, but what else it was opened for does not; nor do the
    other incidents of a field action, but where the action itself is the subject.
    """
    complaints = of_device(session, Complaint, device)
    incidents = of_device(session, Incident, device)
    actions = of_device(session, FieldAction, device)
    corrections = of_device(session, CorrectionAssessment, device)
    capas = of_device(session, CAPA, device)
    no_capas = of_device(session, NoCAPA, device)
    ids = [one.id for one in complaints]
    links = list(session.exec(
        select(ComplaintLink).where(or_(col(ComplaintLink.complaint_id).in_(ids),
                                        col(ComplaintLink.other_id).in_(ids)))
        .order_by(col(ComplaintLink.id))
    ))  # fmt: skip
    edges: Edges = defaultdict(set)
    _of_events(edges, links, incidents)
    _of_actions(edges, actions, corrections)
    for capa in capas:
        _join(edges, capa.label, (capa.source, *capa.links))
    for none in no_capas:
        _join(edges, none.label, (none.source,))
    reached = _reached(edges, subject)
    return CaseRecords(
        subject, [one for one in complaints if one.label in reached],
        [one for one in links if Complaint.label_of(one.complaint_id) in reached
         or Complaint.label_of(one.other_id) in reached],
        [one for one in incidents if one.label in reached],
        [one for one in actions if one.label in reached],
        [one for one in corrections if one.label in reached],
        [one for one in capas if one.label in reached],
        [one for one in no_capas if one.label in reached],
        tuple(sorted((label, by) for label, by in reached.items()
                     if label.partition("-")[0] not in _HELD)),
    )  # fmt: skip


def _join(edges: Edges, one: str, others: Iterable[str]) -> None:
    for other in others:
        if other and other != one:
            edges[one].add(other)
            edges[other].add(one)


def _of_events(edges: Edges, links: list[ComplaintLink], incidents: list[Incident]) -> None:
    for link in links:
        _join(edges, Complaint.label_of(link.complaint_id), (Complaint.label_of(link.other_id),))
    for one in incidents:
        if one.complaint_id is not None:
            _join(edges, one.label, (Complaint.label_of(one.complaint_id),))
        if one.candidate_id is not None:
            _join(edges, one.label, (AwarenessCandidate.label_of(one.candidate_id),))


def _of_actions(
    edges: Edges, actions: list[FieldAction], corrections: list[CorrectionAssessment]
) -> None:
    for asked in corrections:
        stopped = asked.suspension_id
        _join(edges, asked.label,
              (asked.source, Suspension.label_of(stopped) if stopped else ""))  # fmt: skip
    for one in actions:
        asked_of = (asked.label for asked in corrections if asks_about(asked, one))
        _join(edges, one.label, (*one.incidents, *one.ties, *asked_of))


def _reached(edges: Edges, subject: str) -> dict[str, str]:
    """Every label of the case, and by which record it came in."""
    found, waiting = {subject: subject}, [subject]
    while waiting:
        here = waiting.pop(0)
        for other in sorted(edges.get(here, ())):
            if other in found or not _leads(here, other, subject):
                continue
            found[other] = here
            if other.partition("-")[0] in _GOES_ON:
                waiting.append(other)
    return found


def _leads(here: str, other: str, subject: str) -> bool:
    kind, to = here.partition("-")[0], other.partition("-")[0]
    if here != subject and kind in ("CAPA", "NCA"):
        return False
    began = subject.partition("-")[0]
    return not (here != subject and kind == "FSA" and to == "INC" and began in ("INC", "CMP"))


def grouped(
    session: Session, table: type[AnyRecord], column: str, ids: Collection[int | None]
) -> dict[int, list[AnyRecord]]:
    """The records of a table by the number in a column, each group in order; one query."""
    found: dict[int, list[AnyRecord]] = defaultdict(list)
    query = select(table).where(col(getattr(table, column)).in_(list(ids)))
    for one in session.exec(query.order_by(col(table.id))):
        found[getattr(one, column)].append(one)
    return found


def signatures_by(
    session: Session, records: Iterable[Record]
) -> Callable[[Record], tuple[Signed, ...]]:
    """The signatures on each of these records, as documents show them; one query."""
    found: dict[str, list[Signed]] = defaultdict(list)
    query = select(Signature).where(
        col(Signature.subject_name).in_([one.subject for one in records])
    )
    for one in session.exec(query.order_by(col(Signature.id))):
        found[one.subject_name].append(signed_line(one))
    return lambda record: tuple(found.get(record.subject, ()))
