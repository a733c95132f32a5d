"""The facts of a review of the audit trail: what happened since the last approved one."""

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from records.actors_then import ActorsThen
from records.audit import read_events
from records.quality import Signature
from regulatory.documents.review_facts import TrailReviewFacts
from regulatory.documents.vigilance_kinds import TRAIL_REVIEW
from regulatory.gathering.audit import anchors_told, checked_chain, row_of, verified
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.review_window import window_of


def gather_trail_review(session: Session, basis: Basis) -> TrailReviewFacts:
    """Every event since the last approved review, who acted as the account stood then, and the
    check of the whole chain."""
    window, events = window_of(session, basis)
    actors = ActorsThen(session)
    signatures = list(session.exec(select(Signature).order_by(col(Signature.id))))
    inside = [one for one in signatures if window.since is None or one.signed_at > window.since]
    everything = list(read_events(session, upto=basis.freeze_sequence))
    return TrailReviewFacts(
        edition=edition_of(TRAIL_REVIEW, basis), window=window,
        check=checked_chain(verified(session), basis, anchors=anchors_told(everything)),
        events=tuple(row_of(event, actors) for event in events),
        after_signature=tuple(_after_signature(events, signatures)), signed=len(inside),
        traces=(trace("1", "electronic signatures of the window", inside),), notes={},
    )  # fmt: skip


def _after_signature(events: list[dict[str, Any]], signatures: list[Signature]) -> list[int]:
    """Events that changed a field, which a signature covers, after it was given."""
    first: dict[str, tuple[datetime, set[str]]] = {}
    for one in signatures:
        at, fields = first.get(one.subject_name, (one.signed_at, set()))
        first[one.subject_name] = (at, fields | set(map(str, one.signed_fields)))
    found = []
    for event in events:
        signed = first.get(event["subject"])
        if signed is None or event["action"] not in ("change", "change status"):
            continue
        at = datetime.fromisoformat(event["at"].replace("Z", "+00:00"))
        if at > signed[0] and signed[1] & set(json.loads(event["new"]) or {}):
            found.append(int(event["sequence"]))
    return found
