"""Copies are found in any size and grey scale; pictures that differ are not called the same."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.dataset_checks.near_duplicates import _close, groups_of, near_groups, picture_hashes
from imaging.dataset_checks.pictures import small_pictures
from records.dataset_rules import NearDuplicateLimits
from tests.imaging.dataset_checks.made import picture

LIMITS = NearDuplicateLimits()


@given(st.integers(0, 10_000), st.sampled_from([28, 32, 96, 130]), st.floats(0.4, 1.6),
       st.integers(0, 60))  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_a_copy_in_another_size_gain_and_brightness_is_found(
    seed: int, side: int, gain: float, offset: int
) -> None:
    one = picture(np.random.default_rng(seed), side=96)
    resized = np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BILINEAR))
    other = resized.astype(np.float64) * gain + offset
    groups = near_groups(small_pictures([one, other]).pixels, LIMITS)
    assert groups[0] == groups[1]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_other_pictures_stand_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = small_pictures([picture(rng, finding=k % 2) for k in range(40)])
    assert len(set(near_groups(pictures.pixels, LIMITS).tolist())) == 40


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=30), st.integers(0, 16),
       st.data())  # fmt: skip
@settings(deadline=None)
def test_no_close_pair_of_hashes_is_missed_and_each_comes_once(
    drawn: list[int], bits: int, data: st.DataObject
) -> None:
    flips = data.draw(st.lists(st.sets(st.integers(0, 63), max_size=18), max_size=10))
    near = [drawn[0] ^ sum(1 << bit for bit in one) for one in flips]
    hashes = np.array(drawn + near, dtype=np.uint64)
    wanted = {
        (i, j) for i in range(len(hashes)) for j in range(i + 1, len(hashes))
        if int(hashes[i] ^ hashes[j]).bit_count() <= bits
    }  # fmt: skip
    found = [tuple(pair) for part in _close(hashes, bits) for pair in part.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_pictures_of_one_grey_are_in_no_pair_and_nothing_is_no_trouble() -> None:
    flat = small_pictures([np.full((40, 40), k) for k in (0, 9, 9)])
    assert len(set(near_groups(flat.pixels, LIMITS).tolist())) == 3
    assert near_groups(small_pictures([]).pixels, LIMITS).size == 0
    assert picture_hashes(small_pictures([]).pixels).size == 0


def test_groups_join_over_others() -> None:
    assert groups_of(5, np.array([[0, 1], [1, 4]])).tolist() == [0, 0, 1, 2, 0]


@pytest.mark.parametrize("array", [np.zeros((4, 4, 3)), np.zeros((0, 4)), np.full((4, 4), np.nan)])
def test_what_is_no_picture_is_refused_with_its_position(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture 1: finite and of rows and columns"):
        small_pictures([np.eye(4), array])


def test_five_thousand_pictures_take_seconds() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (5000, 32, 32), dtype=np.uint8)
    began = time.process_time()
    assert len(set(near_groups(pixels, LIMITS).tolist())) == 5000
    assert time.process_time() - began < 5
