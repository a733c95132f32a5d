"""From the bytes of a DICOM file to one grey image between 0 and 1, bone bright, lung dark.

The grey scale is the detector's, not the reader's: the range that the stored bits can represent is
mapped to 0 to 1 (after the modality look-up table or rescale), windows (VOI) are not applied, and
MONOCHROME1 is inverted (PS3.3 C.7.6.3.1.2). Equal stored values give equal numbers in all files of
one bit depth, so a change of gain or dose stays visible to monitoring.
"""

import io
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.encaps import generate_fragments
from pydicom.errors import InvalidDicomError
from pydicom.pixels import apply_modality_lut

from imaging.codestream import stated_size
from imaging.decoders import CodecFailed, decoded, transfer_syntax
from imaging.elements import UNDEFINED_LENGTH, stored_element, tag, text, whole_number
from imaging.headers import stated_spacing
from imaging.structure import Excess, excess
from records.errors import Refused

_GREY: Final = frozenset(("MONOCHROME1", "MONOCHROME2"))
_COLOUR: Final = frozenset(("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"))
RLE: Final = "1.2.840.10008.1.2.5"
"""The one compressed transfer syntax whose pictures state no size of their own."""

_CHANNEL_TOLERANCE = 2  # grey levels of 8 bits: the rounding of a lossy JPEG of a grey picture


class PixelRefusal(StrEnum):
    """Why a file is not read; the last three only where one grey picture is needed."""

    NOT_DICOM = "not_dicom"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    NO_PIXEL_DATA = "no_pixel_data"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    MULTI_FRAME = "multi_frame"
    COLOUR = "colour"
    UNSUPPORTED_BITS = "unsupported_bits"


class PixelsRefused(Refused):
    """The image cannot be read; carries the reason, never a value of the file."""

    def __init__(self, reason: PixelRefusal, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """How large a file and a picture may be; checked before anything is decoded.

    Bytes of the file, and of its data set once inflated; pixels of what is decoded at once; frames
    of a file; data elements, those in sequences included; sequences within one another; scans of a
    JPEG picture, each of which costs a decoder the time of a whole one.
    """

    max_bytes: int = 200 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_frames: int = 100_000
    max_elements: int = 300_000
    max_depth: int = 24
    max_scans: int = 32


@dataclass(frozen=True, eq=False)
class Pixels:
    """One grey picture, made when it is first asked for; spacing in mm (row, column) if known.

    table_made: the picture, where a look-up table made it. Else ``stored`` are whole numbers from 0
    to ``span``, and ``turns`` says how often their scale is to be inverted.
    """

    table_made: npt.NDArray[np.float32] | None
    spacing_mm: tuple[float, float] | None
    stored: npt.NDArray[np.unsignedinteger[Any]] | None = None
    span: int = 0
    turns: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.array.shape if self.stored is None else self.stored.shape

    @cached_property
    def array(self) -> npt.NDArray[np.float32]:
        """The picture: float32 (rows, columns) in [0, 1], bone bright."""
        if self.stored is None:
            assert self.table_made is not None
            return self.table_made
        array = _scaled(self.stored, self.span)
        for _ in range(self.turns):
            np.subtract(1.0, array, out=array)
        return array

    @cached_property
    def levels(self) -> npt.NDArray[np.unsignedinteger[Any]] | None:
        """The same as whole numbers from 0 to span, but for the rounding of the first; None where
        a look-up table made the picture."""
        if self.stored is None or self.turns % 2 == 0:
            return self.stored
        return self.span - self.stored


@dataclass(frozen=True, slots=True)
class _Layout:
    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    signed: bool
    photometric: str


def parse_file(content: bytes, *, limits: SizeLimits | None = None) -> Any:
    """The data set in the bytes of a DICOM file (PS3.10), pixels not yet decoded.

    Raises PixelsRefused for what is not DICOM, breaks a limit by the way it is built, or cannot be
    parsed.
    """
    limits = limits or SizeLimits()
    broken = excess(
        content,
        max_bytes=limits.max_bytes, max_elements=limits.max_elements, max_depth=limits.max_depth,
    )  # fmt: skip
    if broken is Excess.NESTING:
        raise PixelsRefused(PixelRefusal.TOO_DEEP)
    if broken is not None:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, str(broken))
    try:
        return pydicom.dcmread(io.BytesIO(content))
    except InvalidDicomError:
        raise PixelsRefused(PixelRefusal.NOT_DICOM) from None
    except RecursionError:  # sequences that the walk could not see as such
        raise PixelsRefused(PixelRefusal.TOO_DEEP) from None
    except Exception as error:  # its text may quote the file
        raise PixelsRefused(PixelRefusal.UNREADABLE, type(error).__name__) from None


def read_file(path: Path, *, limits: SizeLimits | None = None) -> Any:
    """The data set of a DICOM file on disk, pixels not yet decoded; see :func:`parse_file`."""
    return parse_file(path.read_bytes(), limits=limits)


def read_pixels(
    dataset: Any,
    *,
    limits: SizeLimits | None = None,
    spacing_mm: tuple[float, float] | None = None,
) -> Pixels:
    """The picture as the device and the quality measures see it: grey, 0 to 1, bone bright.

    Raises PixelsRefused with the reason: more than one frame, real colour (a grey picture stored
    as RGB is accepted), more than 16 bits, too large, cut short, or not decodable.
    """
    limits = limits or SizeLimits()
    layout = _layout(dataset, limits)
    stored = _decode(dataset, layout)
    if stored.shape[:2] != (layout.rows, layout.columns):
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "shape")
    if layout.samples == 3:
        stored = _one_channel(stored)
    spacing_mm = spacing_mm or stated_spacing(dataset)
    inverted = layout.photometric == "MONOCHROME1"
    if stored_element(dataset, _LUT) is not None:
        array = _through_table(dataset, stored)
        if inverted:
            np.subtract(1.0, array, out=array)
        return Pixels(array, spacing_mm)
    levels, span = _levels(stored, layout)
    # A linear rescale moves the ends of the range with the values: only its direction matters.
    turns = text(dataset, _SLOPE).startswith("-") + inverted
    return Pixels(None, spacing_mm, levels, span, turns)


_ROWS, _COLUMNS, _FRAMES = tag("Rows"), tag("Columns"), tag("NumberOfFrames")
_SAMPLES, _PHOTOMETRIC = tag("SamplesPerPixel"), tag("PhotometricInterpretation")
_ALLOCATED, _STORED, _HIGH = tag("BitsAllocated"), tag("BitsStored"), tag("HighBit")
_SIGNED, _PIXEL_DATA = tag("PixelRepresentation"), tag("PixelData")
_SLOPE, _LUT = tag("RescaleSlope"), tag("ModalityLUTSequence")


def _layout(dataset: Any, limits: SizeLimits) -> _Layout:
    element = stored_element(dataset, _PIXEL_DATA)
    if element is None or not element.value:
        raise PixelsRefused(
            PixelRefusal.TRUNCATED if ends_early(dataset) else PixelRefusal.NO_PIXEL_DATA
        )
    found = [whole_number(dataset, number) for number in (_ROWS, _COLUMNS, _ALLOCATED)]
    rows, columns, allocated = (value or 0 for value in found)
    if rows < 1 or columns < 1:
        raise PixelsRefused(PixelRefusal.NO_PIXEL_DATA, "size not stated")
    samples = whole_number(dataset, _SAMPLES) or 1
    frames = whole_number(dataset, _FRAMES) or 1
    if rows * columns * max(frames, 1) * samples > limits.max_pixels:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "pixels")
    if frames != 1:
        raise PixelsRefused(PixelRefusal.MULTI_FRAME)
    photometric = text(dataset, _PHOTOMETRIC).upper()
    if (samples, photometric in _GREY, photometric in _COLOUR) not in (
        (1, True, False),
        (3, False, True),
    ):
        raise PixelsRefused(PixelRefusal.COLOUR)
    stored = whole_number(dataset, _STORED) or allocated
    high = whole_number(dataset, _HIGH)
    usable = allocated in (8, 16) and 1 <= stored <= allocated and high in (None, stored - 1)
    if not usable or (samples == 3 and stored != 8):
        raise PixelsRefused(PixelRefusal.UNSUPPORTED_BITS)
    signed = whole_number(dataset, _SIGNED) == 1
    layout = _Layout(rows, columns, samples, allocated, stored, signed, photometric)
    _refuse_wrong_length(dataset, element, layout, limits)
    return layout


def _refuse_wrong_length(
    dataset: Any, element: Any, layout: _Layout, limits: SizeLimits
) -> None:
    """Cut-short pixels, or a compressed picture larger than the header admits (a bomb)."""
    length = getattr(element, "length", None)
    value = element.value
    compressed = length == UNDEFINED_LENGTH or getattr(element, "is_undefined_length", False)
    if not compressed:
        samples = 2 if layout.photometric == "YBR_FULL_422" else layout.samples
        expected = layout.rows * layout.columns * samples * layout.allocated // 8
        if len(value) < expected or (length is not None and len(value) < length):
            raise PixelsRefused(PixelRefusal.TRUNCATED)
        return
    try:
        fragments = list(generate_fragments(value))
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    if transfer_syntax(dataset) != RLE:  # which states no size: it is decoded into the header's
        refuse_other_size(
            b"".join(fragments[1:]), (layout.rows, layout.columns, layout.samples), limits
        )


def refuse_other_size(picture: bytes, expected: tuple[int, int, int], limits: SizeLimits) -> None:
    """Refuse a compressed picture that states another size than the header: a bomb, or a mix-up.

    expected: rows, columns, samples. Raises PixelsRefused.
    """
    stated = stated_size(picture)
    if stated is None:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "codestream")
    if stated.rows * stated.columns * stated.components > limits.max_pixels:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "codestream")
    if stated.scans > limits.max_scans:
        raise PixelsRefused(PixelRefusal.TOO_LARGE, "scans")
    if (stated.rows, stated.columns, stated.components) != expected:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, "codestream size")


def ends_early(dataset: Any) -> bool:
    """Whether the last element is shorter than it declares: the file was cut, or declares wrong."""
    last = next(reversed(dataset.keys()), None)
    element = None if last is None else stored_element(dataset, last)
    if element is None or not element.is_raw or element.length == UNDEFINED_LENGTH:
        return False
    return len(element.value or b"") < int(element.length)


def _decode(dataset: Any, layout: _Layout) -> npt.NDArray[Any]:
    """The stored values; of unsigned grey ones the spare bits are cleared later, where any is set.
    """
    plain = layout.samples == 1 and layout.allocated == 16 and not layout.signed
    try:
        return decoded(dataset, spare_bits=plain, shared=plain)
    except CodecFailed as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, str(error)) from None


def _one_channel(stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
    channels = stored.astype(np.int16)
    if int(np.ptp(channels, axis=2).max()) > _CHANNEL_TOLERANCE:
        raise PixelsRefused(PixelRefusal.COLOUR)
    return stored[:, :, 1]


def _levels(
    stored: npt.NDArray[Any], layout: _Layout
) -> tuple[npt.NDArray[np.unsignedinteger[Any]], int]:
    """The stored values as whole numbers from 0, the lowest that their bits can hold, and the
    highest of them."""
    span = (1 << layout.stored) - 1
    if layout.signed:
        low = -(1 << (layout.stored - 1))
        levels = stored.astype(np.int32) - low
        return np.clip(levels, 0, span, out=levels).astype(np.uint16), span
    if layout.stored < layout.allocated and int(stored.max()) > span:
        stored = stored & span  # old files keep overlays in the spare bits
    return stored, span


def _scaled(levels: npt.NDArray[np.unsignedinteger[Any]], span: int) -> npt.NDArray[np.float32]:
    factor = np.float32(1 / span)
    array = levels.astype(np.float32)
    array *= factor
    if np.float32(span) * factor > 1:  # the factor may be rounded up
        np.minimum(array, np.float32(1.0), out=array)
    return array


def _through_table(dataset: Any, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    try:
        bits = int(dataset.ModalityLUTSequence[0].LUTDescriptor[2])
        mapped = apply_modality_lut(stored, dataset)
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    full = np.float32((1 << min(max(bits, 1), 16)) - 1)
    array: npt.NDArray[np.float32] = np.asarray(mapped, dtype=np.float32) / full
    np.clip(array, 0.0, 1.0, out=array)
    return array
