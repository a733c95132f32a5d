"""The records that documents of a kind are about, one document each."""

import re
from typing import Any, Final, TypeVar

from sqlmodel import Session, col, select

from records.capas import CAPA, device_of, linked_record
from records.complaints import Complaint
from records.correction_assessments import CorrectionAssessment
from records.errors import InvalidInput, NotFound, Refused
from records.field_actions import WITHDRAWN, FieldAction, asks_about
from records.form_versions import FormVersion
from records.incidents import Incident
from records.product import Device
from records.reportabilities import NOT_APPLICABLE, NOT_REPORTABLE, Reportability
from regulatory.documents.kinds import Kind
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.vigilance_kinds import (
    COMPLAINT_FILE,
    CORRECTION_RECORD,
    CORRECTION_REPORT,
    FDA_EVENT_REPORT,
    INCIDENT_REPORT,
)  # fmt: skip

OfDevice = TypeVar("OfDevice", bound=Any)
"""A kind of record that names its device."""
_LABEL: Final = re.compile(r"-([A-Z]+-\d{4,})$")
_PLACE: Final = {INCIDENT_REPORT: ("EU", "MIR"), FDA_EVENT_REPORT: ("US", "3500A")}
"""By kind the jurisdiction whose row it reports, and the form."""
US_CORRECTION: Final = "21 CFR 806"


def subject_in(kind: Kind, number: str) -> str:
    """The record that the document of this number is about; '' where its kind is about none."""
    found = _LABEL.search(number) if kind.subjects else None
    return found[1] if found else ""


def require_subject(session: Session, kind: str, device: Device, label: str) -> str:
    """The label of the record that a document of this kind is to be about, as records write it.

    Raises:
        InvalidInput: The kind is about no single record, or the label is of another kind of record.
        NotFound: There is no such record of this device.
        Refused: The kind is about one record, and none was named.
    """
    known = DOCUMENTS[kind]
    if not known.subjects:
        if label:
            raise InvalidInput(f"The document '{kind}' is about no single record.",
                               hint="Leave --subject out.")  # fmt: skip
        return ""
    if not label:
        there = subjects_of(session, kind, device)
        raise Refused(
            f"The {known.title} ({known.code}) is about one record, and none is named.",
            hint=f"Name it with --subject: {', '.join(there)}." if there else
            f"Nothing of {device.name} is on record that it could be about "
            f"({', '.join(known.subjects)}).",
        )
    found = linked_record(session, label)
    if found.PREFIX not in known.subjects:
        raise InvalidInput(f"{found.label} is nothing that a {known.title} is about.",
                           hint=f"One looks like {known.subjects[0]}-0001.")  # fmt: skip
    if session.get_one(Device, device_of(session, found)).name != device.name:
        raise NotFound(f"{found.label} is no record of {device.name}.",
                       hint="Name its device with --device.")  # fmt: skip
    return found.label


def subjects_of(session: Session, kind: str, device: Device) -> list[str]:
    """The records of a device that a document of this kind is owed or useful for, in order.

    An incident has a report where it may be reportable there or a form was filled; a correction
    where it may be reported, its record where it may not be.
    """
    if kind in _PLACE:
        return _incidents(session, *_PLACE[kind], device)
    if kind in (CORRECTION_REPORT, CORRECTION_RECORD):
        return _corrections(session, device, reported=kind == CORRECTION_REPORT)
    if kind == COMPLAINT_FILE:
        return _files(session, device)
    if "FSA" in DOCUMENTS[kind].subjects:
        return [one.label for one in of_device(session, FieldAction, device)
                if one.status != WITHDRAWN]  # fmt: skip
    return []


def of_device(
    session: Session, table: type[OfDevice], device: Device
) -> list[OfDevice]:
    """The records of a table that are of this device, whatever its revision, in order."""
    own = select(Device.id).where(Device.name == device.name)
    query = select(table).where(col(table.device_id).in_(own))
    return list(session.exec(query.order_by(col(table.id))))


def _incidents(session: Session, place: str, form: str, device: Device) -> list[str]:
    query = select(Reportability.incident_id).where(
        Reportability.jurisdiction == place,
        col(Reportability.status).not_in((NOT_REPORTABLE, NOT_APPLICABLE)),
    )
    asked = set(session.exec(query))
    filled = set(session.exec(select(FormVersion.about).where(FormVersion.form == form)))
    return [one.label for one in of_device(session, Incident, device)
            if one.id in asked or one.label in filled]  # fmt: skip


def _corrections(session: Session, device: Device, *, reported: bool) -> list[str]:
    """Field actions, and assessments that belong to none; by what was answered under Part 806."""
    actions = [one for one in of_device(session, FieldAction, device) if one.status != WITHDRAWN]
    asked = of_device(session, CorrectionAssessment, device)
    of_action = {one.label: [each for each in asked if asks_about(each, one)] for one in actions}
    tied = {each.label for found in of_action.values() for each in found}
    wanted = [*of_action.items(), *((one.label, [one]) for one in asked if one.label not in tied)]
    return [label for label, found in wanted if fits_answer(found, reported=reported)]


def fits_answer(asked: list[CorrectionAssessment], *, reported: bool) -> bool:
    """Whether 'reported' (or 'not reported') may be said; both may while nothing was answered."""
    said = [one.answers[US_CORRECTION]["reportable"] for one in asked
            if US_CORRECTION in one.answers]  # fmt: skip
    if not said:
        return reported
    return any(said) is reported


def _files(session: Session, device: Device) -> list[str]:
    """One file a case: complaints, incidents without a complaint, CAPAs that belong to neither."""
    complaints = [one.label for one in of_device(session, Complaint, device)]
    incidents = of_device(session, Incident, device)
    alone = [one.label for one in incidents if one.complaint_id is None]
    held = {*complaints, *(one.label for one in incidents)}
    capas = [one.label for one in of_device(session, CAPA, device)
             if one.source not in held and not held & set(one.links)]  # fmt: skip
    return [*complaints, *alone, *capas]
