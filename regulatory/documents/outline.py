"""Documents whose outline is data: numbered sections, each of lists, persons' places, references.

The builder of such a kind is its outline and nothing else; what it lists is gathered by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Gap,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.listed import FileFacts, Row, blocks_of
from regulatory.documents.listed_shapes import SHAPES
from regulatory.documents.places import PLACES
from regulatory.documents.wording import cell

DOCUMENTS_LIST: Final = "documents"
"""The name of the list of what other documents there are."""
TEMPLATE: Final = ("outline.py", "listed.py", "listed_shapes.py", "file_places.py")
NOT_COMPILED: Final = "not compiled"


@dataclass(frozen=True, slots=True)
class Told:
    """A list of records by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A place that a person fills, by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Words:
    """Fixed wording."""

    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """A heading within the section."""

    text: str


@dataclass(frozen=True, slots=True)
class Refers:
    """Content that stands in other documents: named by number, revision and status, not copied.

    needed: whether it is missing where nobody compiled it; of an event that did not come it is not.
    """

    codes: tuple[str, ...]
    needed: bool = True


Part = Told | Person | Words | Head | Refers


@dataclass(frozen=True, slots=True)
class Outlined:
    """A section of an outline. `wide`: on pages turned sideways."""

    number: str
    title: str
    parts: tuple[Part, ...]
    wide: bool = False


Outline = tuple[Outlined, ...]


def lists_in(outline: Outline) -> tuple[str, ...]:
    """The names of the lists that an outline asks for, each once."""
    named: dict[str, None] = {}
    for section in outline:
        for part in section.parts:
            if isinstance(part, Told):
                named[part.name] = None
            elif isinstance(part, Refers):
                named[DOCUMENTS_LIST] = None
    return tuple(named)


def builder(kind: str, outline: Outline, source: str) -> Callable[[FileFacts], Content]:
    """What builds a document of a kind; source: the file of its outline."""

    def build(facts: FileFacts) -> Content:
        """The document for these facts; Refused where the kind does not fit the device's class."""
        sections = tuple(
            Section(one.number, one.title,
                    tuple(block for part in one.parts for block in _blocks(kind, part, facts)),
                    one.wide)
            for one in outline
        )  # fmt: skip
        return assemble(kind, facts, sections, template=(*TEMPLATE, source))

    return build


def _blocks(kind: str, part: Part, facts: FileFacts) -> tuple[Block, ...]:
    match part:
        case Told(name):
            return blocks_of(facts.lists[name], SHAPES[name])
        case Person(key):
            return (from_person(facts.notes, PLACES[kind][key]),)
        case Words(text):
            return (Paragraph(text),)
        case Head(text):
            return (Heading(text),)
        case Refers(codes, needed):
            return _references(codes, facts, needed=needed)


def _references(
    codes: tuple[str, ...], facts: FileFacts, *, needed: bool
) -> tuple[Block, ...]:
    """A row a document, with what stands in force; needed ones that nobody compiled are a gap."""
    rows = [one for one in facts.lists[DOCUMENTS_LIST].rows if one.values["of"] in codes]
    rows.sort(key=lambda one: codes.index(str(one.values["of"])))
    missing = [str(one.values["code"]) for one in rows if one.values["status"] == NOT_COMPILED]
    columns = (
        Column("Document", width=1), Column("Title", width=2.4), Column("Number", width=2.4),
        Column("Revision", align="right", width=0.8), Column("Status", width=1.2),
        Column("Record", width=1),
    )  # fmt: skip
    table = Table(
        f"Content in documents of their own: {', '.join(codes)}", columns,
        tuple(_reference(one) for one in rows),
    )  # fmt: skip
    if not rows:
        said = f"No kind of document under {', '.join(codes)} is for the class of the device."
        return (ComputedText(said),)
    if not missing or not needed:
        return (table,)
    gap = Gap(
        f"Documents that this section refers to: {', '.join(missing)}",
        "no revision of them is on record", "regulatory affairs",
    )  # fmt: skip
    return (table, gap)


def _reference(row: Row) -> tuple[Cell, ...]:
    said, none = row.values, "none"
    return (
        Cell(str(said["code"])), Cell(str(said["title"])),
        cell(said["number"], *row.records, absent=none),
        cell(said["revision"], *row.records, absent=none),
        Cell(str(said["status"]), row.records,
             tone="unknown" if said["status"] == NOT_COMPILED else "plain"),
        cell(said["record"], *row.records, absent=none),
    )  # fmt: skip
