"""The same checks of somebody's images with their table, before they are taken in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imaging.dataset_checks.pictures import SmallPictures, small_pictures
from imaging.dataset_checks.report import ChecksReport, check_dataset
from imaging.pixels import read_file, read_pixels
from imaging.sources.columns import ColumnMapping
from imaging.sources.rows import TableRow, TableSource
from imaging.sources.table import read_table
from records.dataset_rules import DatasetRules
from records.definition import DeviceDefinition

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def check_folders(
    paths: "Sequence[Path]",
    *,
    finding: str,
    columns: ColumnMapping,
    definition: DeviceDefinition | None = None,
    seed: int = 0,
) -> ChecksReport:
    """Every check of one or several folders; of several, each folder is a part of its own.

    Patients are the same where their numbers are. Raises SourceRefused naming file, row and
    column, and PixelsRefused for a DICOM file that cannot be read.
    """
    sources = [read_table(path, finding=finding, columns=columns) for path in paths]
    several = len(sources) > 1
    facts, pictures = facts_of(sources, named=several)
    rules = (definition and definition.dataset_rules) or DatasetRules()
    return check_dataset(facts, pictures, rules=rules, definition=definition, seed=seed)


def facts_of(
    sources: Sequence[TableSource], *, named: bool = False
) -> tuple["pd.DataFrame", SmallPictures]:
    """What the tables say of each image, and the pictures, in one order.

    named: each record and split bears the name of its folder. The order of the rows is no fact: a
    table is often sorted by its label.
    """
    import pandas as pd

    pictures = small_pictures(_array(source, row) for source in sources for row in source.rows)
    rows = [
        _facts(row, f"{source.path.stem}/" if named else "")
        for source in sources for row in source.rows
    ]
    facts = pd.DataFrame(rows).assign(rows=pictures.rows, columns=pictures.columns)
    return facts.dropna(axis="columns", how="all"), pictures


def _facts(row: TableRow, folder: str) -> dict[str, object]:
    number = row.patient if row.patient.isdecimal() else None
    split = f"{folder}{row.split or ''}".rstrip("/") or "all"
    return {
        "record": folder + row.file, "split": split, "finding": row.label,
        "patient": folder + row.file if "patient" in row.assigned else row.patient,
        "site": row.site, "age_years": row.age, "sex": row.sex, "view": row.view,
        "arrival": row.date and row.date.toordinal(),
        "patient_number": number and int(number),
    }  # fmt: skip


def _array(source: TableSource, row: TableRow) -> "NDArray[np.generic]":
    path = source.dicom_path(row)
    return source.array(row) if path is None else read_pixels(read_file(path)).array
