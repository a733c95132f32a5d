"""That the audit trail was verified, put on record: by whom, when, and what was found."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from records.audit import AuditEvent, head, note
from records.store import Store
from records.verify import Verdict

VERIFIED: Final = "verify audit trail"
"""The action of the event."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification on record; since: how many events came after the last one that it read.

    The event that tells of it is itself among those that came after.
    """

    at: str
    by: str
    whole: bool
    events: int
    records: int
    findings: int
    sequence: int
    since: int

    @property
    def words(self) -> str:
        """In one sentence."""
        found = "whole" if self.whole else f"BROKEN, with {self.findings} findings"
        return (f"Last verified {self.at[:16].replace('T', ' ')} UTC by {self.by}: {found}; "
                f"{self.events} events and {self.records} records were read. Events since: "
                f"{self.since}.")  # fmt: skip


def record_verification(store: Store, verdict: Verdict, *, actor: str, now: datetime) -> None:
    """Put on record what a verification found.

    Raises:
        RadvigilError: The database cannot be written, which damage may cause.
    """
    with store.transaction(actor, "verification of the audit trail", now=now) as tx:
        note(tx, VERIFIED, "AuditTrail:all", new={
            "whole": verdict.whole, "events": verdict.events, "records": verdict.records,
            "anchors": verdict.anchors, "contents": verdict.contents,
            "findings": len(verdict.findings), "first_bad_sequence": verdict.first_bad_sequence,
            "head": verdict.head,
        })  # fmt: skip


def last_verification(reader: Session) -> Verified | None:
    """The newest verification on record, found by the index of actions; None where none is."""
    query = select(AuditEvent).where(AuditEvent.action == VERIFIED)
    event = reader.exec(query.order_by(col(AuditEvent.sequence).desc()).limit(1)).first()
    if event is None:
        return None
    said = json.loads(event.new)
    return Verified(
        event.at, event.actor, bool(said["whole"]), int(said["events"]), int(said["records"]),
        int(said["findings"]), event.sequence, head(reader)[0] - int(said["events"]),
    )  # fmt: skip
