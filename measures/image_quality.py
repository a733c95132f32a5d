"""What an image is like before anybody reads it: brightness, contrast, sharpness, noise and so on.

Six plain numbers per radiograph, cheap enough for every arriving study, to be charted: a worn
detector, a new grid or changed post-processing moves them before it moves the device's results.
They describe the pixels, not diagnostic quality, and carry no interval: nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["accepted_pixels", "clipping", "quality"]

GREY_BINS = 64
BLACK, WHITE = 0.005, 0.995
SMALLEST_CONTRAST = 1e-6
"""Below it an image is constant: float32 rounding."""

_CACHED = 1 << 15  # pixels of a band
_SPARSE = 8
_ROUNDING = 1e-3  # pixels may leave [0, 1] by this much through resampling

_Pixels = NDArray[np.float32]


def quality(array: ArrayLike) -> dict[str, float]:
    """Six numbers that describe one image, each finite, whatever the image.

    brightness: mean pixel value, 0 to 1.
    contrast: standard deviation of the pixel values, 0 to 0.5.
    sharpness: root-mean-square gradient divided by contrast, per pixel. Falls under blur; shifting
        or scaling the grey values leaves it as it is. Noise raises it: read the two together.
    noise: standard deviation of pixel noise, from the Laplacian difference of Immerkaer (CVIU
        1996;64:300), by median absolute deviation so that edges hardly count.
    entropy: spread over 64 equal grey levels, in bits, 0 to 6.
    saturation: share of pixels at or below 0.005 or at or above 0.995.

    array: shape (rows, columns), at least 3 by 3, values between 0 and 1. A constant image has
    contrast, sharpness, noise and entropy 0. Raises ValueError for another shape, a missing value,
    or values outside 0 to 1.

    >>> flat = quality(np.full((8, 8), 0.5, dtype=np.float32))
    >>> flat["brightness"], flat["contrast"], flat["sharpness"], flat["noise"], flat["saturation"]
    (0.5, 0.0, 0.0, 0.0, 0.0)
    >>> sorted(flat)
    ['brightness', 'contrast', 'entropy', 'noise', 'saturation', 'sharpness']
    """
    pixels = accepted_pixels(array)
    near = np.float64(pixels[:: _SPARSE, :: _SPARSE].mean())  # so that no digits are lost below
    total = squares = energy = 0.0
    outside = 0
    pairs = np.zeros(256 * (GREY_BINS + 1), dtype=np.intp)
    residual = np.empty((pixels.shape[0] - 2, pixels.shape[1] - 2), dtype=np.float32)
    for block, inner in _blocks(pixels):
        deviation = np.subtract(block, near, dtype=np.float64).ravel()
        total += float(deviation.sum())
        squares += float(np.dot(deviation, deviation))
        outside += int(np.count_nonzero((block <= BLACK) | (block >= WHITE)))
        pairs += _paired_levels(block)
        if inner is not None:
            energy += _gradient_energy(pixels[inner.start : inner.stop + 2])
            _residual(pixels[inner.start : inner.stop + 2], residual[inner])
    offset = total / pixels.size
    contrast = math.sqrt(max(0.0, squares / pixels.size - offset * offset))
    if contrast < SMALLEST_CONTRAST:
        contrast = 0.0
    return {
        "brightness": float(near) + offset,
        "contrast": contrast,
        "sharpness": math.sqrt(energy / residual.size) / 2.0 / contrast if contrast else 0.0,
        # The mask takes out any slope, so the residual lies around 0 and needs no centring. Its
        # weights have a root sum of squares of 6; 1.4826 makes an SD of a median deviation.
        "noise": 1.4826 * _median(residual.ravel()) / 6.0,
        "entropy": entropy_of(_levels_of(pairs)),
        "saturation": outside / pixels.size,
    }


def clipping(array: ArrayLike) -> float:
    """Share of the central field whose grey is the picture's darkest or brightest, 0 to 1.

    Where a detector or a processing step ran out of range, many pixels share the extreme value,
    and what they showed is lost. Only the middle 60 % of each side counts, since shutters and air
    are rightly black at the edges. Unlike saturation it does not depend on where the extreme lies.

    array: as for :func:`quality`. A constant image is clipped throughout.

    >>> ramp = np.linspace(0.0, 1.0, 100 * 100).reshape(100, 100)
    >>> clipping(ramp), round(clipping(np.clip(ramp, 0.0, 0.5)), 2)
    (0.0, 0.5)
    """
    pixels = accepted_pixels(array)
    low, high = pixels.min(), pixels.max()
    rows, columns = (max(0, (size - 1) // 5) for size in pixels.shape)
    field = pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]
    return float(np.count_nonzero((field <= low) | (field >= high))) / field.size


def accepted_pixels(array: ArrayLike) -> _Pixels:
    """The picture as 32-bit numbers, once it has rows and columns and lies between 0 and 1.

    Raises ValueError for another shape than (rows, columns) of at least 3 by 3, a missing value,
    or values outside 0 to 1.
    """
    pixels = np.asarray(array, dtype=np.float32)
    if pixels.ndim != 2 or min(pixels.shape) < 3:
        raise ValueError(f"array: needs rows and columns, at least 3 by 3, got {pixels.shape}")
    low, high = float(pixels.min()), float(pixels.max())  # NaN and infinity show up here
    if not (low >= -_ROUNDING and high <= 1.0 + _ROUNDING):
        raise ValueError("array: pixel values must lie between 0 and 1, none missing")
    return pixels


def _blocks(pixels: _Pixels) -> Iterator[tuple[_Pixels, slice | None]]:
    """The picture in bands of rows that fit the processor's cache, which is 3 times as fast.

    Each with the rows of the picture without its border that belong to it, if there are any.
    """
    rows = pixels.shape[0]
    step = max(1, _CACHED // pixels.shape[1])
    for start in range(0, rows, step):
        stop = min(start + step, rows - 2)
        yield pixels[start : start + step], slice(start, stop) if start < stop else None


def _gradient_energy(band: _Pixels) -> float:
    """Sum of the squared central differences, twice as long, of all rows but the outer two."""
    across = (band[1:-1, 2:] - band[1:-1, :-2]).ravel()
    down = (band[2:, 1:-1] - band[:-2, 1:-1]).ravel()
    return float(np.dot(across, across)) + float(np.dot(down, down))


def _residual(band: _Pixels, found: _Pixels) -> None:
    """Write what Immerkaer's mask leaves of all rows but the outer two, without its sign."""
    rows = _second_difference(band[:-2], band[1:-1], band[2:])
    np.abs(_second_difference(rows[:, :-2], rows[:, 1:-1], rows[:, 2:]), out=found)


def _second_difference(before: _Pixels, here: _Pixels, after: _Pixels) -> _Pixels:
    """before - 2 here + after, in one array: for a whole image memory costs more than sums."""
    found = here * np.float32(2.0)
    np.subtract(before, found, out=found)
    found += after
    return found


def _median(values: _Pixels) -> float:
    """The same number as np.median, for finite values from 0 up, in a fifth of its time.

    Such numbers stand in the order of their bits, and whole numbers are put in order faster.

    >>> _median(np.array([3, 1, 2, 10], dtype=np.float32))
    2.5
    """
    middle = values.size // 2
    parted = np.partition(values.view(np.int32), middle)
    upper = parted[middle : middle + 1].view(np.float32)[0]
    if values.size % 2:
        return float(upper)
    lower = parted[:middle].max(keepdims=True).view(np.float32)[0]
    return float(np.mean([lower, upper], dtype=np.float32))


def _paired_levels(block: _Pixels) -> NDArray[np.intp]:
    """How often each two of the 64 grey levels follow one another: half the counting of each one.

    The last pixel of an odd number has an unused level beside it.
    """
    grey = np.full(block.size + block.size % 2, GREY_BINS, dtype=np.uint8)
    grey[: block.size] = (block * np.float32(GREY_BINS)).ravel()  # a trace below 0 is cut off to 0
    np.minimum(grey[: block.size], GREY_BINS - 1, out=grey[: block.size])
    return np.bincount(grey.view(np.uint16).astype(np.intp), minlength=256 * (GREY_BINS + 1))


def _levels_of(pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    levels = pairs.reshape(-1, 256)[:, : GREY_BINS + 1]
    counts: NDArray[np.intp] = levels.sum(axis=0)[:GREY_BINS] + levels.sum(axis=1)[:GREY_BINS]
    return counts


def entropy_of(counts: NDArray[np.number[Any]]) -> float:
    """The spread of pixels over grey levels in bits, by how many have each level."""
    share = counts[counts > 0] / counts.sum()
    return max(0.0, -float(np.sum(share * np.log2(share))))
