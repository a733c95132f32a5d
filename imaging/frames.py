"""All that an image file holds, frame by frame: stored values, modality values, what is no value.

The device reads one grey picture (:mod:`imaging.pixels`); this reads every image that the standard
allows: several frames, enhanced objects, colour, palettes, segmentations. A frame is decoded when
it is asked for and not kept, so that memory is that of one frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.encaps import generate_frames

from imaging.decoders import NATIVE, PINNED, CodecFailed, decoded, packed_frame, transfer_syntax
from imaging.elements import stored_element, tag, text, texts, whole_number
from imaging.frame_facts import FrameFacts, frame_facts
from imaging.pixels import (
    RLE,
    PixelRefusal,
    PixelsRefused,
    SizeLimits,
    ends_early,
    refuse_other_size,
)  # fmt: skip

_ROWS, _COLUMNS, _FRAMES = tag("Rows"), tag("Columns"), tag("NumberOfFrames")
_SAMPLES, _PHOTOMETRIC = tag("SamplesPerPixel"), tag("PhotometricInterpretation")
_ALLOCATED, _STORED, _HIGH = tag("BitsAllocated"), tag("BitsStored"), tag("HighBit")
_SIGNED, _LUT = tag("PixelRepresentation"), tag("ModalityLUTSequence")
_PADDING, _PADDING_END = tag("PixelPaddingValue"), tag("PixelPaddingRangeLimit")
_INTEGER: Final = tag("PixelData")
_FLOATS: Final = {tag("FloatPixelData"): 32, tag("DoubleFloatPixelData"): 64}
GREY: Final = frozenset(("MONOCHROME1", "MONOCHROME2"))
PALETTE: Final = "PALETTE COLOR"
_COLOUR: Final = frozenset(("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"))


@dataclass(frozen=True, slots=True)
class FrameLayout:
    """How the pixels of a file are stored: sizes in pixels, bits a sample, colours."""

    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    high: int
    signed: bool
    floating: bool
    photometric: str


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The frames of one image file, decoded one at a time; from :func:`read_frames`."""

    dataset: Any
    layout: FrameLayout

    def __len__(self) -> int:
        """How many frames there are."""
        return self.layout.frames

    def facts(self, index: int = 0) -> FrameFacts:
        """Position, orientation, spacing, rescale and windows of a frame, counted from 0.

        Raises PixelsRefused where a rescale is stated that is no number.
        """
        try:
            return frame_facts(self.dataset, self._checked(index))
        except ValueError as error:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, str(error)) from None

    def stored(self, index: int = 0) -> npt.NDArray[Any]:
        """The stored values of a frame, (rows, columns), or (rows, columns, 3) as RGB in colour.

        Overlays in spare bits are no part of them. Raises PixelsRefused for what cannot be decoded.
        """
        layout, index = self.layout, self._checked(index)
        if layout.allocated == 1 and transfer_syntax(self.dataset) in NATIVE:
            content = stored_element(self.dataset, _INTEGER).value
            bits = packed_frame(content, index, layout.rows * layout.columns)
            return bits.reshape(layout.rows, layout.columns)
        low = layout.high + 1 > layout.stored  # values that do not begin at the word's lowest bit
        try:
            array = decoded(self.dataset, index if layout.frames > 1 else None, spare_bits=low)
        except CodecFailed as error:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, str(error)) from None
        expected = (layout.rows, layout.columns, layout.samples)[: 2 + (layout.samples > 1)]
        if array.shape != expected:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, "shape")
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if low:
            array = array << (layout.allocated - layout.high - 1)
            array >>= layout.allocated - layout.stored
        return array

    def values(self, index: int = 0) -> npt.NDArray[np.float32]:
        """The modality values of a grey frame (CT: Hounsfield units), float32 (rows, columns).

        Rescale or modality look-up table are applied, windows are not, MONOCHROME1 is not inverted.
        Raises PixelsRefused for colour.
        """
        if self.layout.photometric not in GREY:
            raise PixelsRefused(PixelRefusal.COLOUR)
        return self.modality_values(self.stored(index), index)

    def modality_values(self, stored: npt.NDArray[Any], index: int) -> npt.NDArray[np.float32]:
        """The modality values of stored values of a frame, in their shape."""
        if stored_element(self.dataset, _LUT) is not None:
            return _through_table(self.dataset, stored)
        facts = self.facts(index)
        if (facts.slope, facts.intercept) == (1.0, 0.0):
            return stored.astype(np.float32)
        # in double, then rounded once: float32 cannot hold every 32-bit stored value
        return (stored.astype(np.float64) * facts.slope + facts.intercept).astype(np.float32)

    def padding(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which stored values are no image but padding (PS3.3 C.7.5.1.1.2), bool, in their shape.

        One value, or all between two of them, either way round.
        """
        ends = [self._stored_number(one) for one in (_PADDING, _PADDING_END)]
        if ends[0] is None:
            return np.zeros(stored.shape, dtype=np.bool_)
        low, high = sorted((ends[0], ends[0] if ends[1] is None else ends[1]))
        found: npt.NDArray[np.bool_] = (stored >= low) & (stored <= high)
        return found

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        """The stored values of every frame in turn."""
        return (self.stored(index) for index in range(len(self)))

    def _stored_number(self, number: Any) -> int | None:
        found = whole_number(self.dataset, number)
        if found is not None and self.layout.signed and found >= 0x8000:
            return found - 0x10000  # its representation follows that of the pixels
        return found

    def _checked(self, index: int) -> int:
        if not 0 <= index < self.layout.frames:
            raise IndexError(f"frame {index} of {self.layout.frames}")
        return index


def read_frames(dataset: Any, *, limits: SizeLimits | None = None) -> Frames:
    """The frames of a parsed file, sizes checked before anything is decoded.

    Raises PixelsRefused with the reason: no pixels, cut short, too large, more frames than allowed,
    bits or colours that the standard does not know, a compressed picture of another size.
    """
    limits = limits or SizeLimits()
    number, element = _pixel_element(dataset)
    layout = _layout(dataset, number, limits)
    syntax = transfer_syntax(dataset)
    if syntax in NATIVE:
        _refuse_short(element, layout)
    elif syntax in PINNED:
        _refuse_other_pictures(element.value, layout, syntax, limits)
    else:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "transfer syntax")
    return Frames(dataset, layout)


def _pixel_element(dataset: Any) -> tuple[Any, Any]:
    for number in (_INTEGER, *_FLOATS):
        element = stored_element(dataset, number)
        if element is not None and element.value:
            return number, element
    cut = ends_early(dataset)
    raise PixelsRefused(PixelRefusal.TRUNCATED if cut else PixelRefusal.NO_PIXEL_DATA)


def _layout(dataset: Any, number: Any, limits: SizeLimits) -> FrameLayout:
    rows, columns, frames, samples, allocated = (
        whole_number(dataset, one) for one in (_ROWS, _COLUMNS, _FRAMES, _SAMPLES, _ALLOCATED)
    )
    if not rows or not columns or min(rows, columns) < 1:
        raise PixelsRefused(PixelRefusal.NO_PIXEL_DATA, "size not stated")
    if (frames is None and texts(dataset, _FRAMES)) or (frames is not None and frames < 0):
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "NumberOfFrames")
    frames, samples = frames or 1, samples or 1
    if rows * columns * samples > limits.max_pixels:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "pixels")
    if frames > limits.max_frames:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "frames")
    floating = number in _FLOATS
    bits = _FLOATS[number] if floating else allocated or 0
    stored = bits if floating else whole_number(dataset, _STORED) or bits
    high = stored - 1 if floating else whole_number(dataset, _HIGH)
    high = stored - 1 if high is None else high
    if bits not in (1, 8, 16, 32, 64) or not 1 <= stored <= high + 1 <= bits:
        raise PixelsRefused(PixelRefusal.UNSUPPORTED_BITS)
    if bits == 64 and not floating:
        raise PixelsRefused(PixelRefusal.UNSUPPORTED_BITS)
    photometric = text(dataset, _PHOTOMETRIC).upper() or ("MONOCHROME2" if floating else "")
    single = photometric in GREY or photometric == PALETTE
    if (samples, single, photometric in _COLOUR) not in ((1, True, False), (3, False, True)):
        raise PixelsRefused(PixelRefusal.COLOUR, "photometric interpretation")
    if samples == 3 and high + 1 != stored:
        raise PixelsRefused(PixelRefusal.UNSUPPORTED_BITS)
    signed = whole_number(dataset, _SIGNED) == 1
    return FrameLayout(
        rows, columns, frames, samples, bits, stored, high, signed, floating, photometric
    )


def _refuse_short(element: Any, layout: FrameLayout) -> None:
    samples = 2 if layout.photometric == "YBR_FULL_422" else layout.samples
    bits = layout.rows * layout.columns * layout.frames * samples * layout.allocated
    if len(element.value) < (bits + 7) // 8:
        raise PixelsRefused(PixelRefusal.TRUNCATED)


def _refuse_other_pictures(
    value: bytes, layout: FrameLayout, syntax: str, limits: SizeLimits
) -> None:
    expected = (layout.rows, layout.columns, layout.samples)
    found = 0
    try:
        for picture in generate_frames(value, number_of_frames=layout.frames):
            found += 1
            if syntax != RLE:
                refuse_other_size(picture, expected, limits)
    except PixelsRefused:
        raise
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    if found < layout.frames:
        raise PixelsRefused(PixelRefusal.TRUNCATED, "frames")


def _through_table(dataset: Any, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    from pydicom.pixels import apply_modality_lut

    try:
        return np.asarray(apply_modality_lut(stored, dataset), dtype=np.float32)
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
