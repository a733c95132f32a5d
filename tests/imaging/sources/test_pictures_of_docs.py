"""The pictures of docs/simulator.md are those that the simulator draws, and stay small."""

import re
import runpy

import numpy as np
from PIL import Image

from records.settings import REPOSITORY

FOLDER = REPOSITORY / "docs" / "simulator"
MOST_BYTES = 300_000


def test_each_picture_is_shown_once_and_all_are_small() -> None:
    page = (REPOSITORY / "docs" / "simulator.md").read_text()
    shown = re.findall(r"!\[[^\]]+\]\(simulator/([^)]+)\)", page)
    kept = sorted(path.name for path in FOLDER.iterdir())
    assert sorted(shown) == kept
    assert sum((FOLDER / name).stat().st_size for name in kept) < MOST_BYTES


def test_the_pictures_are_what_the_simulator_draws_today() -> None:
    drawn = runpy.run_path(str(REPOSITORY / "scripts" / "draw_simulator.py"))
    strips = {knob: drawn["strip"](knob) for knob in ("blur", "clipping", "extra_markers")}
    for knob, strip in strips.items():
        kept = np.asarray(Image.open(FOLDER / f"{knob}.png").convert("L"), dtype=float)
        assert kept.shape == strip.shape
        assert np.abs(kept - strip).mean() < 256 / drawn["LEVELS"] / 2, knob
    assert {f"{knob}.png" for knob in drawn["GRADES"]} | {"ct.png"} == {
        path.name for path in FOLDER.iterdir()
    }
