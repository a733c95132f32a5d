"""What is taken from a picture is gone, and nothing else changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.boxes import Box, BoxedPicture
from imaging.masked_parts import EDGES, border, corners, elsewhere, inside, region_in, without
from imaging.sources.masks import mask_png


@given(st.integers(8, 60), st.integers(8, 60), st.sampled_from(sorted(EDGES)))
def test_edges_leave_the_middle_and_the_rest_stays(rows: int, columns: int, name: str) -> None:
    picture = np.random.default_rng(rows).random((rows, columns), dtype=np.float32)
    part = EDGES[name](picture.shape)
    changed = without(picture, part)
    assert part[0, 0]
    assert not part[rows // 2, columns // 2]
    assert np.array_equal(changed[~part], picture[~part])
    assert np.allclose(changed[part], picture[~part].mean())
    assert changed.dtype == np.float32


def test_the_border_is_a_frame_and_the_corners_are_four_squares() -> None:
    assert border((100, 50)).sum() == 100 * 50 - 94 * 44
    assert corners((100, 50)).sum() == 4 * 9 * 9
    assert np.array_equal(corners((3, 100, 50))[1], corners((100, 50)))
    assert np.array_equal(border((3, 100, 50))[2], border((100, 50)))


def test_the_same_area_elsewhere_overlaps_as_little_as_it_can() -> None:
    region = np.zeros((40, 40), dtype=bool)
    region[5:15, 5:15] = True
    moved = elsewhere(region)
    assert moved.sum() == region.sum()
    assert not (moved & region).any()


def test_a_region_is_read_as_it_is_kept_outline_or_boxes() -> None:
    mask = np.zeros((6, 8), dtype=bool)
    mask[2:4, 1:5] = True
    assert np.array_equal(inside(region_in(mask_png(mask))), mask)
    boxes = BoxedPicture(6, 8, (Box(1, 2, 4, 2),))
    assert np.array_equal(inside(region_in(boxes.text.encode())), mask)


def test_a_whole_picture_is_not_taken_away() -> None:
    with pytest.raises(ValueError, match="cannot go"):
        without(np.zeros((3, 3)), np.ones((3, 3), dtype=bool))
