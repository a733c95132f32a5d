"""DICOM PS3.15 Table E.1-1 as data: what becomes of each attribute, by profile and by option.

``confidentiality_attributes.csv`` holds 655 attributes and the row of private attributes. The
basic-profile column is that of edition 2026c. The option cells marked ``read`` stand so in an older
edition of the table; those marked ``rule`` follow what all rows that were read have in common:
dates and times are kept or moved (113106, 113107), identifiers marked U are kept under 113110, and
texts named description, comments, label, notes or reason are cleaned under 113105.
``conditional_types.csv`` says in which objects an attribute with a conditional code is required
(type 1 or 2, PS3.3); where it is not listed it is optional.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

EDITION: Final = "PS3.15 2026c, Table E.1-1"
_HERE: Final = Path(__file__).parent
_SOP_CLASSES: Final = "1.2.840.10008.5.1.4.1.1."
_REPEATING: Final = ("50XXXXXX", "60XX3000", "60XX4000")


class Option(StrEnum):
    """An option of the Basic Application Level Confidentiality Profile, by its code (CID 7050)."""

    CLEAN_PIXELS = "113101"
    CLEAN_GRAPHICS = "113103"
    CLEAN_STRUCTURED = "113104"
    CLEAN_DESCRIPTORS = "113105"
    FULL_DATES = "113106"
    MODIFIED_DATES = "113107"
    PATIENT_CHARACTERISTICS = "113108"
    DEVICE_IDENTITY = "113109"
    UIDS = "113110"
    SAFE_PRIVATE = "113111"
    INSTITUTION = "113112"


MEANINGS: Final[Mapping[str, str]] = {
    "113100": "Basic Application Confidentiality Profile",
    Option.CLEAN_PIXELS: "Clean Pixel Data Option",
    Option.CLEAN_GRAPHICS: "Clean Graphics Option",
    Option.CLEAN_STRUCTURED: "Clean Structured Content Option",
    Option.CLEAN_DESCRIPTORS: "Clean Descriptors Option",
    Option.FULL_DATES: "Retain Longitudinal Temporal Information Full Dates Option",
    Option.MODIFIED_DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    Option.PATIENT_CHARACTERISTICS: "Retain Patient Characteristics Option",
    Option.DEVICE_IDENTITY: "Retain Device Identity Option",
    Option.UIDS: "Retain UIDs Option",
    Option.SAFE_PRIVATE: "Retain Safe Private Option",
    Option.INSTITUTION: "Retain Institution Identity Option",
}
"""The meaning that PS3.16 CID 7050 gives each code."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One attribute of the table: its number, keyword, basic code, option cells, where from."""

    tag: str
    attribute: str
    basic: str
    cells: Mapping[str, str]
    options_from: str

    @property
    def number(self) -> int | None:
        """The attribute's number; None for repeating groups and private attributes."""
        return None if self.tag in (*_REPEATING, "PRIVATE") else int(self.tag, 16)

    def code(self, options: frozenset[Option]) -> str:
        """The code under these options: the cell of one that is chosen, else the basic code.

        Where two chosen options answer, the one that keeps less counts.
        """
        chosen = {cell for option in options if (cell := self.cells.get(option, ""))}
        return "C" if "C" in chosen else next(iter(chosen), self.basic)


@cache
def table_rows() -> tuple[TableRow, ...]:
    """Every row, by number."""
    return tuple(_rows())


def _rows() -> Iterator[TableRow]:
    with (_HERE / "confidentiality_attributes.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            cells = {name: value for name, value in row.items() if name.isdigit() and value}
            yield TableRow(
                row["tag"], row["attribute"], row["basic"], cells, row["options_from"]
            )


@cache
def _types() -> Mapping[tuple[int, str], str]:
    with (_HERE / "conditional_types.csv").open(encoding="utf-8", newline="") as stream:
        return {
            (int(row["tag"], 16), _SOP_CLASSES + suffix): row["type"]
            for row in csv.DictReader(stream)
            for suffix in row["sop_classes"].split()
        }


def resolved(code: str, number: int, sop_class: str) -> str:
    """One action for a conditional code (X/Z, X/D, Z/D, X/Z/D, X/Z/U*) in an object of this class.

    Required with a value (type 1): D. Required (type 2): Z. Optional, or nobody knows: X. Where the
    code does not offer that, the next one that keeps less than the rest.

    >>> resolved("X/Z/D", 0x00181000, "1.2.840.10008.5.1.4.1.1.1.1")
    'X'
    >>> resolved("Z/D", 0x00100020, "1.2.840.10008.5.1.4.1.1.1.1")
    'Z'
    """
    if "/" not in code:
        return code
    offered = code.replace("U*", "U").split("/")
    wanted = {"1": "DUZX", "2": "ZDUX"}.get(_types().get((int(number), sop_class), "3"), "XZDU")
    return next(action for action in wanted if action in offered)
