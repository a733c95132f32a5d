"""The annexes of every document: T, its terms; R, what it cites; G, what is still missing; V, where
every figure comes from."""

from __future__ import annotations

from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Paragraph, Section, Table
from regulatory.documents.canonical import digest_of
from regulatory.documents.content import (
    Content,
    Trace,
    abbreviated,
    id_ranges,
    placed_gaps,
    read_as_of,
)
from regulatory.documents.lists import references_cited, terms_used, unresolved_citations
from regulatory.documents.wording import NOT_APPLICABLE, NOT_RECORDED


def annexes(content: Content) -> tuple[Section, ...]:
    """The gap list and the provenance of a document, as sections like any other."""
    if content.header.particulars:  # an extract of records: nobody has to supply anything
        return (_provenance(content),)
    lists = (_glossary(content), _references(content))
    return (*lists, _gap_list(content), _provenance(content))


def _glossary(content: Content) -> Section:
    used = terms_used(content)
    columns = (Column("Term", width=1.2), Column("Meaning", width=3.4))
    rows = tuple((Cell(term), Cell(means)) for term, means in used)
    return Section("T", "Glossary", (Table("Terms that this document uses", columns, rows),))


def works_cited(content: Content) -> tuple[str, ...]:
    """What a document cites, in full; behind it what it cites and no list of references has."""
    unlisted = tuple(f"{one} (cited, and in no list of references)"
                     for one in unresolved_citations(content))  # fmt: skip
    return (*references_cited(content), *unlisted)


def _references(content: Content) -> Section:
    cited = works_cited(content)
    columns = (Column("No.", align="right", width=0.4), Column("Reference", width=4.6))
    rows = tuple((Cell(str(place)), Cell(one)) for place, one in enumerate(cited, start=1))
    return Section("R", "References", (Table("What this document cites", columns, rows),))


def _gap_list(content: Content) -> Section:
    gaps = placed_gaps(content)
    if not gaps:
        said = ComputedText("No mandatory information is missing (0 gaps).")
        return Section("G", "Missing information", (said,))
    rows = tuple(
        (
            Cell(f"G{number}"),
            Cell(where),
            Cell(gap.missing),
            Cell(gap.reason),
            Cell(gap.who),
            Cell(gap.clause or NOT_APPLICABLE),
        )
        for number, (where, gap) in enumerate(gaps, start=1)
    )
    columns = (
        Column("Gap", width=0.5),
        Column("Section", width=0.7),
        Column("What is missing", width=2.2),
        Column("Why", width=2.6),
        Column("To be supplied by", width=1.5),
        Column("Required by", width=1.5),
    )
    intro = Paragraph(
        "Nobody has supplied what is listed below. While an item is open the document cannot be "
        "approved; one that a person has declared unknown is no longer open, and that person is "
        "named beside it with the reason."
    )
    return Section("G", "Missing information", (intro, Table("What is missing", columns, rows)))


def _provenance(content: Content) -> Section:
    source, freeze = content.provenance, content.header.freeze
    rows = [
        ("Records read as of", Cell(read_as_of(freeze))),
        ("Digest of that audit event", _in_full(freeze.head)),
        ("Template", Cell(source.template)),
        ("Template digest", _in_full(source.template_digest)),
        ("Generator", Cell(source.generator)),
        ("Digest of the facts", _in_full(source.facts_digest)),
        ("Left out", Cell("; ".join(source.exclusions) or "nothing")),
    ]
    blocks: list[Block] = [
        Paragraph(
            "The same records, template and generator give the same bytes. The JSON form of this "
            "document names the record behind every figure, each with its digest."
        ),
        Table(
            "What made this document",
            (Column("Item", width=1.2), Column("Value", width=3.0)),
            tuple((Cell(name), value) for name, value in rows),
        ),
        _trace_table(source.traces),
    ]
    shortened = abbreviated(content)
    if shortened:
        blocks.append(_digest_table(shortened))
    return Section("V", "Provenance and traceability", tuple(blocks))


def _in_full(digest: str) -> Cell:
    return Cell(digest, code=True) if digest else Cell(NOT_RECORDED, tone="unknown")


def _trace_table(traces: tuple[Trace, ...]) -> Table:
    columns = (
        Column("Section", width=0.7),
        Column("Question asked of the records", width=2.0),
        Column("Records", width=2.4),
        Column("Digest of these records", width=2.4),
    )
    rows = tuple(
        (
            Cell(trace.section),
            Cell(trace.query, code=True),
            Cell(
                id_ranges(tuple(one.id for one in trace.records)),
                tuple(one.id for one in trace.records),
            ),
            _in_full(digest_of(sorted((one.id, one.digest) for one in trace.records))),
        )
        for trace in traces
    )
    note = (
        "Digest: SHA-256 over the sorted pairs of record identifier and record digest; a range of "
        "more than 100 records is one such pair, with one digest over all of them."
    )
    return Table("From section to records", columns, rows, note=note)


def _digest_table(shortened: tuple[tuple[str, str], ...]) -> Table:
    columns = (Column("Shown as", width=1.1), Column("In full", width=4.0))
    rows = tuple((Cell(short, code=True), Cell(full, code=True)) for short, full in shortened)
    return Table("Abbreviated digests in full", columns, rows)
