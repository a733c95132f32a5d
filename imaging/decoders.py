"""Which library decodes which transfer syntax: chosen by measurement, and never left to chance.

Without a name pydicom takes the first library that it finds, so that one file could read
differently on two machines. ``benchmarks/decoders.py`` prints what each library takes; all of them
give the same values but for JPEG's lossy processes, where they differ by rounding.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import uid
from pydicom.pixels import pixel_array

NATIVE: Final = frozenset(
    str(one)
    for one in (
        uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    )
)  # fmt: skip
"""Transfer syntaxes whose pixels are not compressed one by one: no library is needed."""

PINNED: Final[dict[str, str]] = {
    str(syntax): library
    for syntax, library in (
        (uid.RLELossless, "pylibjpeg"),
        (uid.JPEGBaseline8Bit, "pillow"),
        (uid.JPEGExtended12Bit, "pylibjpeg"),
        (uid.JPEGLossless, "pylibjpeg"),
        (uid.JPEGLosslessSV1, "pylibjpeg"),
        (uid.JPEGLSLossless, "pyjpegls"),
        (uid.JPEGLSNearLossless, "pyjpegls"),
        (uid.JPEG2000Lossless, "pylibjpeg"),
        (uid.JPEG2000, "pylibjpeg"),
        (uid.HTJ2KLossless, "pylibjpeg"),
        (uid.HTJ2KLosslessRPCL, "pylibjpeg"),
        (uid.HTJ2K, "pylibjpeg"),
    )
}
"""The library, by pydicom's name for it, that decodes each compressed transfer syntax."""


class CodecFailed(Exception):
    """A library could not decode a picture; carries the kind of its own error, never its text."""


def transfer_syntax(dataset: Any) -> str:
    """The UID of the transfer syntax that the file's meta information names; empty without one."""
    return str(getattr(dataset.file_meta, "TransferSyntaxUID", "") or "")


def decoded(
    dataset: Any, index: int | None = None, *, spare_bits: bool = False, shared: bool = False
) -> npt.NDArray[Any]:
    """The stored values, as (rows, columns), with samples last in colour; YBR becomes RGB.

    index: one frame, counted from 0; without it the frames of a multi-frame image come first.
    spare_bits: leave what stands above the stored bits as it is. shared: it may be the memory of
    the data set itself, and not writable. Raises CodecFailed for a transfer syntax that is not
    read, and for what its library cannot decode.
    """
    syntax = transfer_syntax(dataset)
    if syntax not in NATIVE and syntax not in PINNED:
        raise CodecFailed("transfer syntax")
    options = {"correct_unused_bits": False, "raw": True} if spare_bits else {}
    options |= {"view_only": True} if shared else {}
    try:
        return np.asarray(
            pixel_array(dataset, index=index, decoding_plugin=PINNED.get(syntax, ""), **options)
        )
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a decoder written in Rust is no Exception
        raise CodecFailed(type(error).__name__) from None


def packed_frame(content: bytes, index: int, pixels: int) -> npt.NDArray[np.uint8]:
    """One frame of pixels of one bit each, flat; frames follow without padding (PS3.5 8.1.1).

    pydicom reads all frames at once rightly, but not one whose bits begin within a byte.

    >>> packed_frame(bytes([0b11100101, 0b1]), 1, 3).tolist()
    [0, 0, 1]
    """
    first = index * pixels
    packed = np.frombuffer(content, dtype=np.uint8)[first // 8 : (first + pixels + 7) // 8]
    return np.unpackbits(packed, bitorder="little")[first % 8 : first % 8 + pixels]
