"""How often a turned or inverted radiograph is flagged, and an upright one wrongly, with n and CI.

One image a patient, so that a binomial interval is right. Each upright picture is also read
inverted and after each quarter turn; it counts as seen where all three turns are flagged. Pictures
that a hospital itself stored inverted count as false flags here: nobody sorted them out.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.sources.cases import draw_case
from imaging.sources.columns import ColumnMapping
from imaging.sources.simulator import operation_day_plan, picture_of
from imaging.sources.sites import SITES
from imaging.sources.table import read_table
from journeys.watch_day import scope_of
from measures.estimate import Estimate
from measures.orientation import chest_orientation
from measures.proportions import wilson
from records.definition import find_definition, load_definition

Image = NDArray[np.float64]


def limits() -> dict[str, float]:
    """The limits that the shipped device declares."""
    wanted = scope_of(load_definition(find_definition("chest-radiograph-pneumonia")))
    return {
        one.check: one.at_least for one in wanted.image_limits
        if one.check in ("polarity", "uprightness") and one.at_least is not None
    }


def performance(images: list[Image]) -> dict[str, Estimate]:
    """Sensitivity of each flag on pictures made wrong, and specificity on the upright ones."""
    limit = limits()
    positions = {"upright": 0, "turned": 0, "inverted": 0, "turn seen": 0, "inversion seen": 0}
    for image in images:
        upright = chest_orientation(image)
        positions["upright"] += upright.uprightness >= limit["uprightness"]
        positions["inverted"] += upright.polarity >= limit["polarity"]
        positions["inversion seen"] += (
            chest_orientation(1 - image).polarity < limit["polarity"]
        )
        positions["turn seen"] += all(
            chest_orientation(np.rot90(image, turns)).uprightness < limit["uprightness"]
            for turns in (1, 2, 3)
        )
    n = len(images)
    return {
        "inversion sensitivity": wilson("sensitivity", positions["inversion seen"], n),
        "inversion specificity": wilson("specificity", positions["inverted"], n),
        "rotation sensitivity": wilson("sensitivity", positions["turn seen"], n),
        "rotation specificity": wilson("specificity", positions["upright"], n),
    }


def of_folder(folder: Path, columns: ColumnMapping | None = None) -> list[Image]:
    """The first picture of each patient, grey from 0 to 1."""
    source = read_table(folder, finding="pneumonia", columns=columns)
    first: dict[str, Any] = {}
    for row in source.rows:
        first.setdefault(row.patient, row)
    return [source.array(row) / 255 for row in list(first.values())[:600]]


def tell(where: str, found: dict[str, Estimate], least: float) -> None:
    for name, one in found.items():
        print(f"{where}, {name}: {one}")
        assert one.low is not None
        assert one.low > least, (where, name, one)


@pytest.mark.proof
def test_on_simulated_radiographs_of_a_site_never_seen_when_the_template_was_made() -> None:
    """Southmere neither develops nor gave pictures to the template."""
    images = []
    for plan in operation_day_plan(19, "southmere", 5, 400, False):
        if plan.defect is None:
            stored = picture_of(draw_case(plan))[0] / 4095
            images.append(1 - stored if SITES[plan.site].monochrome1 else stored)
    tell("simulator", performance(images), 0.98)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "columns", "least"),
    [("cxr-nih-256", None, 0.94), ("cxr-nih-64", ColumnMapping(label="y"), 0.94),
     ("cxr-kermany-224", None, 0.91)],
)  # fmt: skip
def test_on_real_radiographs(
    data_folder: Path, name: str, columns: ColumnMapping | None, least: float
) -> None:
    tell(name, performance(of_folder(data_folder / name, columns)), least)
