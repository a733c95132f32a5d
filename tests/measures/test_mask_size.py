"""Area and diameters of constructed outlines, in mm, also where pixels are not square."""

import numpy as np
import pytest

from measures.mask_size import mask_size


def disc(radius: float, spacing: tuple[float, float], side_mm: float = 60.0) -> np.ndarray:
    down, right = np.indices([round(side_mm / one) for one in spacing])
    return (
        (down * spacing[0] - side_mm / 2) ** 2 + (right * spacing[1] - side_mm / 2) ** 2
    ) <= radius**2


@pytest.mark.parametrize("spacing", [(0.2, 0.2), (0.4, 0.1), (0.1, 0.5)])
def test_a_disc_of_20_mm_measures_so_whatever_the_shape_of_its_pixels(
    spacing: tuple[float, float],
) -> None:
    found = mask_size(disc(20.0, spacing), spacing)
    assert found.area == pytest.approx(np.pi * 400, rel=0.01)
    assert found.longest == pytest.approx(40, rel=0.02)
    assert found.across == pytest.approx(40, rel=0.02)
    assert found.parts == 1


def test_a_bar_is_as_long_and_as_wide_as_it_was_drawn() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    mask[5:35, 10:12] = True  # 30 rows of 2 mm, 2 columns of 0.5 mm
    found = mask_size(mask, (2.0, 0.5))
    assert found.area == 60.0
    assert found.longest == pytest.approx(np.hypot(60, 1))
    assert found.across == pytest.approx(2 * 60 * 1 / np.hypot(60, 1))


def test_a_turned_ellipse_has_the_axes_it_was_drawn_with() -> None:
    down, right = np.indices((200, 200)) - 100.0
    turned = np.deg2rad(35)
    along = right * np.cos(turned) + down * np.sin(turned)
    sideways = -right * np.sin(turned) + down * np.cos(turned)
    found = mask_size((along / 80) ** 2 + (sideways / 30) ** 2 <= 1, (1.0, 1.0))
    assert found.longest == pytest.approx(160, abs=2)
    assert found.across == pytest.approx(60, abs=2)


def test_the_diameters_are_of_the_largest_part_and_the_area_is_of_all() -> None:
    mask = np.zeros((30, 30), dtype=bool)
    mask[2:12, 2:6] = True
    mask[20:23, 25:28] = True
    found = mask_size(mask, (1.0, 1.0))
    assert (found.area, found.parts) == (49.0, 2)
    assert found.longest == pytest.approx(np.hypot(10, 4))


def test_parts_that_touch_at_a_corner_are_one() -> None:
    assert mask_size(np.eye(4), (1.0, 1.0)).parts == 1


def test_an_empty_outline_has_an_area_and_no_diameter() -> None:
    found = mask_size(np.zeros((5, 5)), (0.5, 0.5))
    assert (found.area, found.longest, found.across, found.parts) == (0.0, None, None, 0)


def test_a_volume_is_refused() -> None:
    with pytest.raises(ValueError, match="rows and columns are needed"):
        mask_size(np.ones((2, 3, 4)), (1, 1, 1))
