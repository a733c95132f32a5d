from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from measures.masks import Mask
from measures.segmentation import overlap
from tests.measures.masks import mask_pairs

Pair = tuple[Mask, Mask, tuple[float, ...]]


@settings(max_examples=30)
@given(pair=mask_pairs(filled=True))
def test_shares_agree_with_scikit_learn(pair: Pair) -> None:
    from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

    true, guess, spacing = pair
    found, columns = overlap(*pair), (true.ravel(), guess.ravel())
    assert found.dice == pytest.approx(f1_score(*columns, zero_division=0.0))
    assert found.jaccard == pytest.approx(jaccard_score(*columns, zero_division=0.0))
    assert found.sensitivity == pytest.approx(recall_score(*columns, zero_division=0.0))
    assert found.precision == pytest.approx(precision_score(*columns, zero_division=0.0))
    assert found.reference_size == pytest.approx(true.sum() * np.prod(spacing))


@given(pair=mask_pairs())
def test_swapping_the_masks_swaps_sensitivity_and_precision(pair: Pair) -> None:
    one, other, spacing = pair
    found, turned = overlap(one, other, spacing), overlap(other, one, spacing)
    assert found.dice == turned.dice
    assert found.jaccard == turned.jaccard
    assert found.sensitivity == turned.precision
    assert found.volume_similarity == turned.volume_similarity


@given(pair=mask_pairs())
def test_shares_lie_between_none_and_all_and_dice_is_above_jaccard(pair: Pair) -> None:
    found = overlap(*pair)
    shares = (found.dice, found.jaccard, found.sensitivity, found.precision)
    assert all(share is None or 0.0 <= share <= 1.0 for share in shares)
    if found.dice is not None and found.jaccard is not None and found.volume_similarity is not None:
        assert found.dice == pytest.approx(2 * found.jaccard / (1 + found.jaccard))
        assert found.volume_similarity >= found.dice - 1e-12


def test_empty_masks_have_no_share_rather_than_a_perfect_one() -> None:
    full, empty = np.ones((3, 3)), np.zeros((3, 3))
    missed, invented = overlap(full, empty, (1, 1)), overlap(empty, full, (1, 1))
    nothing = overlap(empty, empty, (1, 1))
    assert (missed.dice, missed.sensitivity, missed.precision) == (0.0, 0.0, None)
    assert (invented.dice, invented.sensitivity, invented.precision) == (0.0, None, 0.0)
    assert nothing.dice is nothing.jaccard is nothing.volume_similarity is None


def test_volumes_are_in_millilitres_and_signed() -> None:
    true, guess = np.zeros((10, 20, 20), dtype=np.uint8), np.zeros((10, 20, 20), dtype=np.uint8)
    true[:4], guess[:5] = 1, 1
    assert overlap(true, guess, (5.0, 1.0, 1.0)).volume_difference_ml == pytest.approx(2.0)
    assert overlap(guess, true, (5.0, 1.0, 1.0)).volume_difference_ml == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("masks", "spacing", "problem"),
    [
        (([[1, 2]], [[1, 0]]), (1, 1), "reference: entries must be 0 or 1"),
        (([[1, 0]], [[1, np.nan]]), (1, 1), "predicted: entries must be 0 or 1"),
        (([[1, 0]], [[1, np.inf]]), (1, 1), "predicted: entries must be 0 or 1"),
        (([["a", "b"]], [[1, 0]]), (1, 1), "reference: entries"),
        (([[1, 0]], [[1, 0, 0]]), (1, 1), "masks must have one shape"),
        (([1, 0], [1, 0]), (1,), "reference: needs rows and columns"),
        ((np.zeros((0, 4)), np.zeros((0, 4))), (1, 1), "reference: needs rows and columns"),
        (([[1, 0]], [[1, 0]]), (1, 1, 1), "spacing: needs one number per axis"),
        (([[1, 0]], [[1, 0]]), (1, 0), "spacing: must be positive"),
        (([[1, 0]], [[1, 0]]), (1, -2), "spacing: must be positive"),
        (([[1, 0]], [[1, 0]]), (1, np.nan), "spacing: must be positive"),
        (([[1, 0]], [[1, 0]]), ("a", "b"), "spacing: entries must be numbers"),
    ],
)
def test_malformed_masks_are_refused_by_name(masks: Any, spacing: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        overlap(*masks, spacing)


def test_a_flat_mask_has_no_volume() -> None:
    with pytest.raises(ValueError, match="flat mask"):
        _ = overlap([[1, 0]], [[1, 1]], (1, 1)).volume_difference_ml
