"""What stands before a document's sections: its control block, its revisions, its signatures."""

from __future__ import annotations

from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    Paragraph,
    Section,
    SignatureBlock,
    Table,
)
from regulatory.documents.content import Content, placed_gaps, read_as_of
from regulatory.documents.registry import code_of
from regulatory.documents.wording import NOT_RECORDED, cell, digest_cell, instant, span

CONTROL, REVISIONS = "Control block", "Revision history"
SIGNED_OVER = (
    "A signature is given over the digest printed beside it, of the document's number, version, "
    "facts and gaps. The texts of people are among the facts. One given after this edition was set "
    "stands in the records."
)


def front_matter(content: Content) -> tuple[Section, ...]:
    """Document control and signatures, as sections like any other, with tables of no number.

    A paper that is no controlled document has none.
    """
    header = content.header
    if header.particulars:
        return ()
    control: list[Block] = [_control_block(content)]
    if header.revisions:
        control.append(_revisions(content))
    found = [Section("C", "Document control", tuple(control))]
    if header.signatures:
        blocks = (SignatureBlock(header.signatures), Paragraph(SIGNED_OVER))
        found.append(Section("S", "Signatures", blocks))
    return tuple(found)


def _control_block(content: Content) -> Table:
    header, source = content.header, content.provenance
    gaps = len(placed_gaps(content))
    rows = [
        ("Document number", Cell(header.number)),
        ("Kind of document", Cell(f"{code_of(content.kind)}: {header.title}")),
        ("Revision", Cell(header.version)),
        ("Status", Cell(header.status)),
        ("Missing information", Cell("none (0 gaps)" if gaps == 0 else f"{gaps}, see section G")),
        ("Device", Cell(header.device)),
        ("UDI", Cell(header.udi)),
        *(("Model version in scope", one) for one in header.device_versions),
        ("Risk class", Cell(header.risk_class)),
        ("Manufacturer", Cell(header.manufacturer)),
        ("Period", Cell(span(header.period))),
        ("Data freeze", Cell(read_as_of(header.freeze))),
        ("Legal basis", Cell("; ".join(header.legal_basis))),
        *(("Rule set", Cell(one)) for one in header.rule_sets or (NOT_RECORDED,)),
        ("Template", Cell(f"{source.template}, {source.generator}")),
        ("Template digest", digest_cell(source.template_digest)),
        ("Language", Cell(header.language)),
        ("Prepared by", Cell(header.prepared_by)),
    ]
    columns = (Column("Item", width=1.0), Column("Value", width=3.2))
    return Table(CONTROL, columns, tuple((Cell(name), value) for name, value in rows))


def _revisions(content: Content) -> Table:
    header = content.header
    columns = (
        Column("Revision", width=0.7), Column("Date", width=1.1), Column("Author", width=1.2),
        Column("Status", width=0.8), Column("Reason", width=1.5), Column("What changed", width=2.4),
    )  # fmt: skip
    rows = tuple(
        (Cell(one.version), Cell(instant(one.at)), cell(one.author),
         Cell(one.status or header.status), cell(one.reason), cell(one.changed))
        for one in header.revisions
    )  # fmt: skip
    return Table(REVISIONS, columns, rows)
