"""Rule sets, calendars, question trees and templates, each approved by signature before its use.

(ISO 13485 4.1.6: software used in the quality system is validated before its first use.)
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.people import Meaning
from records.signatures import is_valid, signatures_on


class RuleSetApproval(Record, table=True):
    """One version of rules, calendars, question trees or templates that somebody approved."""

    __tablename__ = "rule_set_approval"
    PREFIX: ClassVar[str] = "RSA"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = ("kind", "version", "digest", "remarks")

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    version: str
    digest: str = Field(index=True)
    remarks: str
    """What the approval rests on: what was compared with which text."""
    approved_by: str
    approved_at: datetime


def approvals_of(session: Session, digests: Iterable[str]) -> dict[str, RuleSetApproval]:
    """By digest the newest approval of it whose signature stands."""
    query = (
        select(RuleSetApproval)
        .where(col(RuleSetApproval.digest).in_(list(digests)))
        .order_by(col(RuleSetApproval.id))
    )
    return {
        one.digest: one for one in session.exec(query)
        if any(
            signed.meaning == Meaning.APPROVAL.value and is_valid(signed, one)
            for signed in signatures_on(session, one)
        )
    }  # fmt: skip
