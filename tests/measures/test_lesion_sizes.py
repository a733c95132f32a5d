"""The size of each lesion of a volume, told apart from the others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from measures.lesion_sizes import lesion_sizes, numbered_lesions


def ball(radius: float, spacing: tuple[float, float, float]) -> np.ndarray:
    """A ball in the middle of a volume of 60 mm."""
    lines = [np.arange(round(60 / one)) * one - 30 + one / 2 for one in spacing]
    z, y, x = np.meshgrid(*lines, indexing="ij")
    return np.asarray(z**2 + y**2 + x**2 <= radius**2)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (4.0, 0.5, 0.5), (2.0, 1.5, 1.0)])
def test_a_ball_has_the_volume_and_the_diameter_of_a_ball(
    spacing: tuple[float, float, float],
) -> None:
    found = lesion_sizes(numbered_lesions(ball(12.0, spacing)), spacing)
    assert len(found) == 1
    assert found[0].volume_ml == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.03)
    assert found[0].longest_mm == pytest.approx(24.0, abs=2.0)
    assert found[0].across_mm == pytest.approx(24.0, abs=2.5)
    assert abs(found[0].slice * spacing[0] + spacing[0] / 2 - 30) <= 2 * spacing[0]


def test_the_longest_diameter_is_that_in_a_slice() -> None:
    rod = np.zeros((40, 9, 9), dtype=bool)
    rod[:, 4, 3:6] = True
    (found,) = lesion_sizes(numbered_lesions(rod), (1.0, 1.0, 1.0))
    assert found.longest_mm == pytest.approx(np.hypot(3, 1)), "40 mm along z is not in a slice"
    assert found.volume_ml == pytest.approx(0.12)


def test_lesions_are_told_apart_where_not_even_a_corner_touches() -> None:
    mask = np.zeros((4, 4, 4), dtype=bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert numbered_lesions(mask).max() == 1
    mask[1, 1, 1], mask[2, 2, 2], mask[2, 2, 3] = False, True, True
    assert numbered_lesions(mask)[2, 2, 2] == 1, "the larger one comes first"
    assert numbered_lesions(mask)[0, 0, 0] == 2


@settings(max_examples=40, deadline=None)
@given(arrays(np.bool_, st.tuples(*(st.integers(1, 5),) * 3)))
def test_nothing_is_lost_and_the_largest_comes_first(mask: np.ndarray) -> None:
    numbered = numbered_lesions(mask)
    assert np.array_equal(numbered > 0, mask)
    sizes = [one.volume_ml for one in lesion_sizes(numbered, (2.0, 1.0, 0.5))]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == pytest.approx(mask.sum() / 1000)


def test_what_is_no_volume_is_refused() -> None:
    with pytest.raises(ValueError, match="slices, rows and columns"):
        numbered_lesions(np.ones((3, 3)))
    with pytest.raises(ValueError, match="whole numbers"):
        lesion_sizes(np.ones((2, 2, 2)), (1, 1, 1))
    with pytest.raises(ValueError, match="no lesion 1"):
        lesion_sizes(np.full((2, 2, 2), 2), (1, 1, 1))
