"""Broken and hostile DICOM files, made from good ones by changes that know the format."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pydicom
from pydicom import uid

from tests.imaging.conftest import radiograph, written
from tests.imaging.slices import enhanced, slice_at

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
LARGEST_SEED = 200_000
LENGTHS = (0, 1, 7, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
NUMBERS = (0, 1, 2, 3, 7, 8, 12, 15, 16, 17, 31, 32, 64, 255, 4096, 32767, 32768, 50000, 65535)
KINDS = (
    b"OB", b"OW", b"SQ", b"UN", b"US", b"LO", b"UI", b"DS", b"IS", b"FD", b"UT", b"ZZ", b"\0\0",
)  # fmt: skip
IMAGE_PIXEL = [
    (0x0028, 0x0002), (0x0028, 0x0004), (0x0028, 0x0006), (0x0028, 0x0008), (0x0028, 0x0010),
    (0x0028, 0x0011), (0x0028, 0x0100), (0x0028, 0x0101), (0x0028, 0x0102), (0x0028, 0x0103),
    (0x0028, 0x1052), (0x0028, 0x1053), (0x0028, 0x1101), (0x0028, 0x3000), (0x5200, 0x9230),
]  # fmt: skip
SYNTAXES = [
    uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian, uid.RLELossless, uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEG2000Lossless,
    uid.HTJ2KLossless, "1.2.840.10008.1.2.4.100",
]  # fmt: skip


@dataclass(frozen=True)
class Element:
    """Where an element lies in the bytes of a file: header and value."""

    tag: tuple[int, int]
    head: int
    value: int
    length: int
    explicit_long: bool
    implicit: bool


@dataclass(frozen=True)
class Seed:
    """A good file and where its elements lie."""

    content: bytes
    elements: tuple[Element, ...]
    order: str


@lru_cache(maxsize=1)
def seeds() -> tuple[Seed, ...]:
    """Pydicom's own test files, small enough, and files of ours in further syntaxes."""
    contents = [
        path.read_bytes() for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.stat().st_size <= LARGEST_SEED
    ]  # fmt: skip
    made = [radiograph(), slice_at(3.0), enhanced([0.0, 2.0, 4.0]), radiograph(
        syntax=uid.DeflatedExplicitVRLittleEndian)]  # fmt: skip
    for syntax in (uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless):
        array = np.random.default_rng(1).integers(0, 4096, (3, 70, 66)).astype(np.uint16)
        one = radiograph(array=array[0], NumberOfFrames=3, PixelData=array.tobytes())
        one.compress(syntax, generate_instance_uid=False)
        made.append(one)
    contents += [written(one) for one in made] * 8  # ours are few, and hold everything needed
    return tuple(
        _seed(one) for at, one in enumerate(contents)
        if one[128:132] == b"DICM" and (at % 10 == 0 or _has_pixels(one))
    )


def _has_pixels(content: bytes) -> bool:
    deflated = uid.DeflatedExplicitVRLittleEndian.encode() in content
    return deflated or b"\xe0\x7f\x10\x00" in content or b"\x7f\xe0\x00\x10" in content


def _seed(content: bytes) -> Seed:
    found = []
    order = "<"
    try:
        dataset = pydicom.dcmread(io.BytesIO(content))
    except Exception:  # not even a good file: it is mutated by its bytes alone
        return Seed(content, (), order)
    if dataset.file_meta.get("TransferSyntaxUID") == uid.DeflatedExplicitVRLittleEndian:
        return Seed(content, (), order)
    for number in dataset.keys():  # noqa: SIM118 (iterating decodes every element)
        element = dataset.get_item(number)
        if not element.is_raw:
            continue
        long = element.VR in ("OB", "OW", "SQ", "UN", "UT", "OF", "OD", "UC", "UR", "OL", "OV")
        order = "<" if element.is_little_endian else ">"
        head = element.value_tell - (12 if long and not element.is_implicit_VR else 8)
        length = len(element.value or b"")
        place = Element(
            (number.group, number.element), head, element.value_tell, length,
            long and not element.is_implicit_VR, element.is_implicit_VR,
        )  # fmt: skip
        found.append(place)
    return Seed(content, tuple(found), order)


def mutated(index: int) -> bytes:
    """The file of this number: always the same one."""
    rng = Random(index)
    seed = rng.choice(seeds())
    content = seed.content
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        if content is seed.content and seed.elements:
            content = change(rng, seed)
        else:
            content = rng.choice(BLIND)(rng, Seed(content, (), seed.order))
    return content


def _cut(rng: Random, seed: Seed) -> bytes:
    if seed.elements and rng.random() < 0.5:
        place = rng.choice(seed.elements)
        return seed.content[: rng.choice((place.head, place.value, place.head + 3))]
    return seed.content[: rng.randrange(len(seed.content) + 1)]


def _flip(rng: Random, seed: Seed) -> bytes:
    content = bytearray(seed.content)
    for _ in range(rng.choice((1, 2, 8, 64))):
        if content:
            content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


def _flip_early(rng: Random, seed: Seed) -> bytes:
    content = bytearray(seed.content)
    for _ in range(rng.choice((1, 2, 8))):
        content[rng.randrange(128, max(129, min(len(content), 1500))) % max(len(content), 1)] = (
            rng.randrange(256)
        )
    return bytes(content)


def _length(rng: Random, seed: Seed) -> bytes:
    place = rng.choice(seed.elements)
    length = rng.choice((*LENGTHS, place.length + 1, max(place.length - 1, 0), rng.getrandbits(32)))
    content = bytearray(seed.content)
    if place.implicit or place.explicit_long:
        struct.pack_into(seed.order + "I", content, place.value - 4, length)
    else:
        struct.pack_into(seed.order + "H", content, place.value - 2, length & 0xFFFF)
    return bytes(content)


def _kind(rng: Random, seed: Seed) -> bytes:
    place = rng.choice(seed.elements)
    return _put(seed.content, place.head + 4, rng.choice(KINDS))


def _tag(rng: Random, seed: Seed) -> bytes:
    place, other = rng.choice(seed.elements), rng.choice(seed.elements)
    group, element = rng.choice((other.tag, (0xFFFE, 0xE000), (0xFFFE, 0xE0DD), (2, 0x10), (9, 1)))
    return _put(seed.content, place.head, struct.pack(seed.order + "HH", group, element))


def _number(rng: Random, seed: Seed) -> bytes:
    """An attribute of the image pixel module says something else."""
    places = [one for one in seed.elements if one.tag in IMAGE_PIXEL] or list(seed.elements)
    place = rng.choice(places)
    if place.tag == (0x0028, 0x0008) or place.length not in (2, 4):
        value = str(rng.choice((*NUMBERS, -1, 10**9, 10**12))).encode()[: place.length]
        return _put(seed.content, place.value, value.ljust(place.length))
    return _put(seed.content, place.value, struct.pack(seed.order + "H", rng.choice(NUMBERS)))


def _remove(rng: Random, seed: Seed) -> bytes:
    place = rng.choice(seed.elements)
    return seed.content[: place.head] + seed.content[place.value + place.length :]


def _repeat(rng: Random, seed: Seed) -> bytes:
    place, where = rng.choice(seed.elements), rng.choice(seed.elements)
    copied = seed.content[place.head : place.value + place.length]
    times = rng.choice((1, 2, 200)) if len(copied) < 2000 else 1
    return seed.content[: where.head] + copied * times + seed.content[where.head :]


def _nest(rng: Random, seed: Seed) -> bytes:
    opened = struct.pack(seed.order + "HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        seed.order + "HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    where, times = rng.choice(seed.elements).head, rng.choice((3, 3, 30, 30, 300, 300, 20_000))
    return seed.content[:where] + opened * times + seed.content[where:]


def _flood(rng: Random, seed: Seed) -> bytes:
    """Very many tiny elements."""
    where = rng.choice(seed.elements).head
    count = rng.choice((*[1000] * 15, 600_000))
    numbers = np.arange(count, dtype=np.uint32)
    flood = np.zeros((count, 4), np.uint16)
    flood[:, 0], flood[:, 1] = 0x7001 + 2 * (numbers >> 16), numbers & 0xFFFF
    flood[:, 2] = int.from_bytes(b"LO", "little")
    return seed.content[:where] + flood.tobytes() + seed.content[where:]


def _pixels(rng: Random, seed: Seed) -> bytes:
    """The first bytes of the pixels: fragments and the codestream's own header."""
    places = [one for one in seed.elements if one.tag == (0x7FE0, 0x0010)] or list(seed.elements)
    place = rng.choice(places)
    content = bytearray(seed.content)
    for _ in range(rng.choice((1, 2, 6))):
        at = place.value + rng.randrange(max(min(place.length, 160), 1))
        if at < len(content):
            content[at] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
    return bytes(content)


def _syntax(rng: Random, seed: Seed) -> bytes:
    """The file is announced in another transfer syntax."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(seed.content))
        start = 144 + int.from_bytes(seed.content[140:144], "little")
    except Exception:
        return _flip_early(rng, seed)
    meta: Any = dataset.file_meta
    meta.TransferSyntaxUID = rng.choice(SYNTAXES)
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, _empty(meta), enforce_file_format=True)
    return stream.getvalue() + seed.content[start:]


def _empty(meta: Any) -> Any:
    from pydicom.dataset import Dataset

    one = Dataset()
    one.file_meta = meta
    one.SOPClassUID = meta.get("MediaStorageSOPClassUID", "1.2.3") or "1.2.3"
    one.SOPInstanceUID = meta.get("MediaStorageSOPInstanceUID", "1.2.3") or "1.2.3"
    return one


def _bomb(rng: Random, seed: Seed) -> bytes:
    """A deflated body that inflates to half a gigabyte or is cut, after a good head."""
    head = written(radiograph(syntax=uid.DeflatedExplicitVRLittleEndian))
    start = 144 + int.from_bytes(head[140:144], "little")
    body = _deflated(rng.choice((*[1, 1000] * 6, 500_000)), items=rng.random() < 0.5)
    return head[:start] + body[: rng.choice((len(body), len(body) // 2))]


@lru_cache(maxsize=8)
def _deflated(kilobytes: int, *, items: bool) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    block = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 128 if items else b"\0" * 1024
    return b"".join(packer.compress(block) for _ in range(kilobytes)) + packer.flush()


def _splice(rng: Random, seed: Seed) -> bytes:
    other = rng.choice(seeds())
    return seed.content[: rng.randrange(132, len(seed.content))] + other.content[
        rng.randrange(132, len(other.content)) :
    ]


def _put(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


CHANGES: tuple[Callable[[Random, Seed], bytes], ...] = (
    _cut, _flip, _flip_early, _length, _length, _kind, _tag, _number, _number, _number, _remove,
    _repeat, _nest, _flood, _pixels, _pixels, _syntax, _bomb, _splice,
)  # fmt: skip
BLIND = (_cut, _flip, _flip_early)
