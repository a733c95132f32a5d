"""The parts a document is made of, whatever the format: headings, words, tables, figures, gaps.

Words come in three kinds that a reader must be able to tell apart: the template's fixed wording,
sentences that software formed from records, and what a named person wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from measures.estimate import Estimate

Align = Literal["left", "right", "center"]
Tone = Literal["plain", "good", "bad", "unknown"]


def require_words(text: str, what: str) -> None:
    """Refuse a blank: zero, missing and not applicable are different statements."""
    if not text.strip():
        raise ValueError(
            f"{what} is blank; write the value, 0, 'not recorded' or 'not applicable': "
            "a blank could be read as zero"
        )


def require_utc(instant: datetime, what: str) -> None:
    """Refuse an instant without a zone or in another zone than UTC."""
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"{what} must be an instant in UTC, got {instant.isoformat()}")


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record that a figure rests on, by its identifier and the digest of its content."""

    id: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A person's signature: who, in which role, when (UTC), meaning what, over which digest.

    local: the instant as the signer's clock showed it, with its zone; empty where none was kept.
    """

    name: str
    role: str
    meaning: str
    at: datetime
    digest: str = ""
    record: str = ""
    local: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        require_words(self.name, "the signer's name")
        require_utc(self.at, "a signature's time")


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A place to sign: the role and meaning asked for, and the signature once it is given."""

    role: str
    meaning: str
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in a table: its text, the records behind it, its full form when abbreviated.

    `estimate` carries the number itself, so that a machine reads what a person reads. A blank is
    refused: zero, missing and not applicable are different statements.
    """

    text: str
    records: tuple[str, ...] = ()
    full: str = ""
    code: bool = False
    tone: Tone = "plain"
    estimate: Estimate | None = None

    def __post_init__(self) -> None:
        require_words(self.text, "a cell")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, its unit when it has one, the side of its values, its share of width."""

    title: str
    unit: str = ""
    align: Align = "left"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section (the section's own title is its first level)."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Fixed wording of the template: the same in every document of the kind."""

    text: str


@dataclass(frozen=True, slots=True)
class ComputedText:
    """A sentence that software formed from records; nobody's judgement."""

    text: str
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HumanText:
    """Words of a named person, shown apart from all computed text."""

    text: str
    author: str
    role: str
    at: datetime
    record: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        require_words(self.text, "a person's text")
        require_words(self.author, "its author")
        require_utc(self.at, "the time of a person's text")


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table; rows without cells for every column are refused."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table {self.caption!r}, row {number}: {len(row)} cells "
                    f"for {len(self.columns)} columns"
                )


@dataclass(frozen=True, slots=True)
class Figure:
    """A numbered picture: SVG, what it shows in words (mandatory), and the plotted numbers."""

    caption: str
    alt: str
    svg: str
    data: tuple[tuple[str, tuple[float | str | None, ...]], ...] = ()
    records: tuple[str, ...] = ()
    width: float = 1.0

    def __post_init__(self) -> None:
        require_words(self.alt, f"the description (alt text) of figure {self.caption!r}")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the document must say and cannot yet: what, why, and who has to supply it.

    place: the key under which a person's text fills it; empty where only records do.
    """

    missing: str
    reason: str
    who: str
    clause: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """The places to sign, signed or not."""

    lines: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Terms with their values, one under the other."""

    items: tuple[tuple[str, Cell], ...]


Block: TypeAlias = (
    Heading
    | Paragraph
    | ComputedText
    | HumanText
    | Table
    | Figure
    | Gap
    | SignatureBlock
    | Definitions
)


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section; numbers follow the document type's outline, so they may start at 0.

    `wide` sets it on pages turned sideways.
    """

    number: str
    title: str
    blocks: tuple[Block, ...]
    wide: bool = False
