"""Draw the pictures of docs/simulator.md: one patient at each grade of each knob of the image.

    .venv/bin/python scripts/draw_simulator.py
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.sources.base import Phase, StudyPlan
from imaging.sources.cases import development_day, draw_case
from imaging.sources.knobs import NEUTRAL, Knobs
from imaging.sources.simulator import picture_of
from imaging.sources.slices import CtPlan, draw_ct

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "simulator"
SIDE = 96  # pixels of one picture in a strip
LEVELS = 16  # grey levels kept, so that all strips together stay small
GRADES: dict[str, tuple[float, ...]] = {
    "noise": (1, 4, 8, 16, 40),
    "blur": (0, 3, 6, 12, 24),
    "gain": (1, 1.6, 2.2, 3.2, 5),
    "flattening": (0, 0.4, 0.6, 0.8, 1),
    "collimation": (0, 0.3, 0.5, 0.65, 0.8),
    "kilovolts_less": (0, 50, 65, 75, 81),
    "motion": (0, 8, 16, 32, 64),
    "clipping": (0, 0.2, 0.3, 0.4, 0.46),
    "extra_markers": (0, 4, 10, 24, 60),
    "subtler": (0, 0.3, 0.5, 0.75, 1),
}
"""How far each knob is turned, from neutral; the proof of the simulator reads at these grades."""


def strip(knob: str) -> NDArray[np.uint8]:
    """The pictures of one patient with pneumonia side by side, shape (SIDE, 5 * SIDE)."""
    return np.hstack([_small(_shown(Knobs(**{knob: grade}))) for grade in GRADES[knob]])


def slices() -> NDArray[np.uint8]:
    """Five slices of a CT through its lesions, and their mask below, shape (2 * SIDE, 5 * SIDE)."""
    volume = draw_ct(CtPlan(seed=1, index=2, lesions=4))
    held = (volume.lesions > 0).sum(axis=(1, 2))
    chosen = np.sort(np.argsort(-held, kind="stable")[:5])
    window = np.clip((volume.hounsfield[chosen] + 1250) / 1500, 0, 1)
    masks = (volume.lesions[chosen] > 0).astype(np.float64)
    rows = [np.hstack([_small(one) for one in part]) for part in (window, masks)]
    return np.vstack(rows)


def save(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write a grey picture as a PNG of few levels."""
    grey = Image.fromarray(pixels, mode="L")
    grey.quantize(LEVELS, dither=Image.Dither.NONE).save(path, optimize=True)


def _shown(knobs: Knobs) -> NDArray[Any]:
    return picture_of(draw_case(_patient(knobs)))[0] / 4095


def _patient(knobs: Knobs) -> StudyPlan:
    """The first patient with an obvious pneumonia who is not imaged in bed."""
    for index in range(200):
        day = development_day(11, "northfield", index)
        plan = StudyPlan(11, "northfield", Phase.DEVELOPMENT, day, -1, index, knobs=NEUTRAL)
        case = draw_case(plan)
        if case.grade == "obvious" and not case.portable:
            return StudyPlan(11, "northfield", Phase.DEVELOPMENT, day, -1, index, knobs=knobs)
    raise AssertionError("no patient with an obvious pneumonia among 200")


def _small(shown: NDArray[Any]) -> NDArray[np.uint8]:
    whole = Image.fromarray(np.round(shown * 255).astype(np.uint8), mode="L")
    return np.asarray(whole.resize((SIDE, SIDE), Image.Resampling.BOX))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for knob in GRADES:
        save(strip(knob), FOLDER / f"{knob}.png")
    save(slices(), FOLDER / "ct.png")
