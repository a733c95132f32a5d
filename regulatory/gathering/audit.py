"""The facts of an audit-trail export: all events up to the freeze, and the check of the chain."""

import hashlib
import json
from datetime import datetime
from functools import cache
from typing import Any

from sqlmodel import Session, col, select

from records.actors_then import ActorsThen
from records.anchor_keys import PUBLISH
from records.anchors import ANCHORED
from records.asked_once import asked_once
from records.audit import CREATIONS, SOFTWARE, read_events
from records.base import Record, canonical_json
from records.counting import counted
from records.quality import Signature
from records.verify import Verdict, verify_records
from regulatory.documents.audit_facts import (
    ROUTINE_RECORDS,
    AuditFacts,
    AuditRow,
    ChainCheck,
    MachineCopy,
    Scope,
)  # fmt: skip
from regulatory.documents.registry import AUDIT_EXPORT
from regulatory.gathering.edition import Basis, edition_of, signed_line, trace


def machine_copy(session: Session, *, upto: int) -> bytes:
    """All events up to a sequence number as JSON Lines, one canonical object a line."""
    lines = (canonical_json(event) for event in read_events(session, upto=upto))
    return ("\n".join(lines) + "\n").encode()


def gather_audit(session: Session, basis: Basis) -> AuditFacts:
    """Every event up to the freeze, who acted as the account stood then, and the chain's check."""
    actors = ActorsThen(session)
    events = list(read_events(session, upto=basis.freeze_sequence))
    copy = ("\n".join(canonical_json(one) for one in events) + "\n").encode()
    signatures = list(session.exec(select(Signature).order_by(col(Signature.id))))
    rows = tuple(row_of(event, actors) for event in events)
    sequences = {row.sequence for row in rows}
    return AuditFacts(
        edition=edition_of(AUDIT_EXPORT, basis),
        scope=Scope(
            query="all events of the installation up to the freeze",
            requester=basis.requested_by, reason=basis.reason,
            first=rows[0].sequence if rows else 0, last=basis.freeze_sequence, count=len(rows),
            missing=tuple(
                number for number in range(1, basis.freeze_sequence + 1)
                if number not in sequences
            )[:100],
        ),
        check=checked_chain(verified(session), basis, anchors=anchors_told(events)),
        copy=MachineCopy(
            name=f"{basis.number}-v{basis.version}.jsonl",
            sha256=hashlib.sha256(copy).hexdigest(), events=len(events), size_bytes=len(copy),
        ),
        events=rows,
        signatures=tuple((_signed_record(one.subject_name), signed_line(one))
                         for one in signatures),
        time_source=(
            "the simulated clock of the demonstration workspace" if basis.marking
            else "the system clock of the server, UTC"
        ),
        traces=(trace("5", "electronic signatures", signatures),),
    )


def row_of(event: dict[str, Any], actors: ActorsThen) -> AuditRow:
    """An event as documents tell it, with its actor as the account stood then."""
    actor = actors.at(event["actor"], event["sequence"])
    kind = actor.kind
    made = event["subject"].partition(":")[0]
    routine = kind == "service" and event["action"] in CREATIONS and made in ROUTINE_RECORDS
    return AuditRow(
        sequence=int(event["sequence"]),
        at=datetime.fromisoformat(event["at"].replace("Z", "+00:00")), actor=event["actor"],
        actor_kind=kind, roles=actor.roles, action=event["action"],
        subject=event["subject"], reason=event["reason"],
        old="" if routine else _whole(event["old"]),
        new="" if routine else _whole(event["new"]), software=event["software"],
        digest=event["digest"], label=label_of_subject(event["subject"]),
    )


def _signed_record(subject: str) -> str:
    label = label_of_subject(subject)
    return f"{label} ({subject})" if label else subject


def label_of_subject(subject: str) -> str:
    """The label of the record that an event names: 'CMP-0002' of 'Complaint:2'; '' of none."""
    kind, _, number = subject.partition(":")
    return _kinds()[kind].label_of(int(number)) if kind in _kinds() and number.isdigit() else ""


@cache
def _kinds() -> dict[str, type[Record]]:
    from records.tables import RECORDS

    return {one.__name__: one for one in RECORDS}


def _whole(text: str) -> str:
    """A value as it was recorded, empty where there was none; the document cuts, and says so."""
    return "" if text == "null" else text


def anchors_told(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """Since which event signed anchors are kept outside the database, up to which, by which key.

    A key alone anchors nothing: exported documents are signed with it too.
    """
    keys = [json.loads(event["new"])["ed25519"] for event in events if event["action"] == PUBLISH]
    told = [event["sequence"] for event in events if event["action"] == ANCHORED]
    if not told or not keys:
        return ()
    return (
        f"{counted(len(told), 'anchor')} outside the database, of audit event {told[0]} up to "
        f"{told[-1]}, signed with the Ed25519 key {keys[-1][:16]}…; 'radvigil audit verify' "
        "compares them",
    )


def verified(session: Session) -> Verdict:
    """What verification of the whole trail and all records finds, once for all documents of a set.
    """
    return asked_once(session, "verify records", lambda: verify_records(session))


def checked_chain(verdict: Verdict, basis: Basis, *, anchors: tuple[str, ...]) -> ChainCheck:
    """What verification found of the chain and the records, as of the freeze."""
    return ChainCheck(
        whole=verdict.whole, checked_at=basis.freeze_at, software=SOFTWARE,
        events=verdict.events, records=verdict.records, head=verdict.head,
        first_bad=verdict.first_bad_sequence, findings=verdict.findings, anchors=anchors,
    )
