"""A whole document: what it is about (H), its sections, where its figures come from (V), gaps (G).

No builder knows a format; no writer knows a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from regulatory.documents.appearance import Appearance
from regulatory.documents.blocks import (
    Cell,
    Definitions,
    Gap,
    RecordRef,
    Section,
    SignatureLine,
    Table,
    require_utc,
    require_words,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """The records that one section quotes and the named question that found them."""

    section: str
    query: str
    records: tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True)
class Freeze:
    """The state of the records that a document quotes: an instant (UTC) and its last event."""

    at: datetime
    sequence: int
    head: str = ""

    def __post_init__(self) -> None:
        require_utc(self.at, "the data freeze")


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a document: by whom, when, why, and what it changed against the one before.

    status: what became of it; empty for the revision itself, whose header says it.
    """

    version: str
    at: datetime
    author: str
    reason: str
    changed: str
    status: str = ""

    def __post_init__(self) -> None:
        require_utc(self.at, "a revision's time")


@dataclass(frozen=True, slots=True)
class Header:
    """Block H: what a document is, about which device and versions, for which period, by whom."""

    number: str
    title: str
    version: str
    status: str
    device: str
    device_versions: tuple[Cell, ...]
    risk_class: str
    udi: str
    manufacturer: str
    legal_basis: tuple[str, ...]
    period: tuple[date, date] | None
    freeze: Freeze
    prepared_by: str
    signatures: tuple[SignatureLine, ...] = ()
    confidentiality: str = "Confidential"
    language: str = "en"
    particulars: tuple[tuple[str, Cell], ...] = ()
    """What the title page states of a paper that is about no device; empty in a document."""
    revisions: tuple[Revision, ...] = ()
    """Every revision so far, this one last."""
    rule_sets: tuple[str, ...] = ()
    """Each rule set in use by version, with who approved it, the templates of documents too."""
    appearance: Appearance | None = None
    """The organisation's own look; None: the house style."""

    def __post_init__(self) -> None:
        for name in ("number", "title", "version", "status", "device", "manufacturer"):
            require_words(getattr(self, name), f"the document's {name}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Block V: what made the document and from which records, so that it can be made again."""

    template: str
    template_digest: str
    generator: str
    facts_digest: str
    traces: tuple[Trace, ...]
    exclusions: tuple[str, ...] = ()
    cited: tuple[RecordRef, ...] = ()
    """Each record that a statement names, with the digest of its content at the freeze."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for machines that goes with a document: how its name ends, and its bytes."""

    ending: str
    data: bytes


READING: Final = "checklist.json"
"""How the file ends that says how a document was read by the reviewer's checklist."""
BILL: Final = "cdx.json"
"""How the name of a bill of materials (CycloneDX JSON) ends."""


@dataclass(frozen=True, slots=True)
class Content:
    """A whole document, ready to be set in any format."""

    kind: str
    header: Header
    sections: tuple[Section, ...]
    provenance: Provenance
    marking: str = ""
    """What every page says where not everything is real; empty in a live workspace."""
    assets: tuple[bytes, ...] = ()
    """The bytes that the appearance names, in its order: the logo, then the fonts."""
    attachments: tuple[Attachment, ...] = ()


def placed_gaps(content: Content) -> tuple[tuple[str, Gap], ...]:
    """Everything that is still missing, with the section where it is missing (block G)."""
    return tuple(
        (section.number, block)
        for section in content.sections
        for block in section.blocks
        if isinstance(block, Gap)
    )


def gaps_said(content: Content) -> str:
    """How much is missing, as a title page says it; empty of an extract, which lacks nothing."""
    if content.header.particulars:
        return ""
    gaps = len(placed_gaps(content))
    return "none" if gaps == 0 else f"{gaps} (listed in section G)"


def _cells(content: Content) -> Iterator[Cell]:
    yield from content.header.device_versions
    for section in content.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield from (cell for row in block.rows for cell in row)
            elif isinstance(block, Definitions):
                yield from (cell for _, cell in block.items)


def abbreviated(content: Content) -> tuple[tuple[str, str], ...]:
    """The values shown shortened, each with its full form, in order of appearance, once each."""
    found = {cell.full: None for cell in _cells(content) if cell.full}
    return tuple((f"{full[:12]}…", full) for full in found)


def read_as_of(freeze: Freeze) -> str:
    """The freeze in words: instant and number of the last audit event."""
    return f"{freeze.at:%Y-%m-%d %H:%M:%S} UTC, audit event {freeze.sequence:,}"


_NUMBERED = re.compile(r"^(.*?)(\d+)$")


def id_ranges(ids: tuple[str, ...]) -> str:
    """Record identifiers in short: runs of numbers become ranges, the count stays visible.

    >>> id_ranges(("EVR-0001", "EVR-0002", "EVR-0003", "EVR-0007"))
    'EVR-0001 to EVR-0003, EVR-0007 (4 records)'
    >>> id_ranges(("STU-0001 to STU-1500 (1500 records)",))
    'STU-0001 to STU-1500 (1500 records)'
    """
    if not ids:
        return "none (0 records)"
    if len(ids) == 1 and ids[0].endswith(" records)"):
        return ids[0]
    runs: list[list[str]] = []
    for one in sorted(set(ids)):
        if runs and _follows(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    shown = [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    few = shown if len(shown) <= 12 else [*shown[:11], f"and {len(shown) - 11} further runs"]
    count = len(set(ids))
    return f"{', '.join(few)} ({count} {'record' if count == 1 else 'records'})"


def _follows(earlier: str, later: str) -> bool:
    first, second = _NUMBERED.match(earlier), _NUMBERED.match(later)
    if first is None or second is None or first[1] != second[1]:
        return False
    return int(second[2]) == int(first[2]) + 1
