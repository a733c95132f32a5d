"""Which column of somebody's table is which fact, and what its cells mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
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
    "split": ("split", "repositorysplit", "reposplit", "fold", "subset", "set"),
}  # fmt: skip
LABEL_GUESSES: Final = (
    "label", "labels", "y", "target", "class", "finding", "findings", "findinglabels", "diagnosis",
)  # fmt: skip
_SEXES: Final = {"f": "F", "female": "F", "woman": "F", "m": "M", "male": "M", "man": "M"}
_YES: Final = frozenset({"1", "1.0", "true", "yes", "positive"})
_NO: Final = frozenset({"0", "0.0", "false", "no", "negative"})
_OLDEST: Final = 120.0


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Names of the columns, as the table writes them; None means: guess.

    ``positive`` lists label values that mean the finding is there where they do not name it.
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
    positive: tuple[str, ...] = ()


def find_columns(header: Sequence[str], mapping: ColumnMapping, *, where: str) -> dict[str, str]:
    """The column of each fact that the table has, asked for or guessed; labels apart.

    Raises SourceRefused where a column that was named, or the file column, is not there.
    """
    asked = {f.name: getattr(mapping, f.name) for f in fields(mapping) if f.name != "positive"}
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
            hint=f"Name it with the option for the file column; there are {', '.join(header)}",
        )
    return found


def plain(name: str) -> str:
    """A column name or label without case, spaces and punctuation, for comparing.

    >>> plain("Patient Age"), plain("no_finding")
    ('patientage', 'nofinding')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def read_labels(
    rows: Sequence[Mapping[str, str]],
    header: Sequence[str],
    *,
    finding: str,
    mapping: ColumnMapping,
    where: str,
) -> list[int]:
    """1 where the finding is there, 0 where it is not, from whichever column says so.

    Several columns may say it as long as they agree. Raises SourceRefused naming column, row and
    option where no column says it, they disagree, or a cell is empty or unclear.
    """
    if mapping.label is not None:
        labels, reason = _meaning(rows, mapping.label, finding=finding, mapping=mapping)
        if labels is None:
            raise _unclear(mapping.label, reason, finding=finding, where=where)
        return labels
    wanted = (plain(finding), *LABEL_GUESSES)
    candidates = [name for guess in wanted for name in header if plain(name) == guess]
    read = {name: _meaning(rows, name, finding=finding, mapping=mapping) for name in candidates}
    clear = {name: labels for name, (labels, _) in read.items() if labels is not None}
    if not clear:
        if not read:
            raise SourceRefused(
                "no column holds the label",
                where=where,
                hint=f"Name it with the option for the label column; they are {', '.join(header)}",
            )
        name, (_, reason) = next(iter(read.items()))
        raise _unclear(name, reason, finding=finding, where=where)
    _refuse_disagreement(clear, where=where)
    return next(iter(clear.values()))


def _meaning(
    rows: Sequence[Mapping[str, str]], column: str, *, finding: str, mapping: ColumnMapping
) -> tuple[list[int] | None, str]:
    """The labels that one column gives, or None and why it gives none."""
    cells = [row[column].strip() for row in rows]
    empty = next((number for number, cell in enumerate(cells, start=2) if not cell), None)
    if empty is not None:
        return None, f"row {empty} is empty"
    lowered = [cell.casefold() for cell in cells]
    positive = {plain(value) for value in mapping.positive}
    if not positive:
        if all(cell in _YES or cell in _NO for cell in lowered):
            return [int(cell in _YES) for cell in lowered], ""
        positive = {plain(finding)}
    labels = [int(any(plain(part) in positive for part in re.split(r"[|;,/]", c))) for c in cells]
    if not any(labels):
        values = sorted(set(cells))
        shown = ", ".join(repr(value) for value in values[:6]) + (" ..." if len(values) > 6 else "")
        return None, f"its values are {shown}"
    return labels, ""


def _unclear(column: str, reason: str, *, finding: str, where: str) -> SourceRefused:
    return SourceRefused(
        f"column {column!r} does not say where {finding!r} is present: {reason}",
        where=where,
        hint="Name another label column, or the values that mean it is present, by option",
    )


def _refuse_disagreement(clear: Mapping[str, list[int]], *, where: str) -> None:
    names = list(clear)
    for other in names[1:]:
        for number, (one, two) in enumerate(zip(clear[names[0]], clear[other], strict=True), 2):
            if one != two:
                raise SourceRefused(
                    f"columns {names[0]!r} ({one}) and {other!r} ({two}) disagree in row {number}",
                    where=where,
                    hint=f"Say which is the label by option: {' or '.join(names)}",
                )


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
