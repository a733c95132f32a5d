"""Who moved a record of a case from status to status, and when, as the audit trail tells it."""

import json
from collections.abc import Iterable

from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.base import Record
from regulatory.documents.event_facts import StatusMove

CHANGE: str = "change status"


def moves_of(session: Session, records: Iterable[Record]) -> tuple[StatusMove, ...]:
    """Every change of status of these records, in the order of the trail; one query."""
    labels = {one.subject: one.label for one in records}
    query = select(AuditEvent).where(
        AuditEvent.action == CHANGE, col(AuditEvent.subject).in_(list(labels))
    )
    found = []
    for event in session.exec(query.order_by(col(AuditEvent.sequence))):
        was, now = json.loads(event.old) or {}, json.loads(event.new) or {}
        at = f"{event.at[:19].replace('T', ' ')} UTC"
        found.append(StatusMove(labels[event.subject], str(was.get("status", "")),
                                str(now.get("status", "")), at, event.actor))  # fmt: skip
    return tuple(found)
