"""Which model versions a document is about: those of its subject, else all of the device."""

from typing import Any

from sqlmodel import Session, col, select

from records.capas import CAPA, linked_record
from records.correction_assessments import CorrectionAssessment
from records.errors import InvalidInput, NotFound
from records.field_actions import FieldAction
from records.product import Deployment, Device, ModelVersion
from records.rollbacks import Rollback
from records.suspensions import Suspension


def versions_about(session: Session, device: Device, subject: str) -> tuple[ModelVersion, ...]:
    """The versions in scope of a document, newest first.

    Of an incident or complaint that one which ran, of a field action those affected, of a rollback
    what it took back; a CAPA and an assessment of a correction have those of what opened them.
    Where no record tells a version, all of the device are in scope, whichever revision they were
    made under.
    """
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name)
    )
    known = tuple(session.exec(query.order_by(col(ModelVersion.id).desc())))
    told = _told(session, subject) if subject else set()
    return tuple(one for one in known if one.label in told) or known


def _told(session: Session, subject: str) -> set[str]:
    """The labels of the versions that a record names itself, or the record that opened it."""
    seen: set[str] = set()
    while subject and subject not in seen:
        seen.add(subject)
        try:
            one: Any = linked_record(session, subject)
        except (InvalidInput, NotFound):
            break
        if isinstance(one, FieldAction):
            return set(one.versions)
        if isinstance(one, Rollback):
            one = session.get_one(Deployment, one.from_deployment_id)
        number = getattr(one, "model_version_id", None)
        if number is not None:
            return {ModelVersion.label_of(number)}
        subject = _opened_by(one)
    return set()


def _opened_by(one: Any) -> str:
    if isinstance(one, CorrectionAssessment) and one.suspension_id is not None:
        return Suspension.label_of(one.suspension_id)
    return one.source if isinstance(one, CAPA | CorrectionAssessment) else ""
