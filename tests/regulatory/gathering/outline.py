"""What every document is held against: its outline, its claims, its citations, its records."""

from collections.abc import Iterable

from regulatory.documents.blocks import Cell, Definitions, Gap, Table
from regulatory.documents.canonical import digest_of
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.said import all_said


def numbers(content: Content) -> list[str]:
    """The numbers of its sections, in order."""
    return [one.number for one in content.sections]


def cells(content: Content) -> list[Cell]:
    """Every cell of its tables and lists."""
    found: list[Cell] = []
    for section in content.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                found += [cell for row in block.rows for cell in row]
            elif isinstance(block, Definitions):
                found += [cell for _, cell in block.items]
    return found


def table(content: Content, caption: str) -> Table:
    """The one table whose caption begins so."""
    (found,) = [
        block for section in content.sections for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    ]  # fmt: skip
    return found


def texts(rows: Iterable[Iterable[Cell]]) -> list[list[str]]:
    """The words of rows."""
    return [[cell.text for cell in row] for row in rows]


def require_sound(content: Content, *again: Content) -> None:
    """No claim by itself, no citation without a reference, the same facts the same content."""
    assert forbidden_claims(all_said(content)) == ()
    assert unresolved_citations(content) == ()
    for one in again:
        assert digest_of(one.sections) == digest_of(content.sections)
        assert one.provenance.facts_digest == content.provenance.facts_digest


def gaps(content: Content, section: str) -> list[Gap]:
    """What is missing in a section."""
    return [gap for where, gap in placed_gaps(content) if where == section]
