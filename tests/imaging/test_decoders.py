from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.pixels import get_decoder

from imaging.decoders import NATIVE, PINNED, CodecFailed, decoded, transfer_syntax
from imaging.node.negotiation import TRANSFER_SYNTAXES


def test_every_decoder_is_pinned_to_a_library_of_the_product() -> None:
    assert set(PINNED.values()) <= {"pylibjpeg", "pyjpegls", "pillow"}  # never gdcm
    for syntax, library in PINNED.items():
        assert library in get_decoder(syntax).available_plugins


def test_whatever_the_node_accepts_can_be_decoded() -> None:
    assert {str(one) for one in TRANSFER_SYNTAXES} <= NATIVE | set(PINNED)


def test_the_pinned_library_alone_is_asked(
    make_radiograph: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_radiograph()
    expected = decoded(dataset)
    dataset.compress(uid.RLELossless, generate_instance_uid=False)
    assert np.array_equal(decoded(dataset), expected)
    monkeypatch.setitem(PINNED, str(uid.RLELossless), "gdcm")  # a library that reads no RLE here
    with pytest.raises(CodecFailed, match="ValueError"):
        decoded(dataset)


def test_an_unknown_transfer_syntax_is_not_guessed(make_radiograph: Callable[..., Any]) -> None:
    dataset = make_radiograph()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"  # MPEG-2
    assert transfer_syntax(dataset).endswith(".100")
    with pytest.raises(CodecFailed, match="transfer syntax"):
        decoded(dataset)


def test_a_decoder_that_panics_is_a_refusal_like_any_other(
    make_radiograph: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """The RLE library is written in Rust, whose panics pass by ``except Exception``."""
    dataset = make_radiograph()
    dataset.compress(uid.RLELossless, generate_instance_uid=False)
    content = bytearray(dataset.PixelData)
    start = content.index(b"\x02\0\0\0", 8)  # the RLE header: two segments, one a byte
    content[start + 8 : start + 12] = (0xFFFFFF).to_bytes(4, "little")
    dataset.PixelData = bytes(content)
    dataset["PixelData"].is_undefined_length = True
    with pytest.raises(CodecFailed):
        decoded(dataset)
