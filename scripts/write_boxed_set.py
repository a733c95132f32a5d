"""Write a folder of radiographs with boxes, to train and to test a device that marks lesions.

    .venv/bin/python scripts/write_boxed_set.py FOLDER --per-site 400 --seed 7
    .venv/bin/python scripts/write_boxed_set.py FOLDER --real DATA

The simulator draws patients and knows where it put the pneumonia. With --real, the radiographs of
DATA/cxr-nih-256 that have a box of pneumonia in DATA/tables/nih_bboxes.csv, and those without a
finding, are added as the external test; the boxes were drawn on originals of 1024 pixels.
"""

import argparse
import csv
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from imaging.sources.cases import draw_case
from imaging.sources.lesions import lesion_boxes
from imaging.sources.simulator import development_plan, study_bytes

PARTS = {"train": 0.5, "val": 0.72, "test": 1.0}
"""Patients are dealt to the parts at random; the numbers are where each part ends."""
ORIGINAL = 1024  # pixels of the side of the pictures on which the real boxes were drawn


def simulated(folder: Path, per_site: int, seed: int) -> tuple[list[dict], list[dict]]:
    """Rows of simulated radiographs, which are written as DICOM files, and of their boxes."""
    rows: list[dict] = []
    boxes: list[dict] = []
    for plan in development_plan(seed, per_site):
        if plan.defect is not None:
            continue
        case = draw_case(plan)
        name = f"simulated/{plan.site}-{plan.index:05d}.dcm"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(study_bytes(case))
        rows.append({
            "file": name, "patient": case.patient.patient_id, "site": plan.site,
            "age": case.age_years, "sex": case.patient.sex,
            "view": "AP" if case.portable else "PA", "date": plan.day.isoformat(), "split": "",
        })  # fmt: skip
        boxes += [{"file": name, **box._asdict()} for box in lesion_boxes(case)]
    deal(rows, seed)
    return rows, boxes


def deal(rows: list[dict], seed: int) -> None:
    """The part of each row, by patient."""
    patients = sorted({row["patient"] for row in rows})
    places = np.random.default_rng([seed, 5]).permutation(len(patients)) / len(patients)
    part = {
        patient: next(name for name, end in PARTS.items() if place < end)
        for patient, place in zip(patients, places, strict=True)
    }
    for row in rows:
        row["split"] = part[row["patient"]]


def real(folder: Path, data: Path) -> tuple[list[dict], list[dict]]:
    """The same of the real radiographs: with a box of pneumonia, or without a finding."""
    from PIL import Image

    found: dict[str, list[dict[str, str]]] = {}
    for line in read(data / "tables" / "nih_bboxes.csv"):
        if line["finding"] == "Pneumonia":
            found.setdefault(Path(line["image"]).stem, []).append(line)
    rows: list[dict] = []
    boxes: list[dict] = []
    (folder / "real").mkdir(parents=True, exist_ok=True)
    for line in read(data / "cxr-nih-256" / "manifest.csv"):
        source = data / "cxr-nih-256" / line["file"]
        here = found.get(source.stem, [])
        if not here and line["label"] == "pneumonia":
            continue  # where it lies is not known
        name = f"real/{source.name}"
        shutil.copy(source, folder / name)
        with Image.open(source) as picture:
            zoom = picture.width / ORIGINAL
        rows.append({
            "file": name, "patient": f"nih-{line['patient_id']}", "site": "nih",
            "age": line["age"], "sex": line["sex"], "view": line["view"], "date": "",
            "split": "external",
        })  # fmt: skip
        boxes += [
            {"file": name, **{side: round(float(box[column]) * zoom, 3) for side, column in
                              (("x", "x"), ("y", "y"), ("width", "w"), ("height", "h"))}}
            for box in here
        ]  # fmt: skip
    return rows, boxes


def read(path: Path) -> Iterable[dict[str, str]]:
    """The rows of a CSV."""
    with path.open(newline="", encoding="utf-8") as handle:
        yield from csv.DictReader(handle)


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """The rows as a CSV."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write manifest.csv, boxes.csv and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-site", type=int, default=0, help="simulated studies of each site")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--real", type=Path, help="the folder of public images")
    asked = parser.parse_args()
    rows: list[dict] = []
    boxes: list[dict] = []
    if asked.per_site:
        rows, boxes = simulated(asked.folder, asked.per_site, asked.seed)
    if asked.real:
        more, others = real(asked.folder, asked.real)
        rows, boxes = rows + more, boxes + others
    if not rows:
        parser.error("say --per-site, --real, or both")
    write(asked.folder / "manifest.csv", rows)
    write(asked.folder / "boxes.csv", boxes)
    print(f"{len(rows)} radiographs, {len(boxes)} boxes in {asked.folder}")


if __name__ == "__main__":
    main()
