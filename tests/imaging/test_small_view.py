"""A small picture for people: as displayed, outlined, the same every time, and without letters."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from imaging.boxes import Box, BoxedPicture
from imaging.small_view import (
    DEVICE_COLOUR,
    SIDE,
    TRUE_COLOUR,
    mask_of_runs,
    may_be_shown,
    outlined,
    shown_frame,
    small_view,
)
from imaging.sources.masks import mask_png
from tests.journeys.tiny_images import image


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_an_outline_comes_back_from_its_runs(mask: np.ndarray) -> None:
    assert np.array_equal(mask_of_runs(outlined(mask)), mask)


def test_a_large_outline_is_kept_on_a_smaller_grid() -> None:
    mask = np.zeros((1000, 500), dtype=bool)
    mask[200:700, 100:300] = True
    small = mask_of_runs(outlined(mask))
    assert small.shape == (SIDE, SIDE // 2)
    assert small.mean() == pytest.approx(mask.mean(), abs=0.01)


def test_the_same_image_gives_the_same_bytes_with_both_regions_in_their_colours() -> None:
    true = np.zeros((16, 16), dtype=bool)
    true[3:9, 3:9] = True
    device = {"boxes": [Box(8, 8, 6, 6)._asdict()]}
    first = small_view(image(1), true_region=mask_png(true), device=device)
    assert first == small_view(image(1), true_region=mask_png(true), device=device)
    shown = pixels(first)
    assert shown.shape == (16, 16, 3)
    assert tuple(shown[3, 3]) == TRUE_COLOUR
    assert DEVICE_COLOUR in {tuple(one) for one in shown.reshape(-1, 3)}
    grey = shown_frame(image(1))
    assert np.array_equal(shown[5, 5], [grey[5, 5]] * 3)  # within the region the image is seen
    boxes = BoxedPicture(16, 16, (Box(2, 2, 5, 5),)).text.encode()
    runs = outlined(true)
    other = pixels(small_view(image(1), true_region=boxes, device=runs))
    assert tuple(other[2, 2]) == TRUE_COLOUR


def test_letters_are_blackened_and_an_image_that_declares_some_is_not_shown() -> None:
    assert (pixels(small_view(image(2), letters=[[0, 0, 4, 16]]))[:4] == 0).all()
    assert pixels(small_view(image(2)))[:4].any()
    assert may_be_shown({"verdict": "clean"})
    assert may_be_shown({"verdict": "letters_masked"})
    assert not may_be_shown({"verdict": "burned_in_annotation_declared"})
    assert not may_be_shown({})
