"""The picture as the network sees it: one function for training, scoring and daily use."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_LOW, _HIGH = 0.01, 0.99
_LEAST_RANGE = 1e-3  # of full scale; a flatter picture stays flat
_CACHED = 1 << 16  # pixels that are made double at once


def network_input(array: NDArray[Any], size: int) -> Picture:
    """One radiograph, any size, as the square picture that the network reads.

    Area-averaged to ``size`` on the longer side with the aspect ratio kept, stretched between its
    own 1st and 99th percentile (so exposure and gain alone do not change the answer) and stored in
    256 levels. Computed in double precision, so that it is the same picture on any machine.

    array: 2-D, finite, in [0, 1], bone bright. Returns uint8 (size, size).
    Raises ValueError for anything else: a picture that cannot be read is never scored.

    >>> network_input(np.eye(4, dtype=np.float32), 2).tolist()
    [[255, 0], [0, 255]]
    """
    picture = readable(array)
    rows, columns = (_side(side, max(picture.shape), size) for side in picture.shape)
    small = resampled(picture, rows, columns)
    low, high = _window(small)
    levels = np.clip((small - low) * (255.0 / max(high - low, _LEAST_RANGE)), 0.0, 255.0)
    result = np.zeros((size, size), dtype=np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    result[top : top + rows, left : left + columns] = np.rint(levels).astype(np.uint8)
    return result


def readable(array: NDArray[Any]) -> NDArray[Any]:
    """The picture as it is, where it can be read: 2-D, finite. Raises ValueError for another."""
    picture = np.asarray(array)
    if picture.ndim != 2 or 0 in picture.shape:
        raise ValueError(f"a picture has rows and columns, not the shape {picture.shape}")
    if not np.isfinite(picture).all():
        raise ValueError("the picture holds values that are not finite")
    return picture


def place_of(shape: tuple[int, ...], size: int) -> tuple[slice, slice]:
    """Where a picture of this shape (rows, columns) lies in the network's square: its two slices.

    >>> place_of((100, 50), 20)
    (slice(0, 20, None), slice(5, 15, None))
    """
    rows, columns = (_side(side, max(shape), size) for side in shape)
    top, left = (size - rows) // 2, (size - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


def _side(side: int, longest: int, size: int) -> int:
    return max(1, min(size, round(side * size / longest)))


def _window(small: NDArray[np.float64]) -> tuple[float, float]:
    flat = small.ravel()
    at = [round(share * (flat.size - 1)) for share in (_LOW, _HIGH)]
    low, high = np.partition(flat, at)[at]
    return float(low), float(high)


def resampled(picture: NDArray[Any], rows: int, columns: int) -> NDArray[np.float64]:
    """The picture averaged to another size, each pixel counted by its covered area.

    By differences of running sums, not by a matrix product: that would use every core, wait for
    them, and may add in another order elsewhere. First down the columns, then along the rows.
    """
    return _along_rows(_down_columns(picture, rows), columns)


def _edges(before: int, after: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where the new pixels end: whole old pixels before there, and what is covered of the next."""
    edges = np.arange(after + 1, dtype=np.float64) * (before / after)
    whole = np.minimum(edges.astype(np.intp), before)
    rest: NDArray[np.float64] = edges - whole
    return whole, rest


def _down_columns(picture: NDArray[Any], after: int) -> NDArray[np.float64]:
    """Averaged to ``after`` rows. Row by row, each added to those before it, in double precision:
    some rows stay in the processor's cache, a whole table of sums would not."""
    before, across = picture.shape
    whole, rest = _edges(before, after)
    result = np.empty((after, across))
    total, earlier, inside = np.zeros(across), np.zeros(across), np.empty(across)
    rows, first, done = np.empty((0, across)), 0, 0
    together = max(1, _CACHED // across)
    for at, (until, share) in enumerate(zip(whole.tolist(), rest.tolist(), strict=True)):
        next_row = min(until, before - 1)
        if next_row >= first + len(rows):
            rows = picture[done : max(next_row + 1, done + together)].astype(np.float64)
            first = done
        for row in rows[done - first : until - first]:
            np.add(total, row, out=total)
        np.multiply(rows[next_row - first], share, out=inside)
        inside += total
        if at:
            np.subtract(inside, earlier, out=result[at - 1])
        inside, earlier, done = earlier, inside, until
    result /= before / after
    return result


def _along_rows(picture: NDArray[np.float64], after: int) -> NDArray[np.float64]:
    """Averaged to ``after`` columns; the picture itself becomes its running sums."""
    before = picture.shape[1]
    whole, rest = _edges(before, after)
    inside = rest * picture.take(np.minimum(whole, before - 1), axis=1)
    sums = np.cumsum(picture, axis=1, out=picture)
    ends = sums.take(np.maximum(whole - 1, 0), axis=1)
    ends[:, whole == 0] = 0.0
    ends += inside
    result: NDArray[np.float64] = np.diff(ends, axis=1) / (before / after)
    return result
