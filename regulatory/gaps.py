"""What a document must say and nobody has supplied: named, and never passed over in silence.

A gap blocks approval until a person supplies the text in a new version, or declares it unknown
with the reason (REG-034, REG-035; 21 CFR 803.50(b)(3) for the habit).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.owed_document_work import DUE, OWNER
from records.people import Actor
from records.permissions import Action, may, require, roles_named
from records.quality import DECLARED_BY, Document
from records.reasons import says
from records.text_writers import require_writer, writes_for
from regulatory.documents.blocks import Block, Gap
from regulatory.documents.content import Content

DECLARED_REASON = "declared_reason"
ATTEMPTS = "attempts"
"""Beside a gap: what was done to find the missing value out, in order."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody was asked for a missing value: who, on which day, how, what, and the answer.

    Raises:
        InvalidInput: One of them is blank; where nobody answered, that is the answer.
    """

    who: str
    """Who was asked, by function: 'radiology secretary of northfield', never a patient."""
    on: date
    channel: str
    question: str
    answer: str

    def __post_init__(self) -> None:
        for name in ("who", "channel", "question", "answer"):
            if not says(getattr(self, name)):
                raise InvalidInput(
                    f"The attempt does not say its {name}.",
                    hint="Where nobody answered, say so: 'no answer'.",
                )


def record_attempt(
    tx: Session, document: Document, number: int, attempt: Attempt, *, by: Actor
) -> Document:
    """Write down beside a gap of a draft what was done to find the missing value out.

    number: the gap as the lists show it, counted from 1. Signatures given before become invalid.

    Raises:
        NotAllowed: Somebody without a role that may.
        NotFound: The document has no such gap.
        Refused: The document is no draft.
    """
    require(by, Action.DECLARE_GAPS)
    _require_draft(document)
    gap = _gap_numbered(document, number)
    told = {**asdict(attempt), "on": attempt.on.isoformat(), "by": by.full_name}
    return _with_gap(tx, document, number, {ATTEMPTS: [*gap.get(ATTEMPTS, []), told]})


def assign_gap(
    tx: Session, document: Document, number: int, *, owner: Actor, due: date, by: Actor,
    now: datetime,
) -> Document:
    """Say which person supplies what a gap of a draft lacks, and until which day.

    It stays with the gap in later drafts. Signatures given before become invalid.

    Raises:
        NotAllowed: Somebody without a role that may.
        NotFound: The document has no such gap.
        Refused: The document is no draft, the owner is no person in use who may write texts, or
            the day has passed.
    """
    require(by, Action.DECLARE_GAPS)
    _require_draft(document)
    gap = _gap_numbered(document, number)
    if due < now.date():
        raise Refused(f"{due} has passed: today is {now.date()}.",
                      hint="Name today or a day to come.")  # fmt: skip
    if gap.get("place") and may(owner, Action.WRITE_TEXT):
        require_writer(owner, gap["who"])
    if not may(owner, Action.WRITE_TEXT):
        raise Refused(
            f"'{owner.name}' may not {Action.WRITE_TEXT.value}.",
            hint=f"Somebody with one of these roles may: {roles_named(Action.WRITE_TEXT)}.",
        )
    return _with_gap(tx, document, number, {OWNER: owner.name, DUE: due.isoformat()})


def inherited(
    gaps: list[dict[str, Any]], former: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The gaps of a new draft with the owner and day that the former draft set for them."""
    known = {(one["section"], one["missing"]): one for one in former}
    return [
        gap | {name: said for name, said in
               known.get((gap["section"], gap["missing"]), {}).items() if name in (OWNER, DUE)}
        for gap in gaps
    ]  # fmt: skip


def _gap_numbered(document: Document, number: int) -> dict[str, Any]:
    if not 1 <= number <= len(document.gaps):
        raise NotFound(
            f"{document.label} has no gap {number}.", hint=f"It has {len(document.gaps)}."
        )
    gap: dict[str, Any] = document.gaps[number - 1]
    return gap


def _with_gap(
    tx: Session, document: Document, number: int, told: Mapping[str, Any]
) -> Document:
    changed = document.gaps[number - 1] | told
    document.gaps = [*document.gaps[: number - 1], changed, *document.gaps[number:]]
    tx.add(document)
    tx.flush()
    return document


def attempts_said(gap: Mapping[str, Any]) -> str:
    """The attempts beside a gap, in one sentence; that there was none, where there was none."""
    tried = gap.get(ATTEMPTS, [])
    if not tried:
        return "no attempt to find it out is recorded"
    return "attempts to find it out: " + "; ".join(
        f"{one['on']}, {one['channel']}, {one['by']} asked {one['who']} '{one['question']}': "
        f"{one['answer']}"
        for one in tried
    )


def _require_draft(document: Document) -> None:
    if document.status != "draft":
        raise Refused(f"{document.label} is '{document.status}'; only a draft is completed.")


def declare_unknown(tx: Session, document: Document, *, by: Actor, reason: str) -> Document:
    """A person declares open gaps of a draft unknown; the reason is printed in their place.

    Those that wait for a function whose text only that role writes are declared by that role too:
    the others stay open. Signatures given before become invalid: what was signed did not say this.

    Raises:
        NotAllowed: Somebody without a role that may, or all open gaps are for other roles.
        InvalidInput: No reason.
        Refused: The document is no draft.
    """
    require(by, Action.DECLARE_GAPS)
    if len(reason.strip()) < 3:
        raise InvalidInput("No reason was given.", hint="Say why this is not known.")
    _require_draft(document)
    open_ones = [gap for gap in document.gaps if not gap.get(DECLARED_BY)]
    own = [gap for gap in open_ones if writes_for(by, str(gap.get("who", "")))]
    if open_ones and not own:
        waits = ", ".join(sorted({str(gap["who"]) for gap in open_ones}))
        raise NotAllowed(
            f"'{by.name}' may not declare these gaps unknown: they are for the {waits} to fill.",
            hint="Who may write the text of a place may also say that it is not known.",
        )
    declared = {DECLARED_BY: by.full_name, DECLARED_REASON: reason.strip()}
    document.gaps = [gap | declared if gap in own else gap for gap in document.gaps]
    tx.add(document)
    tx.flush()
    return document


def with_declarations(content: Content, document: Document) -> Content:
    """The same document with each declared gap saying who declared it unknown, and why."""
    said = {
        (gap["section"], gap["missing"]): (
            f"declared unknown by {gap[DECLARED_BY]}: {gap[DECLARED_REASON]}; {attempts_said(gap)}"
        )
        for gap in document.gaps
        if gap.get(DECLARED_BY)
    }

    def stated(section: str, block: Block) -> Block:
        reason = said.get((section, block.missing)) if isinstance(block, Gap) else None
        return replace(block, reason=reason) if reason and isinstance(block, Gap) else block

    return replace(
        content,
        sections=tuple(
            replace(one, blocks=tuple(stated(one.number, block) for block in one.blocks))
            for one in content.sections
        ),
    )
