"""Shapes that are known in closed form: discs, rectangles, ellipses, balls."""

import numpy as np
import pytest

from models.radiomics import RadiomicsSettings, measure_radiomics
from models.radiomics.mesh import perimeter_and_area, surface_and_volume

OWN = RadiomicsSettings()
ROWS, COLUMNS = np.mgrid[:121, :121] - 60.0


def shape(mask: np.ndarray, spacing: tuple[float, ...] = (1.0, 1.0)) -> dict[str, float]:
    found = measure_radiomics(np.ones(mask.shape), mask, spacing, OWN).values
    return {key: value for key, value in found.items() if value is not None}


def test_a_disc_has_the_area_the_diameter_and_the_axes_of_a_disc() -> None:
    found = shape(ROWS**2 + COLUMNS**2 <= 50.0**2)
    assert found["shape2d_area"] == pytest.approx(np.pi * 50**2, rel=0.005)
    assert found["shape2d_diameter"] == pytest.approx(101, rel=0.001)
    assert found["shape2d_major_axis"] == pytest.approx(100, rel=0.005)
    assert found["shape2d_elongation"] == pytest.approx(1.0, abs=1e-9)
    assert found["shape2d_box_density"] == pytest.approx(np.pi / 4, rel=0.03)
    assert found["shape2d_solidity"] == pytest.approx(1.0, abs=0.02)
    assert found["shape2d_centre_shift"] == pytest.approx(0.0, abs=1e-9)
    # an outline of eight directions is longer than the circle: 8 (√2 - 1) / π at most
    assert 1 < found["shape2d_perimeter"] / (101 * np.pi) < 1.055
    assert found["shape2d_circularity"] == pytest.approx(
        2 * np.sqrt(np.pi * found["shape2d_area"]) / found["shape2d_perimeter"]
    )
    assert 1 / 1.055 < found["shape2d_convexity"] < 1


def test_a_rectangle_lacks_only_its_corners_in_millimetres() -> None:
    rows, columns = 0.5, 2.0
    found = shape(np.ones((10, 20), dtype=bool), (rows, columns))
    corner = rows * columns / 8
    assert found["shape2d_area"] == pytest.approx(5 * 40 - 4 * corner)
    assert found["shape2d_area_pixels"] == pytest.approx(200.0)
    straight = 2 * (9 * rows + 19 * columns)
    assert found["shape2d_perimeter"] == pytest.approx(
        straight + 4 * np.hypot(rows, columns) / 2
    )
    assert found["shape2d_perimeter_to_area"] == pytest.approx(
        found["shape2d_perimeter"] / found["shape2d_area"]
    )
    assert found["shape2d_convexity"] == pytest.approx(1.0)
    assert found["shape2d_solidity"] == pytest.approx(1.0)


def test_an_ellipse_is_as_long_as_it_is_whichever_way_it_lies() -> None:
    angle = np.radians(30)
    along = COLUMNS * np.cos(angle) + ROWS * np.sin(angle)
    across = ROWS * np.cos(angle) - COLUMNS * np.sin(angle)
    found = shape((along / 50) ** 2 + (across / 20) ** 2 <= 1)
    assert found["shape2d_major_axis"] == pytest.approx(100, rel=0.01)
    assert found["shape2d_minor_axis"] == pytest.approx(40, rel=0.01)
    assert found["shape2d_elongation"] == pytest.approx(0.4, rel=0.01)


def test_weight_on_one_side_moves_the_centre_of_mass_by_its_millimetres() -> None:
    image = np.array([[1.0, 1.0, 2.0]])
    found = measure_radiomics(image, np.ones((1, 3), bool), (1.0, 4.0), OWN).values
    assert found["shape2d_centre_shift"] == pytest.approx(4.0 * 0.25)


def test_a_hole_takes_its_area_and_adds_its_edge() -> None:
    whole = np.ones((21, 21), dtype=bool)
    holed = whole.copy()
    holed[8:13, 8:13] = False
    perimeters, areas = zip(perimeter_and_area(whole, (1, 1)), perimeter_and_area(holed, (1, 1)),
                            strict=True)  # fmt: skip
    assert perimeters[1] - perimeters[0] == pytest.approx(16 + 4 * np.sqrt(0.5))
    assert areas[0] - areas[1] == pytest.approx(25 - 0.5)


def test_a_ball_has_the_volume_and_the_sphericity_of_a_ball() -> None:
    z, y, x = np.mgrid[:13, :25, :25]
    ball = (2.0 * (z - 6)) ** 2 + (y - 12.0) ** 2 + (x - 12.0) ** 2 <= 11.0**2
    surface, volume = surface_and_volume(ball, (2.0, 1.0, 1.0))
    assert volume == pytest.approx(4 / 3 * np.pi * 11**3, rel=0.02)
    assert 1 < surface / (4 * np.pi * 11**2) < 1.15  # steps are longer than a slope
    found = shape(ball, (2.0, 1.0, 1.0))
    assert found["morph_sphericity"] == pytest.approx(
        (36 * np.pi * volume**2) ** (1 / 3) / surface
    )


def test_the_surface_of_any_mask_is_closed() -> None:
    """Moved by a voxel, a closed surface holds the same volume; an open one does not."""
    mask = np.random.default_rng(7).random((9, 9, 9)) < 0.5
    moved = np.pad(mask, ((0, 0), (0, 0), (5, 0)))
    spacing = (1.5, 1.0, 0.7)
    assert surface_and_volume(moved, spacing) == pytest.approx(surface_and_volume(mask, spacing))
    turned = surface_and_volume(mask.transpose(2, 0, 1), (0.7, 1.5, 1.0))
    assert turned == pytest.approx(surface_and_volume(mask, spacing), rel=0.01)
