from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from measures.image_quality import clipping, quality

KEYS = {"brightness", "contrast", "sharpness", "noise", "entropy", "saturation"}
Image = NDArray[np.float32]


def chest(seed: int = 0, noise: float = 0.01, size: int = 160) -> Image:
    """A bright middle, two dark lungs with sharp rims, and pixel noise."""
    line = np.linspace(-1.0, 1.0, size)
    y, x = line[:, None], line[None, :]
    lungs = (((np.abs(x) - 0.4) / 0.3) ** 2 + (y / 0.7) ** 2) < 1
    picture = 0.7 - 0.4 * lungs + 0.1 * np.cos(12 * y)
    picture += noise * np.random.default_rng(seed).normal(size=picture.shape)
    return np.asarray(np.clip(picture, 0, 1), dtype=np.float32)


def blurred(image: Image, width: float) -> Image:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, width), dtype=np.float32)


@given(
    image=arrays(
        np.float32,
        st.tuples(st.integers(3, 12), st.integers(3, 12)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_any_image_gives_six_finite_numbers_in_bounds(image: Image) -> None:
    found = quality(image)
    assert set(found) == KEYS
    assert all(isinstance(value, float) and math.isfinite(value) for value in found.values())
    assert 0.0 <= found["brightness"] <= 1.0
    assert 0.0 <= found["contrast"] <= 0.5 + 1e-6
    assert 0.0 <= found["entropy"] <= 6.0
    assert 0.0 <= found["saturation"] <= 1.0
    assert min(found["sharpness"], found["noise"]) >= 0.0


@pytest.mark.parametrize("grey", [0.0, 0.1, 0.3, 1.0])
def test_a_blank_image_has_nothing_to_see(grey: float) -> None:
    found = quality(np.full((160, 160), grey, dtype=np.float32))
    assert found["brightness"] == pytest.approx(grey, abs=1e-6)
    assert [found[k] for k in ("contrast", "sharpness", "noise", "entropy")] == [0.0] * 4
    assert found["saturation"] == float(grey in (0.0, 1.0))


def test_sharpness_falls_with_every_step_of_blur() -> None:
    steps = [quality(blurred(chest(), width))["sharpness"] for width in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] < 0.5 * steps[0]


def test_sharpness_ignores_brightness_and_contrast() -> None:
    image = chest()
    plain = quality(image)["sharpness"]
    assert quality(0.5 * image + 0.1)["sharpness"] == pytest.approx(plain, rel=1e-3)
    assert quality(1.0 - image)["sharpness"] == pytest.approx(plain, rel=1e-3)


@pytest.mark.parametrize("added", [0.01, 0.02, 0.05])
def test_noise_is_found_in_size_despite_anatomy(added: float) -> None:
    assert quality(chest(noise=added))["noise"] == pytest.approx(added, rel=0.1)


def test_saturation_counts_black_and_white() -> None:
    image = np.full((10, 10), 0.5, dtype=np.float32)
    image[:2], image[2:3] = 0.0, 1.0
    assert quality(image)["saturation"] == pytest.approx(0.3)


def test_entropy_is_that_of_evenly_used_greys() -> None:
    image = (np.arange(64 * 64) % 64 / 64 + 0.005).astype(np.float32).reshape(64, 64)
    assert quality(image)["entropy"] == pytest.approx(6.0)


@pytest.mark.parametrize("shape", [(9,), (2, 9), (3, 3, 3)])
def test_an_array_without_rows_and_columns_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="array: needs rows and columns"):
        quality(np.zeros(shape))


@pytest.mark.parametrize("grey", [1.5, -1.0, np.nan, np.inf])
def test_pixels_outside_nought_to_one_are_refused(grey: float) -> None:
    with pytest.raises(ValueError, match="array: pixel values"):
        quality(np.full((4, 4), grey))


def test_a_study_takes_less_than_two_milliseconds() -> None:
    image = chest()
    quality(image)
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        quality(image)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.002


@pytest.mark.parametrize("share", [0.0, 0.1, 0.37])
def test_clipping_is_the_share_of_the_central_field_beyond_the_range(share: float) -> None:
    values = np.random.default_rng(3).permutation(10_000).reshape(100, 100) / 9_999
    field = values[19:81, 19:81]
    top = np.quantile(field, 1 - share)
    found = clipping(np.minimum(values, top))
    assert found == pytest.approx(share, abs=2e-3)


def test_black_shutters_at_the_edge_are_no_clipping() -> None:
    picture = chest()
    shuttered = picture.copy()
    shuttered[:16] = shuttered[:, -16:] = picture.min() / 2
    assert clipping(shuttered) == pytest.approx(0.0, abs=1e-3)
    assert quality(shuttered)["saturation"] <= 1.0
    assert clipping(np.full((9, 9), 0.4)) == 1.0


@pytest.mark.parametrize("shape", [(3, 3), (5, 40_001), (700, 301), (130, 512), (67, 511)])
def test_the_numbers_are_those_of_the_whole_picture_in_64_bits(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(3).normal(0.5, 0.2, shape).clip(0, 1).astype(np.float32)
    exact = pixels.astype(np.float64)
    across, down = exact[1:-1, 2:] - exact[1:-1, :-2], exact[2:, 1:-1] - exact[:-2, 1:-1]
    gradient = math.sqrt(float((across**2 + down**2).mean())) / 2
    rows = exact[:-2] - 2 * exact[1:-1] + exact[2:]
    residual = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])
    counts = np.bincount(np.minimum(exact * 64, 63).astype(int).ravel())
    share = counts[counts > 0] / exact.size
    assert quality(pixels) == {
        "brightness": pytest.approx(exact.mean(), rel=1e-12),
        "contrast": pytest.approx(exact.std(), rel=1e-12),
        "sharpness": pytest.approx(gradient / exact.std(), rel=1e-5),
        "noise": pytest.approx(1.4826 * np.median(residual) / 6, rel=1e-5),
        "entropy": pytest.approx(-float((share * np.log2(share)).sum()), rel=1e-12),
        "saturation": np.count_nonzero((pixels <= 0.005) | (pixels >= 0.995)) / exact.size,
    }
