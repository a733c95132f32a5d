"""One chest exposed twice, at full dose and at a share of it, with nodules whose place is known.

Written as a folder of 16-bit pictures with a table, the form in which anybody's pairs are taken in.
No anatomy differs between the two: the patient stands still, the second exposure has noise of its
own, and both are shown in the window of the first.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from imaging.sources.acquisition import (
    FULL_SCALE,
    develop,
    draw_exposure,
    expose,
    finish,
    positioned,
)
from imaging.sources.base import Phase, SourceRefused, StudyPlan
from imaging.sources.cases import Case, development_day, draw_case, stream
from imaging.sources.opacities import confounders, haze
from imaging.sources.phantom import Chest, Image, blob, draw_chest
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE, SITES

TABLE: Final = "pairs.csv"
_COLUMNS: Final = ("file", "full_dose", "patient", "site", "split", "age", "sex", "view", "date",
                   "dose_fraction", "nodule", "x", "y", "width", "height")  # fmt: skip
_DEPTH: Final = 65535
_WITH_NODULES: Final = 0.5  # of the studies
_RADII: Final = (1.8, 4.0)  # standard deviations of a nodule's profile, pixels of 160
_STRENGTHS: Final = (0.35, 0.90)  # its attenuation, in the units of the phantom
_APART: Final = 4.0  # of two nodules' places, in radii of the larger
_SPLITS: Final = ("train",) * 5 + ("val",) * 2 + ("test",) * 3


@dataclass(frozen=True, slots=True, eq=False)
class DosePair:
    """Two exposures of one chest, uint16 (pixels, pixels) and bone bright, and its nodules.

    mask: bool, the nodules as the patient stood, at half of each one's own attenuation. boxes: one
    a nodule, around its part of the mask. dose_fraction: of ``low`` against ``full``.
    """

    case: Case
    low: NDArray[np.uint16]
    full: NDArray[np.uint16]
    dose_fraction: float
    mask: NDArray[np.bool_]
    boxes: tuple[Box, ...]


def dose_pair(plan: StudyPlan, fractions: tuple[float, float]) -> DosePair:
    """The pair of one plan; how much of the dose is drawn between ``fractions``, by its logarithm.

    The detector's counts scatter as the square root of their number, electronic noise does not fall
    with the dose (:func:`imaging.sources.acquisition.expose`). Raises SourceRefused for fractions
    that are not above 0, rising and at most 1.
    """
    least, most = fractions
    if not 0 < least <= most <= 1:
        raise SourceRefused(
            f"dose fractions from {least:g} to {most:g}", where="dose pair",
            hint="Give two shares above 0, the smaller first, at most 1",
        )
    case, site = draw_case(plan), SITES[plan.site]
    exposure = draw_exposure(case, site, stream(plan, "exposure"))
    drawn = stream(plan, "dose").uniform(math.log(least), math.log(most))
    chest = draw_chest(
        case.patient.anatomy, exposure.pose, stream(plan, "chest"), pixels=plan.pixels
    )
    within = stream(plan, "lungs")
    shadows = haze(within, pixels=plan.pixels) + confounders(case, chest.lungs, within)
    each = _nodules(chest.lungs, stream(plan, "nodules"))
    total = sum(each, np.zeros_like(chest.attenuation))
    chest = Chest(chest.attenuation + shadows + total, chest.bone, chest.lungs)
    full = expose(chest, case, exposure, site, stream(plan, "detector"))
    fraction = math.exp(drawn)
    less = replace(exposure, relative_dose=exposure.relative_dose * fraction)
    low = expose(chest, case, less, site, stream(plan, "second exposure"))
    pictures = [
        _stored(finish(develop(path, site, stream(plan, "processing"), windowed_by=full),
                       case, exposure, site), inverted=site.monochrome1)
        for path in (low, full)
    ]  # fmt: skip
    masks = [_where(one, case, exposure) for one in each]
    masks = [one for one in masks if one.any()]
    return DosePair(
        case, pictures[0], pictures[1], fraction,
        np.any([np.zeros(full.shape, dtype=bool), *masks], axis=0), tuple(map(_box, masks)),
    )


def write_pairs(
    folder: Path, *, seed: int, per_site: int, fractions: tuple[float, float]
) -> int:
    """Write pairs of each development site below ``folder``, and the table; how many pairs.

    The table has a line a nodule, and one for a picture without. The last site is the external
    test, patients of the others are parted into train, val and test. The same arguments give the
    same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for site in DEVELOPMENT_SITES:
        for index in range(per_site):
            day = development_day(seed, site, index)
            plan = StudyPlan(seed, site, Phase.DEVELOPMENT, day, -1, index)
            rows += _written(dose_pair(plan, fractions), folder)
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return len(DEVELOPMENT_SITES) * per_site


def _nodules(lungs: Image, rng: np.random.Generator) -> list[Image]:
    """The attenuation of each nodule: 1 to 3 round ones well inside a lung, or none."""
    if rng.random() >= _WITH_NODULES:
        return []
    pixels = lungs.shape[0]
    rows, columns = np.nonzero(lungs > 0.95)
    found: list[Image] = []
    places: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(rows.size))
        radius = float(rng.uniform(*_RADII)) * pixels / 160
        strength, row, column = float(rng.uniform(*_STRENGTHS)), float(rows[at]), float(columns[at])
        if any(math.hypot(row - y, column - x) < _APART * max(radius, other)
               for y, x, other in places):  # fmt: skip
            continue
        places.append((row, column, radius))
        u, v = ((one + 0.5) / pixels * 2 - 1 for one in (column, row))
        size = 2 * radius / pixels
        found.append(np.float32(strength) * blob(u, v, size, size, pixels=pixels))
    return found


def _where(nodule: Image, case: Case, exposure: Any) -> NDArray[np.bool_]:
    stood = positioned(nodule, exposure, case.patient.anatomy.width)
    return np.asarray(stood >= 0.5 * float(nodule.max()), dtype=bool)


def _box(mask: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(
        int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    )  # fmt: skip


def _stored(picture: NDArray[np.uint16], *, inverted: bool) -> NDArray[np.uint16]:
    """16 bits from the detector's 12, bone bright whatever the site stores."""
    bright = FULL_SCALE - picture if inverted else picture
    return np.round(bright * (_DEPTH / FULL_SCALE)).astype(np.uint16)


def _written(pair: DosePair, folder: Path) -> Iterator[dict[str, Any]]:
    from PIL import Image as Pillow

    plan, patient = pair.case.plan, pair.case.patient
    name = f"{plan.site}-{plan.index:04d}"
    files = {"file": f"{name}-low.png", "full_dose": f"{name}-full.png"}
    for file, picture in zip(files.values(), (pair.low, pair.full), strict=True):
        Pillow.fromarray(picture).save(folder / file)
    part = int(stream(replace(plan, index=0), patient.patient_id).integers(len(_SPLITS)))
    facts = files | {
        "patient": patient.patient_id, "site": plan.site,
        "split": "external" if plan.site == EXTERNAL_SITE else _SPLITS[part],
        "age": pair.case.age_years, "sex": patient.sex,
        "view": "AP" if pair.case.portable else "PA", "date": plan.day.isoformat(),
        "dose_fraction": f"{pair.dose_fraction:.3f}", "nodule": int(bool(pair.boxes)),
    }
    if not pair.boxes:
        yield facts
    for box in pair.boxes:
        yield facts | box._asdict()
