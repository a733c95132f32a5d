"""Which signatures an approval needs, in one table by kind (ISO 13485 4.2.4, 7.3.7).

Everything that is approved needs valid signatures of two people in different roles, one of them an
approval. A kind of document may need more, by people in certain roles, and independent ones: who
neither made the document nor developed the model that it is about.
"""

import json
from dataclasses import dataclass

from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.base import Record
from records.errors import Refused
from records.people import Actor, Meaning, Role
from records.product import DatasetVersion, ModelVersion
from records.quality import ChangeRequest, Document, Signature
from records.separation import makers_of
from records.signatures import require_two_people


@dataclass(frozen=True, slots=True)
class Needed:
    """A signature that a kind of document needs beside the two of every approval."""

    meaning: Meaning
    signed_as: frozenset[Role]
    printed: str
    """How the document names who signs here."""
    independent: bool = False
    """By nobody who made the document or developed the model."""

    @property
    def words(self) -> str:
        """As people read it."""
        named = ", ".join(sorted(role.value for role in self.signed_as))
        free = ", who neither made it nor developed the model" if self.independent else ""
        return f"'{self.meaning.value}' by somebody with one of the roles {named}{free}"


APPROVERS = frozenset({Role.QUALITY, Role.REGULATORY})
_APPROVAL = Needed(Meaning.APPROVAL, APPROVERS, "approver")
_RESPONSIBLE = Needed(
    Meaning.RESPONSIBLE_PERSON, frozenset({Role.RESPONSIBLE_PERSON}),
    "person responsible for regulatory compliance",
)
_VALIDATOR = Needed(
    Meaning.REVIEW,
    frozenset({Role.CLINICIAN, Role.QUALITY, Role.RESPONSIBLE_PERSON}),
    "independent validator",
    independent=True,
)

BY_KIND: dict[str, tuple[Needed, ...]] = {
    "validation_report": (_APPROVAL, _VALIDATOR),
    "performance_monitoring_report": (_APPROVAL,),
    "change_log": (_APPROVAL,),
    "release_notes": (_APPROVAL,),
    "internal_change_log": (_APPROVAL,),
    "audit_export": (_APPROVAL,),
    "fda_change_assessment": (_APPROVAL,),
    "eu_change_assessment": (_APPROVAL,),
    "monitoring_verification": (_APPROVAL,),
    "technical_documentation": (_APPROVAL,),
    "gspr_checklist": (_APPROVAL,),
    "pms_technical_documentation": (_APPROVAL,),
    "pmcf_plan": (_APPROVAL,),
    "pmcf_evaluation_report": (_APPROVAL,),
    "clinical_performance_summary": (_APPROVAL,),
    "fda_submission_sections": (_APPROVAL,),
    "fda_performance_monitoring_plan": (_APPROVAL,),
    "ai_act_technical_documentation": (_APPROVAL,),
    "ai_act_monitoring_plan": (_APPROVAL,),
    "psur": (_APPROVAL, _RESPONSIBLE),
    "pms_report": (_APPROVAL, _RESPONSIBLE),
    "pms_plan": (_APPROVAL,),
    "trend_report": (_APPROVAL, _RESPONSIBLE),
    "change_control_plan": (_APPROVAL,),
    "model_card": (_APPROVAL,),
    "dataset_datasheet": (_APPROVAL,),
    "revalidation_report": (_APPROVAL, _VALIDATOR),
    "trace_matrix": (_APPROVAL,),
    "soup_list": (_APPROVAL,),
    "bill_of_materials": (_APPROVAL,),
    "release_record": (_APPROVAL,),
    "known_anomalies": (_APPROVAL,),
    "risk_report": (_APPROVAL,),
    "product_validation": (_APPROVAL,),
    "incident_report": (_APPROVAL, _RESPONSIBLE),
    "fda_event_report": (_APPROVAL,),
    "correction_report": (_APPROVAL,),
    "correction_record": (_APPROVAL, _RESPONSIBLE),
    "field_action_report": (_APPROVAL, _RESPONSIBLE),
    "field_safety_notice": (_APPROVAL, _RESPONSIBLE),
    "complaint_file": (_APPROVAL,),
    "trail_review": (_APPROVAL,),
    "exceptions_report": (_APPROVAL,),
    "management_review": (_APPROVAL,),
}
"""By the kind of a document, what it needs; a kind that is not here is not approved."""


def require_signatures(session: Session, record: Record) -> list[Signature]:
    """The valid signatures of a record, where they are all that its kind needs.

    Raises:
        Refused: Naming what is missing.
    """
    valid = require_two_people(session, record)
    if not isinstance(record, Document):
        return valid
    missing = [
        one.words for one in needed_for(record.kind)
        if not any(_fits(session, record, signature, one) for signature in valid)
    ]
    if missing:
        raise Refused(
            f"{record.label} still needs a valid signature with the meaning "
            f"{', and '.join(missing)}.",
            hint="Have that person sign in and sign it.",
        )
    return valid


def needed_for(kind: str) -> tuple[Needed, ...]:
    """What a kind of document needs.

    Raises:
        Refused: The table says nothing of it.
    """
    if kind not in BY_KIND:
        raise Refused(f"No signatures are set for documents of the kind '{kind}'.")
    return BY_KIND[kind]


def _fits(session: Session, document: Document, signature: Signature, needed: Needed) -> bool:
    if signature.meaning != needed.meaning.value:
        return False
    if signature.role not in {role.value for role in needed.signed_as}:
        return False
    signer = session.get_one(Actor, signature.signer_id).name
    return not needed.independent or signer not in (
        makers_of(session, document) | developers_of(session, document.device_id)
    )


def developers_of(session: Session, device_id: int) -> set[str]:
    """The accounts that developed a device's model versions, as the records tell.

    Who made, or started the training of, its datasets and versions, proposed its changes, or signed
    one as author.
    """
    made: list[Record] = [
        *session.exec(select(DatasetVersion).where(DatasetVersion.device_id == device_id)),
        *session.exec(select(ModelVersion).where(ModelVersion.device_id == device_id)),
    ]
    changes = session.exec(select(ChangeRequest).where(ChangeRequest.device_id == device_id)).all()
    created = select(AuditEvent.actor).where(
        col(AuditEvent.subject).in_([one.subject for one in made]),
        col(AuditEvent.action) == "create",
    )
    by_change = {name for one in changes for name in makers_of(session, one)}
    return set(session.exec(created)) | by_change | _started_training(session)


def _started_training(session: Session) -> set[str]:
    """Who was signed in where the training routine was started, of whatever device."""
    trainers = select(Actor.id).where(Actor.name == "service:training")
    subjects = [f"Actor:{number}" for number in session.exec(trainers)]
    starts = select(AuditEvent.new).where(
        col(AuditEvent.action) == "start", col(AuditEvent.subject).in_(subjects)
    )
    said = [json.loads(one) for one in session.exec(starts)]
    return {str(one["started_by"]) for one in said if one.get("started_by")}
