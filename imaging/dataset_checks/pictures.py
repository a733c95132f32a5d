"""The pictures of a dataset as the checks see them: small, grey, and named by their pixels."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from records.errors import IntegrityBroken
from records.vault import Vault

SIDE = 32
"""Rows and columns of the small pictures."""
_FLAT = 1e-5  # of the value: float32 rounding


@dataclass(frozen=True, slots=True, eq=False)
class SmallPictures:
    """All pictures, row by row.

    pixels: uint8 (pictures, 32, 32), each stretched over its own range, 0 where it has none; a
    million are a gigabyte. digest: SHA-256 of each picture's own pixels and shape; rows, columns:
    its own size.
    """

    pixels: NDArray[np.uint8]
    digest: NDArray[np.str_]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.digest)

    def chosen(self, places: Sequence[int] | NDArray[Any]) -> "SmallPictures":
        """The pictures of these rows, in this order."""
        at = np.asarray(places, dtype=np.intp)
        return SmallPictures(self.pixels[at], self.digest[at], self.rows[at], self.columns[at])


def small_pictures(arrays: Iterable[NDArray[Any]]) -> SmallPictures:
    """The pictures, each brought to 32 × 32; one array is held at a time.

    arrays: 2-D grey pictures, any size and depth. Raises ValueError for another shape or values
    that are not finite, naming the position.
    """
    pixels, digests, shapes = [], [], []
    for number, array in enumerate(arrays):
        if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
            raise ValueError(f"picture {number}: finite and of rows and columns, not {array.shape}")
        pixels.append(_small(array))
        digests.append(_digest(array))
        shapes.append(array.shape)
    sizes = np.array(shapes, dtype=np.int64).reshape(len(shapes), 2)
    stacked = np.array(pixels, dtype=np.uint8).reshape(len(pixels), SIDE, SIDE)
    return SmallPictures(stacked, np.array(digests, dtype=np.str_), sizes[:, 0], sizes[:, 1])


def pictures_in_vault(vault: Vault, rows: Sequence[dict[str, Any]]) -> SmallPictures:
    """The pictures of recorded images, in the order of the rows.

    rows: with ``digest`` of the file and ``instance_id``. Raises IntegrityBroken, naming the
    record, for bytes that are not what it names or that cannot be read as a picture.
    """
    return small_pictures(_read(vault, row) for row in rows)


def _read(vault: Vault, row: dict[str, Any]) -> NDArray[Any]:
    from imaging.pixels import PixelsRefused, parse_file, read_pixels
    from records.cases import Instance

    record = Instance.label_of(row["instance_id"])
    try:
        return read_pixels(parse_file(vault.fetch(row["digest"], of=record))).array
    except PixelsRefused as refused:
        raise IntegrityBroken(f"{record} cannot be read as a picture: {refused.reason}.") from None


def _small(array: NDArray[Any]) -> NDArray[np.uint8]:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(array, dtype=np.float32))
    # A larger picture is averaged under a triangle, a smaller one interpolated: both look alike.
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    low, high = float(small.min()), float(small.max())
    if high - low <= _FLAT * max(abs(low), abs(high)):
        return np.zeros((SIDE, SIDE), dtype=np.uint8)
    return np.rint((small - low) * (255.0 / (high - low))).astype(np.uint8)


def _digest(array: NDArray[Any]) -> str:
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()
