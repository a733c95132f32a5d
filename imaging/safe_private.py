"""Private attributes that may stay (PS3.15 E.3.10): numbers of physics under a known creator.

Taken from the standard's Table E.3.10-1, only what holds a number or an enumerated code: a private
attribute with text could hold anything. Each is named by group, creator and the last two digits of
its element, because the block it stands in differs from file to file.

Compared entry by entry with a copy of the standard's table, not with the standard itself, which did
not lie here: PixelMed's ClinicalTrialsAttributes (D. Clunie, an editor of the standard, 2020),
which lacks the diffusion of Siemens and Philips; and with pydicom's dictionary of private
attributes.
The list here is shorter on purpose.
"""

from typing import Any, Final

from imaging.elements import representation, texts

SAFE: Final[frozenset[tuple[int, str, int]]] = frozenset({
    (0x7053, "Philips PET Private Group", 0x00),  # SUV factor
    (0x7053, "Philips PET Private Group", 0x09),  # activity concentration scale factor
    (0x00E1, "ELSCINT1", 0x21),  # dose-length product
    (0x00E1, "ELSCINT1", 0x50),  # acquisition duration
    (0x01F1, "ELSCINT1", 0x07),  # table velocity
    (0x01F1, "ELSCINT1", 0x26),  # pitch
    (0x01F1, "ELSCINT1", 0x27),  # rotation time
    (0x0019, "GEMS_ACQU_01", 0x23),  # table speed
    (0x0019, "GEMS_ACQU_01", 0x24),  # mid scan time
    (0x0019, "GEMS_ACQU_01", 0x27),  # rotation speed
    (0x0019, "SIEMENS MR HEADER", 0x0C),  # b value
    (0x0019, "SIEMENS MR HEADER", 0x0E),  # diffusion gradient direction
    (0x0019, "SIEMENS MR HEADER", 0x27),  # b matrix
    (0x2001, "Philips Imaging DD 001", 0x03),  # b factor
    (0x2005, "Philips MR Imaging DD 001", 0x0D),  # scale intercept
    (0x2005, "Philips MR Imaging DD 001", 0x0E),  # scale slope
})
_BINARY: Final = frozenset(("FD", "FL", "SL", "SS", "UL", "US"))
_DIGITS: Final = b"0123456789+-.eE \\\0"


def creator_of(number: int) -> int | None:
    """The number of the element that names who made this private one; None for one that is none."""
    block = (number & 0xFFFF) >> 8
    return (number & 0xFFFF0000) | block if 0x10 <= block <= 0xFF else None


def safe_private(dataset: Any, number: int) -> int | None:
    """The number of the creator element where this private element may stay; else None.

    It may where its creator names it on the list and it holds nothing but numbers.
    """
    reserved = creator_of(number)
    if reserved is None or dataset.get_item(reserved) is None:
        return None
    named = texts(dataset, reserved)
    if len(named) != 1 or (number >> 16, named[0], number & 0xFF) not in SAFE:
        return None
    element = dataset.get_item(number)
    kind, stored = representation(element, number), element.value
    if kind in _BINARY:
        return reserved
    numeric = isinstance(stored, bytes) and not stored.translate(None, _DIGITS)
    return reserved if kind in ("DS", "IS") and numeric else None
