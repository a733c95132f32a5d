"""What a document must say and nobody has supplied: named, and never passed over in silence.

A gap blocks approval until a person supplies the text in a new version, or declares it unknown
with the reason (REG-034, REG-035; 21 CFR 803.50(b)(3) for the habit).
"""

from dataclasses import replace

from sqlmodel import Session

from records.errors import InvalidInput, Refused
from records.people import Actor
from records.permissions import Action, require
from records.quality import DECLARED_BY, Document
from regulatory.documents.blocks import Block, Gap
from regulatory.documents.content import Content

DECLARED_REASON = "declared_reason"


def declare_unknown(tx: Session, document: Document, *, by: Actor, reason: str) -> Document:
    """A person declares the open gaps of a draft unknown; the reason is printed in their place.

    Signatures given before become invalid: what was signed did not say this.

    Raises:
        NotAllowed: Somebody without a role that may.
        InvalidInput: No reason.
        Refused: The document is no draft.
    """
    require(by, Action.DECLARE_GAPS)
    if len(reason.strip()) < 3:
        raise InvalidInput("No reason was given.", hint="Say why this is not known.")
    if document.status != "draft":
        raise Refused(f"{document.label} is '{document.status}'; only a draft is completed.")
    declared = {DECLARED_BY: by.full_name, DECLARED_REASON: reason.strip()}
    document.gaps = [gap if gap.get(DECLARED_BY) else gap | declared for gap in document.gaps]
    tx.add(document)
    tx.flush()
    return document


def with_declarations(content: Content, document: Document) -> Content:
    """The same document with each declared gap saying who declared it unknown, and why."""
    said = {
        (gap["section"], gap["missing"]): (
            f"declared unknown by {gap[DECLARED_BY]}: {gap[DECLARED_REASON]}"
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
