"""Maps made so that the right answer is known."""

import numpy as np
import pytest

from measures.attribution import rank_correlation, region_overlap, shown


def _region() -> np.ndarray:
    region = np.zeros((10, 10), dtype=bool)
    region[2:6, 3:8] = True
    return region


def test_a_perfect_map_and_one_beside_the_region() -> None:
    region = _region()
    found, beside = region_overlap(region * 1.0, region), region_overlap(~region * 1.0, region)
    assert found is not None and beside is not None
    assert (found.pointing, found.mass, found.iou, found.area) == (1.0, 1.0, 1.0, 0.2)
    assert (beside.pointing, beside.mass, beside.iou) == (0.0, 0.0, 0.0)


def test_a_flat_map_scores_as_chance() -> None:
    found = region_overlap(np.ones((10, 10)), _region())
    assert found is not None
    assert found.pointing == pytest.approx(0.2)
    assert found.mass == pytest.approx(0.2)
    assert found.iou == pytest.approx(found.iou_chance)


def test_turning_map_and_region_together_changes_nothing() -> None:
    seen, region = np.random.default_rng(3).random((10, 10)), _region()
    one, turned = region_overlap(seen, region), region_overlap(seen.T, region.T)
    assert one is not None and turned is not None
    assert (one.pointing, one.iou, one.area) == (turned.pointing, turned.iou, turned.area)
    assert one.mass == pytest.approx(turned.mass)


def test_without_region_or_map_there_is_no_overlap() -> None:
    assert region_overlap(np.ones((4, 4)), np.zeros((4, 4), dtype=bool)) is None
    assert region_overlap(np.zeros((4, 4)), np.eye(4, dtype=bool)) is None
    assert shown(-np.ones((3, 3))) is None


def test_likeness_of_a_map_with_itself_and_with_its_reverse() -> None:
    one = np.random.default_rng(2).random((20, 20))
    assert rank_correlation(one, one) == pytest.approx(1.0)
    assert rank_correlation(one, 1 - one) == pytest.approx(-1.0)
    assert rank_correlation(one, np.ones((20, 20))) is None


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        rank_correlation(np.ones((2, 3)), np.ones((3, 2)))
