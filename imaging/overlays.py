"""Drawings over an image (PS3.3 C.9.2): kept apart, never part of the values.

An overlay stands in a group of its own (60xx), or, in files from before 2004, in the bits that
the pixels leave spare. It may hold letters, and letters may name a person.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom.tag import Tag

from imaging.decoders import CodecFailed, decoded, packed_frame
from imaging.elements import stored_element, text, whole_number
from imaging.frames import Frames
from imaging.pixels import PixelRefusal, PixelsRefused, SizeLimits

GROUPS: Final = tuple(range(0x6000, 0x6020, 2))
_ROWS, _COLUMNS, _TYPE, _FRAMES = 0x0010, 0x0011, 0x0040, 0x0015
_ORIGIN, _FIRST_FRAME = 0x0050, 0x0051
_POSITION, _DATA = 0x0102, 0x3000


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One drawing: bool (rows, columns), true where drawn.

    group: 0x6000 and up. kind: G graphics, R region of interest. origin: row and column of the
    image, counted from 1, where its first pixel lies; may be outside.
    """

    group: int
    kind: str
    origin: tuple[int, int]
    mask: npt.NDArray[np.bool_]


def overlays(
    frames: Frames, index: int = 0, *, limits: SizeLimits | None = None
) -> tuple[Overlay, ...]:
    """The drawings over a frame, counted from 0, in the order of their groups.

    Raises PixelsRefused for an overlay that is larger than allowed or cut short.
    """
    limits = limits or SizeLimits()
    found = []
    for group in GROUPS:
        mask = _mask(frames, group, index, limits)
        if mask is not None:
            kind = text(frames.dataset, Tag(group, _TYPE))
            found.append(Overlay(group, kind, _origin(frames, group), mask))
    return tuple(found)


def _mask(
    frames: Frames, group: int, index: int, limits: SizeLimits
) -> npt.NDArray[np.bool_] | None:
    dataset = frames.dataset
    rows, columns = (
        whole_number(dataset, Tag(group, one)) or 0 for one in (_ROWS, _COLUMNS)
    )
    if rows < 1 or columns < 1:
        return None
    count = whole_number(dataset, Tag(group, _FRAMES)) or 1
    if rows * columns * max(count, 1) > limits.max_pixels:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "overlay")
    element = stored_element(dataset, Tag(group, _DATA))
    if element is None:
        return _in_spare_bits(frames, group, index, (rows, columns))
    first = (whole_number(dataset, Tag(group, _FIRST_FRAME)) or 1) - 1
    at = index - first if stored_element(dataset, Tag(group, _FRAMES)) is not None else 0
    if not 0 <= at < count:
        return None
    size = rows * columns
    packed = element.value or b""
    if len(packed) * 8 < size * count:
        raise PixelsRefused(PixelRefusal.TRUNCATED, "overlay")
    return packed_frame(packed, at, size).reshape(rows, columns).astype(np.bool_)


def _in_spare_bits(
    frames: Frames, group: int, index: int, size: tuple[int, int]
) -> npt.NDArray[np.bool_] | None:
    """The one bit of each word that holds the overlay, where it is no bit of the values."""
    layout = frames.layout
    bit = whole_number(frames.dataset, Tag(group, _POSITION))
    used = range(layout.high + 1 - layout.stored, layout.high + 1)
    if bit is None or bit in used or not 0 <= bit < layout.allocated or layout.samples != 1:
        return None
    if size != (layout.rows, layout.columns) or layout.floating:
        return None
    try:
        words = decoded(frames.dataset, index if len(frames) > 1 else None, spare_bits=True)
    except CodecFailed as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, str(error)) from None
    return ((words >> bit) & 1).astype(np.bool_)


def _origin(frames: Frames, group: int) -> tuple[int, int]:
    try:
        row, column = (int(one) for one in frames.dataset[group, _ORIGIN].value)
    except Exception:  # absent, or not two numbers
        return 1, 1
    return row, column
