"""What is owed to documents: comments to answer, and gaps that somebody is to supply by a day."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from records.document_texts import COMMENTED, OPEN, ReviewComment
from records.owed_work import OwedWork
from records.permissions import Action
from records.quality import DECLARED_BY, Document
from records.work_steps import roles_of

OWNER, DUE = "owner", "due"
"""Beside a gap: the account that supplies it, and until which day."""


def owed_document_work(session: Session, _now: datetime) -> list[OwedWork]:
    """Comments without an answer, and the open gaps of the newest drafts that have an owner."""
    waiting = session.exec(
        select(ReviewComment, Document)
        .join(Document, col(Document.id) == ReviewComment.document_id)
        .where(ReviewComment.status == OPEN, col(Document.status).in_(COMMENTED))
        .order_by(col(ReviewComment.id))
    )
    owed = [
        OwedWork(one.label, "comment", f"Answer a comment on {document.label}",
                 roles_of(Action.ANSWER_COMMENT), None, "", one.made_at, status=one.status,
                 words=f"{one.place}: {one.words}")
        for one, document in waiting
    ]  # fmt: skip
    drafts = session.exec(
        select(Document).where(Document.status == "draft").order_by(col(Document.version))
    )
    newest = {one.number: one for one in drafts}
    for document in newest.values():
        for number, gap in enumerate(document.gaps, start=1):
            if gap.get(OWNER) and not gap.get(DECLARED_BY):
                owed.append(
                    OwedWork(document.label, "gap", f"Supply what gap {number} lacks",
                             roles_of(Action.WRITE_TEXT), date.fromisoformat(gap[DUE]),
                             "the gap's own day", document.compiled_at, owner=gap[OWNER],
                             step=f"gap {number}", status=document.status, words=gap["missing"])
                )  # fmt: skip
    return owed
