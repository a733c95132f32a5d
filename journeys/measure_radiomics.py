"""Radiomic features of a table of pictures and masks as a CSV, and what a classifier makes of them.

Files in, files out: no record is written, and nothing is returned to care.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imaging.pixels import PixelsRefused, read_file, read_pixels
from imaging.sources.base import SourceRefused
from imaging.sources.cells import utf8_text
from imaging.sources.columns import ColumnMapping
from imaging.sources.rows import TableRow, TableSource
from imaging.sources.table import read_table
from models.artefacts import replaced
from models.radiomics import Radiomics, RadiomicsSettings, features, measure_radiomics
from models.radiomics.classifier import (
    ClassifierPlan,
    CrossValidated,
    FeatureTable,
    cross_validate,
    table_of,
)
from records.counting import counted
from records.errors import InvalidInput

FACTS = ("file", "patient", "label", "split", "row_mm", "column_mm", "voxels", "aggregation",
         "settings", "not_estimable")  # fmt: skip


@dataclass(frozen=True)
class RadiomicsOrder:
    """What is measured: a folder with a CSV that names a picture, its mask and its label.

    pixel_mm: spacing of pictures that state none; without it their lengths are in pixels.
    """

    data: Path
    finding: str
    columns: Mapping[str, Any]
    settings: RadiomicsSettings
    pixel_mm: float | None = None


@dataclass(frozen=True)
class Measured:
    """What was written: regions, features a region, how many were not estimable, and why."""

    regions: int
    features: int
    reasons: Mapping[str, int]
    notes: tuple[str, ...]


def measure_table(
    order: RadiomicsOrder, out: Path, *, report: Callable[[str], None]
) -> Measured:
    """Write a line a picture with a mask: facts, settings' digest, and every feature by its key.

    An empty cell was not estimable; its reason stands in the column ``not_estimable``. The file
    appears whole or not at all.

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
        InvalidInput: A picture has no spacing, and the settings ask for one; or the file is there.
    """
    if out.exists():
        raise InvalidInput(
            f"{out} is there already.", hint="Name another file, or take that one away."
        )
    masked = read_table(
        order.data, finding=order.finding, columns=ColumnMapping(**order.columns), outlined=True,
        labelled=True,
    )
    reasons: Counter[str] = Counter()
    in_pixels = 0
    names: list[str] = []
    with replaced(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        for at, row in enumerate(masked.rows):
            image, spacing = _picture(masked, row, order)
            found = measure_radiomics(image, masked.mask(row), spacing or (1.0, 1.0),
                                      order.settings)  # fmt: skip
            in_pixels += spacing is None
            if not names:
                names = [one.name.key for one in found.features]
                writer = csv.DictWriter(file, [*FACTS, *names], lineterminator="\n")
                writer.writeheader()
            reasons.update(one.reason for one in found.features if one.reason)
            writer.writerow(_line(row, spacing, found))
            if (at + 1) % 100 == 0:
                report(f"{at + 1} of {len(masked.rows)} regions")
    notes = [f"{what}: {counted(count, 'row')}" for what, count in sorted(masked.notes.items())]
    if in_pixels:
        notes.append(f"spacing not stated, lengths in pixels: {counted(in_pixels, 'region')}")
    return Measured(len(masked.rows), len(names), dict(reasons), tuple(notes))


def classify_table(path: Path, plan: ClassifierPlan) -> tuple[CrossValidated, FeatureTable, str]:
    """Judge a classifier on a file that :func:`measure_table` wrote; with the settings' digest.

    Raises:
        InvalidInput: Naming what the file lacks, or that its lines were prepared differently.
    """
    with utf8_text(path) as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or ()
        rows = list(reader)
    keys = [name for name in header if name in features()]
    lacking = [one for one in ("patient", "label", "settings", "row_mm") if one not in header]
    if lacking or not keys or not rows:
        raise InvalidInput(
            f"{path.name}: it lacks {', '.join(lacking) or 'features'}.",
            hint="Write it with 'radvigil radiomics features'.",
        )
    digests = {row["settings"] for row in rows}
    if len(digests) != 1:
        raise InvalidInput(
            f"{path.name}, column settings: {len(digests)} ways of preparing in one table.",
            hint="Measure all regions with the same settings.",
        )
    if len({row["row_mm"] == "" for row in rows}) != 1:
        raise InvalidInput(
            f"{path.name}, column row_mm: some lengths are in mm and some in pixels.",
            hint="Say the side of a pixel with --pixel-mm when the features are written.",
        )
    table = table_of(rows, keys, label="label", patient="patient")
    return cross_validate(table, plan), table, digests.pop()


def _picture(
    source: TableSource, row: TableRow, order: RadiomicsOrder
) -> tuple[NDArray[Any], tuple[float, float] | None]:
    """The picture as stored (DICOM: in [0, 1] as it is shown), and its spacing if known."""
    path, spacing = source.dicom_path(row), None
    if path is None:
        image = source.array(row)
    else:
        try:
            pixels = read_pixels(read_file(path))
        except PixelsRefused as refused:
            raise SourceRefused(
                f"the picture cannot be read ({refused.reason})", where=f"row {row.number}",
                hint="Replace the file or take its row out",
            ) from None
        image, spacing = pixels.array, pixels.spacing_mm
    if spacing is None and order.pixel_mm is not None:
        spacing = (order.pixel_mm, order.pixel_mm)
    if spacing is None and order.settings.resample_mm is not None:
        raise InvalidInput(
            f"row {row.number}: the picture states no spacing, and the settings resample to "
            f"{order.settings.resample_mm} mm.",
            hint="Say the side of a pixel with --pixel-mm, or leave resample_mm out.",
        )
    return image, spacing


def _line(
    row: TableRow, spacing: tuple[float, float] | None, found: Radiomics
) -> dict[str, Any]:
    left = "; ".join(f"{one.name.key}: {one.reason}" for one in found.features if one.reason)
    facts = (
        row.file, row.patient, row.label, row.split or "", *(spacing or ("", "")), found.voxels,
        found.aggregation, found.settings.digest, left,
    )  # fmt: skip
    values = {key: "" if value is None else repr(value) for key, value in found.values.items()}
    return dict(zip(FACTS, facts, strict=True)) | values


def read_settings(path: Path | None) -> RadiomicsSettings:
    """The settings in a YAML file; the default ones without a file.

    Raises InvalidInput naming the field that is wrong.
    """
    if path is None:
        return RadiomicsSettings()
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        said = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, FileNotFoundError) as wrong:
        raise InvalidInput(
            f"{path.name}: it cannot be read as YAML ({type(wrong).__name__})."
        ) from None
    if not isinstance(said, Mapping):
        raise InvalidInput(f"{path.name}: it holds no settings by name.")
    return RadiomicsSettings.from_mapping(said)

