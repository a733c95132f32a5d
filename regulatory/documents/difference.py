"""What one revision of a document says otherwise than another: each statement by its key."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from regulatory.documents.assembly import template_digest
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Figure,
    Heading,
    Section,
    Table,
)
from regulatory.documents.canonical import canonical_json, digest_of
from regulatory.documents.content import Content, Header, Provenance, read_as_of
from regulatory.documents.identified import NOTE, WORDING, Identified, identify
from regulatory.documents.wording import cell

KIND = "Difference"
TEMPLATE = ("difference.py", "identified.py")
Change = Literal["added", "removed", "changed"]
ABSENT = "not in it"
CELL, TEXT, HUMAN, GAP, FIGURE, TITLE = "cell", "sentence", "text", "gap", "figure", "title"
_OF_ITEMS = {"cell": CELL, "sentence": TEXT, WORDING: TEXT, NOTE: TEXT, "words": HUMAN,
             "gap": GAP}  # fmt: skip
_EACH_EDITION = ("H/number", "H/title", "H/version", "H/status", "H/data-freeze", "H/prepared-by")
"""What each edition says of itself, and no difference tells."""
PLURAL = {CELL: "cells", TEXT: "sentences", HUMAN: "texts of people", GAP: "gaps",
          FIGURE: "figures", TITLE: "section titles"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One statement that differs: its identifier, its kind, and its words in both revisions."""

    key: str
    what: str
    change: Change
    before: str = ""
    after: str = ""


def statements(found: Identified) -> dict[str, tuple[str, str]]:
    """What kind each statement of a document is, and its words, by the identifiers that
    'document trace' takes; left out is what each edition says of itself."""
    said: dict[str, tuple[str, str]] = {}
    kept = {"H"} | {one.section.number for one in found.sections if one.part == "own"}
    drawn = {
        named.id: named.block for one in found.sections for named in one.blocks
        if isinstance(named.block, Figure)
    }  # fmt: skip
    said |= {
        one.section.number: (TITLE, one.section.title)
        for one in found.sections if one.part == "own"
    }
    for key, item in found.items.items():
        if item.section not in kept or key in _EACH_EDITION:
            continue
        if key in drawn:
            said[key] = FIGURE, _picture(drawn[key])
        elif item.kind in _OF_ITEMS:
            said[key] = _OF_ITEMS[item.kind], (item.cell.full if item.cell else "") or item.text
    return said


def _picture(figure: Figure) -> str:
    """A figure as words that tell it from any other: what is drawn counts too."""
    plotted = canonical_json([list(pair) for pair in figure.data]) + figure.svg.encode()
    digest = hashlib.sha256(plotted).hexdigest()
    return f"{figure.caption}: {figure.alt} (picture {digest[:12]})"


def differences(
    earlier: Content, later: Content, *, named: Identified | None = None
) -> tuple[Difference, ...]:
    """Every statement that was added, removed or changed, in the order of the later revision.

    named: the statements of the later one, where they are known already.
    """
    old, new = statements(identify(earlier)), statements(named or identify(later))
    found = [
        Difference(key, what, "changed" if key in old else "added", old.get(key, ("", ""))[1], said)
        for key, (what, said) in new.items() if old.get(key, ("", None))[1] != said
    ]
    found += [
        Difference(key, what, "removed", said)
        for key, (what, said) in old.items() if key not in new
    ]
    return tuple(found)


def in_short(found: tuple[Difference, ...]) -> str:
    """The differences counted, in words.

    >>> in_short((Difference("section 1", "title", "changed", "a", "b"),))
    'section titles: 1 changed'
    >>> in_short(())
    'nothing that it says has changed'
    """
    counts = Counter((one.what, one.change) for one in found)
    parts = []
    for what, words in PLURAL.items():
        said = [f"{counts[what, one]} {one}" for one in ("added", "removed", "changed")
                if counts[what, one]]  # fmt: skip
        if said:
            parts.append(f"{words}: {', '.join(said)}")
    return "; ".join(parts) or "nothing that it says has changed"


def build(earlier: Content, later: Content, *, software: str) -> Content:
    """The difference of two revisions as a paper that people read; it is no controlled document."""
    found = differences(earlier, later)
    header = later.header
    title = f"What revision {header.version} changed against revision {earlier.header.version}"
    particulars = (
        ("Document", Cell(f"{header.number}: {header.title}")),
        ("Device", Cell(header.device)),
        ("Earlier revision", Cell(_revision(earlier))),
        ("Later revision", Cell(_revision(later))),
        ("In short", Cell(in_short(found))),
        ("Made by", Cell(software)),
    )
    made = Header(
        number=header.number, title=title, version=header.version, status="extract",
        device=header.device, device_versions=(), risk_class="", udi="",
        manufacturer=header.manufacturer, legal_basis=header.legal_basis, period=header.period,
        freeze=header.freeze, prepared_by=software, confidentiality=header.confidentiality,
        particulars=particulars,
    )  # fmt: skip
    provenance = Provenance(
        template="difference", template_digest=template_digest(TEMPLATE), generator=software,
        facts_digest=digest_of([_plain(one) for one in found]), traces=(),
    )
    return Content(KIND, made, (_section(found),), provenance, later.marking)


def _plain(one: Difference) -> list[str]:
    return [one.key, one.what, one.change, one.before, one.after]


def _revision(content: Content) -> str:
    header = content.header
    return f"{header.version}, {header.status}, records as of {read_as_of(header.freeze)}"


def _section(found: tuple[Difference, ...]) -> Section:
    blocks: list[Block] = [ComputedText(f"Counted by statement: {in_short(found)}.")]
    columns = (
        Column("Where", width=2.2), Column("Change", width=0.8),
        Column("Earlier revision", width=2.4), Column("Later revision", width=2.4),
    )  # fmt: skip
    for what, words in PLURAL.items():
        rows = tuple(
            (Cell(one.key), Cell(one.change), _said(one, one.before, "added"),
             _said(one, one.after, "removed"))
            for one in found if one.what == what
        )  # fmt: skip
        if rows:
            title = words[:1].upper() + words[1:]
            blocks += [Heading(title), Table(f"{title} that differ", columns, rows)]
    return Section("1", "Differences", tuple(blocks), wide=True)


def _said(one: Difference, words: str, absent: Change) -> Cell:
    return Cell(ABSENT, tone="unknown") if one.change == absent else cell(words, absent=ABSENT)
