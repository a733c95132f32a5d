"""Grey pixel arrays out of PNG, JPEG and DICOM files of any mode, as they are, not resized."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused

DICOM_SUFFIXES: Final = frozenset({".dcm", ".dicom", ".ima"})


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM: by its suffix, or by the mark at byte 128."""
    if path.suffix.casefold() in DICOM_SUFFIXES:
        return True
    with path.open("rb") as handle:
        return handle.read(132)[128:] == b"DICM"


def read_grey(path: Path, *, where: str) -> NDArray[Any]:
    """The picture in grey, shape (rows, columns), uint8, or uint16 where the file has 16 bits.

    Colour becomes luminance; transparency is laid on black. Raises SourceRefused naming ``where``
    for a file that is no picture or has a depth that would be guessed at.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            picture.load()
            return _grey(picture, where=where)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise SourceRefused(
            f"{path.name} cannot be read as a picture ({type(error).__name__})",
            where=where,
            hint="Replace the file or take its row out",
        ) from None


def _grey(picture: Any, *, where: str) -> NDArray[Any]:
    from PIL import Image

    mode = picture.mode
    if mode in ("I;16", "I;16L", "I;16B"):
        return np.asarray(picture).astype(np.uint16)
    if mode == "I":
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535:
            raise SourceRefused(
                "the picture has values outside 0 to 65535", where=where, hint="Save it in 16 bits"
            )
        return values.astype(np.uint16)
    if mode == "F":
        raise SourceRefused(
            "the picture has floating-point values", where=where, hint="Save it in 8 or 16 bits"
        )
    if mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        colour = picture.convert("RGBA")
        black = Image.new("RGBA", colour.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, colour).convert("RGB")
    return np.array(picture.convert("L"), dtype=np.uint8)


def pixel_digest(array: NDArray[Any]) -> str:
    """A name for exactly these pixels: equal for equal pictures, whatever file they came in."""
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def stated_date(path: Path) -> date | None:
    """The study date that a DICOM file states; None where it states none, or is no DICOM file."""
    from imaging.pixels import PixelsRefused, read_file

    try:
        said = str(read_file(path).get("StudyDate") or "")
        return date.fromisoformat(said) if said else None
    except (PixelsRefused, ValueError):
        return None
