"""What is owed about changes: answers, reviews, signatures of versions that are not decided yet."""

from collections import defaultdict
from datetime import datetime

from sqlmodel import Session, col, select

from records.owed_work import OwedWork
from records.permissions import Action
from records.product import ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import RETURNED, RegimeDecision, open_decisions
from records.signatures import signatures_on
from records.work_steps import roles_of

_CITATION = "ISO 13485 7.3.9; IEC 62304 8.2"


def owed_change_work(reader: Session, now: datetime) -> list[OwedWork]:
    """Each change that waits, by what it waits for; no rule gives a date.

    now: an argument of every such list; a change has no clock of its own.
    """
    del now
    waiting = list(reader.exec(
        select(ChangeRequest)
        .where(col(ChangeRequest.status).in_(("proposed", "assessed", "approved")))
        .order_by(col(ChangeRequest.id))
    ))  # fmt: skip
    if not waiting:
        return []
    by_change: dict[int, list[RegimeDecision]] = defaultdict(list)
    for one in open_decisions(reader, [change.id or 0 for change in waiting]):
        by_change[one.change_request_id].append(one)
    later = reader.exec(select(ModelVersion.id).where(ModelVersion.status == "released")).first()
    found = []
    for change in waiting:
        found += [_decision(one) for one in by_change[change.id or 0]]
        if later is not None and change.affected_items is None:
            found.append(OwedWork(
                change.label, "change assessment", "assess the change under each regime",
                roles_of(Action.ASSESS_CHANGE), None, _CITATION, change.proposed_at,
            ))  # fmt: skip
        if change.status == "assessed" and not signatures_on(reader, change):
            found.append(OwedWork(
                change.label, "change signatures", "two people in different roles sign it",
                roles_of(Action.SIGN_APPROVAL), None, _CITATION, change.proposed_at,
            ))  # fmt: skip
    return found


def _decision(one: RegimeDecision) -> OwedWork:
    if one.status == RETURNED:
        return OwedWork(
            one.label, "change assessment", f"assess {one.regime} anew: it was sent back",
            roles_of(Action.ASSESS_CHANGE), None, _CITATION, one.reviewed_at or one.assessed_at,
        )  # fmt: skip
    return OwedWork(
        one.label, "change review", f"review {one.regime} ({one.result}), not by {one.assessed_by}",
        roles_of(Action.SIGN_REVIEW), None, _CITATION, one.assessed_at,
    )  # fmt: skip
