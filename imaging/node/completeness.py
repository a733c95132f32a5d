"""Whether a file that somebody else may still be writing is whole."""

import fnmatch
from typing import Any, Final

from imaging.elements import tag, text
from imaging.node.negotiation import STORAGE
from imaging.pixels import PixelsRefused, ends_early, parse_file
from imaging.reception import unheard

UNFINISHED: Final = (
    ".*", "~*", "*~", "*.part", "*.partial", "*.tmp", "*.temp", "*.filepart", "*.crdownload",
    "*.swp", "*.bak~", "*.!*",
)  # fmt: skip
"""Names that programs give to a file while they write it; it gets its own when it is whole."""
_CLASS: Final = tag("SOPClassUID")
_PIXELS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def has_name_of_unfinished(name: str) -> bool:
    """Whether a file's name says that it is being written, or is hidden.

    >>> [has_name_of_unfinished(one) for one in ("a.dcm.part", "~$a.dcm", "A.TMP", "a.dcm")]
    [True, True, True, False]
    """
    return any(fnmatch.fnmatchcase(name.lower(), one) for one in UNFINISHED)


def is_whole_dicom(content: bytes) -> bool:
    """Whether the bytes are a DICOM file that ends where its elements say, an image with pixels.

    A file that was cut between two elements behind the pixels cannot be told from a whole one.
    """
    try:
        with unheard():
            dataset = parse_file(content)
            if ends_early(dataset):
                return False
            return any(one in dataset for one in _PIXELS) or _needs_no_pixels(dataset)
    except (PixelsRefused, AttributeError, EOFError, ValueError):
        return False


def _needs_no_pixels(dataset: Any) -> bool:
    """Whether it says twice that it is no image: a name that was cut short is said only once."""
    kind = text(dataset, _CLASS)
    declared = str(dataset.file_meta.get("MediaStorageSOPClassUID", ""))
    return bool(kind) and kind == declared and kind not in STORAGE
