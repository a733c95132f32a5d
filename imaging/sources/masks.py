"""The true outline of a structure in one picture, as a mask in a PNG: read, checked, written."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused
from imaging.sources.pictures import read_grey

Mask = NDArray[np.bool_]

_TAKE_OUT: Final = "Replace the mask, or leave the cell empty"


def read_mask(path: Path, shape: tuple[int, ...] | None, *, where: str) -> Mask:
    """A mask of two values, the higher one inside, shape (rows, columns), on the picture's grid.

    shape: of the picture; None where whoever asks compares it. Raises SourceRefused naming
    ``where`` for a file that is no PNG, another size (nothing is resampled in silence), more than
    two values, and a mask without an inside.
    """
    if path.suffix.casefold() != ".png":
        raise SourceRefused(
            f"the mask {path.name} is no PNG", where=where,
            hint="Save it without loss: a lossy mask has no sharp edge",
        )
    grey = read_grey(path, where=where)
    if shape is not None and grey.shape != tuple(shape):
        raise SourceRefused(
            f"the mask {path.name} has {_size(grey.shape)}, its picture {_size(shape)}",
            where=where, hint="Save it in the picture's size",
        )
    values = np.unique(grey)
    if values.size > 2 or (values.size == 2 and values[0] != 0):
        found = ", ".join(str(value) for value in values[:4]) + (" …" if values.size > 4 else "")
        raise SourceRefused(
            f"the mask {path.name} has the values {found}", where=where,
            hint="Write 0 outside and one other value inside",
        )
    mask = grey > 0
    if not mask.any():
        raise SourceRefused(f"the mask {path.name} is empty", where=where, hint=_TAKE_OUT)
    return mask


def mask_png(mask: Mask) -> bytes:
    """The same mask in the same bytes: a PNG of one bit a pixel."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.asarray(mask, dtype=bool)).save(stream, format="PNG")
    return stream.getvalue()


def mask_of(content: bytes) -> Mask:
    """The mask in a PNG that :func:`mask_png` wrote, shape (rows, columns)."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        return np.array(picture.convert("L"), dtype=np.uint8) > 0


def stated_shape(path: Path) -> tuple[int, int]:
    """Rows and columns that a DICOM file states; (0, 0) where it states none."""
    from imaging.elements import tag, whole_number
    from imaging.pixels import PixelsRefused, read_file

    try:
        dataset = read_file(path)
    except PixelsRefused:
        return 0, 0
    rows, columns = (whole_number(dataset, tag(name)) for name in ("Rows", "Columns"))
    return rows or 0, columns or 0


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(side) for side in shape) + " pixels"
