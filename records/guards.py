"""A change of status is written only where its guard holds: role, signatures, completeness.

The table is `records.guarded_changes.GUARDS`. The store asks here before each commit, whoever wrote
the change and from wherever (21 CFR 11.10(f), (g); ISO 13485 4.2.4); use cases ask before they
begin.
"""

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from records.alert_escalations import rules_of
from records.audit import Act, Move
from records.base import Record
from records.capas import CAPA, CLOSED, require_another, require_filled, require_shown
from records.complaints import Complaint, require_complete_complaint
from records.correction_assessments import CorrectionAssessment, require_every_regime
from records.counting import counted
from records.document_texts import require_all_answered
from records.errors import NotAllowed, Refused
from records.field_actions import FieldAction
from records.field_notices import require_closable
from records.go_lives import GoLive
from records.guarded_changes import GUARDS, Guard
from records.incidents import Incident
from records.people import Actor, Meaning
from records.permissions import require
from records.quality import Document
from records.regime_decisions import RegimeDecision, signed_by_both
from records.regulatory_reports import (
    Submission,
    require_all_reported,
    require_submittable,
)
from records.reportabilities import Reportability, require_decision
from records.required_signatures import require_signatures
from records.signatures import counting, signatures_on
from records.surveillance import Alert, Revalidation
from records.suspensions import (
    Resumption,
    Suspension,
    require_carrying,
    require_overtaken,
    resumed,
)


def guard_moves(tx: Session) -> None:
    """Hold every change of status of the transaction against its guard.

    Raises:
        NotAllowed: Who acts has no account, or no role that may.
        Refused: Naming what is missing.
    """
    act: Act = tx.info["act"]
    for move in act.moves:
        require_guard(tx, move, actor=act.actor)
    act.moves.clear()


def require_guard(session: Session, move: Move, *, actor: str) -> None:
    """Raise :class:`Refused` unless this actor may change the status so, and now.

    The record stands as it is; only its status may have been set already.
    """
    record = move.record
    guard = GUARDS.get(type(record).__name__, {}).get((move.current, move.wanted))
    if guard is None:
        return
    person = session.exec(select(Actor).where(Actor.name == actor)).first()
    if person is None:
        raise NotAllowed(f"There is no account '{actor}': it may not {guard.act.value}.")
    require(person, guard.act)
    if isinstance(record, Document):
        _require_of_document(session, record, guard)
    if isinstance(record, Alert) and guard.answered:
        require_answered(session, record)
    if guard.filled:
        _require_filled(session, record, move, actor)
    if guard.carried:
        _require_carried(session, record)
    if guard.overtaken and isinstance(record, Suspension):
        require_overtaken(session, record)
    if guard.confirmed:
        _require_confirmed(session, record, person)
    if guard.reviewed and isinstance(record, RegimeDecision):
        _require_reviewed(session, record)
    if guard.signed:
        require_signatures(session, record)
    if guard.rejected and not any(
        one.signer_id == person.id and one.meaning == Meaning.REJECTION.value
        for one in signatures_on(session, record)[-1:]
    ):
        raise Refused(
            f"{record.label} goes back to draft only by a rejection that '{actor}' signs.",
            hint="Use 'radvigil document reject'.",
        )


def _require_filled(session: Session, record: Record, move: Move, actor: str) -> None:
    if isinstance(record, CAPA):
        require_filled(record, (move.current, move.wanted))
        if move.wanted == CLOSED:
            require_another(record, actor)
            require_shown(record)
    if isinstance(record, CorrectionAssessment):
        require_every_regime(record)
    if isinstance(record, Complaint):
        require_complete_complaint(session, record)
    if isinstance(record, Incident):
        require_all_reported(session, record)
    if isinstance(record, Reportability):
        require_decision(session, record)
    if isinstance(record, Submission):
        require_submittable(session, record)
    if isinstance(record, FieldAction):
        require_closable(session, record)


def _require_carried(session: Session, record: Record) -> None:
    """A suspension ends by a resumption only, and that rests on a passed revalidation."""
    if isinstance(record, Suspension) and not resumed(session, record):
        raise Refused(
            f"{record.label} is lifted only by a resumption that two people have signed.",
            hint="Use 'radvigil suspension resume'.",
        )
    if isinstance(record, Resumption):
        require_carrying(
            session, session.get_one(Suspension, record.suspension_id),
            session.get_one(Revalidation, record.revalidation_id),
        )


def _require_reviewed(session: Session, record: RegimeDecision) -> None:
    if not signed_by_both(session, record):
        raise Refused(
            f"{record.label} is not reviewed without the signatures of who assessed it and of "
            "another person as its reviewer.", hint="Use 'radvigil change review'.",
        )


def _require_confirmed(session: Session, record: Record, person: Actor) -> None:
    given = counting(signatures_on(session, record), record)
    fit = (Meaning.REVIEW,) if isinstance(record, GoLive) else (Meaning.APPROVAL, Meaning.AUTHOR)
    if not any(
        one.signer_id == person.id and one.meaning in {each.value for each in fit}
        for one in given
    ):
        raise Refused(
            f"{record.label} is not decided without a valid signature of '{person.name}'.",
            hint="Who decides signs it with the password.",
        )


def require_answered(session: Session, alert: Alert) -> None:
    """Raise :class:`Refused` unless an alert says its cause, outcome and action, signed if need be.
    """
    lacking = [
        words for words, said in (
            ("a root cause", alert.root_cause), ("a disposition", alert.disposition),
            ("what became of the required action", alert.action),
        ) if not said
    ]  # fmt: skip
    signed = counting(signatures_on(session, alert), alert)
    if not signed and rules_of(session, alert).rule_of(*alert.charts).signed:
        lacking.append("a valid signature")
    if lacking:
        raise Refused(
            f"{alert.label} is not closed without {', '.join(lacking)}.",
            hint="Use 'radvigil alert close'.",
        )


def _require_of_document(session: Session, document: Document, guard: Guard) -> None:
    if guard.complete:
        require_complete(document)
    if guard.undisputed:
        require_all_answered(session, document)
    if guard.replaced and not session.exec(later_in_force(document)).first():
        raise Refused(
            f"{document.label} is superseded only by a later version that is put into force.",
            hint="Use 'radvigil document effective' with that version.",
        )


def require_complete(document: Document) -> None:
    """Raise :class:`Refused` listing the gaps that are still open."""
    waiting = document.open_gaps
    if waiting:
        listed = "; ".join(
            f"§{gap.get('section', '?')} {gap['missing']} ({gap['who']})" for gap in waiting
        )
        raise Refused(
            f"{document.label} has {counted(len(waiting), 'open gap')}: {listed}.",
            hint="Supply them, or declare them unknown with the reason, before it is signed.",
        )


def later_in_force(document: Document) -> SelectOfScalar[Document]:
    """The question for a later version in force of the same number and revision of the device."""
    return select(Document).where(
        Document.number == document.number, Document.device_id == document.device_id,
        col(Document.version) > document.version, Document.status == "effective",
    )
