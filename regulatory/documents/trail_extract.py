"""Events of the audit trail on paper: everything about one record, or what fits a filter.

No controlled document: it is not signed and has no revisions; the trail is the record, and this
is a copy of a part of it for people (21 CFR 11.10(b)).
"""

from __future__ import annotations

from dataclasses import dataclass

from records.history import History, Naming, ToldEvent
from regulatory.documents.assembly import template_digest
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.canonical import digest_of
from regulatory.documents.content import Content, Freeze, Header, Provenance
from regulatory.documents.wording import cell, digest_cell, grouped

KIND = "Audit trail"
MOST_PRINTED = 2000
"""More events than this are not printed: nobody reads them on paper, and files hold them all."""

SHOWN_CHARACTERS = 700
TEMPLATE = ("trail_extract.py",)


@dataclass(frozen=True, slots=True)
class Copied:
    """What is copied, of which trail, for whom: the same makes the same bytes."""

    number: str
    title: str
    about: str
    query: str
    asked_by: str
    software: str
    freeze: Freeze
    events: tuple[ToldEvent, ...]
    naming: tuple[Naming, ...] = ()
    marking: str = ""


def of_record(history: History, *, asked_by: str, software: str, freeze: Freeze,
              naming: tuple[Naming, ...], marking: str) -> Copied:  # fmt: skip
    """The copy that holds everything about one record."""
    return Copied(
        number=history.label, title=f"History of {history.label}",
        about=f"{history.label} ({history.subject})",
        query=f"everything about {history.subject}", asked_by=asked_by, software=software,
        freeze=freeze, events=history.events, naming=naming, marking=marking,
    )


def build(copied: Copied) -> Content:
    """The copy as a paper, ready to be set."""
    facts = digest_of(
        {"query": copied.query, "events": [one.event["digest"] for one in copied.events],
         "sequence": copied.freeze.sequence, "head": copied.freeze.head}
    )  # fmt: skip
    header = Header(
        number=copied.number, title=copied.title,
        version=f"as of audit event {grouped(copied.freeze.sequence)}", status="extract",
        device=copied.about, device_versions=(), risk_class="", udi="",
        manufacturer=copied.software, legal_basis=("21 CFR 11.10(b) and 11.10(e)",), period=None,
        freeze=copied.freeze, prepared_by=copied.software, particulars=_particulars(copied),
    )
    provenance = Provenance(
        template="trail_extract", template_digest=template_digest(TEMPLATE),
        generator=copied.software, facts_digest=facts, traces=(),
    )
    return Content(KIND, header, _sections(copied), provenance, copied.marking)


def _particulars(copied: Copied) -> tuple[tuple[str, Cell], ...]:
    return (
        ("About", cell(copied.about)),
        ("Query", cell(copied.query)),
        ("Events in it", cell(len(copied.events))),
        ("Trail as of", cell(copied.freeze.at)),
        ("Last event of the trail", cell(copied.freeze.sequence)),
        ("Digest of that event", digest_cell(copied.freeze.head)),
        ("Asked for by", cell(copied.asked_by)),
        ("Made by", cell(copied.software)),
        ("Legal basis", Cell("21 CFR 11.10(b) and 11.10(e)")),
    )


def _sections(copied: Copied) -> tuple[Section, ...]:
    said = ComputedText(
        f"{_counted(len(copied.events))} of the audit trail, in its order: {copied.query}. The "
        f"trail held {_counted(copied.freeze.sequence)} then."
    )
    how = Paragraph(
        "Who acted is given with name, kind and roles as the account stood at that event. Old and "
        f"new values are in words; one longer than {SHOWN_CHARACTERS} characters is cut, and the "
        "JSON Lines file holds it whole. The digest is the beginning of the event's SHA-256 in the "
        "chain."
    )
    scope: list[Block] = [said, how]
    if copied.naming:
        scope.append(_naming_table(copied.naming))
    return (
        Section("1", "What this is", tuple(scope)),
        Section("2", "Events", (_event_table(copied.events),), wide=True),
    )


def _counted(events: int) -> str:
    return f"{grouped(events)} event{'' if events == 1 else 's'}"


def _naming_table(naming: tuple[Naming, ...]) -> Table:
    rows = tuple(
        (Cell(one.kind), cell(one.count),
         Cell(", ".join(one.labels) + ("" if one.count <= len(one.labels) else ", …")))
        for one in naming
    )  # fmt: skip
    columns = (Column("Kind", width=1.2), Column("Records", "n", "right", 0.7),
               Column("Which", width=3.4))  # fmt: skip
    note = "Each of them has a history of its own."
    return Table("Other records that name this one", columns, rows, note)


def _event_table(events: tuple[ToldEvent, ...]) -> Table:
    columns = (
        Column("Seq.", align="right", width=0.5),
        Column("At (UTC)", width=0.8),
        Column("Who, and as what", width=1.3),
        Column("Action", width=0.8),
        Column("Record", width=0.9),
        Column("What changed", width=3.9),
        Column("Reason", width=1.3),
        Column("By way of", width=0.8),
        Column("Digest", width=0.7),
    )
    return Table("Events in order", columns, tuple(_row(one) for one in events))


def _row(told: ToldEvent) -> tuple[Cell, ...]:
    event = told.event
    return (
        Cell(str(event["sequence"])),
        Cell(f"{event['at'][:19].replace('T', ' ')}"),
        Cell(told.actor.words),
        cell(event["action"]),
        cell(event["subject"]),
        Cell(_shortened(told.words)),
        cell(event["reason"], absent="none given"),
        cell(event["software"]),
        Cell(f"{event['digest'][:8]}…", code=True),
    )


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    if len(words) <= SHOWN_CHARACTERS:
        return words or "no value"
    more = grouped(len(words) - SHOWN_CHARACTERS)
    return f"{words[:SHOWN_CHARACTERS]}… {more} more characters"
