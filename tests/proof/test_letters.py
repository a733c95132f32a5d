"""How many of the letters that are planted in pixels are masked, and how much else is."""

import os

import numpy as np
import pytest

from imaging.letters import find_letters
from measures.proportions import wilson
from tests.imaging.planted_letters import SIZES, anatomy, drawn, left_over, planted

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
PLANTS, FAINT, CLEAN = (300, 60, 60) if FULL else (20, 0, 5)
COVERED = 0.9
"""Of the pixels of a text so many must be masked for it to count as found."""


def found(seeds: range, *, faint: bool = False) -> list[bool]:
    answers = []
    for seed in seeds:
        array, letters = planted(drawn(seed, faint=faint), seed)
        answers.append(left_over(letters, find_letters(array)) <= 1 - COVERED)
    return answers


@pytest.mark.proof
@pytest.mark.requirement("REG-110")
@pytest.mark.timeout(3600)
def test_letters_of_every_font_size_contrast_place_and_depth_are_masked() -> None:
    """From 14 pixels high and a third of the range on; 8, 12 and 16 bits, either way round."""
    answers = found(range(PLANTS))
    rate = wilson("letters masked", sum(answers), len(answers))
    print(rate)
    assert rate.low is not None
    assert rate.low >= (0.95 if FULL else 0.75)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not FULL, reason="more pictures: make proof")
def test_how_many_small_and_faint_letters_are_masked_is_known() -> None:
    """9 to 11 pixels high, a sixth to a quarter of the range: the page of the profile warns."""
    answers = found(range(FAINT), faint=True)
    rate = wilson("faint letters masked", sum(answers), len(answers))
    print(rate)
    assert len(answers) == FAINT
    assert rate.value is not None
    assert rate.value > 0.3


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_pictures_without_letters_are_left_as_they_are() -> None:
    hit = sum(
        bool(find_letters((anatomy(SIZES[seed % len(SIZES)], seed) * 4095).astype(np.uint16)))
        for seed in range(CLEAN)
    )
    rate = wilson("clean pictures masked", hit, CLEAN)
    print(rate)
    assert hit <= CLEAN // 20
