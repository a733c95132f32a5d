"""Turned and inverted chests are told by two margins; the template is the simulator's mean."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from imaging.sources.cases import draw_case
from imaging.sources.simulator import development_plan, picture_of
from imaging.sources.sites import SITES
from measures.orientation import _TEMPLATES, chest_orientation

Image = NDArray[np.float64]


def chests(n: int, seed: int = 21) -> list[Image]:
    """Simulated radiographs with bone bright."""
    found = []
    for plan in development_plan(seed, -(-n // 3))[:n]:
        stored = picture_of(draw_case(replace(plan, defect=None)))[0] / 4095
        found.append(1 - stored if SITES[plan.site].monochrome1 else stored)
    return found


def test_the_template_is_the_mean_of_simulated_radiographs() -> None:
    cells = np.array([one.reshape(16, 10, 16, 10).mean(axis=(1, 3)) for one in chests(60, 77)])
    mean = (cells - cells.mean(axis=(1, 2), keepdims=True)).mean(axis=0)
    mean = (mean + mean[:, ::-1]) / 2
    assert np.corrcoef(mean.ravel(), _TEMPLATES[0])[0, 1] > 0.99


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("inverted", [False, True])
def test_each_position_is_told_by_the_signs(turns: int, inverted: bool) -> None:
    for chest in chests(6):
        turned = np.rot90(1 - chest if inverted else chest, turns)
        found = chest_orientation(turned)
        assert (found.polarity < 0) is inverted
        assert (found.uprightness < 0) is (turns != 0)


def test_inverting_turns_the_sign_of_polarity_and_nothing_else() -> None:
    chest = chests(1)[0]
    upright, inverted = chest_orientation(chest), chest_orientation(1 - chest)
    assert inverted.polarity == pytest.approx(-upright.polarity, abs=1e-6)
    assert inverted.uprightness == pytest.approx(upright.uprightness, abs=1e-6)


@given(arrays(np.float32, (20, 24), elements=st.floats(0, 1, width=32)))
def test_the_margins_lie_between_2_and_minus_2_and_do_not_see_gain(image: Image) -> None:
    found = chest_orientation(image)
    assert -2 <= found.polarity <= 2
    assert -2 <= found.uprightness <= 2
    if np.ptp(image) > 0.1:
        half = chest_orientation(0.25 + image / 2)
        assert half.polarity == pytest.approx(found.polarity, abs=1e-3)


def test_a_constant_picture_and_a_tiny_one_have_an_answer() -> None:
    flat = chest_orientation(np.full((50, 50), 0.5))
    assert (flat.polarity, flat.uprightness) == (0.0, 0.0)
    tiny = chest_orientation(np.linspace(0, 1, 12).reshape(3, 4))
    assert np.isfinite([tiny.polarity, tiny.uprightness]).all()


@pytest.mark.parametrize("wrong", [np.zeros(9), np.full((5, 5), np.nan), np.full((5, 5), 1.5)])
def test_what_is_no_picture_is_refused(wrong: Image) -> None:
    with pytest.raises(ValueError):
        chest_orientation(wrong)
