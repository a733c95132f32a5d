"""Options that say which column of somebody's table is which fact; shared by the verbs that read
one."""

from pathlib import Path
from typing import Annotated, Any

import typer

COLUMNS = "Columns of the CSV (guessed from their names where not given)"


def _column(flag: str, meaning: str) -> Any:
    return typer.Option(flag, help=meaning, rich_help_panel=COLUMNS)


FileColumn = Annotated[str | None, _column("--file-column", "The image's file name.")]
LabelColumn = Annotated[str | None, _column("--label-column", "The finding.")]
PatientColumn = Annotated[str | None, _column("--patient-column", "Whose image.")]
SiteColumn = Annotated[str | None, _column("--site-column", "Where it was made.")]
AgeColumn = Annotated[str | None, _column("--age-column", "Age in years.")]
SexColumn = Annotated[str | None, _column("--sex-column", "Sex.")]
ViewColumn = Annotated[str | None, _column("--view-column", "PA or AP.")]
DateColumn = Annotated[str | None, _column("--date-column", "When it was made.")]
SplitColumn = Annotated[
    str | None, _column("--split-column", "The part: train, val, test or external.")
]
MaskColumn = Annotated[
    str | None, _column("--mask-column", "The true outline: a PNG of the picture's size.")
]
CleanColumn = Annotated[
    str | None, _column("--clean-column", "The same picture at full dose: PNG or DICOM.")
]
Boxes = Annotated[
    Path | None,
    _column("--boxes", "A CSV of one box a row: file, x, y, width, height (pixels), finding."),
]
FollowUpColumn = Annotated[
    str | None, _column("--follow-up-column", "Days from the study to the event or last contact.")
]
Facts = Annotated[
    Path | None,
    _column("--facts", "Clinical facts: a CSV of patient, code, value, unit, time; or FHIR "
                       "Observations (.json, .ndjson)."),
]
PositiveLabel = Annotated[
    list[str] | None,
    _column("--positive-label", "A value of the label that means the finding; repeatable."),
]
NegativeLabel = Annotated[
    list[str] | None,
    _column("--negative-label", "A value of the label that means no finding; repeatable."),
]


def given_columns(**named: Any) -> dict[str, Any]:
    """The columns that were named, as the reader of tables takes them."""
    return {
        fact: tuple(value) if isinstance(value, list) else value
        for fact, value in named.items()
        if value is not None
    }
