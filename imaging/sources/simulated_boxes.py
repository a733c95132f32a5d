"""Radiographs of simulated patients with a box around each lesion that the simulator drew.

Written as a folder of DICOM files with a table of pictures and a table of boxes, the form in which
anybody's boxes are taken in.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from imaging.boxes import Box
from imaging.sources.cases import draw_case
from imaging.sources.lesions import lesion_boxes
from imaging.sources.simulator import development_plan, study_bytes
from imaging.sources.sites import EXTERNAL_SITE

PICTURES: Final = "manifest.csv"
BOXES: Final = "boxes.csv"
_PARTS: Final = {"train": 0.5, "val": 0.72, "test": 1.0}
"""Patients are dealt to the parts at random; the numbers are where each part ends."""


@dataclass(slots=True)
class BoxedSet:
    """The rows of both tables."""

    pictures: list[dict[str, Any]] = field(default_factory=list)
    boxes: list[dict[str, Any]] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Both tables into a folder."""
        _write(folder / PICTURES, list(self.pictures[0]), self.pictures)
        _write(folder / BOXES, ["file", *Box._fields], self.boxes)


def simulated_boxes(
    folder: Path, *, per_site: int, seed: int, held_out: bool = False
) -> BoxedSet:
    """Write so many radiographs of each site below ``folder``; the rows of their tables.

    Patients are dealt to training, tuning and test. held_out: all of one site are the external
    test instead. The same arguments give the same bytes.
    """
    found = BoxedSet()
    (folder / "simulated").mkdir(parents=True, exist_ok=True)
    for plan in development_plan(seed, per_site):
        if plan.defect is not None:
            continue
        case = draw_case(plan)
        name = f"simulated/{plan.site}-{plan.index:05d}.dcm"
        (folder / name).write_bytes(study_bytes(case))
        found.pictures.append({
            "file": name, "patient": case.patient.patient_id, "site": plan.site,
            "age": case.age_years, "sex": case.patient.sex,
            "view": "AP" if case.portable else "PA", "date": plan.day.isoformat(), "split": "",
        })  # fmt: skip
        found.boxes += [{"file": name, **box._asdict()} for box in lesion_boxes(case)]
    _deal(found.pictures, seed)
    if held_out:
        for row in found.pictures:
            row["split"] = "external" if row["site"] == EXTERNAL_SITE else row["split"]
    return found


def _deal(rows: list[dict[str, Any]], seed: int) -> None:
    """The part of each row, by patient."""
    patients = sorted({row["patient"] for row in rows})
    places = np.random.default_rng([seed, 5]).permutation(len(patients)) / len(patients)
    part = {
        patient: next(name for name, end in _PARTS.items() if place < end)
        for patient, place in zip(patients, places, strict=True)
    }
    for row in rows:
        row["split"] = part[row["patient"]]


def _write(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)
