"""Which way up a frontal chest radiograph lies, and whether its greys are inverted.

A picture turned or inverted on its way is read by no device as it was meant. Both are told from
the coarsest layout of a frontal chest (dark lungs beside a bright spine, bright abdomen below,
air beside the neck), by correlation with an average one in its four positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.image_quality import accepted_pixels

__all__ = ["Orientation", "chest_orientation"]

_CELLS = 16
_CONSTANT = 1e-6  # below this spread of the cells a picture has no layout

# Mean of 240 radiographs of the simulator (seed 77, 80 a site), each in 16 by 16 cells without
# mean and of length 1, in thousandths; the left half, which the right one mirrors. A test makes it
# again. No picture of a patient went in.
_LEFT_HALF: Final = (
    (-97, -93, -87, -69, -43, -20, -11, 26),
    (-85, -58, -40, -9, 9, -17, -32, 43),
    (-65, -31, -1, 18, -8, -60, -39, 52),
    (-48, -14, 11, 13, -46, -69, -33, 61),
    (-37, -3, 16, -9, -65, -59, -15, 72),
    (-35, 0, 11, -39, -67, -50, 6, 82),
    (-37, -1, -3, -61, -62, -38, 24, 89),
    (-39, -4, -23, -69, -56, -23, 44, 98),
    (-44, -9, -39, -65, -41, -1, 65, 111),
    (-54, -18, -50, -58, -24, 15, 73, 118),
    (-58, -26, -61, -54, -15, 14, 71, 122),
    (-59, -35, -64, -45, -2, 20, 66, 123),
    (-60, -38, -43, 3, 51, 71, 89, 120),
    (-59, -22, 15, 57, 79, 92, 104, 112),
    (-56, -3, 37, 61, 75, 85, 99, 110),
    (-61, -13, 19, 37, 48, 57, 72, 82),
)


@dataclass(frozen=True, slots=True)
class Orientation:
    """How much better a picture fits as it should be than otherwise; both from -2 to 2, no unit.

    polarity: best correlation with bone bright, over the four quarter turns, minus the best with
        bone dark. Below 0 the greys are more likely inverted.
    uprightness: correlation as it lies minus the best of the three other quarter turns, with the
        greys as they fit better. Below 0 the picture is more likely turned.
    """

    polarity: float
    uprightness: float


def chest_orientation(array: ArrayLike) -> Orientation:
    """Whether a frontal chest radiograph is upright with bone bright, by two signed margins.

    array: shape (rows, columns), at least 3 by 3, values between 0 and 1, bone bright as it
    should be. A picture without any layout (constant) has both margins 0, and so neither flag.
    Says nothing of pictures that are no frontal chest, and cannot see a mirrored one. Raises
    ValueError for another shape, a missing value, or values outside 0 to 1.

    >>> chest = _TEMPLATES[0].reshape(16, 16)
    >>> chest = (chest - chest.min()) / np.ptp(chest)
    >>> upright, turned = chest_orientation(chest), chest_orientation(np.rot90(1 - chest))
    >>> upright.polarity > 0.3, upright.uprightness > 0.3
    (True, True)
    >>> turned.polarity < -0.3, turned.uprightness < -0.3
    (True, True)
    """
    cells = _layout(accepted_pixels(array))
    fit = _TEMPLATES @ cells
    polarity = float(fit.max() + fit.min())  # the best with bone dark is the best of -fit
    fit = fit if polarity >= 0 else -fit
    return Orientation(polarity, float(fit[0] - fit[1:].max()))


def _layout(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Means of 16 by 16 cells, without their mean, of length 1 (or all 0), shape (256,)."""
    # Pictures smaller than the cells are repeated first: each cell must hold a pixel.
    rows, columns = (max(1, -(-_CELLS // size)) for size in pixels.shape)
    if rows > 1 or columns > 1:
        pixels = np.repeat(np.repeat(pixels, rows, axis=0), columns, axis=1)
    edges = [np.linspace(0, size, _CELLS + 1).astype(np.intp) for size in pixels.shape]
    sums = np.add.reduceat(pixels, edges[1][:-1], axis=1, dtype=np.float64)
    sums = np.add.reduceat(sums, edges[0][:-1], axis=0)
    means = sums / np.outer(np.diff(edges[0]), np.diff(edges[1]))
    return _of_length_1(means)


def _of_length_1(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = (cells - cells.mean()).ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length > _CONSTANT * _CELLS else np.zeros_like(flat)


def _four_positions() -> NDArray[np.float64]:
    left = np.array(_LEFT_HALF, dtype=np.float64)
    whole = np.hstack([left, left[:, ::-1]])
    return np.array([_of_length_1(np.rot90(whole, turns)) for turns in range(4)])


_TEMPLATES: Final = _four_positions()
"""An average chest, upright and after one, two and three quarter turns, shape (4, 256)."""
