"""Boxes between three grids: the picture's own, the network's square, and the cells of its maps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from models.preparation import place_of

Numbers = NDArray[np.float64]

STRIDE = 4
"""Pixels of the network's square that one cell of its maps stands for."""
CHANNELS = 5
"""Maps of the network: log odds of a centre; its place across and down from the middle of the cell,
in cells; the logarithms of width and height, as shares of the square's side."""
_LARGEST = 1.5  # a box is no larger than this share of the side


def in_square(boxes: Sequence[Box], shape: tuple[int, ...], size: int) -> Numbers:
    """Boxes of a picture (rows, columns) in its square of ``size`` pixels: one row a box, centre
    across and down, width and height.

    >>> in_square([Box(0, 0, 50, 50)], (100, 50), 20).tolist()
    [[10.0, 5.0, 10.0, 10.0]]
    """
    corner, zoom = _frame(shape, size)
    found = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    middle = (found[:, :2] + found[:, 2:] / 2) * zoom + corner
    return np.hstack([middle, found[:, 2:] * zoom])


def on_picture(boxes: Numbers, shape: tuple[int, ...], size: int) -> Numbers:
    """The way back: rows of x, y, width and height in the picture, cut off at its edges.

    >>> on_picture(np.array([[10.0, 5.0, 30.0, 10.0]]), (100, 50), 20).tolist()
    [[0.0, 0.0, 50.0, 50.0]]
    """
    corner, zoom = _frame(shape, size)
    middle, half = (boxes[:, :2] - corner) / zoom, boxes[:, 2:] / zoom / 2
    edge = np.array([shape[1], shape[0]], dtype=np.float64)
    low, high = np.clip(middle - half, 0, edge), np.clip(middle + half, 0, edge)
    return np.hstack([low, high - low])


def _frame(shape: tuple[int, ...], size: int) -> tuple[Numbers, Numbers]:
    """Where the picture's corner lies in the square, and how much it is enlarged, both (x, y)."""
    down, across = place_of(shape, size)
    corner = np.array([across.start, down.start], dtype=np.float64)
    zoom = np.array(
        [(across.stop - across.start) / shape[1], (down.stop - down.start) / shape[0]]
    )
    return corner, zoom


def target_maps(boxes: Sequence[Numbers], size: int) -> tuple[Numbers, Numbers]:
    """What the network is to say of squares with these boxes: maps (n, 5, cells, cells), and how
    much the numbers of each cell's box count, (n, cells, cells).

    The first map is 1 in the cell of a centre and falls off as a Gaussian with the size of the box
    (Liu et al., TTFNet, AAAI 2020), so that a near miss is no full mistake. Where boxes overlap,
    each cell is told of the one that it is nearer to.
    """
    cells = size // STRIDE
    maps = np.zeros((len(boxes), CHANNELS, cells, cells))
    places = np.arange(cells) + 0.5
    for number, found in enumerate(boxes):
        for across, down, width, height in found:
            centre = np.array([across, down]) / STRIDE
            cell = np.clip(np.floor(centre), 0, cells - 1) + 0.5
            spread = np.maximum(np.array([width, height]) / STRIDE / 6, 0.6)
            falls = [np.exp(-0.5 * ((places - cell[axis]) / spread[axis]) ** 2) for axis in (0, 1)]
            height_of = np.outer(falls[1], falls[0])
            nearer = height_of > maps[number, 0]
            maps[number, 0][nearer] = height_of[nearer]
            told = (
                np.broadcast_to(centre[0] - places, (cells, cells)),
                np.broadcast_to((centre[1] - places)[:, None], (cells, cells)),
                np.full((cells, cells), np.log(width / size)),
                np.full((cells, cells), np.log(height / size)),
            )
            for channel, values in enumerate(told, start=1):
                maps[number, channel][nearer] = values[nearer]
    counts = np.where(maps[:, 0] > _COUNTS_FROM, maps[:, 0], 0.0)
    return maps, counts


_COUNTS_FROM = 0.3  # height of a Gaussian from which on a cell learns of its box


def box_at(maps: Numbers, row: int, column: int, size: int) -> Numbers:
    """The box that a cell tells of, in its square: centre across and down, width and height."""
    middle = (np.array([column, row]) + 0.5 + maps[1:3, row, column]) * STRIDE
    sides = size * np.exp(np.minimum(maps[3:5, row, column], np.log(_LARGEST)))
    return np.concatenate([middle, sides])
