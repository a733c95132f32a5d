import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)  # fmt: skip

from imaging.pixels import PixelRefusal, PixelsRefused, SizeLimits, parse_file
from imaging.structure import Excess, excess

LIMITS = {"max_bytes": 10**6, "max_elements": 1000, "max_depth": 5}
SYNTAXES = [
    ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]  # fmt: skip
OPENED = struct.pack("<HH2sHI", 0x0040, 0xA043, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
    "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
)  # a sequence and an item of it, both without an end


def nested(depth: int, *, undefined: bool) -> Sequence:
    item = Dataset()
    item.CodeValue = "x"
    for _ in range(depth - 1):
        outer = Dataset()
        outer.ConceptNameCodeSequence = Sequence([item])
        outer["ConceptNameCodeSequence"].is_undefined_length = undefined
        item = outer
    return Sequence([item])


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize(("depth", "found"), [(5, None), (6, Excess.NESTING)])
def test_sequences_within_sequences_are_counted(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes],
    syntax: str, undefined: bool, depth: int, found: Excess | None,
) -> None:  # fmt: skip
    sequence = nested(depth, undefined=undefined)
    dataset = make_radiograph(syntax=syntax, ConceptNameCodeSequence=sequence)
    dataset["ConceptNameCodeSequence"].is_undefined_length = undefined
    dataset.AcquisitionContextSequence = Sequence([Dataset(), Dataset(), Dataset(), Dataset()])
    assert excess(write_file(dataset), **LIMITS) is found


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_many_items_side_by_side_are_not_deep(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], syntax: str
) -> None:
    dataset = make_radiograph(
        syntax=syntax, PerFrameFunctionalGroupsSequence=Sequence([Dataset() for _ in range(300)])
    )
    assert excess(write_file(dataset), **LIMITS) is None


def test_more_elements_than_allowed_are_refused_before_they_are_parsed(
    make_file: Callable[..., bytes],
) -> None:
    content = make_file(PixelData=None)
    many = b"".join(
        struct.pack("<HH2sH", 0x7F01 + 2 * (n >> 12), n & 0xFFF, b"LO", 0) for n in range(4000)
    )
    assert excess(content + many, **LIMITS) is Excess.ELEMENTS
    with pytest.raises(PixelsRefused) as caught:
        parse_file(content + many, limits=SizeLimits(max_elements=1000))
    assert (caught.value.reason, caught.value.detail) == (PixelRefusal.TOO_LARGE, "elements")


def test_a_deflated_body_is_found_wherever_its_syntax_stands(
    make_file: Callable[..., bytes],
) -> None:
    """Meta information may hold anything before the transfer syntax; pydicom reads it all."""
    content = make_file(syntax=DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(b"\0" * 3_000_000) + packer.flush()
    private = struct.pack("<HH2sHI", 2, 0x0102, b"OB", 0, 5000) + b"\0" * 5000
    hidden = content[:144] + private + content[144:start] + bomb
    assert excess(hidden, **LIMITS) is Excess.INFLATED
    assert excess(content, **LIMITS) is None


def test_a_depth_that_hides_from_the_walk_is_refused_by_name(
    make_file: Callable[..., bytes],
) -> None:
    """Ten thousand sequences, each opened and none closed."""
    for limits in (SizeLimits(), SizeLimits(max_depth=10**6)):
        began = time.process_time()
        with pytest.raises(PixelsRefused) as caught:
            parse_file(make_file(PixelData=None) + OPENED * 10_000, limits=limits)
        assert caught.value.reason is PixelRefusal.TOO_DEEP
        assert time.process_time() - began < 5


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", OPENED]),
    content=st.binary(max_size=400), syntax=st.sampled_from(SYNTAXES),
)  # fmt: skip
def test_no_bytes_raise_or_loop(start: bytes, content: bytes, syntax: str) -> None:
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    head = b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", len(value)) + value
    assert excess(head + start * 3 + content, max_bytes=10**6, max_elements=5, max_depth=1) in (
        None, *Excess,
    )  # fmt: skip
