from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.enhancement import contrast_to_noise, peak_signal_to_noise, structural_similarity

SEEDS = st.integers(0, 1000)


def pictures() -> tuple[Any, Any]:
    """Two images made by arithmetic."""
    row, column = np.indices((24, 31))
    one = ((row * 7 + column * 5 + row * column) % 17) / 16
    return one, np.clip(one + ((row * 3 + column * 11) % 5 - 2) / 20, 0, 1)


def test_psnr_and_ssim_reach_values_of_scikit_image() -> None:
    """scikit-image 0.26.0: gaussian_weights=True, sigma=1.5, use_sample_covariance=False."""
    one, other = pictures()
    assert peak_signal_to_noise(one, other, data_range=1.0) == pytest.approx(23.473188425200536)
    assert structural_similarity(one, other, data_range=1.0) == pytest.approx(0.976748098798345)
    inverted = structural_similarity(one, 0.5 - 0.3 * one, data_range=1.0)
    assert inverted == pytest.approx(-0.48310251323890385)


def test_ssim_is_its_definition_window_by_window() -> None:
    one, other = pictures()
    steps = np.arange(-5, 6)
    line = np.exp(-(steps**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    found = []
    for row in range(5, 24 - 5):
        for column in range(5, 31 - 5):
            x, y = (image[row - 5 : row + 6, column - 5 : column + 6] for image in (one, other))
            mx, my = (window * x).sum(), (window * y).sum()
            vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            both = (window * (x - mx) * (y - my)).sum()
            top = (2 * mx * my + 1e-4) * (2 * both + 9e-4)
            found.append(top / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4)))
    assert structural_similarity(one, other, data_range=1.0) == pytest.approx(np.mean(found))


@given(seed=SEEDS, scale=st.floats(0.1, 4000))
def test_the_unit_of_grey_does_not_matter_and_the_two_images_may_swap(
    seed: int, scale: float
) -> None:
    one, other = np.random.default_rng(seed).random((2, 12, 13))
    for measure in (peak_signal_to_noise, structural_similarity):
        found = measure(one, other, data_range=1.0)
        assert measure(other, one, data_range=1.0) == pytest.approx(found)
        assert measure(scale * one, scale * other, data_range=scale) == pytest.approx(found)
    assert -1.0 <= structural_similarity(one, other, data_range=1.0) <= 1.0


@given(seed=SEEDS)
def test_more_noise_gives_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, noise = rng.random((16, 16)), rng.normal(0, 0.05, (16, 16))
    little = peak_signal_to_noise(one, one + noise, data_range=1.0)
    much = peak_signal_to_noise(one, one + 3 * noise, data_range=1.0)
    assert little is not None
    assert much == pytest.approx(little - 20 * math.log10(3))
    near, far = (
        structural_similarity(one, one + times * noise, data_range=1.0) for times in (1, 5)
    )
    assert near > far


def test_equal_images_have_ssim_one_and_no_psnr() -> None:
    one, _ = pictures()
    assert structural_similarity(one, one, data_range=1.0) == pytest.approx(1.0)
    assert peak_signal_to_noise(one, one, data_range=1.0) is None


@given(seed=SEEDS, gain=st.floats(0.5, 100), shift=st.floats(-100, 100))
def test_cnr_does_not_depend_on_gain_and_offset(seed: int, gain: float, shift: float) -> None:
    image = np.random.default_rng(seed).random((6, 6))
    lesion, around = np.zeros((2, 6, 6), dtype=bool)
    lesion[:2], around[3:] = True, True
    found = contrast_to_noise(image, lesion, around)
    expected = abs(image[:2].mean() - image[3:].mean()) / image[3:].std(ddof=1)
    assert found == pytest.approx(expected)
    assert contrast_to_noise(gain * image + shift, lesion, around) == pytest.approx(found)


def test_cnr_without_a_lesion_or_without_noise_is_not_a_number() -> None:
    image, one = np.arange(9.0).reshape(3, 3), np.eye(3)
    assert contrast_to_noise(image, np.zeros((3, 3)), one) is None
    assert contrast_to_noise(image, one, np.zeros((3, 3))) is None
    assert contrast_to_noise(np.ones((3, 3)), one, 1 - one) is None


@pytest.mark.parametrize("measure", [peak_signal_to_noise, structural_similarity])
def test_malformed_images_are_refused(measure: Any) -> None:
    good = np.zeros((12, 12))
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="image: needs pixels, none missing"):
            measure(good, np.full((12, 12), wrong), data_range=1.0)
    with pytest.raises(ValueError, match="one shape"):
        measure(good, np.zeros((12, 13)), data_range=1.0)
    with pytest.raises(ValueError, match="reference: needs pixels"):
        measure([], [], data_range=1.0)
    with pytest.raises(ValueError, match="must be numbers"):
        measure([["a"]], [["b"]], data_range=1.0)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="data_range"):
            measure(good, good, data_range=wrong)


def test_images_too_small_for_the_window_and_masks_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 11"):
        structural_similarity(np.zeros((10, 12)), np.zeros((10, 12)), data_range=1.0)
    with pytest.raises(ValueError, match="overlap"):
        contrast_to_noise(np.zeros((2, 2)), np.eye(2), np.ones((2, 2)))
    with pytest.raises(ValueError, match="image has"):
        contrast_to_noise(np.zeros((2, 3)), np.eye(2), 1 - np.eye(2))
    with pytest.raises(ValueError, match="image: needs pixels"):
        contrast_to_noise([[np.nan, 1]], [[1, 0]], [[0, 1]])
    with pytest.raises(ValueError, match="lesion: entries"):
        contrast_to_noise([[2, 1]], [[2, 0]], [[0, 1]])
