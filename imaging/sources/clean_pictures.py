"""The picture that an enhanced one should be: the same anatomy at full dose, kept as 16-bit PNG."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused
from imaging.sources.pictures import is_dicom, read_grey

_DEPTH = 65535


def read_clean(path: Path, shape: tuple[int, ...], *, where: str) -> NDArray[np.uint16]:
    """The picture at full dose, bone bright, in 16 bits: PNG (8 or 16 bits) or DICOM.

    shape: of the picture at low dose. Raises SourceRefused naming ``where`` for a JPEG, whose loss
    would be learned, another size, and a picture of one grey.
    """
    if is_dicom(path):
        from imaging.pixels import PixelsRefused, read_file, read_pixels

        try:
            grey = np.rint(read_pixels(read_file(path)).array * _DEPTH).astype(np.uint16)
        except PixelsRefused as refused:
            raise SourceRefused(
                f"{path.name} cannot be read: {refused.reason}", where=where,
                hint="Replace the file or take its row out",
            ) from None
    elif path.suffix.casefold() == ".png":
        read = read_grey(path, where=where)
        grey = read if read.dtype == np.uint16 else read.astype(np.uint16) * np.uint16(257)
    else:
        raise SourceRefused(
            f"the full-dose picture {path.name} is neither PNG nor DICOM", where=where,
            hint="Save it without loss: what a lossy picture lacks would be taken for noise",
        )
    if grey.shape != tuple(shape):
        raise SourceRefused(
            f"the full-dose picture {path.name} has {grey.shape[0]} x {grey.shape[1]} pixels, the "
            f"one at low dose {shape[0]} x {shape[1]}", where=where,
            hint="Both are of one size and one position; nothing is resampled in silence",
        )
    if grey.min() == grey.max():
        raise SourceRefused(
            f"the full-dose picture {path.name} has one grey", where=where,
            hint="Replace the file or take its row out",
        )
    return grey


def clean_png(picture: NDArray[np.uint16]) -> bytes:
    """The same picture in the same bytes: a PNG of 16 bits a pixel."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.asarray(picture, dtype=np.uint16)).save(stream, format="PNG")
    return stream.getvalue()


def clean_of(content: bytes) -> NDArray[np.float32]:
    """The picture in a PNG that :func:`clean_png` wrote, float32 (rows, columns) from 0 to 1."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        levels: NDArray[Any] = np.asarray(picture)
    return levels.astype(np.float32) / np.float32(_DEPTH)
