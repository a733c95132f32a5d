"""Which column of somebody's table is which fact, and what cells that are no label mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Final

from imaging.sources.base import SourceRefused

_GUESSES: Final[Mapping[str, tuple[str, ...]]] = {
    "file": ("file", "filename", "filepath", "path", "image", "imagepath", "imageindex",
             "imagefile", "imagefilename", "imageid"),
    "patient": ("patient", "patientid", "subject", "subjectid", "groupid", "group", "person",
                "study", "studyid"),
    "site": ("site", "hospital", "institution", "centre", "center"),
    "age": ("age", "patientage", "ageyears"),
    "sex": ("sex", "patientsex", "gender", "patientgender"),
    "view": ("view", "viewposition", "projection"),
    "date": ("date", "studydate", "acquisitiondate"),
    "mask": ("mask", "maskfile", "maskpath", "segmentation", "outline"),
    "clean": ("fulldose", "clean", "cleanimage", "fulldoseimage", "target", "referenceimage"),
    "follow_up": ("followup", "followupdays", "followeddays", "timetoevent", "daystoevent"),
    "split": ("split", "repositorysplit", "reposplit", "fold", "subset", "set"),
}  # fmt: skip
_SEXES: Final = {"f": "F", "female": "F", "woman": "F", "m": "M", "male": "M", "man": "M"}
_OLDEST: Final = 120.0
NOT_RECORDED: Final = frozenset(
    {"", "na", "nan", "null", "none", "unknown", "u", "notrecorded", "missing"}
)
"""Cells, without case and punctuation, that say that a fact is not known."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Names of the columns, as the table writes them; None means: guess.

    ``positive`` and ``negative`` list label values that mean that the finding is there, or is not,
    where they do not say so by themselves. ``boxes`` is a second table, of one box a row; ``facts``
    a file of clinical facts, one a row or a FHIR resource.
    """

    file: str | None = None
    patient: str | None = None
    label: str | None = None
    site: str | None = None
    age: str | None = None
    sex: str | None = None
    view: str | None = None
    date: str | None = None
    split: str | None = None
    mask: str | None = None
    clean: str | None = None
    follow_up: str | None = None
    boxes: Path | None = None
    facts: Path | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


def find_columns(header: Sequence[str], mapping: ColumnMapping, *, where: str) -> dict[str, str]:
    """The column of each fact that the table has, asked for or guessed; labels apart.

    Raises SourceRefused where a column that was named, or the file column, is not there.
    """
    asked = {
        f.name: getattr(mapping, f.name)
        for f in fields(mapping)
        if f.name not in ("positive", "negative", "boxes", "facts")
    }
    for fact, name in asked.items():
        if name is not None and name not in header:
            raise SourceRefused(
                f"there is no column {name!r} for {fact}",
                where=where,
                hint=f"The columns are {', '.join(header)}",
            )
    by_plain_name = {plain(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for fact, guesses in _GUESSES.items():
        guessed = next((by_plain_name[g] for g in guesses if g in by_plain_name), None)
        chosen = asked[fact] or guessed
        if chosen is not None:
            found[fact] = chosen
    if "file" not in found:
        raise SourceRefused(
            "no column names the image files",
            where=where,
            hint=f"Name it with --file-column; there are {', '.join(header)}",
        )
    return found


def plain(name: str) -> str:
    """A column name or label without case, spaces and punctuation, for comparing.

    >>> plain("Patient Age"), plain("no_finding")
    ('patientage', 'nofinding')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def read_age(cell: str) -> float | None:
    """Age in years, or None where it is not recorded or cannot be true.

    >>> read_age("063Y"), read_age("18M"), read_age("155"), read_age("")
    (63.0, 1.5, None, None)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([YMWD]?)", cell.strip().upper())
    if match is None:
        return None
    years = float(match[1]) / {"": 1, "Y": 1, "M": 12, "W": 52.1775, "D": 365.25}[match[2]]
    return years if years <= _OLDEST else None


def read_sex(cell: str) -> str | None:
    """ "F" or "M", or None where it is not recorded."""
    return _SEXES.get(cell.strip().casefold())


def read_date(cell: str, *, where: str) -> date | None:
    """The study date, from 2026-03-01 or 20260301; None where the cell is empty."""
    if not cell.strip():
        return None
    try:
        return date.fromisoformat(cell.strip()[:10])
    except ValueError:
        raise SourceRefused(
            f"{cell!r} is not a date", where=where, hint="Write YYYY-MM-DD or YYYYMMDD"
        ) from None
