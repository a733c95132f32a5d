"""Rows of a table onto the common path: pictures become DICOM, DICOM files pass as they are."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imaging.secondary_capture import CaptureFacts, write_secondary_capture
from imaging.sources.acquisition import degrade
from imaging.sources.base import ReaderRow, SourceRefused, TruthRow
from imaging.sources.rows import TableRow, TableSource


@dataclass(frozen=True, slots=True)
class CapturedStudy:
    """A DICOM file made of a row, and the truth that the table states. No clinician read it."""

    path: Path
    row: TableRow
    study_uid: str
    truth: TruthRow
    reading: ReaderRow | None = None


def write_captures(
    source: TableSource,
    rows: Sequence[TableRow],
    folder: Path,
    *,
    seed: int,
    degraded: Callable[[TableRow], bool] | None = None,
    progress: Callable[[int], None] | None = None,
    acquired: tuple[str, str] = ("DX", "CHEST"),
) -> list[CapturedStudy]:
    """Write the rows as DICOM files below ``folder/<site>/`` and state the truth of each.

    Every row needs a site and a date (``assign_missing``). ``degraded`` says which pictures went
    through the faulty detector software; DICOM files are never altered. The seed decides only
    after how many days (2 to 10) the truth becomes known. A file that is there already stays.
    """
    written: list[CapturedStudy] = []
    for row in rows:
        faulty = degraded is not None and degraded(row)
        written.append(
            _capture(
                source, row, folder, seed=seed, faulty=faulty, acquired=acquired
            )
        )
        if progress is not None:
            progress(len(written))
    return written


def _capture(
    source: TableSource,
    row: TableRow,
    folder: Path,
    *,
    seed: int,
    faulty: bool,
    acquired: tuple[str, str],
) -> CapturedStudy:
    if row.site is None or row.date is None:
        raise SourceRefused(
            "site or date is missing",
            where=f"{source.path}, row {row.number}",
            hint="Assign what is missing before writing",
        )
    collection = source.path.stem
    key = "|".join((collection, row.file, row.site, row.date.isoformat(), str(int(faulty))))
    digest = hashlib.sha256(key.encode()).hexdigest()
    path = folder / row.site / f"{row.number:05d}-{digest[:10]}.dcm"
    path.parent.mkdir(parents=True, exist_ok=True)
    original = source.dicom_path(row)
    if original is not None:
        study_uid = _pass_on(original, path, where=f"{source.path}, row {row.number}")
    else:
        facts = CaptureFacts(
            key=key, study_key=key, patient_id=_patient_id(collection, row.patient), site=row.site,
            study_date=row.date, age_years=row.age, sex=row.sex, view=row.view,
            modality=acquired[0], body_part=acquired[1],
        )  # fmt: skip
        study_uid = facts.study_uid
        if not path.exists():
            array = source.array(row)
            write_secondary_capture(degrade(array) if faulty else array, facts, path)
    words = np.random.SeedSequence([seed, int(digest[:16], 16)])
    delay = int(np.random.default_rng(words).integers(2, 11))
    truth = TruthRow(
        study_uid, row.site, row.date, int(row.label > 0), "table", (), delay,
        class_name=row.findings or (source.classes[row.label] if source.classes else ""),
    )
    return CapturedStudy(path=path, row=row, study_uid=study_uid, truth=truth)


def _pass_on(original: Path, path: Path, *, where: str) -> str:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        header = pydicom.dcmread(original, stop_before_pixels=True)
        study_uid = str(header.StudyInstanceUID)
    except (InvalidDicomError, AttributeError, OSError):
        raise SourceRefused(
            f"{original.name} is no DICOM file with a StudyInstanceUID",
            where=where,
            hint="Replace the file or take its row out",
        ) from None
    if not path.exists():
        part = path.with_suffix(".part")
        shutil.copyfile(original, part)
        part.replace(path)
    return study_uid


def _patient_id(collection: str, patient: str) -> str:
    """At most 64 characters (PS3.5 LO), apart from the same number in another collection."""
    name = f"{collection}:{patient}"
    if len(name) <= 64 and "\\" not in name and name.isprintable():
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:32]
