"""How the bytes of a file are built, looked at before any of them is believed.

A parser takes time and memory by what a file declares: elements, sequences within sequences, a
deflated body. The headers of the elements are walked once, without recursion and without keeping
anything; values are passed over.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydicom.datadict import dictionary_VR

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG: Final = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_BULK: Final = frozenset((b"OB", b"OW"))
_PIXEL_DATA: Final = 0x7FE00010
_DEFLATED, _IMPLICIT, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2", (
    "1.2.840.10008.1.2.2"
)  # fmt: skip


class Excess(StrEnum):
    """Which limit the structure of a file breaks."""

    INFLATED = "inflated"
    ELEMENTS = "elements"
    NESTING = "nesting"


@dataclass(frozen=True, slots=True)
class _Meta:
    syntax: str
    end: int


def excess(
    content: bytes, *, max_bytes: int, max_elements: int, max_depth: int
) -> Excess | None:
    """The limit that a DICOM file (PS3.10) breaks by its structure, or None.

    max_bytes: of the data set once inflated; max_elements: data elements and items, those in
    sequences included; max_depth: sequences within one another. What is no DICOM file breaks none.
    """
    if content[128:132] != b"DICM":
        return None
    meta = _meta_information(content)
    body, start = content, meta.end
    if meta.syntax == _DEFLATED:
        try:
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:], max_bytes + 1)
        except zlib.error:
            return None  # pydicom says what is wrong with it
        start = 0
        if len(body) > max_bytes:
            return Excess.INFLATED
    return _walked(body, start, meta.syntax, max_elements, max_depth)


def _meta_information(content: bytes) -> _Meta:
    """Transfer syntax and end of the meta information, as pydicom finds them: by its elements."""
    at, syntax = 132, ""
    while content[at : at + 2] == b"\x02\x00" and at + 8 <= len(content):
        if content[at + 4 : at + 6] in _LONG:
            head, length = 12, int.from_bytes(content[at + 8 : at + 12], "little")
        else:
            head, length = 8, int.from_bytes(content[at + 6 : at + 8], "little")
        if content[at + 2 : at + 4] == b"\x10\x00":
            value = content[at + head : at + head + min(length, 66)]
            syntax = value.decode("ascii", "replace").rstrip(" \0")
        at += head + length
    return _Meta(syntax, at)


def _walked(
    body: bytes, start: int, syntax: str, max_elements: int, max_depth: int
) -> Excess | None:
    order = ">" if syntax == _BIG_ENDIAN else "<"
    pair, whole = struct.Struct(order + "HH"), struct.Struct(order + "I")
    short = struct.Struct(order + "H")
    implicit = syntax == _IMPLICIT
    open_ends: list[tuple[int, bool]] = []  # end and encoding of each open sequence
    at, seen = start, 0
    while at + 8 <= len(body):
        while open_ends and at >= open_ends[-1][0]:
            implicit = open_ends.pop()[1]
        group, element = pair.unpack_from(body, at)
        number = group << 16 | element
        if number == _SEQUENCE_END and open_ends:
            implicit = open_ends.pop()[1]
        seen += 1
        if seen > max_elements:
            return Excess.ELEMENTS
        if number in (_ITEM, _ITEM_END, _SEQUENCE_END):
            at += 8
            continue
        kind = b"" if implicit else body[at + 4 : at + 6]
        if kind in _LONG and at + 12 <= len(body):
            head, length = 12, whole.unpack_from(body, at + 8)[0]
        elif implicit or not kind.isupper():  # an implied representation among explicit ones
            head, length, kind = 8, whole.unpack_from(body, at + 4)[0], b""
        else:
            head, length = 8, short.unpack_from(body, at + 6)[0]
        at += head
        undefined = length == _UNDEFINED
        if undefined and (number == _PIXEL_DATA or kind in _BULK):
            at = _after_fragments(body, at, whole)
        elif undefined or kind == b"SQ" or (not kind and _is_sequence(number)):
            open_ends.append((1 << 62 if undefined else at + length, implicit))
            implicit = implicit or kind == b"UN"  # PS3.5 6.2.2 note 2
            if len(open_ends) > max_depth:
                return Excess.NESTING
        else:
            at += length
    return None


def _is_sequence(number: int) -> bool:
    try:
        return str(dictionary_VR(number)) == "SQ"
    except KeyError:
        return False


def _after_fragments(body: bytes, at: int, whole: struct.Struct) -> int:
    """Where the fragments of an encapsulated value end (PS3.5 A.4)."""
    while at + 8 <= len(body) and body[at : at + 4] in (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"):
        at += 8 + int(whole.unpack_from(body, at + 4)[0])
    return at + 8
