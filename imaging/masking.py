"""The pixels of a file without the letters in them: decoded, looked through, masked, written anew.

Only what the profile says is looked through. The masked pixels are written uncompressed, in the
byte order of the file, so that nothing of the picture outside the rectangles changes. Of several
frames the brightest and the darkest value of each pixel are looked through: letters that stand in
any frame stand there, and what is found is masked in all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import RawDataElement
from pydicom.pixels import pixel_array
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from imaging.cleaning import Encoding
from imaging.deidentification_run import Region
from imaging.elements import tag, text, whole_number
from imaging.pixels import PixelRefusal, PixelsRefused

_PIXELS, _FRAMES, _SAMPLES = tag("PixelData"), tag("NumberOfFrames"), tag("SamplesPerPixel")
_PHOTOMETRIC, _PLANAR = tag("PhotometricInterpretation"), tag("PlanarConfiguration")
_BURNED_IN: Final = tag("BurnedInAnnotation")
_BRIGHT_IS_LOW: Final = "MONOCHROME1"


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """Where letters were found, and the pixels without them (None where there were none)."""

    regions: tuple[Region, ...]
    frames: npt.NDArray[Any] | None
    photometric: str


def masked_pixels(dataset: Any, *, names: Collection[str] = ()) -> Masked:
    """Look through the pixels of a file and mask the letters in them.

    dataset: the file as it arrived; it is not altered. names: words in capitals that are never a
    radiographer's marker. The result's frames have the shape (frames, rows, columns[, channels]).

    Raises:
        PixelsRefused: The pixels cannot be decoded, so that nobody knows what stands in them.
    """
    from imaging.letters import find_letters, mask, merged

    frames = _decoded(dataset)
    photometric = text(dataset, _PHOTOMETRIC).upper()
    if photometric.startswith("YBR"):
        photometric = "RGB"  # what decoding gives
    looks = [frames[0]] if len(frames) == 1 else [frames.max(axis=0), frames.min(axis=0)]
    regions = merged([one for look in looks for one in find_letters(look, names=names)])
    if not regions:
        return Masked((), None, photometric)
    dark = frames.max() if photometric == _BRIGHT_IS_LOW else frames.min()
    return Masked(regions, mask(frames, regions, int(dark)), photometric)


def write_pixels(clean: Any, masked: Masked) -> Any:
    """Put masked pixels into a cleaned data set; the transfer syntax that it now has."""
    encoding = Encoding(*clean.original_encoding)
    frames = masked.frames
    assert frames is not None
    kept = frames.dtype.newbyteorder("<" if encoding.little else ">")
    content = np.ascontiguousarray(frames, dtype=kept).tobytes()
    content += b"\0" * (len(content) % 2)
    wide = frames.dtype.itemsize > 1 or encoding.implicit
    kind = None if encoding.implicit else "OW" if wide else "OB"
    clean[_PIXELS] = RawDataElement(
        _PIXELS, kind, len(content), content, 0, encoding.implicit, encoding.little
    )
    clean[_PHOTOMETRIC] = encoding.element(_PHOTOMETRIC, "CS", masked.photometric)
    clean[_BURNED_IN] = encoding.element(_BURNED_IN, "CS", "NO")
    if (whole_number(clean, _SAMPLES) or 1) > 1:
        kind = None if encoding.implicit else "US"
        clean[_PLANAR] = RawDataElement(
            _PLANAR, kind, 2, b"\0\0", 0, encoding.implicit, encoding.little
        )
    if encoding.implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if encoding.little else ExplicitVRBigEndian


def _decoded(dataset: Any) -> npt.NDArray[Any]:
    try:
        array = np.asarray(pixel_array(dataset))
    except Exception as error:  # every codec has its own errors; their text may quote the file
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    several = (whole_number(dataset, _FRAMES) or 1) > 1
    return array if several else array[np.newaxis]
