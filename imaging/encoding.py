"""The bytes of a DICOM file (PS3.10) from a de-identified data set, written in one pass.

pydicom's own writer asks and copies more than a batch of thousands of files can afford; elements
that are still as they were read need no second look. What is not of that kind (a deflated file, a
value that was set by hand) goes to pydicom's writer, which gives a file that reads the same.
"""

import io
import struct
from typing import Any, Final

from pydicom.charset import default_encoding
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element

from imaging.elements import UNDEFINED_LENGTH

_LONG: Final = frozenset(
    ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
)
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_ITEM, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_ITEM_BEGINS: Final = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")


def encode_file(dataset: Any) -> bytes:
    """The file, in the transfer syntax that the data set's meta information names.

    The preamble is empty and the meta information holds nothing but what PS3.10 requires.
    """
    meta = dataset.file_meta
    encoding = dataset.original_encoding
    expected = (meta.TransferSyntaxUID.is_implicit_VR, meta.TransferSyntaxUID.is_little_endian)
    if encoding == expected and meta.TransferSyntaxUID != _DEFLATED:
        body = _elements(dataset, *encoding)
        if body is not None:
            return b"".join((b"\0" * 128, b"DICM", meta_information(meta), *body))
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def meta_information(meta: Any) -> bytes:
    """File meta information (PS3.10 7.1) from the four identifiers that ``meta`` names."""
    parts = [b"\x02\x00\x01\x00OB\0\0\x02\0\0\0\0\x01"]
    for number, value in (
        (0x0002, meta.MediaStorageSOPClassUID),
        (0x0003, meta.MediaStorageSOPInstanceUID),
        (0x0010, meta.TransferSyntaxUID),
        (0x0012, meta.ImplementationClassUID),
    ):
        content = value.encode("ascii")
        content += b"\0" * (len(content) % 2)
        parts.append(struct.pack("<HH2sH", 2, number, b"UI", len(content)) + content)
    length = sum(map(len, parts))
    return struct.pack("<HH2sHI", 2, 0, b"UL", 4, length) + b"".join(parts)


def _elements(dataset: Any, implicit: bool, little: bool) -> list[bytes] | None:
    """All elements in order, in parts to be joined; None where one is not as it was read."""
    order = "<" if little else ">"
    parts: list[bytes] = []
    for number in sorted(dataset.keys()):
        element = dataset.get_item(number)
        if element.is_buffered:
            return None
        length, kind = 0, element.VR
        if element.is_raw:
            length, content = element.length, element.value or b""
        elif kind == "SQ":
            content = _items(element.value, implicit, little)
        elif kind in ("OB", "OW") and _as_stored(element):
            content, length = element.value, UNDEFINED_LENGTH * element.is_undefined_length
        elif (content := _plain(kind, element.value, order)) is None:
            parts.append(_by_pydicom(dataset, element, implicit, little))
            continue
        if content is None:
            return None
        undefined = length == UNDEFINED_LENGTH
        if len(content) % 2 and not undefined:  # PS3.5 7.1: values have an even length
            content += b"\0" if kind in _LONG or kind in (None, "UI") else b" "
        head = _head(number, kind, length if undefined else len(content), order, implicit)
        if head is None:
            return None
        parts += (head, content)
        if undefined:
            parts.append(struct.pack(order + "HHI", *_END, 0))
    return parts


def _as_stored(element: Any) -> bool:
    """Whether pixels that pydicom read to decode are still the bytes of the file (PS3.5 A.4)."""
    content = element.value
    if not isinstance(content, bytes):
        return False
    return not element.is_undefined_length or content[:4] in _ITEM_BEGINS


def _plain(kind: str, value: Any, order: str) -> bytes | None:
    """The content of a small number, a code or nothing, which pydicom read; None for others."""
    if value is None:
        return b""
    if kind == "US" and isinstance(value, int) and 0 <= value <= 0xFFFF:
        return struct.pack(order + "H", value)
    if kind == "CS" and isinstance(value, str) and value.isascii():
        return value.encode("ascii")
    return None


def _by_pydicom(dataset: Any, element: Any, implicit: bool, little: bool) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = implicit, little
    charset = dataset.get("SpecificCharacterSet", default_encoding)
    write_data_element(stream, element, charset)
    return bytes(stream.getvalue())


def _head(number: int, kind: str | None, length: int, order: str, implicit: bool) -> bytes | None:
    group, element = int(number) >> 16, int(number) & 0xFFFF
    if implicit:
        return struct.pack(order + "HHI", group, element, length)
    if kind is None or len(kind) != 2:
        return None
    if kind in _LONG:
        return struct.pack(order + "HH2sHI", group, element, kind.encode(), 0, length)
    if length > 0xFFFF:
        return None
    return struct.pack(order + "HH2sH", group, element, kind.encode(), length)


def encoded_items(items: Any, implicit: bool, little: bool) -> bytes:
    """The value of a sequence (PS3.5 7.5) of items that hold nothing but elements as read."""
    content = _items(items, implicit, little)
    assert content is not None
    return content


def _items(items: Any, implicit: bool, little: bool) -> bytes | None:
    order = "<" if little else ">"
    parts: list[bytes] = []
    for item in items:
        content = _elements(item, implicit, little)
        if content is None:
            return None
        length = sum(map(len, content))
        parts += (struct.pack(order + "HHI", *_ITEM, length), *content)
    return b"".join(parts)
