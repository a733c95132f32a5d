from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from measures.masks import Mask
from measures.nearest_voxel import nearest_distances
from measures.surface_distance import CONVENTIONS, Convention, surface_distances
from measures.surface_elements import corner_codes, element_sizes
from tests.measures.masks import mask_pairs

Pair = tuple[Mask, Mask, tuple[float, ...]]


def border_by_definition(mask: Mask) -> Mask:
    from scipy.ndimage import binary_erosion, generate_binary_structure

    return mask & ~binary_erosion(mask, generate_binary_structure(mask.ndim, 1), border_value=0)


def brute(here: Mask, there: Mask, spacing: tuple[float, ...]) -> Any:
    a, b = np.argwhere(here) * spacing, np.argwhere(there) * spacing
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2)).min(axis=1)


@given(pair=mask_pairs(filled=True))
def test_border_distances_are_those_of_brute_force(pair: Pair) -> None:
    one, other, spacing = pair
    found = surface_distances(one, other, spacing)
    edges = border_by_definition(one), border_by_definition(other)
    there, back = brute(*edges, spacing), brute(edges[1], edges[0], spacing)
    assert np.sort(found.reference.distance) == pytest.approx(np.sort(there))
    assert found.hausdorff() == pytest.approx(max(there.max(), back.max()))
    worse = max(np.percentile(there, 95), np.percentile(back, 95))
    assert found.hausdorff_percentile() == pytest.approx(worse)
    pooled = np.concatenate([there, back])
    assert found.hausdorff_percentile_pooled() == pytest.approx(np.percentile(pooled, 95))
    assert found.assd() == pytest.approx(pooled.mean())
    assert found.masd() == pytest.approx((there.mean() + back.mean()) / 2)
    assert found.surface_dice(1.0) == pytest.approx((pooled <= 1.0 + 1e-9).mean())


@settings(max_examples=30)
@given(pair=mask_pairs(filled=True))
def test_hausdorff_agrees_with_scipy(pair: Pair) -> None:
    from scipy.spatial.distance import directed_hausdorff

    one, other, spacing = pair
    a, b = (np.argwhere(border_by_definition(mask)) * spacing for mask in (one, other))
    expected = max(directed_hausdorff(a, b)[0], directed_hausdorff(b, a)[0])
    assert surface_distances(one, other, spacing).hausdorff() == pytest.approx(expected)


@pytest.mark.parametrize("far", ["tree", "map"])
def test_tree_and_map_give_the_distances_of_brute_force(far: str) -> None:
    rng = np.random.default_rng(4)
    here, there = np.zeros((2, 20, 20, 20), dtype=bool)
    if far == "tree":  # few voxels, many of them too far to be met by looking around
        here.flat[rng.integers(0, here.size, 20)] = True
        there.flat[rng.integers(0, here.size, 20)] = True
    else:  # a block far from a full face: a map of the box is cheaper
        here[10:, 5:15, 5:15], there[0] = True, True
        there[:, 0] = True
    found = nearest_distances(here, there, (2.0, 1.0, 0.7))
    assert found == pytest.approx(brute(here, there, (2.0, 1.0, 0.7)))


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=40)
@given(pair=mask_pairs(filled=True))
def test_swapping_turning_and_padding_change_nothing(convention: Convention, pair: Pair) -> None:
    one, other, spacing = pair
    found = surface_distances(one, other, spacing, convention=convention)
    swapped = surface_distances(other, one, spacing, convention=convention)
    turned = surface_distances(one.T, other.T, spacing[::-1], convention=convention)
    padded = surface_distances(np.pad(one, 2), np.pad(other, 2), spacing, convention=convention)
    for same in (swapped, turned, padded):
        assert same.hausdorff() == pytest.approx(found.hausdorff())
        assert same.hausdorff_percentile() == pytest.approx(found.hausdorff_percentile())
        assert same.assd() == pytest.approx(found.assd())
        assert same.surface_dice(0.9) == pytest.approx(found.surface_dice(0.9))
    assert swapped.average_from_reference() == pytest.approx(found.average_from_predicted())


@pytest.mark.parametrize("convention", CONVENTIONS)
@settings(max_examples=40)
@given(pair=mask_pairs(filled=True))
def test_figures_are_ordered_and_scale_with_the_spacing(convention: Convention, pair: Pair) -> None:
    one, other, spacing = pair
    found = surface_distances(one, other, spacing, convention=convention)
    doubled = surface_distances(one, other, [2 * step for step in spacing], convention=convention)
    hd, hd95, masd = found.hausdorff(), found.hausdorff_percentile(), found.masd()
    assert hd is not None
    assert hd95 is not None
    assert masd is not None
    assert 0.0 <= masd <= hd
    assert hd95 <= hd
    assert doubled.hausdorff() == pytest.approx(2 * hd)
    assert doubled.masd() == pytest.approx(2 * masd)
    shares = [found.surface_dice(tolerance) for tolerance in (0.0, 1.0, 2.0, hd)]
    assert all(share is not None and 0.0 <= share <= 1.0 for share in shares)
    assert shares == sorted(shares, key=float)  # type: ignore[arg-type]
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_equal_masks_are_nowhere_apart(convention: Convention) -> None:
    mask = np.random.default_rng(0).random((6, 7, 8)) < 0.4
    found = surface_distances(mask, mask, (3, 2, 1), convention=convention)
    assert found.hausdorff() == found.assd() == 0.0
    assert found.surface_dice(0.0) == found.reference_within(0.0) == 1.0


def test_every_corner_has_a_surface_unless_all_or_none_is_inside() -> None:
    for dimensions in (2, 3):
        sizes = element_sizes((1.0, 2.0, 3.0)[:dimensions])
        assert sizes[0] == sizes[-1] == 0.0
        assert (sizes[1:-1] > 0.0).all()
        assert sizes == pytest.approx(sizes[::-1])  # the surface is that of the outside too


def test_element_sizes_are_marching_cubes_for_a_box_and_turn_with_it() -> None:
    """A box of 4 x 5 x 6 voxels: its faces, with edges cut at 45 degrees and corners cut off."""
    spacing, box = (1.0, 1.0, 1.0), np.ones((4, 5, 6), dtype=bool)
    area = element_sizes(spacing)[corner_codes(box)].sum()
    faces = 2 * (3 * 4 + 3 * 5 + 4 * 5)
    edges = 4 * (3 + 4 + 5) * np.sqrt(0.5)
    corners = 8 * np.sqrt(3) / 8
    assert area == pytest.approx(faces + edges + corners)
    sizes = element_sizes((3.0, 2.0, 1.0))
    for axes in itertools.permutations(range(3)):
        turned = element_sizes(tuple((3.0, 2.0, 1.0)[axis] for axis in axes))
        mask = np.random.default_rng(5).random((5, 6, 7)) < 0.5
        same = turned[corner_codes(np.ascontiguousarray(mask.transpose(axes)))].sum()
        assert same == pytest.approx(sizes[corner_codes(mask)].sum())


def test_surface_elements_reach_values_of_the_surface_distance_package() -> None:
    """surface-distance 0.1 (PyPI), run on this mask made by arithmetic, spacing 3, 0.7, 1.1 mm."""
    z, y, x = np.indices((9, 12, 11))
    one = (z * 7 + y * 5 + x * 3 + z * y * x) % 11 < 5
    other = ((z * 3 + y * 7 + x * 5 + z * y * x) % 13 < 2) & (z > 3)
    found = surface_distances(one, other, (3.0, 0.7, 1.1), convention="surface element")
    figures = [
        found.average_from_reference(), found.average_from_predicted(), found.hausdorff(),
        found.hausdorff_percentile(), found.surface_dice(0.7), found.reference.size.sum(),
    ]  # fmt: skip
    expected = [
        3.0775841808223516, 0.017742408776743115, 12.231925441237777,
        12.0, 0.5913660038061693, 2570.7001526577815,
    ]  # fmt: skip
    assert figures == pytest.approx(expected, rel=1e-9)


def test_a_missed_satellite_shows_in_hd95_and_hides_when_pooled() -> None:
    reference, predicted = np.zeros((2, 60, 60), dtype=bool)
    reference[5:35, 5:35] = predicted[5:36, 3:36] = True
    reference[50:53, 50:53] = True
    found = surface_distances(reference, predicted, (1, 1))
    assert found.hausdorff_percentile() > 15.0  # type: ignore[operator]
    assert found.hausdorff_percentile_pooled() < 3.0  # type: ignore[operator]


def test_a_tolerance_that_a_distance_equals_is_met_whatever_the_last_bit_says() -> None:
    found = surface_distances([[1, 0, 0, 0]], [[0, 0, 0, 1]], (1.0, 0.1))
    assert found.surface_dice(0.3) == 1.0
    assert found.surface_dice(0.29) == 0.0


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_an_empty_mask_has_no_distance_and_no_surface_met(convention: Convention) -> None:
    full, empty = np.ones((4, 4)), np.zeros((4, 4))
    for pair in ((full, empty), (empty, full), (empty, empty)):
        found = surface_distances(*pair, (1, 1), convention=convention)
        assert not found.defined
        assert found.hausdorff() is found.hausdorff_percentile() is found.assd() is None
        assert found.masd() is found.average_from_reference() is None
        assert found.average_from_predicted() is found.hausdorff_percentile_pooled() is None
    assert surface_distances(full, empty, (1, 1), convention=convention).surface_dice(9) == 0.0
    assert surface_distances(full, empty, (1, 1), convention=convention).predicted_within(9) is None
    assert surface_distances(empty, empty, (1, 1), convention=convention).surface_dice(9) is None


def test_malformed_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown convention 'medpy'"):
        surface_distances([[1]], [[1]], (1, 1), convention="medpy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="reference: entries"):
        surface_distances([[np.nan]], [[1]], (1, 1))
    with pytest.raises(ValueError, match="one shape"):
        surface_distances([[1]], [[1, 0]], (1, 1))
    with pytest.raises(ValueError, match="spacing"):
        surface_distances([[1]], [[1]], (1, np.inf))
    found = surface_distances([[1]], [[1]], (1, 1))
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="tolerance"):
            found.surface_dice(wrong)
        with pytest.raises(ValueError, match="tolerance"):
            found.reference_within(wrong)
    for wrong in (-1.0, 101.0, np.nan):
        with pytest.raises(ValueError, match="percent"):
            found.hausdorff_percentile(wrong)
