"""A frame as a reader sees it: window or look-up table, inversion, palette. For people's eyes only.

Measures, monitoring and the device read values (:mod:`imaging.frames`, :mod:`imaging.pixels`): a
window hides what lies outside it, and who chose it is not the detector.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from imaging.elements import items, tag, text
from imaging.frame_facts import Window
from imaging.frames import GREY, PALETTE, Frames
from imaging.palette import supplemented, through_palette
from imaging.pixels import PixelRefusal, PixelsRefused

_LUTS, _DESCRIPTOR, _DATA = tag("VOILUTSequence"), tag("LUTDescriptor"), tag("LUTData")
_SHAPE: Final = tag("PresentationLUTShape")
_PRESENTATION: Final = tag("PixelPresentation")

Picture = npt.NDArray[np.float32]


def rendered(frames: Frames, index: int = 0, *, window: Window | int = 0) -> Picture:
    """One frame as shown on a screen: float32 in [0, 1], (rows, columns), or (rows, columns, 3).

    window: one to apply, or the number of one that the file proposes: look-up tables first, then
    windows, as viewers do. A file that proposes none is shown over the range of its own values.
    Padding is black. Raises PixelsRefused; ValueError for a window number that is not there.
    """
    layout = frames.layout
    stored = frames.stored(index)
    if layout.photometric == PALETTE:
        return through_palette(frames.dataset, stored)
    if layout.photometric not in GREY:
        return stored.astype(np.float32) / np.float32((1 << layout.stored) - 1)
    padded = frames.padding(stored)
    values = frames.modality_values(stored, index)
    picture = _in_window(frames, index, values, padded, window)
    inverse = text(frames.dataset, _SHAPE).upper() == "INVERSE"
    if layout.photometric == "MONOCHROME1" or inverse:
        np.subtract(1.0, picture, out=picture)
    picture[padded] = 0.0
    if text(frames.dataset, _PRESENTATION).upper() in ("COLOR", "MIXED"):
        return supplemented(frames.dataset, stored, picture)
    return picture


def windowed(values: npt.NDArray[np.floating[Any]], window: Window) -> Picture:
    """Values through a window, 0 to 1 (PS3.3 C.11.2.1.2.1 and C.11.2.1.3).

    Raises ValueError for a width or a function that the standard does not know.

    >>> windowed(np.array([-200.0, 40.0, 240.0]), Window(40, 400, "LINEAR_EXACT")).tolist()
    [0.0, 0.5, 1.0]
    """
    center, width = window.center, window.width
    if not width > 0 or (window.function == "LINEAR" and width < 1):
        raise ValueError(f"window width {width} of function {window.function}")
    shown: npt.NDArray[np.float64] = values.astype(np.float64)
    if window.function == "LINEAR":
        if width == 1:  # a threshold: the formula would divide by nothing
            return (shown > center - 0.5).astype(np.float32)
        shown = (shown - (center - 0.5)) / (width - 1) + 0.5
    elif window.function == "LINEAR_EXACT":
        shown = (shown - center) / width + 0.5
    elif window.function == "SIGMOID":
        with np.errstate(over="ignore"):
            shown = 1.0 / (1.0 + np.exp(-4.0 * (shown - center) / width))
    else:
        raise ValueError(
            f"unknown window function {window.function!r}; known: LINEAR, LINEAR_EXACT, SIGMOID"
        )
    clipped: Picture = np.clip(shown, 0.0, 1.0).astype(np.float32)
    return clipped


def _in_window(
    frames: Frames,
    index: int,
    values: npt.NDArray[np.float32],
    padded: npt.NDArray[np.bool_],
    window: Window | int,
) -> Picture:
    if isinstance(window, Window):
        return windowed(values, window)
    tables, proposed = items(frames.dataset, _LUTS), frames.facts(index).windows
    if window < len(tables):
        return _through_table(tables[window], values, signed=frames.layout.signed)
    if window - len(tables) < len(proposed):
        try:
            return windowed(values, proposed[window - len(tables)])
        except ValueError:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, "VOILUTFunction") from None
    if window:
        raise ValueError(f"window {window}: the file proposes {len(tables) + len(proposed)}")
    inside = values[~padded]
    low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, 1.0)
    span = high - low
    if span == 0:
        return np.zeros_like(values)
    shown: Picture = np.clip((values - low) / np.float32(span), 0.0, 1.0).astype(np.float32)
    return shown


def _through_table(item: Any, values: npt.NDArray[np.float32], *, signed: bool) -> Picture:
    """A VOI look-up table (PS3.3 C.11.2.1.1): values outside it take its first or last entry."""
    table, first, bits = look_up_table(item, signed=signed)
    places = np.clip(np.rint(values).astype(np.int64) - first, 0, len(table) - 1)
    return table[places].astype(np.float32) / np.float32((1 << bits) - 1)


def look_up_table(item: Any, *, signed: bool) -> tuple[npt.NDArray[np.uint16], int, int]:
    """Entries, first value mapped and bits an entry of a LUT item; Raises PixelsRefused."""
    try:
        entries, first, bits = (int(one) for one in item[_DESCRIPTOR].value)
        data = item[_DATA].value
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    entries = entries or 65536
    table = (
        np.frombuffer(data, dtype=np.uint16 if len(data) >= 2 * entries else np.uint8)
        if isinstance(data, bytes)
        else np.asarray(data).astype(np.uint16)
    )
    if len(table) < entries or not 1 <= bits <= 16:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "LUTData")
    if signed and first >= 0x8000:
        first -= 0x10000
    return table[:entries].astype(np.uint16), first, bits
