"""How large what a mask outlines is: area, and the two diameters that readers measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers
from measures.masks import Mask, accepted_masks, accepted_spacing

__all__ = ["MaskSize", "mask_size"]


@dataclass(frozen=True, slots=True)
class MaskSize:
    """Area in the square of the spacing's unit, diameters in that unit, and how many parts.

    longest, across: of the largest connected part; None, with an area of 0, for an empty mask.
    """

    area: float
    longest: float | None
    across: float | None
    parts: int


def mask_size(mask: ArrayLike, spacing: ArrayLike) -> MaskSize:
    """The area of a flat mask, its longest diameter, and its extent at right angles to that.

    The longest diameter is the largest distance between two points of the largest connected part
    (pixels that touch by side or corner belong together), measured between the outer corners of
    its pixels, which a straight line may leave where the part is not convex; `across` is the
    distance between the two lines along it that hold the part (WHO's two dimensions; Miller et
    al., Cancer 1981;47:207). With several parts, such as two lungs, the area is of all of them.

    mask: 0/1, shape (rows, columns). spacing: between centres of rows and of columns, mm, or
    (1, 1) for pixels. Raises ValueError when malformed or not flat.

    >>> found = mask_size(np.ones((3, 8)), (1.0, 0.5))
    >>> found.area, found.longest, round(found.across, 2)
    (12.0, 5.0, 4.8)
    """
    (inside,) = accepted_masks(mask=mask)
    if inside.ndim != 2:
        raise ValueError(f"mask: rows and columns are needed, got shape {inside.shape}")
    apart = accepted_spacing(spacing, 2)
    largest, parts = _largest_part(inside)
    area = float(np.count_nonzero(inside)) * apart[0] * apart[1]
    if parts == 0:
        return MaskSize(area, None, None, 0)
    longest, across = _diameters(_corners(largest) * np.asarray(apart))
    return MaskSize(area, longest, across, parts)


def _largest_part(inside: Mask) -> tuple[Mask, int]:
    from scipy.ndimage import label

    numbered, parts = label(inside, structure=np.ones((3, 3), dtype=int))
    if parts == 0:
        return inside, 0
    sizes = np.bincount(numbered.ravel())[1:]
    return np.asarray(numbered == 1 + int(sizes.argmax()), dtype=np.bool_), int(parts)


def _corners(part: Mask) -> NDArray[np.float64]:
    """Outer corners of each row's first and last pixel, shape (corners, 2): the hull needs no
    other."""
    rows = np.flatnonzero(part.any(axis=1))
    first = part[rows].argmax(axis=1)
    last = part.shape[1] - part[rows, ::-1].argmax(axis=1)
    return np.concatenate(
        [np.stack([rows + down, side], axis=1) for down in (0, 1) for side in (first, last)]
    ).astype(np.float64)


def _diameters(points: Numbers) -> tuple[float, float]:
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist, squareform

    hull = points[ConvexHull(points).vertices]
    distance = squareform(pdist(hull))
    one, other = np.unravel_index(int(distance.argmax()), distance.shape)
    longest = float(distance[one, other])
    along = (hull[other] - hull[one]) / longest
    sideways = hull @ np.array([-along[1], along[0]])
    return longest, float(np.ptp(sideways))
