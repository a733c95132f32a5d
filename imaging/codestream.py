"""What a compressed picture says of its own size, read before any decoder believes it.

The header of the file and the compressed picture inside it state the size twice. A decoder takes
memory by what the picture states, so a small file could ask for any amount.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_STANDALONE: Final = frozenset(range(0xD0, 0xD8)) | {0x01}
_SCAN: Final = (0xFF, 0xDA)  # a marker: in coded data 0xFF is followed by something smaller
_J2K_START: Final = b"\xff\x4f\xff\x51"
_JP2_BOX: Final = b"\x00\x00\x00\x0cjP  "


@dataclass(frozen=True, slots=True)
class StatedSize:
    """Rows, columns and components (colour channels) that a compressed picture states.

    scans: how often a JPEG decoder goes over the whole picture; 0 for JPEG 2000.
    """

    rows: int
    columns: int
    components: int
    scans: int


def stated_size(picture: bytes) -> StatedSize | None:
    """What a JPEG, JPEG-LS or JPEG 2000 picture states; None where it states nothing.

    >>> stated_size(bytes.fromhex("ffd8 ffc0 000b 08 0200 0100 01 01 11 00 ffda 0000"))
    StatedSize(rows=512, columns=256, components=1, scans=1)
    >>> stated_size(b"not a picture") is None
    True
    """
    if picture[:8] == _JP2_BOX:  # the wrapper of a JP2 file, which DICOM forbids and some write
        picture = picture[max(picture.find(_J2K_START), 0) :]
    if picture[:4] == _J2K_START and len(picture) >= 42:
        right, bottom, left, top = struct.unpack(">4I", picture[8:24])
        return StatedSize(bottom - top, right - left, int.from_bytes(picture[40:42], "big"), 0)
    if picture[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 4 <= len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker in _JPEG_FRAMES and at + 10 <= len(picture):
            rows, columns, components = struct.unpack(">2HB", picture[at + 5 : at + 10])
            return StatedSize(rows, columns, components, _scans(picture))
        if marker == 0xFF:  # fill bytes before a marker
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    return None


def _scans(picture: bytes) -> int:
    values = np.frombuffer(picture, dtype=np.uint8)
    first, second = _SCAN
    return int(np.count_nonzero((values[:-1] == first) & (values[1:] == second)))
