from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from measures.grey_levels import _median, level_quality
from measures.image_quality import quality

Levels = NDArray[np.uint16]


def same_as_in_32_bits(levels: NDArray[np.unsignedinteger], span: int) -> None:
    """Of a picture in 32-bit numbers, but for the rounding of these."""
    picture = levels.astype(np.float32) * np.float32(1 / span)
    expected = quality(np.minimum(picture, 1.0))
    assert level_quality(levels, span) == {
        name: pytest.approx(value, rel=2e-5, abs=2e-7) for name, value in expected.items()
    }


@given(
    image=arrays(
        np.uint16, st.tuples(st.integers(3, 12), st.integers(3, 12)), elements=st.integers(0, 4095)
    )
)
def test_any_picture_of_12_bits_has_the_figures_of_the_same_in_32_bits(image: Levels) -> None:
    found, expected = level_quality(image, 4095), quality(image.astype(np.float32) / 4095)
    assert found == {
        name: pytest.approx(value, rel=1e-4, abs=1e-6) for name, value in expected.items()
    }


@pytest.mark.parametrize("bits", [1, 8, 10, 12, 13, 14, 16])
@pytest.mark.parametrize("size", [(3, 3), (64, 65), (400, 401)])
def test_every_depth_and_size_has_the_figures_of_the_same_in_32_bits(
    bits: int, size: tuple[int, int]
) -> None:
    span = (1 << bits) - 1
    random = np.random.default_rng(bits)
    smooth = np.linspace(0.2, 0.8, size[1])[None, :] + random.normal(0, 0.02, size)
    levels = np.clip(np.rint(smooth * span), 0, span).astype(np.uint16)
    levels[0, :2] = 0, span
    same_as_in_32_bits(levels, span)
    if bits <= 8:
        same_as_in_32_bits(levels.astype(np.uint8), span)
    same_as_in_32_bits(levels.astype(">u2"), span)


def test_extremes_beside_one_another_do_not_overflow() -> None:
    """Immerkaer's mask of 8 spans: a checkerboard of the darkest and the brightest level."""
    board = np.indices((9, 9)).sum(axis=0) % 2
    for span in (255, 4095, 4096, 65535):
        found = level_quality((board * span).astype(np.uint16), span)
        assert found["noise"] == pytest.approx(1.4826 * 8 / 6)


@pytest.mark.parametrize("kind", [np.int16, np.int32])
def test_the_noise_is_of_the_median_however_the_sampled_numbers_mislead(kind: type) -> None:
    """Counted from a guess by some of the numbers, which here say nothing of the others."""
    random = np.random.default_rng(3)
    for size in (1, 2, 3, 8, 4095, 4096, 20_001, 60_000):
        values = np.abs(random.normal(0, 300, size)).astype(kind)
        step = max(1, size // 4096)
        low, high, ordered, few = values.copy(), values.copy(), np.sort(values), values % 2
        low[::step], high[::step] = 0, 32_760
        for one in (values, low, high, ordered, few, np.full(size, 7, dtype=kind)):
            assert _median(one) == np.median(one)


def test_what_is_no_picture_in_levels_is_refused() -> None:
    fine = np.zeros((4, 4), dtype=np.uint16)
    assert set(level_quality(fine, 1)) == set(quality(fine))
    for levels, span in (
        (np.zeros((2, 4), dtype=np.uint16), 255),
        (np.zeros((4, 4), dtype=np.float32), 255),
        (fine, 0),
        (fine, 65_536),
        (fine + 256, 255),
        (fine.astype(np.int16) - 1, 255),
    ):
        with pytest.raises(ValueError, match=r"levels|span"):
            level_quality(levels, span)
