"""What is made up and what is gone in an enhanced picture is counted with fixed eyes."""

import numpy as np
import pytest

from imaging.boxes import Box
from imaging.sources.clean_pictures import clean_of, clean_png
from models.full_dose import compared
from models.spot_finder import Spot, differing, reading, spots


def spotted(row: float, column: float, *, shape: tuple[int, int], height: float) -> np.ndarray:
    down, across = np.mgrid[: shape[0], : shape[1]]
    sigma = 2.4 * min(shape) / 160
    far = (down - row) ** 2 + (across - column) ** 2
    return np.asarray(height * np.exp(-far / (2 * sigma**2)))


FLAT = np.full((160, 160), 0.4)


def test_a_spot_is_found_in_its_place_by_its_size_and_an_edge_is_none() -> None:
    small = FLAT + spotted(70, 60, shape=(160, 160), height=0.2)
    (found,) = spots(small, 0.03)
    assert (found.row, found.column) == (70, 60)
    assert reading(small) > 10 * reading(FLAT + 0.2 * (np.arange(160) > 80))
    with pytest.raises(ValueError, match="above 0"):
        spots(FLAT, 0.0)


def test_what_is_made_up_and_what_is_gone_is_counted_by_size() -> None:
    truth = [Spot(40, 40, 0, 0.2), Spot(90, 90, 1, 0.3)]
    said = [Spot(42, 41, 1, 0.2), Spot(120, 60, 0, 0.1)]
    found = differing(truth, said, (160, 160))
    assert (found.hallucinated, found.erased) == ((1, 0), (0, 1))
    assert differing(truth, truth, (160, 160)).erased == (0, 0)
    assert differing([], said, (160, 160)).hallucinated == (1, 1)


def test_a_lesion_that_is_smoothed_away_is_erased_and_one_that_is_drawn_is_hallucinated() -> None:
    with_spot = FLAT + spotted(70, 60, shape=(160, 160), height=0.2)
    box, nowhere = (Box(57, 67, 7, 7),), ()
    gone = compared(with_spot, with_spot, FLAT, box, 0.03)
    assert (gone["read_full_dose"], gone["read_enhanced"]) == (1, 0)
    assert gone["erased_small_enhanced"] + gone["erased_large_enhanced"] == 1
    assert gone["psnr_input"] is None and gone["rmse_lesion_enhanced"] > 0.05
    drawn = compared(FLAT, FLAT, with_spot, nowhere, 0.03)
    assert drawn["hallucinated_small_enhanced"] + drawn["hallucinated_large_enhanced"] == 1
    assert drawn["cnr_enhanced"] is None and drawn["rmse_lesion_input"] is None


def test_a_picture_at_full_dose_keeps_its_sixteen_bits() -> None:
    levels = np.arange(256 * 4, dtype=np.uint16).reshape(4, 256) * 61
    assert np.array_equal(np.rint(clean_of(clean_png(levels)) * 65535), levels)
