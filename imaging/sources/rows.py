"""The rows of a table of real images, and the way from a row to its pixels."""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box, BoxedPicture, wrong_box
from imaging.sources.base import SourceRefused
from imaging.sources.clean_pictures import read_clean
from imaging.sources.masks import read_mask, stated_shape
from imaging.sources.pictures import is_dicom, pixel_digest, read_grey


@dataclass(frozen=True, slots=True)
class TableRow:
    """One image and what its table says about it; None means not recorded.

    ``file`` is relative to the source; in an archive it is "train/00012", and ``index`` its place.
    ``mask`` is the file of the true outline, relative to the source; "" without.
    ``clean`` is the file of the same picture at full dose; "" without.
    ``number`` is the line of the CSV. ``assigned`` names the facts that the table did not give.
    """

    file: str
    number: int
    patient: str
    label: int
    site: str | None = None
    age: float | None = None
    sex: str | None = None
    view: str | None = None
    date: datetime.date | None = None
    split: str | None = None
    index: int | None = None
    assigned: frozenset[str] = frozenset()
    mask: str = ""
    clean: str = ""
    boxes: tuple[tuple[Box, str], ...] = ()
    """The true lesions, each with its place in the table; none of a table without boxes."""
    course: str = ""
    """Facts before and follow-up after the study (:class:`imaging.clinical_course.ClinicalCourse`);
    '' of a table without follow-up."""
    findings: str = ""
    """Which findings are present or not known, of those that may be present together
    (:mod:`records.finding_states`); '' where ``label`` says all."""


@dataclass(frozen=True)
class TableSource:
    """All rows of a table, with a way to the pixels of each.

    ``columns`` says which column was taken for which fact; ``notes`` counts what was dropped as
    unbelievable, such as an age of 155.
    """

    path: Path
    finding: str
    rows: tuple[TableRow, ...]
    columns: Mapping[str, str]
    notes: Mapping[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    """Names of the classes that ``label`` counts; none where it says present or absent."""

    @cached_property
    def _splits(self) -> dict[str, NDArray[Any]]:
        return {}

    def dicom_path(self, row: TableRow) -> Path | None:
        """The file of a row that is DICOM already, else None."""
        if row.index is not None:
            return None
        path = self.path / row.file
        return path if is_dicom(path) else None

    def array(self, row: TableRow) -> NDArray[Any]:
        """The grey pixels of one picture, shape (rows, columns), uint8 or uint16, not resized."""
        if row.index is not None and row.split is not None:
            if row.split not in self._splits:
                with np.load(self.path, allow_pickle=False) as archive:
                    self._splits[row.split] = archive[f"{row.split}_images"]
            return _flat(self._splits[row.split][row.index])
        return read_grey(self.path / row.file, where=f"{self.path}, row {row.number}")

    def mask(self, row: TableRow) -> NDArray[np.bool_]:
        """The true outline of a row, shape (rows, columns), True inside, on the picture's grid.

        Raises SourceRefused naming the row where it cannot be the picture's outline.
        """
        return read_mask(
            self.path / row.mask, self._shape(row), where=f"{self.path}, row {row.number}"
        )

    def clean(self, row: TableRow) -> NDArray[np.uint16]:
        """The picture at full dose of a row, 16 bits, shape (rows, columns) of the picture itself.

        Raises SourceRefused naming the row where it cannot be that.
        """
        return read_clean(
            self.path / row.clean, self._shape(row), where=f"{self.path}, row {row.number}"
        )

    def boxes(self, row: TableRow) -> BoxedPicture:
        """The true lesions of a row on the picture's grid.

        Raises SourceRefused naming the row of the table where a box does not lie in the picture.
        """
        rows, columns = self._shape(row)
        for box, where in row.boxes:
            if wrong := wrong_box(box, rows, columns):
                raise SourceRefused(
                    f"the box of {row.file} {wrong}", where=where,
                    hint="Write x, y (of the upper left corner), width and height in pixels of "
                    "this file; a picture that was resized has other ones than its original",
                )
        return BoxedPicture(rows, columns, tuple(box for box, _ in row.boxes))

    def _shape(self, row: TableRow) -> tuple[int, int]:
        path = self.dicom_path(row)
        if path is not None:
            return stated_shape(path)
        rows, columns = self.array(row).shape
        return int(rows), int(columns)

    def fingerprint(self) -> str:
        """A name for the source: of what the table says of each image, and of the images' sizes.

        Folders of other names with the same content have the same; an archive is read whole.
        """
        found = hashlib.sha256(self.finding.encode())
        if self.path.is_file():
            with self.path.open("rb") as archive:
                found.update(hashlib.file_digest(archive, "sha256").digest())
        for row in self.rows:
            size = 0 if row.index is not None else (self.path / row.file).stat().st_size
            facts = (row.file, size, row.patient, row.label, row.site, row.age, row.sex, row.view,
                     str(row.date), row.split)  # fmt: skip
            found.update(repr(facts).encode())
            if row.mask:
                found.update((self.path / row.mask).read_bytes())
            if row.clean:
                found.update((self.path / row.clean).read_bytes())
            if row.boxes:
                found.update(repr([box for box, _ in row.boxes]).encode())
            found.update(row.course.encode())
            found.update(row.findings.encode())
        return found.hexdigest()

    def digest(self, row: TableRow) -> str:
        """A name for the content: of the pixels, or of the whole file where that is DICOM."""
        path = self.dicom_path(row)
        if path is None:
            return pixel_digest(self.array(row))
        return pixel_digest(np.frombuffer(path.read_bytes(), dtype=np.uint8))


def _flat(image: NDArray[Any]) -> NDArray[Any]:
    if image.ndim == 3:
        weights = np.array([0.299, 0.587, 0.114]) if image.shape[2] == 3 else np.ones(1)
        image = np.round(image[..., : weights.size] @ weights)
    return image.astype(np.uint16 if image.max(initial=0) > 255 else np.uint8)
