"""Masks between the picture's own grid and the network's: the same mapping as the picture's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.preparation import Picture, place_of, resampled

Mask = NDArray[np.bool_]


def network_mask(mask: Mask, size: int) -> Picture:
    """A true mask as the square that belongs to ``network_input`` of its picture.

    mask: (rows, columns). Returns uint8 (size, size): the share of each pixel that lies inside,
    in 256 levels; 0 beside the picture.

    >>> network_mask(np.eye(4, dtype=bool), 2).tolist()
    [[128, 0], [0, 128]]
    """
    place = place_of(mask.shape, size)
    rows, columns = (one.stop - one.start for one in place)
    result = np.zeros((size, size), dtype=np.uint8)
    inside = resampled(mask.astype(np.float64), rows, columns)
    result[place] = np.rint(255.0 * np.clip(inside, 0.0, 1.0)).astype(np.uint8)
    return result


def on_picture_grid(outputs: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The network's outputs on the grid of the picture that it saw: bilinear, nothing beside it.

    outputs: (size, size), raw. shape: rows and columns of the picture. Returns float32 (rows,
    columns). Raw outputs are interpolated, not decisions: an outline may run between pixels.
    """
    from PIL import Image

    small = np.ascontiguousarray(outputs[place_of(shape, len(outputs))], dtype=np.float32)
    rows, columns = shape
    large = Image.fromarray(small).resize((columns, rows), Image.Resampling.BILINEAR)
    return np.array(large, dtype=np.float32)
