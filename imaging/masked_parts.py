"""A picture with a part of it taken away: the region of the finding, all else, border or corners.

What is taken away is filled with the mean grey value of what is left. Such a picture is not one
that any scanner makes: what a device says of it is compared with what it says where as large an
area elsewhere is gone.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from imaging.sources.masks import mask_of

Mask = NDArray[np.bool_]

BORDER, CORNER = 0.06, 0.18
"""Share of the shorter side that a masked border is wide, and a masked corner long."""
_PNG: Final = b"\x89PNG"


def region_in(content: bytes) -> Mask | BoxedPicture:
    """Where a finding lies, as the vault keeps it: an outline (PNG) or boxes (JSON)."""
    return mask_of(content) if content.startswith(_PNG) else BoxedPicture.of(content.decode())


def inside(region: Mask | BoxedPicture) -> Mask:
    """The pixels of an outline, or of all boxes together, shape (rows, columns).

    >>> from imaging.boxes import Box
    >>> inside(BoxedPicture(2, 4, (Box(1, 0, 2, 1),))).astype(int).tolist()
    [[0, 1, 1, 0], [0, 0, 0, 0]]
    """
    if not isinstance(region, BoxedPicture):
        return region
    found = np.zeros((region.rows, region.columns), dtype=bool)
    for box in region.boxes:
        rows = slice(max(round(box.y), 0), max(round(box.y + box.height), 0))
        found[rows, max(round(box.x), 0) : max(round(box.x + box.width), 0)] = True
    return found


def without(array: NDArray[Any], part: Mask) -> NDArray[np.float32]:
    """The picture with a part filled with the mean grey value of the rest.

    array: shape (rows, columns), or slices of them; part: bool, of the same shape, not the whole
    picture. Raises ValueError else.

    >>> without(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[False, True], [False, False]]))[0, 1]
    np.float32(0.33333334)
    """
    if part.shape != array.shape or part.all():
        raise ValueError(f"a part of shape {part.shape} cannot go from a picture of {array.shape}")
    found = np.array(array, dtype=np.float32)
    found[part] = found[~part].mean()
    return found


def border(shape: tuple[int, ...]) -> Mask:
    """The outer frame, where collimation and markers stand; the same in each slice of several."""
    rows, columns = shape[-2:]
    wide = max(1, round(BORDER * min(rows, columns)))
    found = np.ones(shape, dtype=bool)
    found[..., wide : rows - wide, wide : columns - wide] = False
    return found


def corners(shape: tuple[int, ...]) -> Mask:
    """The four corners, where laterality letters and burned-in text stand; the same in each slice
    of several."""
    rows, columns = shape[-2:]
    long = max(1, round(CORNER * min(rows, columns)))
    found = np.zeros(shape, dtype=bool)
    for down in (slice(0, long), slice(rows - long, rows)):
        for right in (slice(0, long), slice(columns - long, columns)):
            found[..., down, right] = True
    return found


def elsewhere(region: Mask) -> Mask:
    """The region moved, around the edges if need be, to where it overlaps itself least."""
    rows, columns = region.shape
    moved = [
        np.roll(region, (down * rows // 4, right * columns // 4), axis=(0, 1))
        for down in range(4) for right in range(4) if down or right
    ]
    return min(moved, key=lambda one: int((one & region).sum()))


EDGES: Mapping[str, Callable[[tuple[int, ...]], Mask]] = MappingProxyType(
    {"border masked": border, "corners masked": corners}
)
"""The parts that no finding needs, by the name of the test."""
