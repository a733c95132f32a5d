"""The facts of documents about one event or action, from the records of its case."""

from functools import partial
from typing import Any, Final

from sqlmodel import Session, col, select

from records.errors import Refused
from records.form_versions import FormVersion, readiness
from regulatory.documents.content import Trace
from regulatory.documents.event_facts import CaseFacts, FormLine
from regulatory.documents.registry import DOCUMENTS
from regulatory.documents.vigilance_kinds import (
    COMPLAINT_FILE,
    CORRECTION_RECORD,
    CORRECTION_REPORT,
    FDA_EVENT_REPORT,
    FIELD_ACTION_REPORT,
    FIELD_SAFETY_NOTICE,
    INCIDENT_REPORT,
)
from regulatory.gathering.action_entries import (
    action_entries,
    capa_entries,
    correction_entries,
    no_capa_entries,
)
from regulatory.gathering.case_moves import moves_of
from regulatory.gathering.case_records import CaseRecords, case_of
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.event_entries import (
    by_at,
    complaint_entries,
    form_submissions,
    incident_entries,
    submission_entry,
)
from regulatory.gathering.form_entries import form_of_subject
from regulatory.gathering.subjects import fits_answer

FORM_OF: Final = {
    INCIDENT_REPORT: "MIR", FDA_EVENT_REPORT: "3500A", CORRECTION_REPORT: "806",
    CORRECTION_RECORD: "806.20", FIELD_ACTION_REPORT: "FSCA", FIELD_SAFETY_NOTICE: "FSCA",
}  # fmt: skip
"""By kind of document the form that it shows."""
_EVENTS, _SENT, _ACTS = "events", "sent", "acts"
_GROUPS: Final = {
    "versions of reports": _SENT, "submissions": _SENT, "forms about the case": _SENT,
    "submissions of forms alone": _SENT, "field actions": _ACTS, "checks of field actions": _ACTS,
    "steps with recipients": _ACTS, "assessments of corrections": _ACTS, "CAPAs": _ACTS,
    "decisions that no CAPA is needed": _ACTS,
}  # fmt: skip
"""By question the part of a document that quotes what it found; the others tell of events."""
_SECTIONS: Final[dict[str, dict[str, str]]] = {
    INCIDENT_REPORT: {_EVENTS: "6", _SENT: "8", _ACTS: "9"},
    FDA_EVENT_REPORT: {_EVENTS: "1", _SENT: "3", _ACTS: "4"},
    CORRECTION_REPORT: {_EVENTS: "11", _SENT: "12", _ACTS: "10"},
    CORRECTION_RECORD: {_EVENTS: "7", _SENT: "8", _ACTS: "6"},
    FIELD_ACTION_REPORT: {_EVENTS: "3", _SENT: "2", _ACTS: "F1"},
    COMPLAINT_FILE: {_EVENTS: "4", _SENT: "6", _ACTS: "8"},
    FIELD_SAFETY_NOTICE: {},
}
"""By kind and part the number of the section; a notice to recipients quotes the action alone."""


def _gather(kind: str, session: Session, basis: Basis) -> CaseFacts:
    """Everything of the case of the document's subject.

    Raises:
        Refused: The subject was decided to be reported, and its record that it is not is asked for;
            or the other way round.
    """
    case = case_of(session, basis.device, basis.subject)
    if kind in (CORRECTION_REPORT, CORRECTION_RECORD):
        _require_answer(kind, case)
    forms = _forms(session, case)
    lines = _lines(session, forms)
    about = {one.label: one.about for one in forms}
    sent = form_submissions(session, {one.id: one.label for one in forms})
    told_of = tuple(submission_entry(one, FormVersion.label_of(one.form_version_id or 0))
                    for one in sent)  # fmt: skip
    incidents, behind = incident_entries(session, case)
    actions, of_actions = action_entries(session, case, told_of, about)
    found: dict[str, list[Any]] = {
        "complaints": case.complaints, "links of complaints": case.links, **behind, **of_actions,
        "assessments of corrections": case.corrections, "CAPAs": case.capas,
        "decisions that no CAPA is needed": case.no_capas, "forms about the case": forms,
        "submissions of forms alone": sent,
    }
    form = FORM_OF.get(kind)
    return CaseFacts(
        edition=edition_of(kind, basis), subject=basis.subject,
        complaints=complaint_entries(session, case), incidents=incidents, actions=actions,
        corrections=correction_entries(session, case), capas=capa_entries(session, case),
        no_capas=no_capa_entries(session, case), forms=lines, form_submissions=told_of,
        tied=case.tied,
        traces=_traces(kind, found, case),
        form=form_of_subject(session, basis, form, basis.subject) if form else None, notes={},
        moves=moves_of(session, [
            *case.complaints, *case.capas, *sent, *behind["submissions"],
            *behind["questions to sites"],
        ]) if kind == COMPLAINT_FILE else (),
    )  # fmt: skip


def _traces(
    kind: str, found: dict[str, list[Any]], case: CaseRecords
) -> tuple[Trace, ...]:
    if kind == FIELD_SAFETY_NOTICE:
        own = [one for one in case.actions if one.label == case.subject]
        return (trace("1", "the field action", own),)
    plan = _SECTIONS[kind]
    return tuple(trace(plan[_GROUPS.get(query, _EVENTS)], query, records)
                 for query, records in found.items() if records)  # fmt: skip


def _require_answer(kind: str, case: CaseRecords) -> None:
    if not fits_answer(case.corrections, reported=kind == CORRECTION_REPORT):
        other = CORRECTION_RECORD if kind == CORRECTION_REPORT else CORRECTION_REPORT
        said = "reported" if other == CORRECTION_REPORT else "not reported"
        answered = any(one.answers for one in case.corrections)
        raise Refused(
            f"{case.subject} was assessed as {said} under 21 CFR 806." if answered else
            f"Whether {case.subject} is reported under 21 CFR 806 was not assessed.",
            hint=f"Compile the {DOCUMENTS[other].title} ({DOCUMENTS[other].code}): "
            f"radvigil document compile {other} --subject {case.subject}.",
        )


def _forms(session: Session, case: CaseRecords) -> list[FormVersion]:
    query = select(FormVersion).where(col(FormVersion.about).in_(sorted(case.labels)))
    return list(session.exec(query.order_by(col(FormVersion.id))))


def _lines(session: Session, forms: list[FormVersion]) -> tuple[FormLine, ...]:
    why = readiness(session, forms)
    return tuple(
        FormLine(
            one.label, one.form, one.about, one.version,
            FormVersion.label_of(one.follows_id) if one.follows_id else "", one.reference,
            len(one.missing), by_at(one.filled_at, one.filled_by), tuple(why[one.label]),
        )
        for one in forms
    )


gather_incident_report = partial(_gather, INCIDENT_REPORT)
gather_fda_event_report = partial(_gather, FDA_EVENT_REPORT)
gather_correction_report = partial(_gather, CORRECTION_REPORT)
gather_correction_record = partial(_gather, CORRECTION_RECORD)
gather_field_action_report = partial(_gather, FIELD_ACTION_REPORT)
gather_field_safety_notice = partial(_gather, FIELD_SAFETY_NOTICE)
gather_complaint_file = partial(_gather, COMPLAINT_FILE)
