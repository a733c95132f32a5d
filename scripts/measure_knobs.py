"""Measure what each knob of the simulator does to image quality: monitoring/knob_effects.csv.

    .venv/bin/python scripts/measure_knobs.py

The same 100 planned studies of Northfield, written and read as files, at each grade. `shift` is the
difference of means and `spread` the ratio of standard deviations, both against no knob turned, in
standard deviations of a study there; `error` is the standard error of `shift` (of pairs). `auc` is
what the classifier of docs/simulator.md reached, where it was read at that grade.
"""

import csv
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import Pixels, parse_file, read_pixels
from imaging.quality import measure_quality
from imaging.sources.cases import draw_case
from imaging.sources.knobs import Knobs
from imaging.sources.simulator import operation_day_plan, study_bytes

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "monitoring" / "knob_effects.csv"
STUDIES, SEED = 100, 611
GRADES: dict[str, tuple[float, ...]] = {
    "noise": (1.25, 1.5, 2, 4, 8, 16, 40),
    "blur": (0.5, 1, 2, 3, 6, 12, 24),
    "gain": (1.05, 1.1, 1.2, 1.6, 2.2, 3.2, 5),
    "flattening": (0.1, 0.2, 0.4, 0.6, 0.8, 1),
    "collimation": (0.1, 0.3, 0.5, 0.65, 0.8),
    "kilovolts_less": (10, 20, 35, 50, 65, 75, 81),
    "motion": (2, 4, 8, 16, 32, 64),
    "clipping": (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.46),
    "extra_markers": (1, 2, 4, 10, 24, 60),
    "subtler": (0.3, 0.5, 0.75, 1),
    "prevalence": (0.01, 0.2, 0.5, 0.75, 0.99),
    "age_mean": (30, 45, 70, 85),
    "female_share": (0, 1),
    "portable_share": (0, 0.5, 1),
    "pneumothorax": (0.25, 0.5, 1),
    "children": (1,),
    "resolution": (1.25, 1.67, 2.5, 5),
    "scanner": (1,),
}
"""resolution: how many times fewer pixels a side; scanner: Southmere's machine and patients."""


def measured(index: int, *, knob: str, grade: float) -> list[float]:
    """The six numbers of one study, through the file that a hospital would send."""
    site = "southmere" if knob == "scanner" else "northfield"
    given: dict[str, Any] = {}
    if knob == "children":
        given = {"children": True}
    elif knob not in ("", "resolution", "scanner"):
        given = {knob: int(grade) if knob == "extra_markers" else grade}
    plan = operation_day_plan(SEED, site, index, 1, False, knobs=Knobs(**given))[0]
    pixels = read_pixels(parse_file(study_bytes(draw_case(plan))))
    if knob == "resolution":
        pixels = Pixels(coarser(pixels.array, grade), pixels.spacing_mm)
    return list(measure_quality(pixels).values())


def coarser(picture: NDArray[Any], ratio: float) -> NDArray[np.float32]:
    """The picture stored with fewer pixels and enlarged again."""
    from scipy import ndimage

    small = ndimage.zoom(picture, 1.0 / ratio, order=1, prefilter=False, grid_mode=True,
                         mode="nearest")  # fmt: skip
    back = np.array(picture.shape) / np.array(small.shape)
    shown = ndimage.zoom(small, back, order=1, grid_mode=True, mode="nearest")
    return np.clip(shown, 0.0, 1.0).astype(np.float32)


def known_auc() -> dict[tuple[str, float], float]:
    """What docs/simulator.md says that each grade costs."""
    text = (REPOSITORY / "docs" / "simulator.md").read_text(encoding="utf-8")
    return {
        (row[1], float(grade)): float(value)
        for row in re.finditer(r"^\| `(\w+)` \|(.*: 0\..*)\|$", text, re.MULTILINE)
        for grade, value in re.findall(r"([\d.]+): (0\.\d+)", row[2])
    }


def effects(pool: ProcessPoolExecutor) -> Iterator[dict[str, Any]]:
    """A row a knob, grade and number."""
    names = ["brightness", "contrast", "sharpness", "noise", "entropy", "saturation"]
    auc = known_auc()

    def all_of(knob: str, grade: float) -> NDArray[np.float64]:
        found = pool.map(partial(measured, knob=knob, grade=grade), range(STUDIES), chunksize=25)
        return np.array(list(found))

    before = all_of("", 0.0)
    usual = before.std(axis=0, ddof=1)
    for knob, grades in GRADES.items():
        for grade in grades:
            now = all_of(knob, grade)
            moved = (now - before) / usual
            print(knob, grade, moved.mean(axis=0).round(2).tolist(), flush=True)
            for column, name in enumerate(names):
                yield {
                    "knob": knob, "grade": f"{grade:g}", "column": name, "n": STUDIES,
                    "shift": round(float(moved[:, column].mean()), 3),
                    "error": round(float(moved[:, column].std(ddof=1) / STUDIES**0.5), 3),
                    "spread": round(float(now[:, column].std(ddof=1) / usual[column]), 3),
                    "auc": auc.get((knob, grade), ""),
                }  # fmt: skip


def main() -> int:
    """Measure and write the table."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        rows = list(effects(pool))
    with TABLE.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
