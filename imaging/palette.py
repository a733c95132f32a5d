"""Colours from a palette: stored values name an entry of three tables (PS3.3 C.7.6.3.1.5)."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.pixels import apply_color_lut

from imaging.elements import tag
from imaging.pixels import PixelRefusal, PixelsRefused

_CHANNELS: Final = tuple(
    (tag(f"{one}PaletteColorLookupTableDescriptor"), tag(f"{one}PaletteColorLookupTableData"))
    for one in ("Red", "Green", "Blue")
)


def through_palette(dataset: Any, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The colours of stored values, float32 (rows, columns, 3) in [0, 1].

    Plain and segmented palettes. Raises PixelsRefused where the palette cannot be read.
    """
    try:
        colours = apply_color_lut(stored, dataset)
    except Exception as error:
        raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
    full = np.iinfo(colours.dtype).max
    return np.asarray(colours, dtype=np.float32)[..., :3] / np.float32(full)


def supplemented(
    dataset: Any, stored: npt.NDArray[Any], grey: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """A grey picture in which values from the palette's first entry on are coloured (C.7.6.19).

    grey: the rendered picture, (rows, columns). Returns float32 (rows, columns, 3). Raises
    PixelsRefused where the palette is absent, segmented or cannot be read.
    """
    picture = np.repeat(grey[..., None], 3, axis=2)
    for channel, (descriptor, data) in enumerate(_CHANNELS):
        try:
            entries, first, bits = (int(one) for one in dataset[descriptor].value)
            content = dataset[data].value
        except Exception as error:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, type(error).__name__) from None
        entries = entries or 65536
        table: npt.NDArray[Any] = np.frombuffer(content, np.uint16 if bits == 16 else np.uint8)
        if len(table) < entries:
            raise PixelsRefused(PixelRefusal.UNDECODABLE, "palette")
        first -= 0x10000 if np.issubdtype(stored.dtype, np.signedinteger) and first > 0x7FFF else 0
        coloured = (stored >= first) & (stored < first + entries)
        places = stored[coloured].astype(np.int64) - first
        picture[coloured, channel] = table[places] / ((1 << (16 if bits == 16 else 8)) - 1)
    return picture
