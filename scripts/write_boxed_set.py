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

from imaging.sources.simulated_boxes import BoxedSet, simulated_boxes

ORIGINAL = 1024  # pixels of the side of the pictures on which the real boxes were drawn


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


def main() -> None:
    """Write manifest.csv, boxes.csv and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-site", type=int, default=0, help="simulated studies of each site")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--real", type=Path, help="the folder of public images")
    asked = parser.parse_args()
    found = BoxedSet()
    if asked.per_site:
        found = simulated_boxes(asked.folder, per_site=asked.per_site, seed=asked.seed)
    if asked.real:
        pictures, boxes = real(asked.folder, asked.real)
        found = BoxedSet(found.pictures + pictures, found.boxes + boxes)
    if not found.pictures:
        parser.error("say --per-site, --real, or both")
    found.write(asked.folder)
    print(f"{len(found.pictures)} radiographs, {len(found.boxes)} boxes in {asked.folder}")


if __name__ == "__main__":
    main()
